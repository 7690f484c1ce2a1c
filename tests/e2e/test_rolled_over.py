"""The daily roll-over through the whole engine: sockets are replaced before the venue's age limit, and the history shows no seam."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
from pytestqt.qtbot import QtBot
from support.exchange import Exchange
from support.watched import Watched, orders

from liqdesk.history import FORCED, History
from liqdesk.market import LinkPhase
from liqdesk.venues import SocketPlan
from liqdesk.venues.binance import Binance
from liqdesk.venues.venue import Endpoints

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
START = "2026-03-02T08:00:00+00:00"
SPEED = 20
AGE_S = 7.0  # the venue's limit
LIFETIME_S = 4.0  # ours; the old socket stays for two seconds more
MINUTE_MS = 60_000
NO_REPAIR = """
[[fault]]
kind = "refuse"
at_s = 0.0
for_s = 3600.0
path = "/fapi/v1/aggTrades"
status = 503
"""


PLANNED = Binance.sockets


def short_lived(self: Binance, endpoints: Endpoints, symbol: str) -> tuple[SocketPlan, ...]:
    return PLANNED(self, endpoints, symbol, LIFETIME_S)


def test_a_history_has_no_seam_where_sockets_were_replaced(
    qtbot: QtBot, exchange: Callable[..., Exchange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trades are not given back by REST here: what a change of sockets lost would be lost."""
    monkeypatch.setattr(Binance, "sockets", short_lived)
    plan, log = tmp_path / "plan.toml", tmp_path / "faults.jsonl"
    plan.write_text(NO_REPAIR, "utf-8")
    market = exchange(seed=23, speed=SPEED, start=START, max_age=AGE_S, faults=plan, fault_log=log)
    engine = Watched(orders(market.rest, market.stream, tmp_path))
    try:
        engine.until_loaded()
        engine.until(
            lambda: (
                engine.last is not None
                and len(engine.last.connection.links) == 2
                and all(link.renewals >= 4 for link in engine.last.connection.links)
            ),
            60,
            "both sockets were replaced four times",
        )
        assert engine.last is not None
        until = engine.last.venue_ms // MINUTE_MS * MINUTE_MS
        engine.until(lambda: engine.last is not None and engine.last.venue_ms > until + 2 * MINUTE_MS, 20, "it goes on")
        assert {link.phase for link in engine.last.connection.links} == {LinkPhase.OPEN}
        assert {link.losses for link in engine.last.connection.links} == {0}, (
            "no socket grew so old that the venue closed it"
        )
        assert engine.last.gaps == ()
        with requests.get(
            f"{market.rest}/fapi/v1/klines", params={"symbol": "BTCUSDT", "interval": "1m", "limit": 60}, timeout=10
        ) as answer:
            volumes = {row[0]: float(row[5]) for row in answer.json()}
    finally:
        engine.close()
    asked = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    file = tmp_path / f"history-127.0.0.1_{market.port}.sqlite"
    with History.open(file, tmp_path / "nobody", origin=f"127.0.0.1:{market.port}", read_only=True) as history:
        marks = history.marks("BTCUSDT")
        volume = history.volume_at_price("BTCUSDT")
        gaps = history.gaps("BTCUSDT")
        covered = history.coverage("BTCUSDT", FORCED)
    [(covered_from, covered_to)] = covered
    assert [g for g in gaps if g.to_ms > covered_from] == [], "after the streams came up"
    assert covered_to - covered_from > 3 * LIFETIME_S * SPEED * 1000
    seconds = marks["t"] // 1000
    assert np.all(np.diff(seconds) == 1), "a mark every second"
    first = -(-int(marks["t"][0]) // MINUTE_MS) * MINUTE_MS
    whole = [t for t in sorted(volumes) if first <= t < until]
    assert len(whole) >= 4
    for t in whole:
        assert volume["quantity"][volume["t"] == t].sum() == pytest.approx(volumes[t], rel=1e-6), (
            "every trade of the minute"
        )
    assert asked == [], "nothing was asked back"
