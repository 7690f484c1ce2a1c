"""A user's surroundings that begin empty, and what a program leaves in them: files, and processes of whatever depth.

Uses the standard library alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

TAG = "LIQDESK_SMOKE"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")
PASSED_ON_BY_WINDOWS = (
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "USERNAME",
    "USERDOMAIN",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
)
GONE_S = 10.0
NOBODY = 65534

# Where the program may write, from the home folder on, by system.
OWN = {
    "linux": (".local/share/liqdesk", ".cache/liqdesk"),
    "darwin": ("Library/Application Support/liqdesk", "Library/Caches/liqdesk"),
    "win32": (),  # asked of the system, which does not ask the environment: see `users_own`
}
# What the system's own libraries keep for any program that has a window.
SYSTEMS = {
    "linux": (".cache/fontconfig", ".cache/mesa_shader_cache"),
    "darwin": ("Library/Preferences", "Library/Saved Application State", "Library/Caches/com.apple"),
    "win32": ("AppData/Local/Microsoft", "AppData/Local/D3DSCache", "AppData/Local/CrashDumps"),
}
Kept = dict[Path, tuple[int, int]]


class FaultError(Exception):
    """A sentence on what is wrong."""


def users_own() -> list[Path]:
    """Return the folders of the program that no environment leads elsewhere. Raises FaultError where there is one already, which the test
    would use and remove."""
    if os.name != "nt":
        return []
    found = Path(os.environ["LOCALAPPDATA"]) / "liqdesk"
    if found.exists():
        raise FaultError(f"{found} is there already: the test begins with a user who has never had the program")
    return [found]


class Surroundings:
    """A home, a folder for passing files, a working folder and one for a session's sockets, all new; `out` is the test's own.

    With `root` they lie in that other root, where commands run by `chroot` as a user without rights. Nothing may change in what is
    `watched`, everything in what is `lent`.
    """

    def __init__(
        self,
        root: Path | None = None,
        watched: Iterable[Path] = (),
        extra: Iterable[str] = (),
        lent: Iterable[Path] = (),
    ) -> None:
        self.root = root
        self._users_own = users_own()
        self.tag = uuid.uuid4().hex
        self.base = Path(tempfile.mkdtemp(prefix="liqdesk-smoke-", dir=None if root is None else root / "tmp"))
        self.home = self.base / "the home of a usér"
        self.passing, self.work, self.run, self.out = (self.base / name for name in ("passing", "work", "run", "out"))
        for folder in (self.home, self.passing, self.work, self.run, self.out):
            folder.mkdir()
            folder.chmod(0o700)
        if root is not None:
            for folder in (self.base, self.home, self.passing, self.work, self.run, self.out):
                os.chown(folder, NOBODY, NOBODY)
        self.watched = [self.base, *watched, *([root] if root is not None else [])]
        self._lent = list(lent)
        self._extra = dict(one.split("=", 1) for one in extra)
        self._before = self._listed()

    def inside(self, path: Path) -> str:
        """Return a path as the program sees it."""
        return str(path) if self.root is None else f"/{path.relative_to(self.root)}"

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a user who has just logged in."""
        home = self.inside(self.home)
        env = {name: os.environ[name] for name in (*PASSED_ON, *PASSED_ON_BY_WINDOWS) if name in os.environ}
        env |= {"HOME": home, "XDG_RUNTIME_DIR": self.inside(self.run), TAG: self.tag}
        env |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self.inside(self.passing))
        if sys.platform == "win32":
            env |= {
                "USERPROFILE": home,
                "LOCALAPPDATA": str(self.home / "AppData" / "Local"),
                "APPDATA": str(self.home / "AppData" / "Roaming"),
            }
        return {**env, **self._extra, **more}

    def start(self, command: Sequence[str], env: dict[str, str], out: Path, errors: Path) -> subprocess.Popen[bytes]:
        """Start a command here, what it says going to files."""
        words = list(command)
        if self.root is not None:
            user = f"--userspec={NOBODY}:{NOBODY}"
            words = ["chroot", user, str(self.root), "env", "-C", self.inside(self.work), *words]
        with out.open("wb") as said, errors.open("wb") as complained:
            return subprocess.Popen(
                words,
                env=env,
                cwd=self.work if self.root is None else None,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=complained,
                start_new_session=os.name == "posix",
            )

    # what is left

    def own_folders(self) -> list[Path]:
        return [*(self.home / name for name in OWN.get(sys.platform, OWN["linux"])), *self._users_own]

    def strays(self) -> list[str]:
        """Return the files that were made or changed where the program has no business, each with the reason."""
        system = [self.home / name for name in SYSTEMS.get(sys.platform, SYSTEMS["linux"])]
        mine = [*self.own_folders(), *system, *self._lent, self.out]
        found = []
        now = self._listed()
        for path, state in sorted(now.items()):
            if self._before.get(path) == state or any(path == one or one in path.parents for one in mine):
                continue
            if any(path in one.parents for one in mine):
                continue
            found.append(f"{path} was {'changed' if path in self._before else 'made'}")
        return found + [f"{path} is gone" for path in sorted(self._before) if path not in now]

    def _listed(self) -> Kept:
        """Return every file under the watched folders, with time and size; folders and others count by being there."""
        found: Kept = {}
        for top in self.watched:
            for folder, names, files in os.walk(top):
                at = Path(folder)
                if self.root is not None and at == self.root:
                    names[:] = [n for n in names if n not in ("proc", "sys", "dev")]
                for name in names:
                    found[at / name] = (0, 0)
                for name in files:
                    try:
                        stat = (at / name).lstat()
                    except OSError:
                        continue
                    found[at / name] = (stat.st_mtime_ns, stat.st_size)
        return found

    def living(self) -> dict[int, str]:
        """Return the processes that were started here, by whomever, and what they are."""
        if sys.platform == "win32":
            return _windows_named("liqdesk")
        if Path("/proc/self/environ").exists():
            return _tagged(f"{TAG}={self.tag}".encode())
        return _with_environment(f"{TAG}={self.tag}")

    def wait_gone(self) -> dict[int, str]:
        """Return what still runs after a while in which it may end."""
        until = time.monotonic() + GONE_S
        while (left := self.living()) and time.monotonic() < until:
            time.sleep(0.1)
        return left

    def close(self) -> None:
        """End what still runs, remove the folders."""
        if sys.platform != "win32":
            for pid in self.living():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            self.wait_gone()
        for folder in (self.base, *self._users_own):
            shutil.rmtree(folder, ignore_errors=True)


def _tagged(tag: bytes) -> dict[int, str]:
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if tag in (entry / "environ").read_bytes().split(b"\0"):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                found[int(entry.name)] = words.strip()
        except OSError:
            continue
    return found


def _with_environment(tag: str) -> dict[int, str]:
    """Ask ps, which on macOS shows the environment of one's own processes with -E."""
    listed = subprocess.run(["ps", "-Eww", "-xo", "pid=,command="], capture_output=True, text=True, check=False).stdout
    rows = [line.strip().split(" ", 1) for line in listed.splitlines() if tag in line]
    return {int(pid): words.split(tag)[0].strip() for pid, words in rows}


def _windows_named(name: str) -> dict[int, str]:
    listed = subprocess.run(["tasklist", "/FO", "CSV", "/NH"], capture_output=True, text=True, check=False).stdout
    rows = [line.strip('"').split('","') for line in listed.splitlines()]
    return {int(row[1]): row[0] for row in rows if len(row) > 1 and row[0].lower().startswith(name)}
