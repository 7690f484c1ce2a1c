"""Install, start, use and remove the Debian package in fresh minimal systems, and run the AppDir in one that has nothing.

    python packaging/linux/roots.py [--suites bookworm trixie] [--keep FOLDER] [--only deb|appdir]

Needs root, debootstrap, Xvfb and a mirror of Debian; builds nothing: `make package` comes first. For each suite, in a root of its own below
build/roots: the package is installed with what it declares and nothing else; menu entry, type and icons are registered; the smoke test runs
the installed program (packaging/smoke.py); a picture of the demo map is kept; the package is purged. Nothing of it may stay but what its
users recorded, and no process. The roots as debootstrap makes them are kept, and used again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import bootstrap  # noqa: E402
from steps.plan import Build, BuildError  # noqa: E402

SUITES: Final = ("bookworm", "trixie")
MIRROR: Final = "http://deb.debian.org/debian"
TOOLS: Final = {
    "debootstrap": "debootstrap",
    "Xvfb": "xvfb",
    "unshare": "util-linux",
    "chroot": "coreutils",
    "ip": "iproute2",
}
HOME: Final = "home/trader"
USER: Final = 1000
DESKTOP: Final = "desktop-file-utils shared-mime-info hicolor-icon-theme"  # what every desktop has
# What the package manager, and the packages that the program depends on, keep of themselves.
NOT_OURS: Final = ("var/lib/", "var/cache/", "var/log/", "etc/", "tmp/", "run/")
TOLD: Final = "stay with each user in ~/.local/share/liqdesk"
STAYS: Final = f"{HOME}/.local/share/liqdesk"


MOUNTS: Final = 'r=$1; shift; mount -t proc proc "$r/proc"; mount --rbind /dev "$r/dev"; exec "$@"'
LOOPBACK: Final = 'ip link set lo up; exec "$@"'  # all the network there is in a namespace of its own
KERNELS: Final = "opt/kernels"
NOTHING: Final[Mapping[str, str]] = {}


class Root:
    """One minimal system in a folder. Commands run in it by chroot, in mounts of their own that end with them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mounted(self, command: Sequence[str], *options: str) -> list[str]:
        """Return a command line that sees the root's /proc and /dev, in namespaces that go with it (`options` of unshare)."""
        return ["unshare", "--mount", *options, "sh", "-ec", MOUNTS, "sh", str(self.path), *command]

    def run(self, words: str, *, user: bool = False, network: bool = True, env: Mapping[str, str] = NOTHING) -> str:
        """Run shell words as root, or as a user who has just logged in; return what they said.

        No process of theirs survives them. Raises BuildError when they fail.
        """
        home = f"/{HOME}" if user else "/root"
        path = (
            "/usr/local/bin:/usr/bin:/bin" if user else "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        )
        environ = {"HOME": home, "PATH": path, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **env}
        setting = [f"{name}={value}" for name, value in environ.items()]
        inner = ["env", "-i", *setting, "sh", "-ec", f"cd {home}; {words}"]
        if user:
            inner = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *inner]
        apart = ["--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
        inner = ["chroot", str(self.path), *inner]
        command = self.mounted(inner if network else ["sh", "-ec", LOOPBACK, "sh", *inner], *apart)
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )  # fmt: skip
        if done.returncode != 0:
            raise BuildError(f"in {self.path.name}: “{words}” ended with {done.returncode}:\n{done.stdout[-3000:]}")
        return done.stdout

    def listed(self) -> set[str]:
        """Return every file there is, by its path in the root."""
        found: set[str] = set()
        for folder, names, files in os.walk(self.path):
            at = Path(folder).relative_to(self.path)
            if at == Path():
                names[:] = [n for n in names if n not in ("proc", "sys", "dev")]
            found.update(str(at / name) for name in (*names, *files))
        return found


