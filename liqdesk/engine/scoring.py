"""The scale and the score of one symbol as its session goes on: what was swept is held against what was printed.

A live minute counts once the forced orders of it have been listened to from end to end; until that is certain it waits. Everything that
counts is kept in the history in parts of at most ten minutes, and read back at the next start.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.certainty import KIND, Certainty
from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.naive import LiveStep, NaiveMaps
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.scales import GainView, ScoreStage, ScoreView, SetScale, SideGain
from liqdesk.errors import LiqdeskError
from liqdesk.history import GAIN, SCORE
from liqdesk.lab.baselines import EngineMap
from liqdesk.lab.ledger import Ledger, Minutes, Part
from liqdesk.lab.verdict import headline
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, ForcedOrder
from liqdesk.model import DEFAULT_GAIN, MODEL_VERSION, StepBatch
from liqdesk.model.gain import ALL_VENUES_FACTOR, KEPT_MS, Block, GainEstimate, OnlineGain

log = logging.getLogger(__name__)

PART_MINUTES: Final = 10
WAITING: Final = 1_440  # minutes; the oldest are let go where nobody listens to forced orders
READ_MS: Final = 2 * DAY_MS  # of the ledger at a time
OLDEST_MS: Final = 5 * 366 * DAY_MS

Floats = NDArray[np.float64]


class Scoring:
    """Owns the gain, the ledger and the naive maps of a session, follows the steps of its map and sets the map's gain."""

    def __init__(
        self, symbol: str, market_map: MarketMap, recorder: Recorder, until_ms: int, *, live: bool = True
    ) -> None:
        """`until_ms` is venue time now: what is kept of before is read back. `live` False computes nothing, as for a past that ends
        then: parts that may reach beyond it are left out."""
        self.symbol = symbol
        self.local = False
        self.naive = NaiveMaps(market_map.table)
        self.ledger = Ledger((EngineMap.name, *(naive.name for naive in self.naive.maps)))
        self.notice = ""
        self._titles = ((EngineMap.name, EngineMap.title), *((naive.name, naive.title) for naive in self.naive.maps))
        self._recorder = recorder
        self._live = live
        until_ms -= 0 if live else (PART_MINUTES - 1) * MINUTE_MS
        self._online = OnlineGain()
        self._printed: dict[int, Floats] = {}  # orders and USD [2, 2 side] by minute of the fill
        self._for_gain: deque[tuple[int, Floats, Floats]] = deque()
        self._for_score: deque[LiveStep] = deque()
        self._unkept: list[Block] = []
        self._kept_hour = 0
        self._at_ms = until_ms
        self._read_to = (until_ms - OLDEST_MS, until_ms)
        self._changed = True
        self._warm = False
        self._score: ScoreView | None = None
        self._read_gain(until_ms)
        self._map = market_map
        self._certainty = Certainty(market_map)
        self._read_certainty(until_ms)
        market_map.stepped = self._stepped
        self.estimate: GainEstimate
        self._estimate()

    # -- what happens ------------------------------------------------------------------------------------------------

    def _estimate(self) -> None:
        self.estimate = e = self._online.estimate(self._at_ms, local=self.local)
        self._map.gain = np.array([v * f for v, f in zip(e.value, e.local, strict=True)], np.float32)
        self._certainty.scale(e)

    def use(self, scale: SetScale) -> None:
        """Scale each side by its last 24 h or not, and what is shown to this venue or to all."""
        self.local = scale.local_gain
        self._map.factor = ALL_VENUES_FACTOR if scale.all_venues else 1.0
        self._estimate()

    def _stepped(self, batch: StepBatch, taker_buy: Floats, contracts: Floats, live: bool) -> None:
        """Take steps that our map has made and the contracts it swept [n, 2, 20]; `live` where this is one minute nothing is missing
        of."""
        if not self._live:
            return
        usd = batch.price_at_start()[:, None] * (contracts @ self._map.density.prior)
        self.naive.queue(batch, taker_buy, usd[0] if live else None)
        if live:
            self._for_gain.append((int(batch.t0[0]), usd[0], contracts[0]))
            if len(self._for_gain) > WAITING:
                self._for_gain.popleft()
            self._forget()

    def forced(self, order: ForcedOrder) -> None:
        """Take a printed forced order; only those of the symbol count."""
        if order.symbol != self.symbol:
            return
        row = self._printed.setdefault(order.time_ms // MINUTE_MS * MINUTE_MS, np.zeros((2, 2)))
        row[:, order.side] += (1.0, order.usd)

    def beat(self, budget: Callable[[], bool]) -> None:
        """Do what is due as long as `budget()` holds, in pieces of a few milliseconds."""
        self._settle_gain()
        while budget() and (self._read_score() or (self._live and self._advance())):
            continue

    def _advance(self) -> bool:
        """Do one piece of the score's work; returns whether there may be another at once."""
        first = self._for_score[0] if self._for_score else None
        if first is not None:
            heard = self._recorder.heard_over(first.t_ms, first.t_ms + MINUTE_MS)
            if heard is False:
                self._for_score.popleft()
                return True
            if heard and not self.ledger.prepare(first.t_ms):
                return True
            if heard:
                self._observe(self._for_score.popleft())
                return True
        if not self.naive.behind:
            return False
        live = self.naive.next_is_live
        step = self.naive.advance()
        if step is not None:
            self._for_score.append(step)
            if len(self._for_score) > WAITING:
                self._for_score.popleft()
        self._warm = self._warm or not self.naive.behind
        return live  # back-fill is taken in one piece a beat: it is in no hurry

    def _printed_in(self, t_ms: int) -> Floats:
        return self._printed.get(t_ms, np.zeros((2, 2)))

    def _observe(self, step: LiveStep) -> None:
        if step.t_ms < self.ledger.last_ms:
            return  # kept by a session before this one
        orders, usd = self._printed_in(step.t_ms)
        rows = (step.mass[None], step.span[None], orders[None], usd[None])
        self.ledger.observe(Minutes(np.array([step.t_ms]), *(row.astype(np.float32) for row in rows)))
        self._changed = True
        if self.ledger.unkept >= PART_MINUTES:
            self._keep_score()

    def _settle_gain(self) -> None:
        """Learn from the minutes of which it is certain by now what was printed."""
        learned = False
        while self._for_gain:
            t_ms, swept, contracts = self._for_gain[0]
            heard = self._recorder.heard_over(t_ms, t_ms + MINUTE_MS)
            if heard is None:
                break
            self._for_gain.popleft()
            if heard:
                orders, usd = self._printed_in(t_ms)
                if self._certainty.minute(t_ms, contracts, swept * self._map.gain, usd, orders):
                    kept = self._certainty.kept()
                    self._recorder.record(self.symbol, KIND, self._at_ms, MODEL_VERSION, kept)
                self._learn(t_ms, swept, usd, orders)
                learned = True
        if learned:
            self._estimate()

    def _learn(self, t_ms: int, swept: Floats, usd: Floats, orders: Floats) -> None:
        self._online.add(t_ms, swept, usd, orders)
        self._at_ms = max(self._at_ms, t_ms + MINUTE_MS)
        if self._unkept and (len(self._unkept) >= PART_MINUTES or self._unkept[0].t_ms // HOUR_MS != t_ms // HOUR_MS):
            self._keep_gain()
        self._unkept.append(Block.of(t_ms, np.stack([swept, usd, orders]), 1))

    def _forget(self) -> None:
        """Let go of forced orders that every minute that waits is later than."""
        waiting = [self._for_gain[0][0]] if self._for_gain else []
        waiting += [self._for_score[0].t_ms] if self._for_score else []
        oldest = min(waiting, default=self._at_ms) - HOUR_MS
        if not self.naive.behind:
            self._printed = {t: row for t, row in self._printed.items() if t >= oldest}

    # -- keeping and reading back ------------------------------------------------------------------------------------

    def _keep_gain(self) -> None:
        if not self._unkept:
            return
        rows = np.array([(b.swept, b.printed, b.orders) for b in self._unkept]).sum(axis=0)
        block = Block.of(self._unkept[0].t_ms, rows, len(self._unkept))
        self._unkept = []
        self._recorder.record(self.symbol, GAIN, block.t_ms, MODEL_VERSION, msgspec.msgpack.encode(block))
        if block.t_ms // HOUR_MS != self._kept_hour:
            self._kept_hour = block.t_ms // HOUR_MS
            self._online.forget(self._at_ms)
            self._recorder.gain(self.symbol, self._at_ms, self._map.gain)

    def _keep_score(self) -> None:
        while (made := self.ledger.part()) is not None:
            t_ms, part = made
            self._recorder.record(self.symbol, SCORE, t_ms, MODEL_VERSION, msgspec.msgpack.encode(part))

    def _read_gain(self, until_ms: int) -> None:
        for record in self._records(GAIN, until_ms - KEPT_MS, until_ms):
            try:
                self._online.add_blocks([msgspec.msgpack.decode(record, type=Block)])
            except (msgspec.MsgspecError, ValueError) as e:
                self._say_damaged(e)

    def _read_certainty(self, until_ms: int) -> None:
        for record in self._records(KIND, until_ms - KEPT_MS, until_ms)[-1:]:
            try:
                self._certainty.restore(record)
            except (msgspec.MsgspecError, ValueError) as e:
                self._say_damaged(e)

    def _read_score(self) -> bool:
        """Read a little of what the ledger kept; returns whether there was something to read."""
        start, end = self._read_to
        if start >= end:
            return False
        stop = min(start + READ_MS, end)
        self._read_to = stop, end
        for record in self._records(SCORE, start, stop):
            try:
                self._changed |= self.ledger.restore(msgspec.msgpack.decode(record, type=Part))
            except (msgspec.MsgspecError, ValueError) as e:
                self._say_damaged(e)
        return True

    def _records(self, kind: str, t0: int, t1: int) -> list[bytes]:
        try:
            return [r.body for r in self._recorder.records(self.symbol, kind, t0, t1) if r.model == MODEL_VERSION]
        except LiqdeskError as e:
            self._say_damaged(e)
            return []

    def _say_damaged(self, error: Exception) -> None:
        log.info("a record of the score cannot be read: %s", error)
        self.notice = "Some records of the score could not be read; what they held is left out."

    def read_all(self) -> None:
        """Read everything that is kept, without a pause."""
        while self._read_score():
            continue

    def close(self) -> None:
        """Keep what is not kept yet."""
        self._keep_gain()
        self._keep_score()

    # -- what the window shows ---------------------------------------------------------------------------------------

    def gain_view(self) -> GainView:
        """Return the gain as it is shown."""
        e, factor = self.estimate, self._map.factor
        sides = [SideGain(*row) for row in zip(e.value, e.low, e.high, e.learned, e.local, strict=True)]
        return GainView(
            sides[0],
            sides[1],
            e.default,
            self.local,
            factor != 1.0,
            factor,
            ALL_VENUES_FACTOR,
            DEFAULT_GAIN,
            e.orders,
            e.printed_usd,
            e.minutes,
            e.since_ms,
        )

    def score_view(self) -> ScoreView:
        """Return the score as it stands."""
        stage, progress = self._stage()
        last = self._score
        if last is None or (self._changed and self._read_to[0] >= self._read_to[1]):
            self._changed = False
            last = ScoreView(stage, progress, headline(self.ledger), self._titles, self.notice)
        elif (last.stage, last.progress, last.notice) != (stage, progress, self.notice):
            last = msgspec.structs.replace(last, stage=stage, progress=progress, notice=self.notice)
        self._score = last
        return last

    def _stage(self) -> tuple[ScoreStage, float]:
        if not self._live:
            return ScoreStage.ENDED, 1.0
        if self._read_to[0] < self._read_to[1] or not self._warm:
            return ScoreStage.WARMING, round(self.naive.progress, 2)
        return (ScoreStage.SCORING if self.ledger.hours else ScoreStage.LEARNING), 1.0
