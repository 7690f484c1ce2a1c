"""What `QMainWindow.saveState` wrote, read before Qt reads it: Qt trusts every count in it, and a layout file may come from anywhere.

The format is that of Qt 6 (qdockarealayout.cpp, qtoolbararealayout.cpp: `saveState`), big endian, strings as UTF-16 behind their length
in bytes. Tool bars and tab groups that float together are none of ours and are refused.
"""

from __future__ import annotations

import struct
from typing import Final

LARGEST: Final = 64 * 1024
DEEPEST: Final = 12
MOST_ITEMS: Final = 64
FARTHEST: Final = 1 << 27  # px; Qt adds up largest sizes of 1 << 24
AWAY: Final = 1 << 17  # px, of a window of its own
WIDEST: Final = 1 << 14

_STATE, _DOCKS, _SEQUENCE, _TABS, _WIDGET, _TOOLBARS = 0xFF, 0xFD, 0xFC, 0xFA, 0xFB, 0xFC
_VISIBLE, _FLOATING = 1, 2


class BlobError(ValueError):
    """The bytes are not what Qt writes."""


class _Bytes:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self._raw) - self._at:
            raise BlobError("it ends too early")
        self._at += count
        return self._raw[self._at - count : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, low: int, high: int) -> int:
        value = int(struct.unpack(">i", self.take(4))[0])
        if not low <= value <= high:
            raise BlobError(f"{value} is not within {low} and {high}")
        return value

    def marker(self, *wanted: int) -> int:
        found = self.byte()
        if found not in wanted:
            raise BlobError(f"{found:#x} at {self._at - 1} is no marker that belongs there")
        return found

    def text(self) -> str:
        length = self.number(0, 512)
        try:
            return self.take(length).decode("utf-16-be")
        except UnicodeDecodeError as e:
            raise BlobError("a name is no text") from e

    @property
    def ended(self) -> bool:
        return self._at == len(self._raw)


def docks_in(raw: bytes) -> dict[str, bool]:
    """Return the names of the docks in a state and whether each floats. Raises BlobError for what Qt would not have written."""
    if len(raw) > LARGEST:
        raise BlobError(f"{len(raw)} bytes")
    data = _Bytes(raw)
    data.number(_STATE, _STATE)
    data.number(0, 0)
    data.marker(_DOCKS)
    found: dict[str, bool] = {}
    seen: set[int] = set()
    for _ in range(data.number(0, 4)):
        area = data.number(0, 3)
        if area in seen:
            raise BlobError(f"area {area} comes twice")
        seen.add(area)
        _size(data)
        _area(data, found, 0)
    _size(data)  # of the middle
    for _ in range(4):
        data.number(1, 8)  # whose the corners are
    data.marker(_TOOLBARS)
    data.number(0, 0)
    if not data.ended:
        raise BlobError("more follows")
    return found


def _size(data: _Bytes) -> None:
    for _ in range(2):
        data.number(-1, FARTHEST)


def _area(data: _Bytes, found: dict[str, bool], depth: int) -> None:
    if depth > DEEPEST:
        raise BlobError("it is nested too deep")
    if data.marker(_SEQUENCE, _TABS) == _TABS:
        data.number(-1, MOST_ITEMS)  # the tab in front
    if data.byte() not in (1, 2):
        raise BlobError("an orientation is neither")
    for _ in range(data.number(0, MOST_ITEMS)):
        if data.marker(_WIDGET, _SEQUENCE) == _SEQUENCE:
            for _ in range(4):
                data.number(-1, FARTHEST)
            _area(data, found, depth + 1)
            continue
        name, flags = data.text(), data.byte()
        if not name or name in found or flags > (_VISIBLE | _FLOATING):
            raise BlobError(f"a dock {name!r} with flags {flags}")
        found[name] = bool(flags & _FLOATING)
        floats = found[name]
        for _ in range(2):
            data.number(-AWAY, AWAY) if floats else data.number(-1, FARTHEST)
        for _ in range(2):
            data.number(-1, WIDEST if floats else FARTHEST)
