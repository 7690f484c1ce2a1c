"""Touch odds of one symbol: said every half hour, kept, held against what came, and read off for the zones of the moment."""

from __future__ import annotations

import logging
import math
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace

from liqdesk.engine.session import Session
from liqdesk.errors import LiqdeskError
from liqdesk.history import ODDS, History
from liqdesk.insight import Calibration, Zone
from liqdesk.insight.touch import (
    ODDS_VERSION,
    RECORD_DAYS,
    Cases,
    Floats,
    Statement,
    calibrated,
    cases_from,
    chances,
    excursions,
    stated,
    ticks_of,
)
from liqdesk.insight.volatility import CELL_MS, HORIZONS_MS, MarkPath, variances
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.model import StepRecord

log = logging.getLogger(__name__)

LIVE_MS: Final = 10 * MINUTE_MS  # what is said later than this after its half hour counts as computed afterwards


class Said(msgspec.Struct, frozen=True, array_like=True):
    """A half hour of the record: the `mark`, σ√T by horizon, the odds of fixed distances as they were said then (by horizon and knot; none
    where `back`), and what came of the statements one, four and twenty-four hours before: how far up and down (log), NaN where unknown."""

    back: bool
    mark: float
    reach: tuple[float, ...]
    held: tuple[tuple[float, ...], ...]
    came: tuple[tuple[float, float], ...]


class Odds:
    """Says the odds of the zones on screen. Works in short beats: the path, the statements, then one horizon after the other.

    Without a history nothing is kept, and the record is what the candles at hand give.
    """

    def __init__(self, symbol: str, history: History | None) -> None:
        self.curves: tuple[Calibration, ...] = ()
        self.reach: tuple[float, ...] = ()
        self._symbol = symbol
        self._history = history
        self._said: dict[int, Statement] = {}
        self._came: dict[int, tuple[Floats, Floats]] = {}
        self._read = False
        self._end_ms = 0
        self._cases: Cases | None = None
        self._fresh: list[Calibration] = []
        self._for: tuple[Zone, ...] | None = None
        self._with: tuple[Zone, ...] = ()

    def beat(self, session: Session | None, venue_ms: int) -> None:
        """Go one piece on: a horizon of the record, or what a new cell of the path has brought."""
        if session is None or not session.loaded or session.map.record is None:
            return
        if self._cases is not None:
            self._fresh.append(calibrated(self._cases, len(self._fresh)))
            if len(self._fresh) == len(HORIZONS_MS):
                self.curves = tuple(self._fresh)
                self._cases, self._for = None, None
            return
        end_ms = session.map.density.time_ms // CELL_MS * CELL_MS
        if end_ms > self._end_ms:
            self._end_ms = end_ms
            self._go_on(_path_of(session.map.record), venue_ms)

    def attached(self, zones: tuple[Zone, ...], mark: float) -> tuple[Zone, ...]:
        """Return zones with the odds that the mark touches their nearest edge; as they are while no odds are known."""
        if not zones or not self.curves or not self.reach or not mark > 0:
            return zones
        if zones is not self._for:
            away = [max(math.log(z.low / mark), math.log(mark / z.high), 0.0) for z in zones]
            found = chances(away, self.reach, self.curves)
            self._for, self._with = zones, tuple(replace(z, touch=c) for z, c in zip(zones, found, strict=True))
        return self._with

    # -- the record --------------------------------------------------------------------------------------------------

    def _go_on(self, path: MarkPath, venue_ms: int) -> None:
        if not len(path):
            return
        last = np.array([len(path) - 1])
        self.reach, self._for = tuple(np.sqrt(variances(path, last))[0].tolist()), None
        if not self._read:
            self._recall(path.end_ms)
        at = ticks_of(path)
        times = (path.first + at + 1) * CELL_MS
        new = np.array([t not in self._said for t in times.tolist()], np.bool_)
        if not new.any() and self.curves:
            return
        due = new | (times > path.end_ms - HORIZONS_MS[-1] - DAY_MS)
        up, down = excursions(path, at[due])
        for i, t in enumerate(times[due].tolist()):
            before = self._came.get(t, (up[i], down[i]))
            self._came[t] = (_known(up[i], before[0]), _known(down[i], before[1]))
        for statement in stated(path, at[new], back=True):
            live = statement.t_ms > venue_ms - LIVE_MS
            self._keep(
                replace(statement, back=not live), math.exp(path.end[statement.t_ms // CELL_MS - path.first - 1])
            )
        oldest = path.end_ms - RECORD_DAYS * DAY_MS
        self._said = {t: s for t, s in self._said.items() if t >= oldest}
        self._came = {t: c for t, c in self._came.items() if t >= oldest}
        self._cases, self._fresh = cases_from(list(self._said.values()), self._came), []

    def _keep(self, statement: Statement, mark: float) -> None:
        self._said[statement.t_ms] = statement
        if self._history is None:
            return
        came = []
        for h, horizon in enumerate(HORIZONS_MS):
            up, down = self._came.get(statement.t_ms - horizon, (None, None))
            came.append((math.nan, math.nan) if up is None or down is None else (float(up[h]), float(down[h])))
        held = () if statement.back else tuple(curve.held for curve in self.curves)
        body = msgspec.msgpack.encode(Said(statement.back, mark, statement.reach, held, tuple(came)))
        self._history.add_record(self._symbol, ODDS, statement.t_ms, ODDS_VERSION, body)

    def _recall(self, end_ms: int) -> None:
        """Read what was said before this session; a row that cannot be read is left out and logged."""
        self._read = True
        if self._history is None:
            return
        try:
            rows = self._history.records(self._symbol, ODDS, end_ms - RECORD_DAYS * DAY_MS, end_ms)
        except LiqdeskError:  # the notices of the history say why
            return
        for row in rows:
            if row.model != ODDS_VERSION:
                continue
            try:
                said = msgspec.msgpack.decode(row.body, type=Said)
            except msgspec.MsgspecError as e:
                log.warning("what was said at %d cannot be read: %s", row.t_ms, e)
                continue
            if len(said.reach) != len(HORIZONS_MS) or len(said.came) != len(HORIZONS_MS):
                log.warning("what was said at %d is of other horizons", row.t_ms)
                continue
            self._said[row.t_ms] = Statement(row.t_ms, said.reach, said.back)
            for h, horizon in enumerate(HORIZONS_MS):
                none = np.full(len(HORIZONS_MS), math.nan)
                up, down = self._came.setdefault(row.t_ms - horizon, (none, none.copy()))
                up[h], down[h] = said.came[h]


def _known(new: Floats, old: Floats) -> Floats:
    return np.where(np.isnan(new), old, new)


def _path_of(record: StepRecord) -> MarkPath:
    return MarkPath.of(*record.path())
