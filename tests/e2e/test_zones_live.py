"""Zones, confluence, funding and squeeze in a real window: each figure against the grid, the frame and the venue's own answers."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np
import pytest
import requests
from support.desk import Desk
from support.exchange import Exchange

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.ui import present
from liqdesk.ui.panels.zonerows import age

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
START = "2026-03-09T09:00:00+00:00"


@pytest.fixture
def market(exchange: Callable[..., Exchange]) -> Exchange:
    return exchange(seed=13, speed=30, start=START)


def test_a_row_says_what_grid_frame_and_venue_say(desk: Desk, market: Exchange) -> None:
    desk.until(
        lambda: (
            desk.frame is not None
            and desk.frame.confluence is not None
            and desk.frame.zones
            and any(z.age_ms is not None and z.hour_usd is not None for z in desk.frame.zones)
            and desk.frame.squeeze is not None
            and desk.frame.squeeze.funding.payments > 80
            and desk.window.chart_painted
        ),
        200,  # the kernels may have to be compiled first
        "zones are known in full",
    )
    desk.held = True
    desk.until(lambda: desk.owed and desk.window.turns.settled, 20, "every part shows the frame")
    frame, grid = desk.frame, desk.grid
    assert frame is not None
    assert grid is not None
    assert frame.confluence is not None
    assert frame.squeeze is not None
    desk.window.column.show_panel("squeeze")
    desk.window.column.show_frame(frame)
    state = desk.window.state()

    def text(name: str) -> str:
        return str(state[name]["text"])  # type: ignore[index]

    # Growth: the same bins of the column that closed an hour before the newest one, at one scale for a side.
    then = grid.ring(MINUTE_MS).read(frame.published[0].last - 60)
    assert then is not None
    scales: dict[int, list[float]] = {0: [], 1: []}
    known = 0
    shown = desk.window.column.zones.content.zones
    assert shown
    for i, zone in enumerate(shown):
        place = frame.zones.index(zone)
        assert text(f"zones.{i}.age") == age(zone.age_ms)
        assert text(f"zones.{i}.growth") == present.usd(zone.growth_usd, signed=True)
        assert state[f"zones.{i}.growth"]["value"] == zone.growth_usd  # type: ignore[index]
        if zone.age_ms is not None:
            assert 0 < zone.age_ms < 40 * DAY_MS
        assert zone.cohorts == frame.confluence.cohorts_at(zone.peak_row)
        assert text(f"zones.{i}.cohorts").split() == ["·○●"[c] for c in zone.cohorts]
        assert zone.hour_usd is not None
        basis = then.basis.reshape(2, 5, -1)[int(zone.side)].sum(axis=0, dtype=np.float64)
        stood = float(basis[zone.first_row - then.base : zone.last_row + 1 - then.base].sum())
        if stood > 1_000:
            scales[int(zone.side)].append(zone.hour_usd / stood)
            known += 1
        way = frame.in_the_way[place] if place < len(frame.in_the_way) else None
        if way is not None:
            assert text(f"zones.{i}.depth").removeprefix("≥") == present.usd(way.usd)
    assert known
    newest = grid.ring(MINUTE_MS).read(frame.published[0].last)
    assert newest is not None
    for side, found in scales.items():
        assert found == pytest.approx([float(newest.gain[side])] * len(found), rel=0.02)

    # Funding: the payments are the venue's, the deviation is counted by hand.
    params = {"symbol": "BTCUSDT", "startTime": frame.venue_ms - 31 * DAY_MS, "limit": 1000}
    with requests.get(f"{market.rest}/fapi/v1/fundingRate", params=params, timeout=10) as answer:  # type: ignore[arg-type]
        paid = [(row["fundingTime"], float(row["fundingRate"])) for row in answer.json()]
    assert list(frame.funding.history) == [p for p in paid if p[0] >= frame.funding.history[0][0]]
    kept = [rate for at, rate in paid if at >= frame.venue_ms - 30 * DAY_MS]
    assert len(kept) >= 89
    record = state["funding.z"]["value"]  # type: ignore[index]
    assert isinstance(record, list)
    assert abs(record[0] - len(kept)) <= 1
    assert frame.funding.rate is not None
    spread = statistics.stdev(kept)
    if spread > 1e-9:
        assert record[3] == pytest.approx((frame.funding.rate - statistics.fmean(kept)) / spread, rel=0.05, abs=0.02)
    assert frame.funding.next_ms - frame.venue_ms < 8 * HOUR_MS

    # Squeeze: its inputs are those of the panels beside it.
    here = next(i for i in frame.imbalance if i.radius == 0.02)
    assert frame.squeeze.tilt == pytest.approx(here.ratio)
    assert text("squeeze.map.now") == text("imbalance.±2%.ratio")
    assert frame.squeeze.funding.payments == record[0]
    assert frame.squeeze.interest.hours > 600
    newest_oi = frame.open_interest
    assert newest_oi > 0
    assert abs(frame.squeeze.interest.change) < 1
    assert text("squeeze.verdict")
    desk.go_on()
