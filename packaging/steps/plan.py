"""What every step knows: the version, the time of the last commit, the system, and where things lie."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = {"linux": "linux", "win32": "windows", "darwin": "macos"}
MACHINES = {"amd64": "x86_64", "x64": "x86_64", "aarch64": "arm64"}


class BuildError(Exception):
    """A step that could not be done, in a sentence."""


@dataclass(frozen=True)
class Build:
    """One call of build.py. `epoch` is in seconds since 1970 UTC: everything built carries that time."""

    version: str
    epoch: int
    system: str
    machine: str
    root: Path = ROOT

    @classmethod
    def here(cls) -> Build:
        """Return the build of this checkout on this system."""
        machine = platform.machine().lower()
        system = SYSTEMS.get(sys.platform)
        if system is None:
            raise BuildError(f"there is no recipe for {sys.platform}")
        return cls(version_of(ROOT), epoch_of(ROOT), system, MACHINES.get(machine, machine))

    @property
    def work(self) -> Path:
        """The folder of what can be thrown away."""
        return self.root / "build"

    @property
    def dist(self) -> Path:
        """The folder of what is given to people."""
        return self.root / "dist"

    @property
    def frozen(self) -> Path:
        """The folder of the frozen program; on macOS `liqdesk.app` stands beside it."""
        return self.work / "frozen" / "liqdesk"

    @property
    def program(self) -> Path:
        """The frozen executable for the command line."""
        return self.frozen / ("liqdesk-cli.exe" if self.system == "windows" else "liqdesk")

    @property
    def python(self) -> Path:
        """The Python of the environment that is frozen, which has the extra `package` and nothing beside."""
        folder = self.work / "environment"
        return folder / ("Scripts/python.exe" if self.system == "windows" else "bin/python")

    def target(self, ending: str) -> Path:
        """Return the path in dist of what is built for this system: liqdesk-VERSION-SYSTEM-MACHINE.ENDING."""
        self.dist.mkdir(exist_ok=True)
        return self.dist / f"liqdesk-{self.version}-{self.system}-{self.machine}.{ending}"

    def environ(self) -> dict[str, str]:
        """Return the environment of everything that is run: fixed time, order and language."""
        fixed = {"SOURCE_DATE_EPOCH": str(self.epoch), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LIQDESK_", "NUMBA_"))}
        return {**inherited, **fixed}

    def run(self, command: Sequence[str | Path], environ: Mapping[str, str] | None = None) -> None:
        """Run a command in the checkout. Raises BuildError when it fails."""
        words = [str(word) for word in command]
        done = subprocess.run(
            words, cwd=self.root, env={**self.environ(), **(environ or {})}, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            raise BuildError(f"{Path(words[0]).name} failed with exit code {done.returncode}: {' '.join(words)}")


def version_of(root: Path) -> str:
    """Read the version from the one place that has it."""
    text = (root / "liqdesk" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise BuildError("liqdesk/__init__.py states no __version__")
    return found[1]


def epoch_of(root: Path) -> int:
    """Return SOURCE_DATE_EPOCH where it is set, else the time of the last commit, else (no git, no commit) now."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdecimal():
        return int(given)
    git = shutil.which("git")
    if git is not None:
        command = [git, "-C", str(root), "log", "-1", "--format=%ct"]
        said = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if said.returncode == 0 and said.stdout.strip().isdecimal():
            return int(said.stdout)
    return int(time.time())
