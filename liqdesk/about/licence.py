"""Licences as packages state them, made SPDX expressions; and which of them a program under the MIT licence may bring along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from liqdesk.about.works import Work

# What may stand in one folder beside a program under MIT: permissive, public domain, or copyleft of a file or a library alone.
ALLOWED: Final = frozenset(
    {
        "0BSD", "AFL-2.1", "Apache-2.0", "BSD", "X11", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Open-MPI", "BSL-1.0", "CC0-1.0", "FTL",
        "HPND", "ICU", "IJG", "ISC", "LGPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later",
        "libpng-2.0", "MIT", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Python-2.0", "Unicode-3.0", "Unicode-DFS-2016", "Unlicense",
        "Zlib", "blessing", "bzip2-1.0.6", "public-domain",
        "Apache-2.0 WITH LLVM-exception",
        "GPL-2.0-or-later WITH Bootloader-exception",  # PyInstaller's, of the part of it that is in every build
        "GPL-3.0-or-later WITH GCC-exception-3.1",
    }
)  # fmt: skip
LEGACY: Final = {
    "apache 2": "Apache-2.0", "apache 2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0", "apache software license": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0", "bsd license": "BSD", "bsd": "BSD", "mit license": "MIT", "the mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "python software foundation license": "PSF-2.0", "isc license (iscl)": "ISC",
    "gplv2-or-later with a special exception which allows to use pyinstaller to build and distribute non-free programs "
    "(including commercial ones)": "GPL-2.0-or-later WITH Bootloader-exception",
}  # fmt: skip
SPDX: Final = re.compile(r"[A-Za-z0-9.+() -]{2,200}")
LEAST_TEXT: Final = 150  # characters; the shortest licences have more


def expression_of(expression: str, stated: str, classifiers: Sequence[str]) -> str:
    """Return a package's licence from what its metadata say: its expression, else its older field, else its classifiers; "" for none."""
    if expression:
        return expression
    first = stated.strip().splitlines()[0].strip() if stated.strip() else ""
    known = LEGACY.get(first.lower().rstrip("."))
    if known:
        return known
    if first and first.upper() != "UNKNOWN" and SPDX.fullmatch(first) and (first in ALLOWED or " OR " in first):
        return first
    said = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")]
    named = [LEGACY.get(one.lower(), one) for one in said if one != "OSI Approved"]
    return " OR ".join(named) or first[:80]


def may_be_shipped(expression: str) -> bool:
    """Return whether a licence expression leaves a choice of which every part is allowed. False for one that cannot be read."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression)
    holds, rest = _either(tokens)
    return holds and not rest


def _either(tokens: list[str]) -> tuple[bool, list[str]]:
    holds, rest = _every(tokens)
    while rest[:1] == ["OR"]:
        other, rest = _every(rest[1:])
        holds = holds or other
    return holds, rest


def _every(tokens: list[str]) -> tuple[bool, list[str]]:
    holds, rest = _one(tokens)
    while rest[:1] == ["AND"]:
        other, rest = _one(rest[1:])
        holds = holds and other
    return holds, rest


def _one(tokens: list[str]) -> tuple[bool, list[str]]:
    if not tokens:
        return False, []
    if tokens[0] == "(":
        holds, rest = _either(tokens[1:])
        return (holds, rest[1:]) if rest[:1] == [")"] else (False, rest)
    if tokens[1:2] == ["WITH"] and len(tokens) > 2:
        return " ".join(tokens[:3]) in ALLOWED, tokens[3:]
    return tokens[0] in ALLOWED, tokens[1:]


def complaints(works: Sequence[Work]) -> list[str]:
    """Return a line for every work that has no licence text, or a licence that it may not be shipped under."""
    out = []
    for work in works:
        name = f"{work.name} {work.version}".strip()
        if len(work.text.strip()) < LEAST_TEXT:
            out.append(f"{name}: no licence text")
        if not work.licence:
            out.append(f"{name}: states no licence")
        elif not may_be_shipped(work.licence):
            out.append(f"{name}: “{work.licence}” is not among the licences that may be shipped")
    return out
