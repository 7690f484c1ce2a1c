"""Horizontal lines the user keeps, in their file, by market and contract. What cannot be read is set aside, never lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from liqdesk.errors import NewerError
from liqdesk.formats import LINES, refuse_newer
from liqdesk.formats.joining import joined
from liqdesk.paths import set_aside, write_atomic

FILE: Final = "lines.json"
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
    try:
        if path.stat().st_size > LARGEST:
            return {}, _put_aside(path)
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}, ""
    except OSError as e:
        return {}, f"Your lines could not be read ({e.strerror})."
    try:
        refuse_newer(path, raw, VERSION)
        file = msgspec.json.decode(raw, type=_File)
    except NewerError as e:
        return {}, e.user
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}, _put_aside(path)
    found: dict[Key, tuple[KeptLine, ...]] = {}
    lost = 0
    for origin, by_symbol in file.lines.items():
        for symbol, lines in by_symbol.items():
            good = tuple(dict.fromkeys(line for line in lines if is_sensible(line)))[:MOST_LINES]
            lost += len(lines) - len(good)
            if good:
                found[origin, symbol] = good
    return found, f"{lost} of your lines made no sense and {'are' if lost > 1 else 'is'} left out." if lost else ""


def save(path: Path, lines: Lines) -> None:
    """Write all lines by atomic replace. Raises OSError where the profile cannot be written, NewerError over a file of a later version."""
    by_origin: dict[str, dict[str, tuple[KeptLine, ...]]] = {}
    for (origin, symbol), kept in lines.items():
        if kept:
            by_origin.setdefault(origin, {})[symbol] = kept
    write_atomic(path, joined(path, _File(lines=by_origin), VERSION))


def _put_aside(path: Path) -> str:
    try:
        broken = set_aside(path)
    except OSError as e:
        return f"The file of your lines is damaged and could not be set aside ({e.strerror})."
    return f"The file of your lines was damaged; it is kept as {broken.name}."
