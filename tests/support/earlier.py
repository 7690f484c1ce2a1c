"""Profiles as earlier versions of the program wrote them, copied where a test may change them, and what a folder holds."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

MIGRATION = Path(__file__).parents[1] / "migration"
PROFILES = MIGRATION / "profiles"
FRAMES = MIGRATION / "frames"


class Earlier(NamedTuple):
    """A copy of a profile of before, and what it held when it was written."""

    folder: Path
    held: dict[str, Any]


def names(part: str) -> list[str]:
    """Return the profiles that hold a part, by when the program that wrote them was made."""
    found = [p.parent.name for p in PROFILES.glob("*/manifest.json") if part in json.loads(p.read_text("utf-8"))]
    assert found, f"no profile holds {part}"
    return sorted(found)


def copy_of(name: str, folder: Path) -> Earlier:
    """Put a profile of before into a folder, unpacked."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((PROFILES / name).iterdir()):
        if path.suffix == ".gz":
            with gzip.open(path) as packed, (folder / path.stem).open("wb") as plain:
                shutil.copyfileobj(packed, plain)
        elif path.name != "manifest.json":
            shutil.copyfile(path, folder / path.name)
    return Earlier(folder, json.loads((PROFILES / name / "manifest.json").read_text("utf-8")))


def tree(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Return every file and folder with a digest of its bytes, its size and the nanosecond of its last change."""
    out = {}
    for path in sorted((folder, *folder.rglob("*"))):
        found = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        out[str(path.relative_to(folder))] = (digest, found.st_size if digest else 0, found.st_mtime_ns)
    return out
