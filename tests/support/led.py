"""A market map with its scoring, led through a simulated month without a venue: what a session does, minute by minute."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from support.month import Month

from liqdesk.engine.listening import Listening
from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.minute import Minute
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.scales import ScoreStage
from liqdesk.engine.scoring import Scoring
from liqdesk.history import History
from liqdesk.market import MINUTE_MS, ForcedOrder, LinkPhase, LinkState, Side
from liqdesk.venues.binance.brackets import shipped_brackets

SYMBOL: Final = "BTCUSDT"
LATE_MS: Final = 5_000  # of the socket's word that nothing is missing


class Led:
    """A market map with its scoring, recorder and history, led through a month's minutes as a session leads it."""

    def __init__(self, month: Month, folder: Path, from_ms: int) -> None:
        self.month = month
        self.history = History.open(folder / "history.sqlite", folder / "lock")
        self.listening = Listening()
        self.recorder = Recorder(self.history, self.listening)
        self.map = MarketMap(shipped_brackets().table(SYMBOL), shown=False)
        self.scoring = Scoring(SYMBOL, self.map, self.recorder, from_ms)
        before = month.bars["t"] < from_ms
        self.map.queue(MINUTE_MS, month.bars[before], month.mark_bars[before], month.interest[before])
        while self.map.load_slice():
            pass
        self.recorder.begin(from_ms)
        self.recorder.link(LinkState("market", LinkPhase.OPEN))
        self.recorder.heard(from_ms, from_ms)
        self._wall_ns = 0
        self.next_ms = from_ms

    def lead(self, until_ms: int, live: bool = True, listens: bool = True) -> None:
        """Live through to `until_ms`."""
        rows = self.month.printed
        while self.next_ms < until_ms:
            t0, end = self.next_ms, self.next_ms + MINUTE_MS
            i = int((t0 - self.month.begin_ms) // MINUTE_MS)
            bar, mark = self.month.bars[i], self.month.mark_bars[i]
            for row in rows[(rows["t"] >= t0) & (rows["t"] < end)]:
                price, quantity = float(row["price"]), float(row["quantity"])
                limit = float(row["limit"])
                order = ForcedOrder(
                    SYMBOL, Side(int(row["side"])), int(row["t"]), int(row["t"]), price, limit, quantity
                )
                self.scoring.forced(order)
                self.scoring.forced(msgspec.structs.replace(order, symbol="ETHUSDT"))
            minute = Minute(
                t0,
                np.array([mark["open"], mark["close"]]),
                float(mark["low"]),
                float(mark["high"]),
                float(mark["close"]),
                float(bar["volume"]),
                float(bar["taker_buy"]),
                None,
                None,
                live,
            )
            self.map.close(minute, 0.1, float(self.month.interest["contracts"][i]))
            if listens:
                self.recorder.heard(end + LATE_MS, end + LATE_MS)
            self._wall_ns += 1_000_000_000
            self.recorder.flush(self._wall_ns, end + LATE_MS)
            self.scoring.beat(lambda: True)
            self.next_ms = end

    def catch_up(self) -> None:
        """Let the naive maps take what waits."""
        while self.scoring.score_view().stage is ScoreStage.WARMING:
            self.scoring.beat(lambda: True)
        self.scoring.beat(lambda: True)

    def close(self) -> None:
        self.scoring.close()
        self.recorder.close(self._wall_ns, self.next_ms)
        self.history.close()
