"""The engine on real sockets: the map grows, survives an outage, and equals what is computed later."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from support.exchange import Exchange
from support.watched import Watched, joined, orders

from liqdesk.engine.frames import Health, SourceKind
from liqdesk.model import DISPLAY_BIN, DensityGrid

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
START = "2026-03-02T08:00:00+00:00"
MINUTE = 60_000


@pytest.fixture
def watch(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Return a function that opens an engine on an exchange, with a profile of its own."""
    opened: list[Watched] = []

    def open_on(exchange: Exchange, name: str = "profile") -> Watched:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        opened.append(Watched(orders(exchange.rest, exchange.stream, folder)))
        return opened[-1]

    yield open_on
    for one in opened:
        one.close()


def columns(grid: DensityGrid, first: int, last: int, span_ms: int = MINUTE) -> np.ndarray:
    """Return basis USD of the columns first .. last, [n, 10, 800]."""
    out = []
    for number in range(first, last + 1):
        column = grid.ring(span_ms).read(number)
        assert column is not None, f"column {number} is missing"
        out.append(column.basis)
    return np.stack(out)


def test_columns_grow_and_every_figure_is_there(
    exchange: Callable[..., Exchange], watch: Callable[..., Watched]
) -> None:
    engine = watch(exchange(seed=3, speed=60, start=START))
    engine.until_loaded()
    before = engine.last_number()
    engine.until(lambda: engine.last_number() >= before + 5, 40, "five more minutes")
    engine.until(lambda: engine.last is not None and engine.last.odds, 40, "touch odds, which come a piece a beat")
    frame = engine.last
    assert frame is not None
    assert frame.source.kind is SourceKind.CUSTOM
    assert frame.connection.health is Health.FRESH
    assert frame.now is not None
    assert frame.now.usd.shape == (10, 800)
    assert frame.now.usd.sum() > 0
    assert abs(frame.prices.mark / frame.prices.last - 1) < 0.01
    assert frame.ledger is not None
    assert frame.ledger.audit_error < 1e-9
    total = frame.ledger.long.liquidatable_usd + frame.ledger.long.not_liquidatable_usd
    assert total == pytest.approx(frame.ledger.open_interest_usd, rel=1e-9)
    assert len(frame.imbalance) == 3
    assert [c.horizon_ms for c in frame.odds] == [3_600_000, 14_400_000, 86_400_000]
    assert all(1_000 < c.back <= c.cases for c in frame.odds)
    assert all(z.touch is not None and 0 <= z.touch.odds[0] <= z.touch.odds[2] <= 1 for z in frame.zones)
    engine.until(
        lambda: engine.last is not None and engine.last.study is not None, 20, "a look at the record of prints"
    )
    spans = [p.last - p.first + 1 for p in frame.published]
    assert spans[0] >= 2_860
    assert spans[1] >= 2_280
    assert spans[2] >= 1_400
    live = frame.published[0].live_from
    assert before - 1 <= live <= before + 5, "live columns begin where the back-fill ended"


def test_an_outage_leaves_the_map_of_an_unbroken_twin(
    exchange: Callable[..., Exchange], watch: Callable[..., Watched]
) -> None:
    broken = exchange(seed=5, speed=20, start=START)
    twin = Exchange(seed=5, speed=20, start=START)
    try:
        # One market seen twice: the second exchange stands at the same moment of it.
        twin.kill()
        twin._epoch = broken.line["epoch"]
        twin.restart()
        attempt = itertools.count()
        a, b = joined(lambda: (watch(broken, f"broken {next(attempt)}"), watch(twin, f"twin {next(attempt)}")))
        start = max(a.last_number(), b.last_number())
        a.until(lambda: a.last_number() >= start + 2, 30, "two live minutes")
        broken.kill()
        began = time.monotonic()
        a.until(lambda: time.monotonic() - began > 20, 25, "twenty seconds of outage")
        during = a.last
        assert during is not None
        assert during.connection.health in (Health.DOWN, Health.STALE)
        assert during.connection.sentence
        broken.restart()
        wanted = b.last_number() + 3
        a.until(lambda: a.last_number() >= wanted and b.last_number() >= wanted, 60, "the outage is mended")
        assert a.grid is not None
        assert b.grid is not None
        mine, theirs = columns(a.grid, start - 30, wanted), columns(b.grid, start - 30, wanted)
        big = theirs > 1e-6 * theirs.max()
        np.testing.assert_allclose(mine[big], theirs[big], rtol=2e-3)
        assert abs(mine.sum() / theirs.sum() - 1) < 1e-4
        assert a.last is not None
        assert not a.last.gaps
    finally:
        twin.close()


def test_the_live_map_equals_the_map_filled_in_later(
    exchange: Callable[..., Exchange], watch: Callable[..., Watched]
) -> None:
    market = exchange(seed=11, speed=120, start=START)
    live = watch(market, "live")
    live.until_loaded()
    start = live.last_number()
    live.until(lambda: live.last_number() >= start + 45, 90, "forty-five live minutes")
    later = watch(market, "later")
    later.until_loaded()
    number = min(later.last_number(), live.last_number())
    live.until(lambda: live.last_number() >= number, 20, "the same minute")
    later.until(lambda: later.last_number() >= number, 20, "the same minute")
    assert live.grid is not None
    assert later.grid is not None
    mine, theirs = live.grid.ring(MINUTE).read(number), later.grid.ring(MINUTE).read(number)
    assert mine is not None
    assert theirs is not None
    assert mine.base == theirs.base
    away = np.abs(np.arange(800) - 400) * DISPLAY_BIN
    near = (away >= 0.005) & (away <= 0.05)
    x, y = mine.basis.sum(axis=0)[near], theirs.basis.sum(axis=0)[near]
    assert np.corrcoef(x, y)[0, 1] >= 0.98
    assert abs(x.sum() / y.sum() - 1) <= 0.03
