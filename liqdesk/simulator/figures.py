"""What the venue answers to requests for statistics, indices, sessions and risk."""

from __future__ import annotations

from typing import Any

from liqdesk.simulator import risk, statistics
from liqdesk.simulator.asked import Asked, BadRequestError, Query, needed, whole
from liqdesk.simulator.contracts import symbol_of
from liqdesk.simulator.indices import asset_indices, constituents
from liqdesk.simulator.sessions import schedule


class Figures(Asked):
    """One method for each path, as with `Answers`."""

    # Statistics by period.

    def open_interest_history(self, query: Query, now_ms: int) -> Any:
        return self._statistics(query, now_ms, statistics.interest_row)

    def account_ratio(self, query: Query, now_ms: int) -> Any:
        return self._statistics(query, now_ms, statistics.accounts_row)

    def top_account_ratio(self, query: Query, now_ms: int) -> Any:
        return self._statistics(query, now_ms, statistics.top_accounts_row)

    def top_position_ratio(self, query: Query, now_ms: int) -> Any:
        return self._statistics(query, now_ms, statistics.top_positions_row)

    def taker_ratio(self, query: Query, now_ms: int) -> Any:
        return self._statistics(query, now_ms, statistics.taker_row, by_start=True)

    def basis(self, query: Query, now_ms: int) -> Any:
        needed(query, "contractType")
        named = query | {"symbol": self.asked({"pair": needed(query, "pair"), **query})}
        return self._statistics(named, now_ms, statistics.basis_row, by_start=True)

    def _statistics(self, query: Query, now_ms: int, row: statistics.Row, by_start: bool = False) -> Any:
        """Return rows of a contract's periods; `by_start`: the venue stamps these with the start of a period that is over."""
        span = statistics.PERIODS.get(needed(query, "period"))
        if span is None:
            raise BadRequestError(-1130, "Data sent for parameter 'period' is not valid.")
        limit = whole(query, "limit", 500, 30) or 30
        start, end = whole(query, "startTime"), whole(query, "endTime")
        if start is not None and start <= now_ms - statistics.WALL_MS:
            raise BadRequestError(-1130, "parameter 'startTime' is invalid.")
        course = self.market.courses.get(symbol_of(needed(query, "symbol")))
        if course is None or course.contract.symbol_type != 1:
            return []
        shift = span if by_start else 0
        start, end = (None if ms is None else ms + shift for ms in (start, end))
        found = (row(course, ms, span) for ms in statistics.times(course, span, now_ms, start, end, limit))
        return [one for one in found if one is not None]

    # Indices and sessions.

    def constituents(self, query: Query, now_ms: int) -> Any:
        return constituents(self.course(query))

    def asset_index(self, query: Query, now_ms: int) -> Any:
        rows = [index.row() for index in asset_indices(self.market, self.market.leader.now_s)]
        return _one_or_all(query, rows)

    def trading_schedule(self, query: Query, now_ms: int) -> Any:
        return schedule(now_ms)

    # Risk.

    def insurance_balance(self, query: Query, now_ms: int) -> Any:
        pool = risk.fund(self.courses(), now_ms)
        if "symbol" not in query:
            return [pool]
        self.course(query)
        return pool

    def adl_risk(self, query: Query, now_ms: int) -> Any:
        if "symbol" in query:
            return risk.rating(self.course(query), now_ms)
        return [risk.rating(course, now_ms) for course in self.courses()]


def _one_or_all(query: Query, rows: list[dict[str, Any]]) -> Any:
    if "symbol" not in query:
        return rows
    one = next((row for row in rows if row["symbol"] == symbol_of(query["symbol"])), None)
    if one is None:
        raise BadRequestError(-1121, "Invalid symbol.")
    return one