def fresh(build: Build, suite: str, mirror: str, name: str) -> Root:
    """Return a new root of a suite: a copy of what debootstrap made, which is kept."""
    base = build.work / "roots" / f"{suite}-base"
    if not (base / "done").exists():
        shutil.rmtree(base, ignore_errors=True)
        bootstrap.say(f"{suite}: debootstrap …")
        build.run(["debootstrap", "--variant=minbase", suite, base, mirror])
        (base / "done").touch()
    root = Root(build.work / "roots" / name)
    shutil.rmtree(root.path, ignore_errors=True)
    build.run(["cp", "-a", "--reflink=auto", base, root.path])
    (root.path / "done").unlink()
    shutil.copy("/etc/resolv.conf", root.path / "etc" / "resolv.conf")
    root.run(f"useradd --create-home --uid {USER} --home-dir /{HOME} trader")
    return root


def smoke(build: Build, root: Root, program: str, keep: Path) -> None:
    """Run the smoke test on a program of a root, off-screen and on a screen. Raises BuildError for any fault."""
    script = build.root / "packaging" / "smoke.py"
    options = ["--root", str(root.path), "--screen", "need", "--keep", str(keep), "--kernels", f"/{KERNELS}"]
    command = root.mounted([sys.executable, str(script), *options, program])
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode != 0:
        raise BuildError(f"the smoke test found faults in {root.path.name}")


def picture(build: Build, root: Root, program: str, keep: Path, name: str) -> None:
    """Draw the demo map as the user would, without a network, and keep the picture.

    The first one compiles the kernels as every first start does; they are then lent to all that follows, which is the same program.
    """
    out, env = f"/{HOME}/{name}.png", {"QT_QPA_PLATFORM": "offscreen"}
    lent = build.work / "roots" / "kernels"
    if lent.exists():
        build.run(["cp", "-a", lent, root.path / KERNELS])
        env["NUMBA_CACHE_DIR"] = f"/{KERNELS}"
    root.run(f"{program} snapshot --demo --seed 7 --out {out} --timeout 900", user=True, network=False, env=env)
    if not lent.exists():
        (made,) = (root.path / HOME / ".cache" / "liqdesk").glob("kernels-*")
        build.run(["cp", "-a", made, lent])
        build.run(["chmod", "-R", "a+rwX", lent])
        build.run(["cp", "-a", lent, root.path / KERNELS])
    keep.mkdir(parents=True, exist_ok=True)
    shutil.move(root.path / out[1:], keep / f"{name}.png")
    bootstrap.say(f"{root.path.name}: {keep / name}.png")


def reopen(root: Root, recording: Path) -> None:
    """Open what was recorded as a file manager would, by its path alone, and see its map come up. Raises BuildError if it does not."""
    words = (
        f'LIQDESK_TRACE=trace liqdesk "/{recording.relative_to(root.path)}" & n=0; '
        "until grep -q map_ready trace 2>/dev/null; do n=$((n+1)); [ $n -lt 1500 ]; sleep 0.2; done; kill $!; wait $!; rm trace"
    )
    root.run(words, user=True, network=False, env={"NUMBA_CACHE_DIR": f"/{KERNELS}", "QT_QPA_PLATFORM": "offscreen"})
    bootstrap.say(f"{root.path.name}: {recording.name} was opened, and its map is there")


def check_desktop(root: Root) -> None:
    """See that the desktop would know the program: its entry, its type, its icon. The tools are added for that alone, before anything."""
    said = root.run("desktop-file-validate /usr/share/applications/liqdesk.desktop; echo fine")
    if said != "fine\n":
        raise BuildError(f"the desktop file is faulty: {said}")
    if "application/x-liqdesk-recording" not in (root.path / "usr/share/mime/types").read_text("utf-8"):
        raise BuildError("the type of recordings was not registered")
    known = (root.path / "usr/share/applications/mimeinfo.cache").read_text("utf-8")
    if "application/x-liqdesk-recording=liqdesk.desktop;" not in known:
        raise BuildError("recordings are not opened with liqdesk")


