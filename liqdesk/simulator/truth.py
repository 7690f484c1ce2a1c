"""The true-event log: what happened in the market, printed or not, as JSON lines to hold streams and answers against."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from liqdesk.errors import InputError
from liqdesk.market import MINUTE_MS
from liqdesk.simulator import book, book_feeds, wire
from liqdesk.simulator import layout as at
from liqdesk.simulator.candles import candles
from liqdesk.simulator.course import FUNDINGS, Course
from liqdesk.simulator.kernel import CENSUS_S
from liqdesk.simulator.market import Market
from liqdesk.simulator.trades import Liquidation, Trade, between, liquidation

BOOK_EVERY: Final = 10  # beats
BOOK_DEPTH: Final = 20
CENSUS_KEYS: Final = ("long", "short", "topLong", "topShort", "topLongSteps", "topShortSteps")


class TruthLog:
    """Writes, from the market's start on and for each contract as it comes to life: whole minutes with their trades, marks and open
    interest by the second; accounts by five minutes; every liquidation; fundings; notices of contracts; and now and then the best levels
    of the book.

    Raises InputError when the file cannot be written.
    """

    def __init__(self, path: Path, market: Market) -> None:
        self._market = market
        self._minutes: dict[str, int] = {}
        self._events: dict[str, int] = {}
        self._fundings: dict[str, int] = {}
        self._beats: dict[str, int] = {}
        self._censuses: dict[str, int] = {}
        self._told_ms = market.start_ms
        try:
            self._file = path.open("w", encoding="utf-8")
        except OSError as e:
            raise InputError(f"truth file: {e}", f"{path} cannot be written.") from e
        self._write(
            {"kind": "market", "seed": market.seed, "speed": market.speed, "start": market.start_ms, "prints": market.prints}
        )  # fmt: skip

    def tell(self) -> None:
        """Write what became certain since the last call."""
        now = self._market.now_ms
        for notice in self._market.calendar.between(self._told_ms, now):
            self._write({"kind": "contract"} | wire.contract_event(notice))
        self._told_ms = now
        for course in tuple(self._market.courses.values()):
            self._liquidations(course)
            self._whole_minutes(course)
            self._funded(course)
            self._counted(course)
            self._book(course, now)
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _write(self, row: dict[str, Any]) -> None:
        self._file.write(wire.text(row) + "\n")

    def _liquidations(self, course: Course) -> None:
        symbol, end = course.contract.symbol, int(course.Q[at.EVENTS])
        first = self._events.get(symbol)
        if first is None:
            first = end
            while first > 0 and liquidation(course, first - 1).time_ms >= self._market.start_ms:
                first -= 1
        for number in range(first, end):
            self._write(
                {"kind": "liquidation", "symbol": symbol} | liquidation_row(course, liquidation(course, number))
            )
        self._events[symbol] = end

    def _whole_minutes(self, course: Course) -> None:
        symbol, end = course.contract.symbol, course.now_s // 60
        minute = self._minutes.get(symbol, max(self._market.start_ms // MINUTE_MS, -(-course.oldest_s // 60)))
        while minute < end:
            self._write({"kind": "minute", "symbol": symbol} | minute_row(course, minute))
            minute += 1
        self._minutes[symbol] = minute

    def _funded(self, course: Course) -> None:
        symbol, count = course.contract.symbol, int(course.Q[at.FUNDINGS]) if course.contract.funded else 0
        for n in range(self._fundings.get(symbol, max(0, count - FUNDINGS)), count):
            second, rate, mark = course.FU[n % FUNDINGS].tolist()
            ms = int(second) * 1000
            row = {"time": ms, "fundingRate": f"{rate:.8f}", "markPrice": f"{mark:.8f}"}
            self._write({"kind": "funding", "symbol": symbol} | row)
        self._fundings[symbol] = count

    def _counted(self, course: Course) -> None:
        """Write who was long and short at every whole five minutes, where the contract has traders of its own."""
        symbol, end = course.contract.symbol, course.now_s // CENSUS_S
        for n in range(self._censuses.get(symbol, -(-self._market.start_ms // (CENSUS_S * 1000))), end + 1):
            if course.crowded:
                row = dict(zip(CENSUS_KEYS, course.census(n * CENSUS_S), strict=True))
                self._write({"kind": "accounts", "symbol": symbol, "time": n * CENSUS_S * 1000} | row)
        self._censuses[symbol] = end + 1

    def _book(self, course: Course, now_ms: int) -> None:
        symbol, speed, c = course.contract.symbol, self._market.speed, course.contract
        beat = now_ms // book.beat_ms(speed) // BOOK_EVERY * BOOK_EVERY
        if beat <= self._beats.setdefault(symbol, beat):
            return
        self._beats[symbol] = beat
        bids, asks = (book_feeds.levels(c, side.tolist()) for side in book.sides(course, beat, speed, BOOK_DEPTH))
        row = {"time": beat * book.beat_ms(speed), "lastUpdateId": book.last_id(beat), "bids": bids, "asks": asks}
        self._write({"kind": "book", "symbol": symbol} | row)


def liquidation_row(course: Course, e: Liquidation) -> dict[str, Any]:
    """Return a true liquidation; `pushed` is when the venue shows it, if it does."""
    c = course.contract
    return {
        "number": e.number, "side": "SHORT" if e.side else "LONG", "time": e.time_ms, "price": wire.price(c, e.ticks),
        "limitPrice": wire.price(c, e.limit), "quantity": wire.amount(c, e.steps), "lastFill": wire.amount(c, e.last_fill),
        "leverage": e.leverage, "entryPrice": e.entry, "liquidationPrice": e.liquidation, "bankruptcyPrice": e.bankrupt,
        "maintenanceRate": e.rate, "printed": e.printed, "pushed": e.event_ms,
    }  # fmt: skip


def minute_row(course: Course, minute: int) -> dict[str, Any]:
    """Return a minute that is over: its candle, its trades (id, ms, price, quantity, the taker's side), and by the second
    from its start mark, index, funding rate and open interest.
    """
    c, open_ms = course.contract, minute * MINUTE_MS
    [x] = candles(course, "1m", open_ms + MINUTE_MS, open_ms, None, 1)
    seconds = [course.second(s)[0].tolist() for s in range(minute * 60, minute * 60 + 60)]
    trades = [_trade(course, t) for t in between(course, open_ms - 1, open_ms + MINUTE_MS - 1)]
    return {
        "time": open_ms, "kline": wire.kline_row(c, x), "trades": trades,
        "mark": [f"{f[at.S_MARK]:.8f}" for f in seconds], "index": [f"{f[at.S_INDEX]:.8f}" for f in seconds],
        "fundingRate": [f"{f[at.S_RATE]:.8f}" for f in seconds],
        "openInterest": [f"{f[at.S_INTEREST]:.8f}" for f in seconds],
    }  # fmt: skip


def _trade(course: Course, t: Trade) -> list[Any]:
    c = course.contract
    return [t.id, t.time_ms, wire.price(c, t.ticks), wire.amount(c, t.steps), "BUY" if t.buy else "SELL"]
