"""The real window on a real stream: at random moments every number on it is what the model holds, and every sampled cell's colour
is the ramp of the model's value."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import Desk
from support.exchange import Exchange
from support.waiting import pause

from liqdesk.engine.frames import NowPlanes
from liqdesk.insight import band_of
from liqdesk.market import Side
from liqdesk.model import cell_share
from liqdesk.model.axis import display_bin_of, price_of_display_bin
from liqdesk.ui import present, ramp, theme

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
START = "2026-03-09T09:00:00+00:00"


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, exchange: Callable[..., Exchange], tmp_path: Path) -> Iterator[Desk]:
    theme.apply_theme(qapp, "dark", 1.0)
    one = Desk(exchange(seed=13, speed=30, start=START), tmp_path)
    yield one
    one.close()


def within(now: NowPlanes, side: Side, mark: float, radius: float) -> float:
    """Sum a side of the model's planes from mark to a radius, with the parts of rows at both ends."""
    total = now.usd.reshape(2, 5, -1).astype(np.float64).sum(axis=1)[side]
    edge = math.log(mark * (1 - radius if side is Side.LONG else 1 + radius) / 30_000.0) / 1e-3 - now.base
    row = math.floor(edge)
    part = edge - row
    if side is Side.LONG:
        return float(total[row + 1 :].sum() + total[row] * (1 - part))
    return float(total[:row].sum() + total[row] * part)


def hold_numbers(desk: Desk) -> int:
    frame, state = desk.frame, desk.window.state()
    assert frame is not None
    assert frame.now is not None
    assert frame.ledger is not None

    def text(name: str) -> str:
        return str(state[name]["text"])  # type: ignore[index]

    decimals = frame.instrument.price_decimals
    assert text("symbol") == "BTCUSDT"
    assert text("price.last") == present.price(frame.prices.last, decimals)
    assert text("zones.mark") == present.price(frame.prices.mark, decimals)
    checked = 3
    for row in frame.imbalance:
        name = f"imbalance.±{row.radius * 100:g}%"
        for side, word, shown in ((Side.LONG, "long", row.long_usd), (Side.SHORT, "short", row.short_usd)):
            model = within(frame.now, side, frame.now.mark, row.radius)
            assert shown == pytest.approx(model, rel=1e-3)
            assert text(f"{name}.{word}") == present.usd(shown)
            checked += 1
        assert state[f"{name}.ratio"]["value"] == pytest.approx(row.ratio)  # type: ignore[index]
        assert state[f"{name}.interval"]["value"] == [row.low, row.high]  # type: ignore[index]
        assert row.low <= row.ratio <= row.high
    for word, side in (("long", frame.ledger.long), ("short", frame.ledger.short)):
        assert text(f"ledger.{word}.liquidatable") == present.usd(side.liquidatable_usd)
        assert text(f"ledger.{word}.not_liquidatable") == present.usd(side.not_liquidatable_usd)
        total = side.liquidatable_usd + side.not_liquidatable_usd
        assert total == pytest.approx(frame.open_interest * frame.prices.mark, rel=1e-3)
        checked += 2
    assert int(text("zones.count")) == len(frame.zones)
    for i, zone in enumerate(frame.zones):
        assert text(f"zones.{i}.usd") == present.usd(zone.usd)
        assert text(f"zones.{i}.side") == zone.side.word
        assert frame.spread is not None
        low, high = (float(v) for v in band_of(zone.usd, zone.prior, frame.spread))
        assert state[f"zones.{i}.band"]["value"] == pytest.approx([low, high])  # type: ignore[index]
        assert text(f"zones.{i}.band") == present.size_half(low, high)
        assert state[f"zones.{i}.z"]["value"] == zone.z  # type: ignore[index]
        rows = frame.now.usd.reshape(2, 5, -1).sum(axis=1)[zone.side]
        first = round(math.log(zone.low / 30_000.0) / 1e-3) - frame.now.base
        last = round(math.log(zone.high / 30_000.0) / 1e-3) - frame.now.base
        assert zone.usd == pytest.approx(float(rows[min(first, last - 1) : last].sum()), rel=0.15)
        checked += 2
    rate = frame.funding.rate
    assert rate is not None
    assert state["funding.rate"]["value"] == pytest.approx(rate)  # type: ignore[index]
    for status in frame.streams:
        name = f"stream.{status.name}"
        assert text(name) == present.age(status.age_s)
        assert text(f"{name}.rate") == present.rate(status.rate)
        assert state[f"{name}.gaps"]["value"] == status.gaps  # type: ignore[index]
        assert state[f"{name}.thinned"]["value"] == status.dropped  # type: ignore[index]
        checked += 4
    assert {link.name for link in frame.links} == {"market", "public"}
    for link in frame.links:
        assert text(f"link.{link.name}.state") == link.phase == "open"
        assert text(f"link.{link.name}.endpoint") == link.endpoint
        assert state[f"link.{link.name}.rate"]["value"] == link.rate > 0  # type: ignore[index]
        checked += 3
    assert frame.rest is not None
    assert frame.rest.used_weight is not None
    assert text("rest.weight") == f"{frame.rest.used_weight:,} of 2,400/min"
    checked += 1
    assert state["legend.low"]["value"] == desk.window.chart.levels()[0]  # type: ignore[union-attr,index]
    return checked + 2


