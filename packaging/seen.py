"""Pictures as counts of colours, read from a PNG file or from a screen, and whether they show the program's window on its demo market.

Uses the standard library alone.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

# As liqdesk/ui/theme.py and liqdesk/ui/ramp.py have them, in the dark theme; a test holds these against those.
AMBER = 0xFFB020
UP, DOWN_OUTLINE = 0xF1F4F8, 0xA7B0BE
EMBER = (
    0x382079,
    0x622A9B,
    0x9630A0,
    0xC53A8C,
    0xE6516C,
    0xF8774F,
    0xFEA445,
    0xF9D36F,
    0xFDF6BC,
)  # without the ground's end
NEAR = 12  # per channel, between two anchors


class Picture(NamedTuple):
    """Width and height in pixels, and how many there are of each colour, 0xRRGGBB."""

    width: int
    height: int
    colours: Counter[int]


def from_screen(width: int, height: int, pixels: bytes) -> Picture:
    """Read 32 bit pixels, blue first, as an X server sends them."""
    counts: Counter[int] = Counter()
    for value, count in Counter(memoryview(pixels[: width * height * 4]).cast("I")).items():
        counts[value & 0xFFFFFF] += count
    return Picture(width, height, counts)


def from_png(path: Path) -> Picture:
    """Read a PNG of 8 bits a channel, as Qt writes them. Raises ValueError for anything else."""
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(f"{path.name} is no PNG")
    at, packed, width, height, kind = 8, b"", 0, 0, 0
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if name == b"IHDR":
            width, height, depth, kind, _, _, laced = struct.unpack(">IIBBBBB", body)
            if depth != 8 or kind not in (2, 6) or laced:
                raise ValueError(f"{path.name} is of a kind that is not read here")
        elif name == b"IDAT":
            packed += body
        at += 12 + length
    size = 4 if kind == 6 else 3
    counts: Counter[tuple[int, ...]] = Counter()
    for row in _rows(zlib.decompress(packed), width * size, height, size):
        counts.update(zip(row[::size], row[1::size], row[2::size], strict=True))
    return Picture(width, height, Counter({c[0] << 16 | c[1] << 8 | c[2]: n for c, n in counts.items()}))


def _rows(raw: bytes, wide: int, height: int, size: int) -> list[bytearray]:
    """Undo the five filters of PNG (its specification, part 9)."""
    rows, above = [], bytearray(wide)
    for y in range(height):
        start = y * (wide + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + wide])
        if kind == 1:
            for i in range(size, wide):
                row[i] = (row[i] + row[i - size]) & 255
        elif kind == 2:
            for i in range(wide):
                row[i] = (row[i] + above[i]) & 255
        elif kind == 3:
            for i in range(wide):
                left = row[i - size] if i >= size else 0
                row[i] = (row[i] + (left + above[i]) // 2) & 255
        elif kind == 4:
            for i in range(wide):
                left, corner = (row[i - size], above[i - size]) if i >= size else (0, 0)
                up = above[i]
                guess = left + up - corner
                a, b, c = abs(guess - left), abs(guess - up), abs(guess - corner)
                row[i] = (row[i] + (left if a <= b and a <= c else up if b <= c else corner)) & 255
        rows.append(row)
        above = row
    return rows


def _channels(colour: int) -> tuple[int, int, int]:
    return colour >> 16, colour >> 8 & 255, colour & 255


def is_ember(colour: int) -> bool:
    """Return whether a colour lies on the map's ramp, away from its dark end."""
    point = _channels(colour)
    for first, last in pairwise(EMBER):
        a, b = _channels(first), _channels(last)
        along = [q - p for p, q in zip(a, b, strict=True)]
        length = sum(d * d for d in along)
        share = sum((x - p) * d for x, p, d in zip(point, a, along, strict=True)) / length
        share = min(1.0, max(0.0, share))
        if all(abs(p + share * d - x) <= NEAR for x, p, d in zip(point, a, along, strict=True)):
            return True
    return False


def troubles(picture: Picture, width: int, height: int) -> list[str]:
    """Return a sentence for each thing that a picture of the window on the demo market lacks."""
    found = []
    if (picture.width, picture.height) != (width, height):
        found.append(f"it is {picture.width}x{picture.height} instead of {width}x{height}")
    area = picture.width * picture.height
    if len(picture.colours) < 500:
        found.append(f"it has only {len(picture.colours)} colours")
    ember = [(colour, n) for colour, n in picture.colours.items() if is_ember(colour)]
    wanted = (
        ("the amber ribbon of a market that is not live", picture.colours[AMBER], area // 500),
        ("rising candles", picture.colours[UP], 150),
        ("falling candles", picture.colours[DOWN_OUTLINE], 150),
        ("the map", sum(n for _, n in ember), area // 50),
        ("the map's shades", len(ember), 60),
    )
    for what, count, least in wanted:
        if count < least:
            found.append(f"{what}: {count} where at least {least} were expected")
    return found


def png(width: int, height: int, pixels: bytes) -> bytes:
    """Return a PNG of 32 bit pixels, blue first."""
    rows = bytearray()
    for y in range(height):
        line = pixels[y * width * 4 : (y + 1) * width * 4]
        row = bytearray(width * 3)
        row[0::3], row[1::3], row[2::3] = line[2::4], line[1::4], line[0::4]
        rows += b"\0" + row

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + chunk(b"IEND", b"")
    )
