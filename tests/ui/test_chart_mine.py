"""The user's own lines on the chart: at their price to the pixel, named as they stand now, clicked and asked for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from chart_scene import Scene, panes, rule, scene
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from liqdesk.engine.frames import Prices, Source, SourceKind
from liqdesk.insight.position import Position, solve
from liqdesk.market import Side
from liqdesk.ui import present
from liqdesk.ui.chart import ChartPane
from liqdesk.venues.binance.brackets import shipped_brackets

TABLE = shipped_brackets().table("BTCUSDT")
KEY = ("binance", "BTCUSDT")


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def chart(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


def held(market: Scene) -> Position:
    return Position(Side.LONG, round(market.now.mark * 0.998, 1), 0.8, 80.0)


def test_entry_and_liquidation_stand_at_their_prices(chart: Callable[..., ChartPane], market: Scene) -> None:
    mine = held(market)
    pane = chart(brackets=TABLE, rules=(rule(market.now.mark * 1.004),))
    before = pane.plot.grab().toImage()
    pane.pointing.show_positions({KEY: mine})
    solved = solve(mine, TABLE)
    assert solved is not None
    mark = pane.state.mark
    entry, liquidation = pane.state.mine
    assert (entry.price, liquidation.price) == (mine.entry, solved[0])
    profit = present.number((mark - mine.entry) * 0.8, 0, signed=True)
    assert entry.text == f"my long 0.800 BTC · 80x · {profit} USD"
    assert liquidation.text == f"my liquidation · {abs(solved[0] / mark - 1) * 100:.1f} % away"
    after = pane.plot.grab().toImage()
    for line in (entry, liquidation):
        row = round(pane.state.lens.y(line.price))
        changed = sum(before.pixel(x, row) != after.pixel(x, row) for x in range(400, 900))
        assert changed > 100, line
    assert [t for _, t, *_ in pane.axis.tags()].count(present.price(mine.entry, 1)) == 1
    assert present.price(solved[0], 1) in [t for _, t, *_ in pane.axis.tags()]
    tags = pane.plot.mine.tags
    assert [t.mine for t in tags] == [False, True, True]
    assert all(a.rect.bottom() < b.rect.top() for a, b in itertools.pairwise(tags))


def test_the_name_follows_the_mark_and_only_its_box_is_painted_anew(
    chart: Callable[..., ChartPane], market: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = chart(brackets=TABLE)
    pane.pointing.show_positions({KEY: held(market)})
    mark = market.now.mark
    asked: list[object] = []
    viewport = pane.plot.viewport()
    monkeypatch.setattr(viewport, "update", lambda *where: asked.append(where))
    old = pane.state.mine[0].text
    frame = market.frame(brackets=TABLE, new_bars=(), prices=Prices(mark + 3.0, mark + 40.0, mark, 0.01, 1))
    pane.apply(frame)
    pane.refresh()
    new = pane.state.mine[0].text
    assert new != old
    assert present.number((mark + 40.0 - held(market).entry) * 0.8, 0, signed=True) in new
    assert asked
    assert all(where for where in asked), "the whole plot was painted for a changed word"


def test_another_contract_or_a_simulated_market_shows_no_line(chart: Callable[..., ChartPane], market: Scene) -> None:
    pane = chart(brackets=TABLE, source=Source(SourceKind.DEMO, "simulated market", 7))
    pane.pointing.show_positions({KEY: held(market), ("binance", "ETHUSDT"): held(market)})
    assert pane.state.mine == ()
    pane.pointing.show_positions({("demo", "BTCUSDT"): held(market)})
    assert len(pane.state.mine) == 2
    pane.pointing.show_positions({})
    assert pane.state.mine == ()


def test_its_name_and_the_menu_lead_to_the_card(chart: Callable[..., ChartPane], market: Scene, qtbot: QtBot) -> None:
    pane = chart(brackets=TABLE)
    menu = pane.pointing.menu_at(66_500.04)
    assert "My position…" not in [a.text() for a in menu.actions()]
    here = next(a for a in menu.actions() if a.text().startswith("Set my position here"))
    with qtbot.waitSignal(pane.pointing.position_at) as caught:
        here.trigger()
    assert caught.args[0] == pytest.approx(66_500.0, abs=0.5)
    pane.pointing.show_positions({KEY: held(market)})
    mine = next(a for a in pane.pointing.menu_at(66_500.0).actions() if a.text() == "My position…")
    with qtbot.waitSignal(pane.pointing.position_asked):
        mine.trigger()
    spot = pane.plot.mine.tags[0].rect.center()
    with qtbot.waitSignal(pane.pointing.position_asked):
        QTest.mouseClick(pane.plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(spot.x()), round(spot.y())))
    assert not pane.pointing.why.open
    menu.deleteLater()
