"""Whose licences a build brings along: of every package inside, and of every library that the build took from this system.

    python packaging/licences.py [--text FILE]    check this environment; write all licences as one text

Exits 1 for a work without a licence text, or under a licence that a program under the MIT licence may not bring along.
packaging/liqdesk.spec calls `write` with what it is about to pack, and fails for the same reasons, and for a library that nobody is
known to have made. This folder and the checkout must be on the path, as they are there and here.
"""

from __future__ import annotations

import argparse
import re
import sqlite3  # these two so that they can be asked for their versions
import ssl
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

import msgspec
from steps.parts import digest, owner_by_dpkg

from liqdesk.about.licence import complaints
from liqdesk.about.works import FILE, Work, gathered, normal

Entry = tuple[str, str, str]  # path in the frozen folder, path here, PyInstaller's word for its kind
LOADED: Final = (sqlite3, ssl)
LIBRARY: Final = re.compile(r"\.(so(\.[\d.]+)?|dll|dylib|pyd)$")
QT: Final = re.compile(r"(PySide6|shiboken6)/|(lib)?(Qt6|pyside6|shiboken6)\w*[.\d]*")
ICU: Final = re.compile(r"libicu(data|i18n|uc)\.so")
PYTHON: Final = re.compile(
    r"(python3[\d.]*/)?lib-dynload/|libpython3|python3\d*\.dll|Python(\.framework/|$)|DLLs/|_\w+\.pyd$|(select|unicodedata|pyexpat)\.pyd$"
    r"|(vcruntime|msvcp)\d+\w*\.dll$|ucrtbase\.dll$|api-ms-win-", re.IGNORECASE,
)  # fmt: skip
LINKED_TO_PYTHON: Final = re.compile(r"lib(ssl|crypto)[-.\d]|(lib)?sqlite3[.-]")  # OpenSSL, SQLite
# Debian packages by their names, and under what they are distributed; a human read each copyright file. What is not here is refused.
SYSTEM: Final = (
    (r"libx(cb|au|dmcp|11|ext|render|fixes|cursor|i|randr|kbcommon)\S*", "MIT"),
    (r"libwayland-\S+|libglvnd\d*|libgl\d*|libegl\d*|libdrm\d*|libffi\d+|libexpat1|libbrotli1|libharfbuzz\d\S*", "MIT"),
    (r"libfontconfig1", "HPND"),
    (r"libfreetype6", "FTL"),
    (r"libpng16-16\S*", "libpng-2.0"),
    (r"zlib1g", "Zlib"),
    (r"libbz2-1\.0", "bzip2-1.0.6"),
    (r"liblzma5|libselinux1", "public-domain"),
    (r"libuuid1|libpcre2-8-0|libzstd1|libbsd0|libmd0", "BSD-3-Clause"),
    (r"liblz4-1|libmpdec\d+", "BSD-2-Clause"),
    (r"libcap2", "BSD-3-Clause OR GPL-2.0-only"),
    (r"libdbus-1-3", "AFL-2.1 OR GPL-2.0-or-later"),
    (r"libglib2\.0-0\S*|libsystemd0|libgcrypt20|libgpg-error0|libmount1|libblkid1|libkeyutils1", "LGPL-2.1-or-later"),
    (r"libstdc\+\+6|libgcc-s1|libgomp1|libgfortran5|libquadmath0|libatomic1", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    (r"libtinfo6|libncursesw6", "X11"),
    (r"libk5crypto3|libkrb5-3|libkrb5support0|libgssapi-krb5-2|libcom-err2", "MIT"),
    (r"libssl3\S*", "Apache-2.0"),
    (r"libsqlite3-0", "blessing"),
    (r"libreadline8\S*", "GPL-3.0-or-later"),
    (r"libgdbm\S*", "GPL-3.0-or-later"),
)  # fmt: skip
DOCS: Final = Path("/usr/share/doc")


def of_build(binaries: Iterable[Entry], more: Sequence[str] = ("pyinstaller",)) -> tuple[tuple[Work, ...], list[str]]:
    """Return the works of a build, and a line for each that may not be shipped or is not known.

    binaries: what is packed, as PyInstaller lists it. more: packages of which a part is packed beside those that liqdesk requires.
    """
    works = list(gathered(more))
    known = {normal(work.name) for work in works} | {"pyside6-essentials"}
    unknown: list[str] = []
    tops = {top: normal(names[0]) for top, names in metadata.packages_distributions().items()}
    packages: dict[str, Work] = {}
    for inside, here, kind in binaries:
        name = inside.replace("\\", "/")
        if kind == "SYMLINK" or not LIBRARY.search(name) or _is_known(name, Path(here), tops, known):
            continue
        work = _of_system(Path(here))
        if work is None:
            unknown.append(f"{inside}: nobody is known to have made it; tell packaging/licences.py whose it is")
        else:
            packages[work.name] = work
    every = (*works, *sorted(packages.values(), key=lambda work: work.name))
    return every, complaints(every) + unknown


def _is_known(name: str, here: Path, tops: dict[str, str], known: set[str]) -> bool:
    """Return whether a library belongs to a work that is listed without asking the system."""
    parts = PurePosixPath(name).parts
    if QT.match(name) or ICU.match(parts[-1]) or PYTHON.match(name) or LINKED_TO_PYTHON.match(parts[-1]):
        return True
    if here.is_relative_to(sysconfig.get_path("purelib")) or here.is_relative_to(sysconfig.get_path("platlib")):
        return True
    owner = tops.get(parts[0].split(".")[0]) if len(parts) > 1 else None
    return owner in known


def _of_system(here: Path) -> Work | None:
    """Return the package of this system that a library is of, with its copyright file; None for one that is not known."""
    part = owner_by_dpkg(here.name, digest(here))
    if part is None:
        return None
    licence_name = next((spdx for pattern, spdx in SYSTEM if re.fullmatch(pattern, part.name)), None)
    copyright_file = DOCS / part.name / "copyright"
    if licence_name is None or not copyright_file.is_file():
        return None
    words = copyright_file.read_text("utf-8", "replace")
    return Work(part.name, part.version, licence_name, words, part.home, part_of="Linux libraries")


def write(binaries: Iterable[Entry], folder: Path, more: Sequence[str] = ("pyinstaller",)) -> Path:
    """Write the list that the program shows. Raises SystemExit for what may not be shipped."""
    works, trouble = of_build(binaries, more)
    if trouble:
        raise SystemExit("licences:\n    " + "\n    ".join(trouble))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE
    target.write_bytes(msgspec.json.format(msgspec.json.encode(works), indent=1))
    return target


def as_text(works: Sequence[Work]) -> str:
    """Return all works with their licences as one text: a list first, the texts after it, each once."""
    lines = ["liqdesk and what comes with it", ""]
    lines += [
        f"    {w.name} {w.version}".rstrip() + f": {w.licence}" + (f" (part of {w.part_of})" if w.part_of else "")
        for w in works
    ]
    texts: dict[str, list[str]] = {}
    for work in works:
        texts.setdefault(work.text.strip(), []).append(f"{work.name} {work.version}".strip())
    for text, names in texts.items():
        lines += ["", "=" * 78, ", ".join(names), "=" * 78, "", text]
    return "\n".join(lines) + "\n"


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--text", type=Path, metavar="FILE", help="write all licences as one text")
    wanted = asked.parse_args()
    works = gathered()
    trouble = complaints(works)
    for line in trouble:
        print(line, file=sys.stderr)
    if wanted.text is not None:
        wanted.text.write_text(as_text(works), "utf-8")
    print(f"licences: {len(works)} works, {len(trouble)} complaints")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
