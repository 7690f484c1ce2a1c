"""build/liqdesk.AppDir, and dist/liqdesk-VERSION-linux-MACHINE.AppImage where appimagetool can be had.

The AppDir runs as it is: its AppRun is the program. The libraries of X11 windows, libxcb-cursor among them, lie beside the program; those
that belong to a system's drivers and fonts lie apart, and stand in only where the system has none.

The tool is looked for in $APPIMAGETOOL and on the path. It fetches the runtime that an AppImage begins with, or takes it from
$APPIMAGE_RUNTIME.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import bootstrap
from steps.plan import Build, BuildError

from linux import elf, libraries, shares

SYSTEMS: Final = ("linux",)
TOOLS: Final[dict[str, str]] = {}
TOOL: Final = "https://github.com/AppImage/appimagetool/releases"
# Bound to the system's display server, drivers, fonts and compiler: a copy of ours would stand in the way of theirs.
SYSTEMS_OWN: Final = frozenset(libraries.COMPILER) | {
    *(
        "libGL.so.1",
        "libEGL.so.1",
        "libOpenGL.so.0",
        "libGLX.so.0",
        "libGLdispatch.so.0",
        "libX11.so.6",
        "libX11-xcb.so.1",
        "libxcb.so.1",
    ),
    *(
        "libfontconfig.so.1",
        "libfreetype.so.6",
        "libexpat.so.1",
        "libz.so.1",
        "libdbus-1.so.3",
        *libraries.WINDOWS_ON_WAYLAND,
    ),
}


def known_libraries(machine: str) -> dict[str, Path]:
    """Return the libraries of this system that its dynamic linker knows, by soname."""
    environ = os.environ | {"PATH": f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin"}
    said = subprocess.run(["ldconfig", "-p"], check=True, capture_output=True, text=True, env=environ).stdout
    kind = {"x86_64": "x86-64", "arm64": "AArch64"}[machine]
    found: dict[str, Path] = {}
    for name, tags, path in re.findall(r"^\s*(\S+) \(([^)]*)\) => (\S+)$", said, re.MULTILINE):
        if kind in tags:
            found.setdefault(name, Path(path))
    return found


def closure(names: Iterable[str], known: dict[str, Path], held: Iterable[str]) -> dict[str, Path]:
    """Return these libraries and all they need in turn, without the C library's and what is `held` already.

    Raises BuildError for one that this system does not have.
    """
    found: dict[str, Path] = {}
    have, waiting = set(held) | libraries.C_LIBRARY, sorted(names)
    while waiting:
        name = waiting.pop()
        if name in have:
            continue
        have.add(name)
        if name not in known:
            raise BuildError(f"this system has no {name}, which the AppDir is to hold")
        found[name] = known[name].resolve()
        asked = elf.read(found[name])
        waiting += asked.needed if asked is not None else ()
    return found


def place(appdir: Path, machine: str) -> None:
    """Bring the system's libraries into an AppDir that holds the frozen program: beside it, or apart where they are the system's own."""
    program = appdir / "usr" / "lib" / "liqdesk"
    inner = next(p for p in (program / "_internal", program) if p.is_dir())
    known = known_libraries(machine)
    held = {p.name for p in program.rglob("*") if p.is_file()} | {asked.soname for _, asked in elf.files(program)}
    needed = closure(elf.missing(program), known, held)
    for name, path in needed.items():
        shutil.copy(path, inner / name)
    for path in libraries.systems(program, SYSTEMS_OWN):
        target = appdir / "usr" / "optional" / path.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)


def lay_out(build: Build, appdir: Path) -> None:
    """Write the whole AppDir."""
    shutil.rmtree(appdir, ignore_errors=True)
    shares.copy_program(build.frozen, appdir / "usr" / "lib" / "liqdesk")
    place(appdir, build.machine)
    shares.furnish(appdir / "usr")
    (appdir / "usr" / "bin").mkdir()
    (appdir / "usr" / "bin" / "liqdesk").symlink_to("../lib/liqdesk/liqdesk")
    shutil.copy(shares.HERE / "fonts.conf", appdir / "usr" / "optional" / "fonts.conf")
    shutil.copy(shares.HERE / "AppRun", appdir / "AppRun")
    (appdir / "AppRun").chmod(0o755)
    shutil.copy(shares.HERE / "liqdesk.desktop", appdir / "liqdesk.desktop")
    shutil.copy(shares.ICONS / "liqdesk-256.png", appdir / "liqdesk.png")
    (appdir / ".DirIcon").symlink_to("liqdesk.png")


def make(build: Build) -> list[Path]:
    """Write the AppDir, and pack it where there is something to pack it with."""
    appdir = build.work / "liqdesk.AppDir"
    lay_out(build, appdir)
    tool = os.environ.get("APPIMAGETOOL") or shutil.which("appimagetool")
    if not tool:
        bootstrap.say(f"appimage: there is no appimagetool here ({TOOL}), so it ends with the AppDir, which runs")
        return [appdir]
    image = build.target("AppImage")
    runtime = os.environ.get("APPIMAGE_RUNTIME")
    more = ["--runtime-file", runtime] if runtime else []
    machine = {"arm64": "aarch64"}.get(build.machine, build.machine)
    environ = {"ARCH": machine, "VERSION": build.version, "APPIMAGE_EXTRACT_AND_RUN": "1"}
    build.run([tool, *more, "--no-appstream", appdir, image], environ)
    image.chmod(0o755)
    return [appdir, image]
