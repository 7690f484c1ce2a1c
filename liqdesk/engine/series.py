"""What runs beneath the chart, as frames carry it: open interest, predicted funding, printed liquidations. All frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from liqdesk.market import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable

    # Annotations only: the window's first paint must not wait for numpy.
    import numpy as np
    from numpy.typing import NDArray


class DayForced(msgspec.Struct, frozen=True):
    """USD of printed liquidations filled in the last 24 h of venue time, by side: a floor. `from_ms` is since when they were listened to
    within that day (None: not at all), `missing_ms` how much of it since then was not."""

    long_usd: float
    short_usd: float
    from_ms: int | None
    missing_ms: int

    @classmethod
    def of(
        cls, long_usd: float, short_usd: float, since: int | None, gaps: Iterable[tuple[int, int]], now_ms: int
    ) -> DayForced:
        """Return the day before a moment. `since` is when listening began, `gaps` when nobody did; both may lie outside the day."""
        begin = now_ms - DAY_MS
        from_ms = None if since is None or since >= now_ms else max(since, begin)
        return cls(long_usd, short_usd, from_ms, sum(max(0, min(b, now_ms) - max(a, begin)) for a, b in gaps))

    @property
    def whole(self) -> bool:
        """Whether the stream was listened to from end to end."""
        return self.from_ms is not None and self.missing_ms == 0


class SeriesView(msgspec.Struct, frozen=True):
    """Whole series of the watched symbol; an array is replaced, never changed, so the same object means the same rows.

    `interest`: dtype INTEREST, ascending; polled samples are valued at the mark they came with, `usd` is NaN where no price is known.
    `rates`: dtype FUNDING, the predicted rate at the end of each minute since the session began, the newest one last.
    `liquidations`: dtype MINUTE_USD, ascending, in two parts of which only the second changes often.
    `forced_from_ms`: since when printed liquidations were recorded, at most 32 days back (None: never yet); `forced_gaps` are the
    stretches [from, to) since then that nobody listened over.
    """

    interest: NDArray[np.void]
    rates: NDArray[np.void]
    liquidations: tuple[NDArray[np.void], NDArray[np.void]]
    forced_from_ms: int | None
    forced_gaps: tuple[tuple[int, int], ...]
    day: DayForced
