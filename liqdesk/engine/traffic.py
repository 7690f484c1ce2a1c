"""What runs between one source and the engine: its links, its requests, and what could not be read. Belongs to the engine thread."""

from __future__ import annotations

import logging
from typing import Final

from liqdesk.engine.frames import LinkStatus, RestStatus
from liqdesk.engine.inbox import Answer, Arrival, Failure, Garbled
from liqdesk.engine.meters import Meter
from liqdesk.market import LinkPhase, LinkState
from liqdesk.net.proxy import Proxy
from liqdesk.venues.venue import SocketPlan

log = logging.getLogger(__name__)

WEIGHT_LIMIT: Final = 2_400  # a minute and address, of all programs together
MINUTE_NS: Final = 60_000_000_000


class Traffic:
    """Counts what comes and goes, to and from an address, through a proxy where there is one."""

    def __init__(self, rest_url: str = "", proxy: Proxy | None = None) -> None:
        self.links: dict[str, LinkState] = {}
        self.link_ns: dict[str, int] = {}  # when each link said what it says
        self.garbled = 0
        self._rest_url = rest_url
        self._proxy = "" if proxy is None else str(proxy)
        self._urls: dict[str, str] = {}
        self._meters: dict[str, Meter] = {}
        self._open_ns: dict[str, int] = {}
        self._trips: dict[str, float] = {}
        self._answers = 0
        self._failures = 0
        self._answer_ms: float | None = None
        self._weight: tuple[int, int] | None = None  # used, when that was said

    def built_in(self, rest_url: str) -> None:
        """Say where the built-in market serves; nothing lies between."""
        self._rest_url, self._proxy = rest_url, ""

    def plan(self, plan: SocketPlan) -> None:
        """Say where a link goes."""
        self._urls[plan.name] = plan.url
        self._meters[plan.name] = Meter()

    def arrival(self, message: Arrival) -> None:
        self._message(message.link, message.recv_ns)

    def garble(self, message: Garbled) -> None:
        self.garbled += 1
        self._message(message.link, message.recv_ns)
        if self.garbled <= 20 or self.garbled % 1_000 == 0:
            log.info("frame %d that means nothing on %s: %s", self.garbled, message.link, message.log)

    def _message(self, link: str, recv_ns: int) -> None:
        meter = self._meters.get(link)
        if meter is not None:
            meter.note(None, recv_ns, 1)

    def link(self, state: LinkState, recv_ns: int) -> bool:
        """Take what a link says; return whether an open one was lost."""
        before = self.links.get(state.link)
        self.links[state.link] = state
        self.link_ns[state.link] = recv_ns
        was_open = before is not None and before.phase is LinkPhase.OPEN
        is_open = state.phase is LinkPhase.OPEN
        renewed = before is not None and state.renewals != before.renewals
        if is_open and (not was_open or renewed):
            self._open_ns[state.link] = recv_ns
        if state.round_trip_ms is not None:
            self._trips[state.link] = state.round_trip_ms
        return was_open and not is_open

    def answered(self, message: Answer) -> None:
        self._answers += 1
        self._answer_ms = message.elapsed_ms
        self._note_weight(message.used_weight, message.recv_ns)

    def failed(self, message: Failure) -> None:
        self._failures += 1
        self._note_weight(message.used_weight, message.recv_ns)

    def _note_weight(self, used: int | None, recv_ns: int) -> None:
        if used is not None:
            self._weight = (used, recv_ns)

    def link_statuses(self, now_ns: int) -> tuple[LinkStatus, ...]:
        """Return the condition of each link at a wall reading."""
        return tuple(self._link_status(name, self.links[name], now_ns) for name in self._urls if name in self.links)

    def _link_status(self, name: str, state: LinkState, now_ns: int) -> LinkStatus:
        is_open = state.phase is LinkPhase.OPEN
        return LinkStatus(
            name=name,
            phase=state.phase,
            endpoint=self._urls.get(name, ""),
            sentence=state.user,
            rate=self._meters[name].rate(now_ns) if name in self._meters else 0.0,
            messages=self._meters[name].count if name in self._meters else 0,
            round_trip_ms=self._trips.get(name),
            open_s=(now_ns - self._open_ns[name]) / 1e9 if is_open and name in self._open_ns else None,
            losses=state.losses,
            renewals=state.renewals,
            silent=state.silent,
        )

    def rest_status(self, now_ns: int) -> RestStatus:
        """Return the condition of the requests at a wall reading; the weight used is of the last minute that told it."""
        used = None if self._weight is None or now_ns - self._weight[1] > MINUTE_NS else self._weight[0]
        return RestStatus(
            self._rest_url, used, WEIGHT_LIMIT, self._answer_ms, self._answers, self._failures, self._proxy
        )
