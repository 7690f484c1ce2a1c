"""What the watchlist shows beyond last prices: funding of every contract, and how open interest of a few has changed. All frozen."""

from __future__ import annotations

import msgspec

MOST_FAVOURITES = 200
MOST_INTERESTS = 40  # one request each in five minutes, of a thousand that the venue grants


class SetWatch(msgspec.Struct, frozen=True):
    """Which contracts are favourites, and whether the watchlist is looked at; nothing is asked for it while it is not."""

    favourites: tuple[str, ...] = ()
    looking: bool = False


class FundingRow(msgspec.Struct, frozen=True, gc=False):
    """Predicted funding of one contract: `rate` a fraction per interval of `hours`, None where it has no funding."""

    symbol: str
    mark: float
    rate: float | None
    next_ms: int
    hours: int


class InterestChange(msgspec.Struct, frozen=True, gc=False):
    """How open interest, in contracts, has changed from `from_ms` to `to_ms`, about a day: a fraction, None with a reason in `why`."""

    symbol: str
    change: float | None
    from_ms: int = 0
    to_ms: int = 0
    why: str = ""


class WatchView(msgspec.Struct, frozen=True):
    """`funding` of all contracts as of `time_ms` (venue; 0 before the first answer), by symbol; `interest` of favourites and of the
    contract on screen."""

    time_ms: int
    funding: dict[str, FundingRow]
    interest: dict[str, InterestChange]
