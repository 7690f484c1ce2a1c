"""Replay in a real window on a real engine: what was frozen while it was live is shown of it later, and nothing that came is lost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import requests
from support.desk import Desk
from support.exchange import Exchange

from liqdesk.engine.frames import Frame, SourceKind
from liqdesk.market import MINUTE_MS, ForcedOrder
from liqdesk.model.grid import Column
from liqdesk.ui import present

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
COLUMNS = 4
SYMBOL = "BTCUSDT"


@pytest.fixture
def market(exchange: Callable[..., Exchange]) -> Exchange:
    return exchange(seed=13, speed=60, start="2026-03-09T09:00:00+00:00")


def test_what_was_live_is_replayed_as_it_was(desk: Desk, market: Exchange) -> None:
    frozen: dict[int, Column] = {}
    orders: list[ForcedOrder] = []

    def keep(frame: Frame) -> None:
        orders.extend(o for o in frame.new_forced if o.symbol == SYMBOL)
        if desk.grid is None or frame.progress is not None or not frame.published:
            return
        ring = frame.published[0]
        for number in range(max(ring.live_from, ring.first), ring.last + 1):
            column = desk.grid.ring(MINUTE_MS).read(number) if number not in frozen else None
            if column is not None:
                frozen[number] = column

    desk.host.frame.connect(keep)
    window, replaying = desk.window, desk.window.act.replaying
    desk.until(lambda: len(frozen) >= COLUMNS and window.chart_painted, 200, "columns are frozen while it is live")
    window.choose_candle(MINUTE_MS)
    window.act.press("replay")
    assert replaying.on
    chart = window.chart
    assert chart is not None
    for number in sorted(frozen, reverse=True)[1:COLUMNS]:
        replaying.jump((number + 1) * MINUTE_MS)
        chart.refresh()
        window.turns.everything()
        shown = window.frame
        assert shown is not None
        assert shown.now is not None
        assert shown.source.kind is SourceKind.REPLAY
        assert not shown.source.afterwards
        assert shown.venue_ms == (number + 1) * MINUTE_MS - 1
        factor = np.float32(1.0 if shown.scale is None else shown.scale.factor)
        assert np.array_equal(shown.now.usd, frozen[number].usd * factor), "the column is the one that was frozen"
        assert shown.prices.mark == frozen[number].mark
        before = sorted(o.time_ms for o in orders if o.time_ms < (number + 1) * MINUTE_MS)
        assert chart.state.orders["t"].tolist() == before
        assert chart.state.candles["t"].max() == number * MINUTE_MS
        asked = {"symbol": SYMBOL, "interval": "1m", "startTime": number * MINUTE_MS, "limit": 1}
        row = requests.get(f"{market.rest}/fapi/v1/klines", params=asked, timeout=20).json()[0]  # type: ignore[arg-type]
        state = window.state()
        assert row[0] == number * MINUTE_MS
        assert state["price.last"] == {"text": present.price(float(row[4]), 1), "value": float(row[4])}
        assert window.topbar.pill.text() == "REPLAY · not live"
    fresh = window.frame.feed_ms if window.frame is not None else 0
    desk.until(lambda: window.frame is not None and window.frame.feed_ms > fresh + MINUTE_MS, 60, "the feed goes on")
    assert replaying.on
    replaying.leave()
    desk.until(lambda: window.frame is desk.frame, 20, "a frame of now")
    chart.refresh()
    assert window.frame is not None
    assert window.frame.source.kind is SourceKind.CUSTOM
    assert chart.state.orders["t"].tolist() == sorted(o.time_ms for o in orders)
    minutes = chart.series.book.bars(MINUTE_MS, 0, 1 << 60)
    assert minutes["t"][-1] >= window.frame.venue_ms - 2 * MINUTE_MS
    assert (np.diff(minutes["t"][-600:]) == MINUTE_MS).all(), "no minute is lost meanwhile"
