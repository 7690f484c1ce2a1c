"""What a release is made of: names, notes, digests. For .github/workflows/release.yml, and by hand.

    python packaging/release.py tag v0.1.0           exits 1 unless that is the tag of this version
    python packaging/release.py notes                prints what CHANGELOG.md says of this version
    python packaging/release.py held FOLDER NAME...  exits 1 unless the folder holds a file for each name (VERSION stands for the version)
    python packaging/release.py sums FOLDER          writes FOLDER/SHA256SUMS

Uses the standard library alone.
"""

from __future__ import annotations

import fnmatch
import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from steps.checksums import write
from steps.plan import ROOT, version_of


class ReleaseError(Exception):
    """What keeps a release from being made, in a sentence."""


def names_of(patterns: Sequence[str], version: str) -> list[str]:
    return [pattern.replace("VERSION", version) for pattern in patterns]


def check_tag(tag: str, version: str) -> None:
    if tag != f"v{version}":
        raise ReleaseError(f"the tag is {tag}, but liqdesk/__init__.py says {version}, whose tag is v{version}")


def notes(changelog: str, version: str) -> str:
    """Return the section of a version, without its heading. Raises ReleaseError where there is none, or nothing in it."""
    heading = rf"^## {re.escape(version)}(?!\S)[^\n]*\n"
    found = re.search(heading + r"(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if found is None or not found[1].strip():
        raise ReleaseError(f"CHANGELOG.md says nothing of {version}")
    return found[1].strip() + "\n"


def check_held(folder: Path, names: Sequence[str]) -> list[Path]:
    """Return the one file of each name. Raises ReleaseError for a name that no file has, or an empty one."""
    present = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    held = [(name, [path for path in present if fnmatch.fnmatchcase(path.name, name)]) for name in names]
    absent = [name for name, paths in held if not any(path.stat().st_size for path in paths)]
    if absent:
        there = ", ".join(path.name for path in present) or "nothing"
        raise ReleaseError(f"{folder} lacks {', '.join(absent)}; it holds {there}")
    return [path for _, paths in held for path in paths]


def main(argv: Sequence[str]) -> int:
    version = version_of(ROOT)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # the notes go into a file
    try:
        match argv:
            case ["tag", tag]:
                check_tag(tag, version)
            case ["notes"]:
                sys.stdout.write(notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version))
            case ["held", folder, *patterns] if patterns:
                for path in check_held(Path(folder), names_of(patterns, version)):
                    print(f"{path.name}  {path.stat().st_size / 1e6:.1f} MB")
            case ["sums", folder]:
                print(write(Path(folder), version).read_text("utf-8"), end="")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except ReleaseError as e:
        print(f"liqdesk: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
