"""What reads and trims return. Times are venue milliseconds; ranges are half open, [t0, t1)."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

MARK: Final = np.dtype([("t", np.int64), ("mark", np.float64)])
VOLUME: Final = np.dtype([("t", np.int64), ("bin", np.int32), ("quantity", np.float64)])  # t: start of the minute
PRINT: Final = np.dtype([("t", np.int64), ("usd", np.float64), ("side", np.int8)])  # a printed liquidation; side 0 long

EVERY_SYMBOL: Final = "*"  # a gap or a stretch of all symbols

# Streams, as gaps and coverage name them.
FORCED: Final = "forced"
TRADES: Final = "trades"
MARKS: Final = "mark"
INTEREST: Final = "OI"

# Kinds of records.
SCORE: Final = "score"
EVIDENCE: Final = "evidence"
ODDS: Final = "odds"
GAIN: Final = "gain"


class Gap(msgspec.Struct, frozen=True):
    """A stretch of venue time, [from_ms, to_ms), that a stream did not deliver; symbol `EVERY_SYMBOL` where it carries them all."""

    symbol: str
    stream: str
    from_ms: int
    to_ms: int
    reason: str


class Part(msgspec.Struct, frozen=True):
    """What was seen of a minute that no session has closed: trades of ids `first_id` to `last_id`, their volume at price in `rows`
    (dtype VOLUME)."""

    t_ms: int
    first_id: int
    last_id: int
    rows: NDArray[np.void]


class Record(msgspec.Struct, frozen=True):
    """What was said for a moment, and what came: the version of the model that said it, and a body that only its kind knows how to
    read."""

    t_ms: int
    model: int
    body: bytes


class Extent(msgspec.Struct, frozen=True):
    """How far the bars of one symbol, span and kind reach: the starts of the first and the last, and how many there are."""

    span_ms: int
    mark: bool
    first_ms: int
    last_ms: int
    count: int


class Trimmed(msgspec.Struct, frozen=True):
    """What a trim took away, in rows (marks and volumes: whole minutes), and the size in bytes that is left.

    `over` says that the file is still larger than its limit: what is left is not to be deleted. `more` says that another call will
    find more to take away.
    """

    mark_minutes: int = 0
    volume_minutes: int = 0
    bars: int = 0
    forced: int = 0
    size_bytes: int = 0
    over: bool = False
    more: bool = False

    @property
    def sentence(self) -> str:
        """Return what happened in words, or nothing when nothing did."""
        taken = {
            "minutes of marks": self.mark_minutes,
            "minutes of volume": self.volume_minutes,
            "one-minute bars": self.bars,
            "forced orders": self.forced,
        }
        parts = [f"{count:,} {name}" for name, count in taken.items() if count]
        words = [f"The history let go of its oldest rows: {', '.join(parts)}."] if parts else []
        if self.over:
            words.append(
                "The history is larger than its limit, and what is left in it is not deleted; raise the limit."
            )
        return " ".join(words)
