"""The Layers menu: each entry is a setting, and the chart draws by it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from chart_scene import NOW, Scene, order, panes, scene, zone
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from shell_frames import Furnish

from liqdesk.engine.frames import GapView, Prices
from liqdesk.insight import Confluence
from liqdesk.insight.position import Position
from liqdesk.market import Side
from liqdesk.model.axis import display_bin_of, price_of_display_bin
from liqdesk.settings import Settings, load, save
from liqdesk.ui import present
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.chart.together import Run, runs
from liqdesk.ui.dialogs.least import LeastCard
from liqdesk.ui.keys import BY_NAME
from liqdesk.ui.layers_menu import LAYERS, SIZES, StayingMenu, size_words
from liqdesk.ui.window import Window
from liqdesk.venues.binance.brackets import shipped_brackets

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # menus off-screen


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


@pytest.fixture
def window(furnish: Furnish) -> Window:
    return furnish(active=True)


def opened(window: Window, qtbot: QtBot) -> QMenu:
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), StayingMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_every_layer_is_a_setting_that_is_kept(tmp_path: Path) -> None:
    for layer in LAYERS:
        assert layer.field in BY_NAME, layer.field
        off = msgspec.structs.replace(Settings(), **{layer.field: not getattr(Settings(), layer.field)})
        save(tmp_path / "s.json", off)
        assert load(tmp_path / "s.json").settings == off


def test_the_button_opens_the_menu_which_stays_while_it_is_worked(window: Window, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.topbar.layers, Qt.MouseButton.LeftButton)
    menu = opened(window, qtbot)
    by_words = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert next(iter(by_words)) == LAYERS[0].words
    for layer in LAYERS:
        action = by_words[layer.words]
        assert action.isChecked() == getattr(window.settings, layer.field)
        assert action.toolTip() == layer.tip
    box = menu.actionGeometry(by_words["Index price tag"])
    with qtbot.waitSignal(window.settings_changed) as changed:
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=box.center())
    assert changed.args[0].show_index is False
    assert menu.isVisible()
    assert not by_words["Index price tag"].isChecked()
    menu.setActiveAction(by_words["Zone labels"])
    QTest.keyClick(menu, Qt.Key.Key_Space)
    assert window.settings.show_zones is False
    assert menu.isVisible()
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    assert not menu.isVisible()


def test_keys_open_the_menu_and_switch_a_layer(window: Window, qtbot: QtBot) -> None:
    QTest.keyClick(window, Qt.Key.Key_V)
    opened(window, qtbot).close()
    QTest.keyClick(window, Qt.Key.Key_Z)
    assert window.settings.show_zones is False
    window.act.press("show_gaps")
    assert window.settings.show_gaps is False


def test_the_smallest_bubble_is_chosen_or_typed(window: Window, qtbot: QtBot) -> None:
    menu = window.act.menus.layers.menu(window)
    sizes = next(action.menu() for action in menu.actions() if action.text().startswith("Bubbles from"))
    assert isinstance(sizes, QMenu)
    texts = [action.text() for action in sizes.actions() if action.text()]
    assert texts == ["all", "$50K", "$150K", "$500K", "$1M", "Other…"]
    assert [a.text() for a in sizes.actions() if a.isChecked()] == ["$150K"]
    sizes.actions()[0].trigger()
    assert window.settings.bubble_min_usd == 0
    window.act.menus.layers.ask_size()
    card = window.act.dialog
    assert isinstance(card, LeastCard)
    card.field.setText("a lot")
    card._use()
    assert card.wrong.isVisible()
    assert window.settings.bubble_min_usd == 0
    card.field.setText("275K")
    QTest.keyClick(card.field, Qt.Key.Key_Return)
    assert window.settings.bubble_min_usd == 275_000
    again = window.act.menus.layers.menu(window)
    sizes = next(action.menu() for action in again.actions() if action.text().startswith("Bubbles from"))
    assert isinstance(sizes, QMenu)
    assert [a.text() for a in sizes.actions() if a.isChecked()] == ["$275K"]
    assert size_words(0) == "all"
    assert SIZES == (0.0, 50_000.0, 150_000.0, 500_000.0, 1_000_000.0)


def test_a_narrow_bar_keeps_the_menu_with_the_rest(window: Window, qtbot: QtBot) -> None:
    window.resize(1_366, 768)
    window.topbar.arrange()
    assert not window.topbar.layers.isVisible()
    window.act.menus.more()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next(a for a in menu.actions() if a.text().startswith("Layers"))
    menu.close()
    action.trigger()
    opened(window, qtbot).close()


def test_the_chart_draws_what_is_switched_on(make: Callable[..., ChartPane], market: Scene) -> None:
    m = market.now.mark
    gap = GapView(NOW - 3 * 3_600_000, NOW - 2 * 3_600_000, "trades", "no data")
    fields = {
        "zones": (zone(Side.SHORT, m * 1.004, m * 1.006, 2e6, m),),
        "new_forced": (order(Side.LONG, NOW - 7_200_000, m * 0.999, 2e6), order(Side.LONG, NOW - 600_000, m, 6e4)),
        "gaps": (gap,),
        "prices": Prices(m + 30.0, m, m - 60.0, 0.01, NOW),
    }
    pane = make(**fields)
    now = pane.state.settings
    assert len(pane.plot.bubbles.placed()) == 1
    names = [text.split()[0] for _, text, *_ in pane.axis.tags()[1:]]
    assert [{"mk": "mark", "ix": "index"}.get(name, name) for name in names] == [
        "mark",
        "index",
    ]  # short where it must be
    assert pane.axis.tags()[2][1].split()[1] == present.price(m - 60.0, 0)
    before = np.array([pane.plot.grab().toImage(), pane.gutter.grab().toImage()], object)

    def pictures(**changes: object) -> np.ndarray:
        pane.set_settings(msgspec.structs.replace(now, **changes))
        pane.refresh()
        return np.array([pane.plot.grab().toImage(), pane.gutter.grab().toImage()], object)

    assert pictures()[0] == before[0]
    assert pictures(show_gaps=False)[0] != before[0]
    assert pictures(show_zones=False)[1] != before[1]
    pictures(show_bubbles=False)
    assert pane.plot.bubbles.placed() == []
    pictures(bubble_min_usd=0.0)
    assert len(pane.plot.bubbles.placed()) == 2
    pictures(show_index=False)
    assert len(pane.axis.tags()) == 2


def confluence(mark: float, **bits: int) -> Confluence:
    """Rows 3 and 4 above mark in bits of zones, 8 and 9 above in bits of rises, 4 below in zones of two cohorts."""
    base = display_bin_of(mark) - 60
    sure, risen = np.zeros(121, np.uint8), np.zeros(121, np.uint8)
    sure[63:65], risen[68:70], sure[56] = bits.get("sure", 7), bits.get("risen", 3), 5
    return Confluence(NOW, base, sure.tobytes(), risen.tobytes(), bytes(121))


def test_confluence_stands_beside_the_last_column(make: Callable[..., ChartPane], market: Scene) -> None:
    m = market.now.mark
    here = display_bin_of(m)
    pane = make(confluence=confluence(m))
    assert runs(pane.state) == [
        Run(here - 4, here - 4, 2, True),
        Run(here + 3, here + 4, 3, True),
        Run(here + 8, here + 9, 2, False),
    ]
    image = pane.gutter.grab().toImage()
    lens = pane.state.lens

    def pixel(row: float, x: int) -> str:
        return image.pixelColor(x, round(lens.y(price_of_display_bin(row)))).name()

    ground = pixel(here + 6, 2)
    assert pixel(here + 3, 2) == pixel(here + 3, 4) == pixel(here - 4, 2) != ground
    assert pixel(here - 4, 4) == ground, "two cohorts are half as wide as three"
    assert pixel(here + 8, 2) not in (ground, pixel(here + 3, 2)), "a rise is quieter"
    tip = pane.gutter.tip_at(lens.y(price_of_display_bin(here - 4)))
    assert "this price lies in a zone of what was opened within 12h and 1w. 0 of 100" in tip
    assert "a rise, which may be chance" in pane.gutter.tip_at(lens.y(price_of_display_bin(here + 8)))
    assert "Confluence" not in pane.gutter.tip_at(lens.y(price_of_display_bin(here + 6)))
    pane.set_selection({5, 10, 25, 50, 100}, "long")
    assert [run.first for run in runs(pane.state)] == [here - 4]
    pane.set_selection({5, 10, 25, 50, 100}, "both")
    pane.apply(market.frame(confluence=confluence(m, sure=1, risen=1)))
    assert [run.first for run in runs(pane.state)] == [here - 4], "one cohort alone is no confluence"
    pane.set_settings(msgspec.structs.replace(pane.state.settings, show_confluence=False))
    pane.refresh()
    assert runs(pane.state) == []
    assert pane.gutter.grab().toImage() != image


def test_my_position_is_a_layer(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make(brackets=shipped_brackets().table("BTCUSDT"))
    mine = Position(Side.LONG, round(market.now.mark * 0.998, 1), 0.8, 80.0)
    pane.pointing.show_positions({("binance", "BTCUSDT"): mine})
    pane.refresh()
    assert len(pane.state.mine) == 2
    pane.set_settings(msgspec.structs.replace(pane.state.settings, show_position=False))
    pane.refresh()
    assert pane.state.mine == ()


def test_the_index_never_changes_sides_of_the_last_price(make: Callable[..., ChartPane], market: Scene) -> None:
    """Last, mark and index within a tag of each other stand in one order, whichever is higher."""
    m = market.now.mark
    for mark, index in ((m, m + 2.0), (m + 2.0, m), (m + 1.0, m + 1.0), (m - 2.0, m + 3.0)):
        pane = make(prices=Prices(m, mark, index, 0.01, NOW))
        last, *others = pane.axis.tags()
        assert last[0] == pytest.approx(pane.state.lens.y(m))
        assert [text.split()[0][0] for _, text, *_ in others] == ["m", "i"]
        rows = [last[0], *(row for row, *_ in others)]
        assert rows == sorted(rows)
        assert all(b - a >= 18 for a, b in itertools.pairwise(rows))
    pane = make(prices=Prices(m, m, float("nan"), 0.01, NOW))
    assert len(pane.axis.tags()) == 2
