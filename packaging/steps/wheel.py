"""dist/liqdesk-VERSION.tar.gz and dist/liqdesk-VERSION-py3-none-any.whl: the sources, and the wheel that comes of them alone."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from steps.plan import Build, BuildError

SYSTEMS = ("linux", "windows", "macos")
TOOLS = {"git": "git-scm.com"}
NEEDS = ("build>=1.2", "twine>=6.1")


def make(build: Build) -> list[Path]:
    """Build the sources, from them the wheel, and hold what lies in both against what git keeps."""
    python = tools(build)
    sources, wheel = paths(build)
    build.dist.mkdir(exist_ok=True)
    for old in (sources, wheel):
        old.unlink(missing_ok=True)
    build.run([python, "-m", "build", "--outdir", build.dist])
    for made in (sources, wheel):
        if not made.is_file():
            raise BuildError(f"{made.name} was not made")
    build.run([python, "-m", "twine", "check", "--strict", sources, wheel])
    kept = kept_by_git(build.root)
    hold(sources.name, in_sources(sources), kept | {"PKG-INFO"})
    hold(wheel.name, in_wheel(wheel), as_installed(kept))
    return [sources, wheel]


def paths(build: Build) -> tuple[Path, Path]:
    """Return where sources and wheel go."""
    name = f"liqdesk-{build.version}"
    return build.dist / f"{name}.tar.gz", build.dist / f"{name}-py3-none-any.whl"


def tools(build: Build) -> Path:
    """Make build/tools with what builds and checks, unless it stands; return its Python."""
    folder = build.work / "tools"
    python = folder / ("Scripts/python.exe" if build.system == "windows" else "bin/python")
    stamp = folder / "liqdesk.txt"
    if not stamp.exists() or stamp.read_text("utf-8") != repr(NEEDS):
        inside = sys.prefix != sys.base_prefix
        maker = getattr(sys, "_base_executable", sys.executable) if inside else sys.executable
        build.run([str(maker), "-m", "venv", "--clear", folder])
        build.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDS])
        stamp.write_text(repr(NEEDS), "utf-8")
    return python


def kept_by_git(root: Path) -> set[str]:
    """Return every file that git keeps, or would keep."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    said = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")
    if said.returncode != 0:
        raise BuildError(f"git does not say what it keeps: {said.stderr.strip()}")
    return {name for name in said.stdout.split("\0") if name and (root / name).exists()}


def in_sources(path: Path) -> set[str]:
    """Return the files of an sdist, without its own folder."""
    with tarfile.open(path) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if not member.isdir()}


def in_wheel(path: Path) -> set[str]:
    """Return the files of a wheel, its metadata as one name."""
    with zipfile.ZipFile(path) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    return {name if ".dist-info/" not in name else name.partition("/")[2] for name in names}


def as_installed(kept: set[str]) -> set[str]:
    """Return what a wheel is to hold of these files."""
    code = {name for name in kept if name.startswith("liqdesk/")}
    brought = {f"liqdesk/_{name}" for name in kept if name.startswith("resources/")}
    about = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    return code | brought | about | {"liqdesk/_resources/methodology.md"}


def hold(name: str, found: set[str], wanted: set[str]) -> None:
    """Raise BuildError where a file is too many, or too few."""
    more, less = sorted(found - wanted), sorted(wanted - found)
    if more or less:
        told = [f"{one} should not be there" for one in more] + [f"{one} is not there" for one in less]
        raise BuildError(f"{name}: {'; '.join(told[:20])}")
