"""What a build says of itself: when and from what it was made, where the project is at home, and the versions inside.

Called by packaging/liqdesk.spec. The address comes from GITHUB_REPOSITORY (owner/name), which GitHub's builds have; without it the program
has no address to ask for newer releases, and says so.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import sqlite3
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from liqdesk.about import Stamp, standing_on
from liqdesk.about.stamp import FILE

ROOT: Final = Path(__file__).resolve().parents[1]
LOADED: Final = (sqlite3, ssl)  # so that they can be asked for their versions
REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


def stamp_of(environ: Mapping[str, str], commit: str) -> Stamp:
    """Return the stamp of a build made now, or at SOURCE_DATE_EPOCH."""
    epoch = environ.get("SOURCE_DATE_EPOCH", "")
    built = dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch.isdecimal() else dt.datetime.now(dt.UTC)
    home = environ.get("GITHUB_REPOSITORY", "")
    known = REPOSITORY.fullmatch(home) is not None
    return Stamp(
        built=built.date().isoformat(),
        commit=commit,
        releases=f"https://api.github.com/repos/{home}/releases/latest" if known else "",
        issues=f"https://github.com/{home}/issues/new" if known else "",
        versions={fact.name: fact.value for fact in standing_on()},
    )


def commit_of(root: Path) -> str:
    """Return the commit a checkout stands at, "" where that is not known."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(root), "rev-parse", "HEAD"]
    said = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return said.stdout.strip() if said.returncode == 0 else ""


def write(folder: Path) -> Path:
    """Write the stamp of this build."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE
    target.write_bytes(
        msgspec.json.format(msgspec.json.encode(stamp_of(os.environ, commit_of(ROOT))), indent=1) + b"\n"
    )
    return target
