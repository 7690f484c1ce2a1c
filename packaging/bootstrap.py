"""Prepare a checkout: `.venv`, the program in it, and the system libraries a Linux without a desktop lacks.

    python packaging/bootstrap.py run [ARGUMENT...]   prepare, then open the window, or draw it to a picture
    python packaging/bootstrap.py prepare             prepare only
    python packaging/bootstrap.py dev                 prepare for the tests too

Uses the standard library alone. When nothing is to be done it takes a few hundredths of a second.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)
ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "liqdesk.json"
PICTURE = ROOT / "liqdesk.png"

DRAWING = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
WINDOWS_ON_X11 = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
TEST_PROGRAMS = {
    "Xvfb": "xvfb",
    "xauth": "xauth",
    "xwininfo": "x11-utils",
    "xdotool": "xdotool",
    "openbox": "openbox",
}
STOOD_IN = 5  # the exit code of a picture for which the built-in market stood in for the venue
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def say(text: str) -> None:
    print(f"liqdesk: {text}", flush=True)


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fits(version: tuple[int, int]) -> bool:
    return OLDEST <= version <= NEWEST


def lacking(libraries: Mapping[str, str]) -> dict[str, str]:
    """Return the libraries that the dynamic linker does not find, with their Debian packages."""
    absent = {}
    for name, package in libraries.items():
        try:
            ctypes.CDLL(name)
        except OSError:
            absent[name] = package
    return absent


def lacking_programs(programs: Mapping[str, str]) -> dict[str, str]:
    return {name: package for name, package in programs.items() if shutil.which(name) is None}


def administrator() -> list[str] | None:
    """Return the words to put before a command that installs packages; None where a password would be asked."""
    if os.geteuid() == 0:
        return ["env"]
    sudo = shutil.which("sudo")
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, **quiet).returncode == 0:  # type: ignore[call-overload]
        return [sudo, "-n", "env"]
    return None


def add_packages(absent: Mapping[str, str]) -> None:
    """Install the Debian packages of what is absent, or print the line to type; never fail for it."""
    packages = sorted(set(absent.values()))
    say(f"this system lacks {', '.join(absent)}")
    apt = shutil.which("apt-get")
    if apt is None:
        say("install them with your system's package manager; going on without them")
        return
    line = shlex.join(["apt-get", "install", "-y", "--no-install-recommends", *packages])
    prefix = administrator()
    if prefix is None:
        say(f"type this once:\n\n    sudo {line}\n")
        return
    base = [*prefix, "DEBIAN_FRONTEND=noninteractive", apt, "-q", "-o", "DPkg::Lock::Timeout=120"]
    install = [*base, "install", "-y", "--no-install-recommends", *packages]
    lists_know = subprocess.run([*install, "--simulate"], check=False, capture_output=True, stdin=subprocess.DEVNULL)
    if lists_know.returncode != 0:
        subprocess.run([*base, "update"], check=False, stdin=subprocess.DEVNULL)
    done = subprocess.run(install, check=False, stdin=subprocess.DEVNULL).returncode == 0
    if not done and lists_know.returncode == 0:
        subprocess.run([*base, "update"], check=False, stdin=subprocess.DEVNULL)
        done = subprocess.run(install, check=False, stdin=subprocess.DEVNULL).returncode == 0
    if not done:
        say(f"the packages could not be installed; try by hand: {line}")


def add_system_parts(on_screen: bool, tests: bool) -> None:
    """See to the shared libraries and programs that come from the system; only Linux lacks any."""
    if not on_linux():
        return
    absent = lacking(DRAWING)
    if on_screen or tests:
        absent |= lacking(WINDOWS_ON_X11)
    if tests:
        absent |= lacking_programs(TEST_PROGRAMS)
    if shutil.which("apt-get") and not CERTIFICATES.exists():
        absent[CERTIFICATES.name] = "ca-certificates"
    if absent:
        add_packages(absent)


def wanted() -> str:
    """Return what an installed environment must have been made from."""
    made_from = [(ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(made_from)).hexdigest()


def stamp() -> dict[str, str]:
    try:
        content = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def usable_venv() -> bool:
    """Return whether `.venv` holds a Python that starts, is not too old or new, and has pip."""
    test = "import sys, pip; print(sys.version_info[0], sys.version_info[1])"
    try:
        run = subprocess.run([venv_python(), "-c", test], check=False, capture_output=True, text=True)
    except OSError:
        return False
    words = run.stdout.split()
    return run.returncode == 0 and len(words) == 2 and fits((int(words[0]), int(words[1])))


def install(tests: bool) -> None:
    """Make `.venv` and install the program into it, unless that was done from the same pyproject.toml."""
    known, now = stamp(), wanted()
    kinds = ("dev",) if tests else ("run", "dev")
    if venv_python().exists() and any(known.get(kind) == now for kind in kinds):
        return
    if not usable_venv():
        say(f"making {VENV.name} with Python {sys.version_info[0]}.{sys.version_info[1]}")
        own = Path(sys.prefix).resolve() == VENV.resolve()
        maker = getattr(sys, "_base_executable", sys.executable) if own else sys.executable
        subprocess.run([maker, "-m", "venv", "--clear", str(VENV)], check=True)
    say("installing what the program is made of; the first time this fetches some 200 MB")
    target = f"{ROOT}[dev]" if tests else str(ROOT)
    command = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "--editable", target]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    kept = {kind: value for kind, value in known.items() if value == now}
    STAMP.write_text(json.dumps({**kept, "dev" if tests else "run": now}), "utf-8")


def on_linux() -> bool:
    return sys.platform.startswith("linux")


def has_display(environ: Mapping[str, str]) -> bool:
    if environ.get("QT_QPA_PLATFORM", "").split(":")[0] in ("offscreen", "minimal"):
        return False
    if on_linux():
        return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    return True


def start(arguments: Sequence[str], on_screen: bool) -> int:
    """Open the window, or draw it to a picture where there is no display, and return the program's exit code."""
    command = [str(venv_python()), "-m", "liqdesk"]
    environ = dict(os.environ)
    if not on_screen:
        say(f"there is no display, so the same window is drawn off-screen to {PICTURE.name}")
        command += ["snapshot", "--out", str(PICTURE)]
        environ["QT_QPA_PLATFORM"] = "offscreen"
    command += arguments
    if on_screen and os.name == "posix":
        sys.stdout.flush()
        os.execve(command[0], command, environ)
    began = time.time()
    try:
        code = subprocess.run(command, check=False, env=environ).returncode
    except KeyboardInterrupt:
        return 130
    if not on_screen and code in (0, STOOD_IN) and PICTURE.exists() and PICTURE.stat().st_mtime >= began - 2:
        say(f"drawn: {PICTURE}")
        return 0
    return code


def main(argv: Sequence[str]) -> int:
    action, *arguments = argv or ["prepare"]
    if action not in ("run", "prepare", "dev") or (arguments and action != "run"):
        print(__doc__, file=sys.stderr)
        return 2
    if not fits(sys.version_info[:2]):
        say(f"needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, this is {sys.version.split()[0]}")
        return 1
    on_screen = has_display(os.environ)
    add_system_parts(on_screen, action == "dev")
    try:
        install(action == "dev")
    except subprocess.CalledProcessError as e:
        say(f"this step failed with exit code {e.returncode}: {shlex.join(map(str, e.cmd))}")
        return 1
    return start(arguments, on_screen) if action == "run" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
