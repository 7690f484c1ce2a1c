"""dist/SHA256SUMS: the digest of every file of this version in dist, as `sha256sum --check SHA256SUMS` reads it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from steps.plan import Build

SYSTEMS: Final = ("linux", "windows", "macos")
TOOLS: Final[dict[str, str]] = {}
SUMS: Final = "SHA256SUMS"


def make(build: Build) -> list[Path]:
    return [write(build.dist, build.version)]


def digest(path: Path) -> str:
    """Return a file's SHA-256 as 64 lower-case hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, version: str) -> Path:
    """Write the digests of what lies in a folder and has the version in its name, in the order of the names."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and version in path.name)
    out = folder / SUMS
    out.write_bytes("".join(f"{digest(path)}  {path.name}\n" for path in files).encode())
    return out
