"""Positions in their file, by market and contract. Only the owner of the profile can read it, and no log line holds a value of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from liqdesk.engine.frames import Source, SourceKind
from liqdesk.formats import POSITIONS
from liqdesk.formats.joining import joined
from liqdesk.insight.position import Position
from liqdesk.paths import write_atomic
from liqdesk.ui import documents

FILE: Final = "positions.json"
WHAT: Final = "positions"
VERSION: Final = POSITIONS
LARGEST: Final = 256 * 1024
MOST: Final = 1e15

Key = tuple[str, str]  # where prices come from, and the contract
Positions = Mapping[Key, Position]


class _File(msgspec.Struct, frozen=True):
    version: int = VERSION
    positions: dict[str, dict[str, Position]] = {}


def origin_of(source: Source) -> str:
    """Return whose prices a position was entered at: a simulated market's are never taken for the venue's."""
    if source.origin in (SourceKind.LIVE, SourceKind.HISTORY) and not source.whose:
        return "binance"
    return "demo" if source.origin is SourceKind.DEMO else source.whose or source.host


def is_sensible(position: Position) -> bool:
    """Return whether a position read from a file can be one."""
    amounts = (position.entry, position.quantity, position.leverage, position.margin)
    return all(math.isfinite(x) and 0 < x < MOST for x in amounts) and 0 <= position.extra < MOST


def load(path: Path) -> tuple[dict[Key, Position], str]:
    """Read what is kept, and a sentence on what could not be: a damaged file is set aside, one of a later version left alone."""
    file, sentence = documents.read(path, _File, VERSION, LARGEST, WHAT, private=True)
    if file is None:
        return {}, sentence
    found = {
        (origin, symbol): one
        for origin, by_symbol in file.positions.items()
        for symbol, one in by_symbol.items()
        if one.leverage > 0 and is_sensible(one)
    }
    lost = sum(map(len, file.positions.values())) - len(found)
    return found, documents.left_out(lost, WHAT)


def save(path: Path, positions: Positions) -> None:
    """Write all positions by atomic replace, readable by their owner alone. Raises OSError where the profile cannot be written,
    NewerError over a file of a later version."""
    by_origin: dict[str, dict[str, Position]] = {}
    for (origin, symbol), one in positions.items():
        by_origin.setdefault(origin, {})[symbol] = one
    # mkstemp, which write_atomic begins with, makes the file for its owner alone.
    write_atomic(path, joined(path, _File(positions=by_origin), VERSION))
