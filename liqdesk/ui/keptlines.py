"""Horizontal lines the user keeps, in their file, by market and contract. What cannot be read is set aside, never lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from liqdesk.formats import LINES
from liqdesk.formats.joining import joined
from liqdesk.paths import write_atomic
from liqdesk.ui import documents

FILE: Final = "lines.json"
WHAT: Final = "lines"
VERSION: Final = LINES
LARGEST: Final = 1024 * 1024
MOST_LINES: Final = 60  # of one contract
MOST_PRICE: Final = 1e12

Key = tuple[str, str]  # where prices come from, and the contract


class KeptLine(msgspec.Struct, frozen=True):
    """A line at a price, in quote units."""

    price: float


Lines = Mapping[Key, tuple[KeptLine, ...]]


class _File(msgspec.Struct, frozen=True):
    version: int = VERSION
    lines: dict[str, dict[str, tuple[KeptLine, ...]]] = {}


def is_sensible(line: KeptLine) -> bool:
    """Return whether a line read from a file can be one."""
    return math.isfinite(line.price) and 0 < line.price < MOST_PRICE


def load(path: Path) -> tuple[dict[Key, tuple[KeptLine, ...]], str]:
    """Read what is kept, and a sentence on what could not be: a damaged file is set aside, one of a later version left alone."""
    file, sentence = documents.read(path, _File, VERSION, LARGEST, WHAT)
    if file is None:
        return {}, sentence
    found: dict[Key, tuple[KeptLine, ...]] = {}
    lost = 0
    for origin, by_symbol in file.lines.items():
        for symbol, lines in by_symbol.items():
            good = tuple(dict.fromkeys(line for line in lines if is_sensible(line)))[:MOST_LINES]
            lost += len(lines) - len(good)
            if good:
                found[origin, symbol] = good
    return found, documents.left_out(lost, WHAT)


def save(path: Path, lines: Lines) -> None:
    """Write all lines by atomic replace. Raises OSError where the profile cannot be written, NewerError over a file of a later version."""
    by_origin: dict[str, dict[str, tuple[KeptLine, ...]]] = {}
    for (origin, symbol), kept in lines.items():
        if kept:
            by_origin.setdefault(origin, {})[symbol] = kept
    write_atomic(path, joined(path, _File(lines=by_origin), VERSION))
