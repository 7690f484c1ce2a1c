"""A rule shown the past, by the book that shows it the present: how often it would have fired, and when last."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from liqdesk.alerts.book import AlertBook
from liqdesk.alerts.evaluate import MarketView
from liqdesk.alerts.rules import AnyRule, Fired

MOST_FIRINGS: Final = 10_080  # one a minute for a week; a rule that fires more often is not counted to the end
LISTED: Final = 8


class Replay:
    """Shows one rule, switched on, a market of the past in the order of time. `last` holds its newest firings, oldest first."""

    def __init__(self, rule: AnyRule) -> None:
        self._book = AlertBook((msgspec.structs.replace(rule, enabled=True),))
        self.count = 0
        self.quiet_until_ms = 0
        self.last: deque[Fired] = deque(maxlen=LISTED)

    @property
    def full(self) -> bool:
        """Whether as many firings were counted as ever are."""
        return self.count >= MOST_FIRINGS

    def see(self, view: MarketView, until_ms: int) -> None:
        """Show the market that held from `view.time_ms` until `until_ms`, not included: it fires once, and again after each cooldown."""
        at = max(view.time_ms, self.quiet_until_ms)
        while at < until_ms and not self.full:
            now = view if at == view.time_ms else msgspec.structs.replace(view, time_ms=at)
            fired = self._book.observe(now)
            if not fired:
                return
            self.count += 1
            self.last.append(fired[0])
            quiet = self._book.status()[0].quiet_until_ms
            at = self.quiet_until_ms = at + 1 if quiet is None else quiet
