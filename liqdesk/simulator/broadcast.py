"""The simulated market's streams: the feeds that are asked for, and the beat that tells every socket what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from liqdesk.simulator import feeds, names
from liqdesk.simulator.connection import Connection
from liqdesk.simulator.feed import Feed
from liqdesk.simulator.market import Market
from liqdesk.simulator.sockets import Stage


class Broadcast(Stage):
    """Makes a feed of each stream that some connection asked for, and drops it with the last of them."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._feeds: dict[str, Feed] = {}
        self._audience: Collection[Connection] = ()
        self._making: set[asyncio.Task[None]] = set()
        self._listing = market.listed

    def carries(self, route: str, name: str) -> bool:
        found = names.parse(name)
        return found is not None and found.route == (route or "public")

    def attend(self, audience: Collection[Connection]) -> None:
        """Drop the feeds that nobody listens to, and make those that are asked for and exist.

        A contract that has not lived yet is brought to life in a thread.
        """
        self._audience = audience
        wanted = {name for connection in audience for name, carried in connection.names.items() if carried}
        for name in [n for n in self._feeds if n not in wanted]:
            del self._feeds[name]
        for name in wanted - self._feeds.keys():
            found = names.parse(name)
            assert found is not None
            if not found.symbol:
                self._feeds[name] = feeds.whole_market(self.market, name)
                continue
            contract = next((c for c in self.market.listed if c.trades and found.about(c)), None)
            if contract is None:
                continue
            course = self.market.courses.get(contract.symbol)
            if course is not None:
                self._feeds[name] = feeds.of_contract(self.market, course, found.kind)
            else:
                task = asyncio.create_task(self._bring(contract.symbol))
                self._making.add(task)
                task.add_done_callback(self._making.discard)

    async def _bring(self, symbol: str) -> None:
        if await asyncio.to_thread(self.market.follow, symbol) is not None:
            self.attend(self._audience)

    def tell(self, after_ms: int, to_ms: int) -> None:
        """Queue on every socket what its streams say of (after_ms, to_ms], in order of time."""
        if self._listing is not self.market.listed:
            self._relist()
        said = {name: feed.say(after_ms, to_ms) for name, feed in tuple(self._feeds.items())}
        frames: dict[bool, dict[str, list[tuple[int, bytes]]]] = {}
        for connection in tuple(self._audience):
            combined = connection.combined
            ready = frames.setdefault(combined, {})
            mine = []
            for n, (name, carried) in enumerate(connection.names.items()):
                if not carried or not said.get(name):
                    continue
                if name not in ready:
                    ready[name] = [(ms, _frame(name, payload, combined)) for ms, payload in said[name]]
                mine += [(ms, n, frame, name) for ms, frame in ready[name]]
            mine.sort(key=lambda m: (m[0], m[1]))
            for _, _, frame, name in mine:
                connection.outlet.post(frame, name=name)

    def _relist(self) -> None:
        """Silence the contracts that ceased to trade, and give voice to the new ones."""
        self._listing = self.market.listed
        for name in tuple(self._feeds):
            found = names.parse(name)
            if found is not None and found.symbol and not any(c.trades and found.about(c) for c in self._listing):
                del self._feeds[name]
        self.attend(self._audience)


def _frame(name: str, payload: str, combined: bool) -> bytes:
    return (f'{{"stream":"{name}","data":{payload}}}' if combined else payload).encode()