def hold_colours(desk: Desk, rng: random.Random) -> int:
    """Hold sampled cells against the grid: the painted colour is the ramp of the value of a column under that pixel."""
    chart = desk.window.chart
    assert chart is not None
    assert desk.grid is not None
    assert desk.frame is not None
    assert desk.frame.now is not None
    low, high = chart.levels()
    lens = chart.state.lens
    pixel = (lens.t1 - lens.t0) / chart.plot.heat.pixels.shape[1]
    t = theme.current()
    ring = desk.grid.rings[0]
    frozen = desk.frame.published[0]  # the engine goes on meanwhile; the window knows what its frame named
    hot = 0
    for _ in range(150):
        at_ms = rng.uniform(max(lens.t0, frozen.first * 60_000), (frozen.last + 1) * 60_000 - pixel)
        row = display_bin_of(desk.frame.prices.mark * math.exp(rng.uniform(-0.03, 0.03)))
        price = price_of_display_bin(row)
        value, colour = chart.cell_value(at_ms, price), chart.painted_colour(at_ms, price)
        if value is None or colour is None:
            continue
        numbers = {int(at_ms) // 60_000, int(at_ms + pixel) // 60_000}
        columns = [c for c in map(ring.read, numbers) if c is not None]
        cells = [(c.usd[:, row - c.base], c.shares) for c in columns]
        held = [(float(usd.sum()), float(cell_share(usd, shares))) for usd, shares in cells]
        near = [share for usd, share in held if value == pytest.approx(usd, rel=1e-4, abs=1e-3)]
        assert near, (value, held)
        stale = chart.state.stale
        assert colour in {ramp.colour_of(value, low, high, share, "ember", t.chart, stale) for share in near}
        hot += value > low
    return hot


def test_every_number_and_colour_is_the_models_at_ten_random_moments(desk: Desk) -> None:
    rng = random.Random(20)
    desk.until(
        lambda: (
            desk.frame is not None
            and desk.frame.progress is None
            and desk.frame.now is not None
            and desk.frame.zones
            and desk.window.chart_painted
        ),
        60,
        "the map is on screen",
    )
    hot = 0
    for _ in range(10):
        pause(rng.randrange(200, 1_500))
        # Hold the engine's next frame back, let the window finish with this one.
        desk.held = True
        serial = desk.frame.serial if desk.frame else 0
        desk.until(lambda: desk.owed and desk.window.turns.settled, 20, "every part shows the frame")
        assert desk.frame is not None
        assert desk.frame.serial <= serial + 1
        desk.window.chart.refresh()  # type: ignore[union-attr]
        assert hold_numbers(desk) > 20
        hot += hold_colours(desk, rng)
        desk.go_on()
    assert hot > 100