def try_deb(build: Build, suite: str, mirror: str, keep: Path) -> None:
    """Install the package in a fresh root, use it, remove it. Raises BuildError for anything that is not as it must be."""
    package = next(iter(sorted(build.dist.glob(f"liqdesk_{build.version}_*.deb"))), None)
    if package is None:
        raise BuildError("there is no package in dist; make it first (make package)")
    root = fresh(build, suite, mirror, f"{suite}-deb")
    root.run("apt-get -q update")
    before = root.listed()
    shutil.copy(package, root.path / "tmp" / package.name)
    root.run(f"apt-get -q install -y --no-install-recommends /tmp/{package.name}")
    (root.path / "tmp" / package.name).unlink()
    bootstrap.say(f"{suite}: installed, {len(root.listed() - before):,} files with what it depends on")
    picture(build, root, "liqdesk", keep, suite)
    smoke(build, root, "liqdesk", keep / suite)
    words = "liqdesk record --demo --seed 7 --speed 60 --minutes 1.5"
    said = root.run(words, user=True, network=False, env={"NUMBA_CACHE_DIR": f"/{KERNELS}"})
    recorded = next(iter((root.path / STAYS).glob("history-*.sqlite")), None)
    if recorded is None:
        raise BuildError(f"{suite}: nothing was recorded: {said[-1000:]}")
    reopen(root, recorded)
    root.run(f"apt-get -q install -y --no-install-recommends {DESKTOP}")
    check_desktop(root)
    said = root.run("apt-get -q purge -y liqdesk")
    if TOLD not in said:
        raise BuildError(f"{suite}: the removal does not say where the user's data are:\n{said[-1000:]}")
    root.run(f"apt-get -q purge -y {DESKTOP}; apt-get -q autoremove --purge -y; rm -rf /{KERNELS}")
    if not recorded.exists():
        raise BuildError(f"{suite}: what the user recorded is gone")
    left = [p for p in sorted(root.listed() - before) if "liqdesk" in p and not p.startswith(f"{HOME}/")]
    left += [p for p in sorted(root.listed() - before) if not p.startswith((f"{HOME}/", *NOT_OURS))]
    if left:
        raise BuildError(f"{suite}: {len(left)} files stayed: {', '.join(left[:20])}")
    bootstrap.say(f"{suite}: removed; of liqdesk there is only the user's {STAYS}")
    shutil.rmtree(root.path)


def try_appdir(build: Build, suite: str, mirror: str, keep: Path) -> None:
    """Run the AppDir in a fresh root that has no library of X11, GL or glib: only a font is added, since nothing can be read without."""
    appdir = build.work / "liqdesk.AppDir"
    if not (appdir / "AppRun").exists():
        raise BuildError("there is no AppDir in build; make it first (make package)")
    root = fresh(build, suite, mirror, f"{suite}-appdir")
    root.run("apt-get -q update; apt-get -q install -y --no-install-recommends fonts-dejavu-core")
    strangers = [p for p in root.listed() if Path(p).name.startswith(("libxcb", "libX11", "libGL", "libglib-2.0"))]
    if strangers:
        raise BuildError(f"{suite}: the root is not minimal, it has {', '.join(strangers[:5])}")
    build.run(["cp", "-a", appdir, root.path / "opt" / "liqdesk.AppDir"])
    program = "/opt/liqdesk.AppDir/AppRun"
    picture(build, root, program, keep, f"{suite}-appdir")
    smoke(build, root, program, keep / f"{suite}-appdir")
    shutil.rmtree(root.path)


def main(argv: Sequence[str] | None = None) -> int:
    build = Build.here()
    read = argparse.ArgumentParser(description="Try the Debian package and the AppDir in fresh minimal systems.")
    read.add_argument("--suites", nargs="+", default=list(SUITES))
    read.add_argument("--mirror", default=MIRROR)
    read.add_argument(
        "--keep",
        type=Path,
        default=build.work / "roots" / "kept",
        metavar="FOLDER",
        help="for pictures and what was said",
    )
    read.add_argument("--only", choices=("deb", "appdir"))
    given = read.parse_args(argv)
    lacking = [f"{tool} (apt-get install {package})" for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if os.geteuid() != 0 or lacking:
        bootstrap.say(f"needs root{' and ' + ', '.join(lacking) if lacking else ''}")
        return 1
    shutil.rmtree(build.work / "roots" / "kernels", ignore_errors=True)
    try:
        for suite in given.suites:
            if given.only != "appdir":
                try_deb(build, suite, given.mirror, given.keep)
        if given.only != "deb":
            try_appdir(build, given.suites[0], given.mirror, given.keep)
    except BuildError as e:
        bootstrap.say(str(e))
        return 1
    bootstrap.say(f"all good; pictures are in {given.keep}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
