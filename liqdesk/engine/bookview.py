"""The order book as the window sees it. Frozen.

`Frame.in_the_way` holds, for each of `Frame.zones` and in their order, what of the book rests between mark and the zone
(`liqdesk.insight.depth.InTheWay`): None while the book is not synchronised; empty before the first zones.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from liqdesk.model.book import Depth


class BookState(StrEnum):
    NONE = "none"  # this source has no book: history, or nothing is open yet
    WAITING = "waiting"
    SYNCED = "synced"
    LOST = "lost"


class BookView(msgspec.Struct, frozen=True):
    """The book at one moment, in USD per 10 bp display row.

    `base` is the display bin of row 0, as in `NowPlanes`, but there are only as many rows as the known range touches: `bids` and
    `asks`, float64 [n]. Every level from `low` to `high` is known; outside nothing is, which is not zero: of the first and last rows
    only a part may be. `depth` is the same by 1 bp (None unless synced). `bid` and `ask` are the best prices, NaN where not known.
    `why` is the sentence that says why there is no book, or none where price is; empty while there is. `age_s` is venue seconds since
    the newest change (None: nothing yet).
    """

    state: BookState = BookState.NONE
    why: str = ""
    age_s: float | None = None
    bid: float = float("nan")
    ask: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    base: int = 0
    bids: NDArray[np.float64] | None = None
    asks: NDArray[np.float64] | None = None
    depth: Depth | None = None
    levels: int = 0
    resyncs: int = 0  # how often a change was missed and all began anew
    snapshots: int = 0
    mended: int = 0  # levels that a later snapshot found otherwise

    @property
    def synced(self) -> bool:
        return self.state is BookState.SYNCED
