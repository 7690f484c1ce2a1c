"""The alert rules' view of one symbol: each mark with what the model says of it, and nothing that is not current."""

from __future__ import annotations

from typing import Final

from liqdesk.alerts import AlertBook, Fired, MarketView
from liqdesk.insight import Imbalance, Zone
from liqdesk.market import MINUTE_MS, ForcedOrder, Instrument, MarkPrice

STALE_MS: Final = 30_000
LATE_MS: Final = 5_000
BEHIND_MS: Final = 3 * MINUTE_MS  # a map that waits this long for its minutes shows zones of before


class Watch:
    """Shows marks to the rules. After the machine has slept, what lies before the waking is not news, and the map is not shown until
    it has caught up."""

    def __init__(self, alerts: AlertBook, instrument: Instrument, speed: float) -> None:
        self._alerts = alerts
        self._instrument = instrument
        self._behind_ms = BEHIND_MS * max(speed / 60, 1.0)
        self._previous: tuple[int, float] | None = None
        self._from_ms = 0
        self._newest: MarkPrice | None = None

    def woke(self, venue_ms: int) -> None:
        """Say that the machine has slept until now."""
        self._from_ms = venue_ms
        self._previous = self._newest = None

    def passed(self, event: MarkPrice) -> None:
        """Say that a mark has been dealt with."""
        self._previous = (event.time_ms, event.mark)
        self._newest = event

    def fresh(self, now_ms: int) -> MarkPrice | None:
        """Return the newest mark that was dealt with; None where it is stale, or from before a sleep."""
        newest = self._newest
        return newest if newest is not None and now_ms - newest.time_ms <= STALE_MS else None

    def look(
        self,
        event: MarkPrice,
        newest_ms: int,
        now_ms: int,
        map_until_ms: int,
        zones: tuple[Zone, ...],
        imbalance: tuple[Imbalance, ...],
        funding_rate: float | None,
        forced: tuple[ForcedOrder, ...],
    ) -> tuple[Fired, ...]:
        """Return what fires at a mark. The map holds whole minutes up to `map_until_ms`, all in venue time."""
        if newest_ms - event.time_ms > STALE_MS or event.time_ms < min(self._from_ms, now_ms - LATE_MS):
            return ()
        current = event.time_ms - map_until_ms <= self._behind_ms
        view = MarketView(
            symbol=self._instrument.symbol,
            time_ms=event.time_ms,
            mark=event.mark,
            previous=self._previous,
            zones=zones if current else (),
            imbalance=imbalance if current else (),
            funding_rate=funding_rate,
            forced=forced,
            instrument=self._instrument,
        )
        return self._alerts.observe(view)
