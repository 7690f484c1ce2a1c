"""The frozen program in build/frozen/liqdesk: PyInstaller over packaging/liqdesk.spec, in an environment of its own."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import bootstrap

from steps.plan import Build, BuildError

SYSTEMS = ("linux", "windows", "macos")
BINUTILS = "Debian, Ubuntu: apt-get install binutils; Fedora: dnf install binutils"
TOOLS = dict.fromkeys(("objdump", "objcopy"), BINUTILS) if sys.platform.startswith("linux") else {}
ANY_PROCESSOR = "generic"  # as liqdesk.paths has it
# Where numba's cache is the same on every machine; on macOS its key has the version of the system in it.
STABLE = ("linux", "windows")
WAYLAND = {"libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0"}
SPEC = Path(__file__).resolve().parents[1] / "liqdesk.spec"
PINS = SPEC.with_name("constraints.txt")
SHARED = (
    "this Python has no shared library, which a frozen program carries with it. Use another one: that of your distribution "
    "(Debian: apt-get install python3 python3-venv), of python.org, or of pyenv with "
    "PYTHON_CONFIGURE_OPTS=--enable-shared"
)


def make(build: Build) -> list[Path]:
    """Prepare the environment, freeze, and give every file the build's time."""
    if build.system == "linux" and not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        raise BuildError(SHARED)
    bootstrap.add_system_parts(on_screen=True, tests=False)
    if build.system == "linux" and (absent := bootstrap.lacking(WAYLAND)):
        bootstrap.add_packages(absent)
    prepare(build)
    shutil.rmtree(build.frozen.parent, ignore_errors=True)
    command: list[str | Path] = [build.python, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
    build.run([*command, "--distpath", build.frozen.parent, "--workpath", build.work / "pyinstaller", SPEC])
    for library in build.frozen.glob("_internal/libpython*.so*") if build.system == "linux" else ():
        build.run(["objcopy", "--strip-debug", library])  # this one alone: what strip does breaks numpy's openblas
    if build.system in STABLE:
        bring_kernels(build)
    settle(build.frozen.parent, build.epoch)
    lost = lost_libraries(build.frozen) if build.system == "linux" else {}
    if lost:
        raise BuildError(
            "libraries that neither come along nor are here: " + ", ".join(f"{k} (for {v})" for k, v in lost.items())
        )
    said = subprocess.run(
        [str(build.program), "--version"], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if said.stdout.strip() != f"liqdesk {build.version}":
        raise BuildError(f"the frozen program does not say its version: {said.stdout!r} {said.stderr!r}")
    return [build.frozen]


def bring_kernels(build: Build) -> None:
    """Let the frozen program compile all it would compile on a user's first start, and put that beside it."""
    folder = build.work / "kernels"
    shutil.rmtree(folder, ignore_errors=True)
    environ = {"NUMBA_CACHE_DIR": str(folder), "NUMBA_CPU_NAME": ANY_PROCESSOR, "NUMBA_CPU_FEATURES": ""}
    build.run([build.program, "kernels"], environ)
    market = subprocess.Popen(
        [str(build.program), "exchange", "--port", "0"],
        env={**build.environ(), **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    with market:
        assert market.stdout is not None
        served = market.stdout.readline()
        market.terminate()
    if not served.startswith(b"{"):
        raise BuildError(f"the frozen program's market does not start: {served!r}")
    shipped = build.frozen / "_internal" / "liqdesk" / "kernels"
    shutil.copytree(folder, shipped)
    # What a user's first start finds: where numba would not take it, it would compile, and say nothing.
    first = build.work / "first-start"
    shutil.rmtree(first, ignore_errors=True)
    build.run([build.program, "kernels"], {"NUMBA_CACHE_DIR": str(first)})
    if files_below(first) != files_below(shipped):
        raise BuildError("the frozen program does not take the kernels that were compiled with it")


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def prepare(build: Build) -> None:
    """Make build/environment with the extra `package`, unless it stands as pyproject.toml and the pins want it."""
    stamp = build.work / "environment" / "liqdesk.json"
    wanted = hashlib.sha256((build.root / "pyproject.toml").read_bytes() + PINS.read_bytes() + sys.version.encode())
    try:
        if json.loads(stamp.read_text("utf-8")) == wanted.hexdigest():
            return
    except (OSError, ValueError):
        pass
    if importlib.util.find_spec("ensurepip") is None:
        raise BuildError("this Python makes no environments (Debian, Ubuntu: apt-get install python3-venv)")
    bootstrap.say("preparing build/environment; the first time this fetches some 200 MB")
    inside = sys.prefix != sys.base_prefix
    maker = getattr(sys, "_base_executable", sys.executable) if inside else sys.executable
    build.run([str(maker), "-m", "venv", "--clear", stamp.parent])
    pip: list[str | Path] = [build.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    build.run([*pip, "--constraint", PINS, "--editable", f"{build.root}[package]"])
    stamp.write_text(json.dumps(wanted.hexdigest()), "utf-8")


def settle(folder: Path, epoch: int) -> None:
    """Give every file one time, and rights that do not depend on who built: all may read, what could be executed still can be."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_symlink():
            if os.utime in os.supports_follow_symlinks:
                os.utime(path, (epoch, epoch), follow_symlinks=False)
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (epoch, epoch))
    os.utime(folder, (epoch, epoch))


def lost_libraries(folder: Path) -> dict[str, str]:
    """Return the libraries that the loader does not find for any file of a frozen folder, each with one file that needs it."""
    environ = {"LD_LIBRARY_PATH": str(folder / "_internal"), "PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    lost: dict[str, str] = {}
    for path in sorted(folder.rglob("*.so*")):
        said = subprocess.run(["ldd", str(path)], env=environ, capture_output=True, text=True, check=False)
        for line in said.stdout.splitlines():
            name, _, found = line.strip().partition(" => ")
            if found.startswith("not found"):
                lost.setdefault(name, str(path.relative_to(folder)))
    return lost
