"""What can be wrong with bytes: frames spoilt, times shifted, and web socket frames cut by hand."""

from __future__ import annotations

import json
import random
import re
from typing import Any, Final

WAYS: Final = ("bytes", "cut", "utf8", "types")
WRONG: Final[tuple[Any, ...]] = (None, True, [], {}, -1, 1e300, "", "NaN", "1e999", "x" * 40)
EVENT_TIME: Final = re.compile(rb'("E":|"serverTime":)(\d+)')
TEXT, CONTINUED = 0x1, 0x0
FINAL: Final = 0x80


def spoilt(data: bytes, how: str, rng: random.Random) -> tuple[bytes, str]:
    """Return a frame that is not what it was, and how it was spoilt."""
    how = rng.choice(WAYS) if how == "any" else how
    if how == "bytes":
        made = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            made[rng.randrange(len(made))] = rng.choice(b"{}[]:,;x\x00\x7f")
        return bytes(made), how
    if how == "cut":
        return data[: rng.randrange(len(data))], how
    if how == "utf8":
        at = rng.randrange(len(data))
        return data[:at] + b"\xff\xfe\x80" + data[at:], how
    return _mistyped(data, rng), how


def _mistyped(data: bytes, rng: random.Random) -> bytes:
    frame = json.loads(data)
    inner = frame.get("data", frame) if isinstance(frame, dict) else frame
    rows = [row for row in (inner if isinstance(inner, list) else [inner]) if isinstance(row, dict)]
    if not rows:
        return b"null"
    row = rng.choice(rows)
    nested = [value for value in row.values() if isinstance(value, dict)]
    place = rng.choice([row, *nested])
    place[rng.choice(list(place))] = rng.choice(WRONG)
    return json.dumps(frame, separators=(",", ":")).encode()


def shifted(data: bytes, shift_ms: int) -> bytes:
    """Return a frame or an answer whose clock is off."""
    return EVENT_TIME.sub(lambda m: m[1] + str(int(m[2]) + shift_ms).encode(), data)


def frames_of(data: bytes, count: int, rng: random.Random) -> bytes:
    """Return a text message as a server sends it, in `count` web socket frames cut anywhere, inside a character too."""
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(count - 1))
    parts = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    last = len(parts) - 1
    return b"".join(
        _frame(part, (FINAL if i == last else 0) | (CONTINUED if i else TEXT)) for i, part in enumerate(parts)
    )


def _frame(data: bytes, head: int) -> bytes:
    size = len(data)
    if size < 126:
        return bytes([head, size]) + data
    if size < 1 << 16:
        return bytes([head, 126]) + size.to_bytes(2, "big") + data
    return bytes([head, 127]) + size.to_bytes(8, "big") + data


def cut(data: bytes, count: int, rng: random.Random) -> list[bytes]:
    """Return bytes in `count` pieces, none of them empty if there are so many."""
    count = min(count, len(data))
    cuts = sorted(rng.sample(range(1, len(data)), count - 1)) if count > 1 else []
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def chunks(data: bytes, size: int | None) -> list[bytes]:
    return [data] if size is None else [data[i : i + size] for i in range(0, len(data), size)]
