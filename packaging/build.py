"""Build what this system can: the frozen program, and the files that are given to people, in dist/.

    python packaging/build.py [STEP...]    all steps of this system, or those that are named, in the order of STEPS

`make package` calls it. It needs Python and, for some steps, programs of the system; what is missing is said before anything is built.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import bootstrap
from steps.plan import Build, BuildError

# In this order; each is a module of packaging/steps, whose docstring says what a step is.
STEPS = (
    "freeze",  # build/frozen/liqdesk
    "smoke",  # the frozen program is started as a new user would
    "tarball",  # dist/liqdesk-VERSION-linux-MACHINE.tar.xz
    "deb",  # dist/liqdesk_VERSION_ARCHITECTURE.deb
    "appimage",  # build/liqdesk.AppDir, and dist/liqdesk-VERSION-linux-MACHINE.AppImage where appimagetool can be had
    "windows",  # dist/liqdesk-VERSION-windows-MACHINE.zip and -setup.exe; on Linux the installer's script is only compiled
    "macos",  # dist/liqdesk-VERSION-macos-MACHINE.dmg
    "wheel",  # dist/liqdesk-VERSION.tar.gz, and the wheel
    "sbom",  # dist/liqdesk-VERSION-SYSTEM-MACHINE.cdx.json
    "checksums",  # dist/SHA256SUMS, last
)


def chosen(names: Sequence[str], system: str) -> dict[str, ModuleType]:
    """Return the steps to do, by name. Raises BuildError for one that is not there or not for this system."""
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        raise BuildError(f"there is no step {', '.join(unknown)}; there are {', '.join(STEPS)}")
    steps = {name: importlib.import_module(f"steps.{name}") for name in STEPS if not names or name in names}
    foreign = [name for name, step in steps.items() if system not in step.SYSTEMS]
    if names and foreign:
        raise BuildError(f"{', '.join(foreign)} cannot be built on {system}")
    return {name: step for name, step in steps.items() if name not in foreign}


def missing(steps: dict[str, ModuleType]) -> list[str]:
    """Return a line for each program that a step needs and this system lacks."""
    return [
        f"{name} needs {tool} ({how})"
        for name, step in steps.items()
        for tool, how in step.TOOLS.items()
        if shutil.which(tool) is None
    ]


def size_mb(path: Path) -> float:
    """Return what a file, or a folder with all in it, takes, in MB of 10^6 bytes."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file() and not p.is_symlink()]
    return sum(p.stat().st_size for p in files) / 1e6


def main(argv: Sequence[str]) -> int:
    if any(word.startswith("-") for word in argv):
        print(__doc__, file=sys.stderr)
        return 2
    if not bootstrap.fits(sys.version_info[:2]):
        bootstrap.say(f"needs Python 3.11 to 3.14, this is {sys.version.split()[0]}")
        return 1
    try:
        build = Build.here()
        steps = chosen(argv, build.system)
        lacking = missing(steps)
        if lacking:
            raise BuildError("nothing was built:\n    " + "\n    ".join(lacking))
        for name, step in steps.items():
            bootstrap.say(f"{name} …")
            for made in step.make(build):
                bootstrap.say(f"{name}: {made.relative_to(build.root)}, {size_mb(made):.1f} MB")
    except BuildError as e:
        bootstrap.say(str(e))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
