"""Docks: floating, hiding, tabs and folds; what is hidden is not fed, and a floating panel says whose numbers it shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QRubberBand, QTabBar, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import frame, source

from liqdesk.settings import Settings
from liqdesk.ui.panels.catalogue import CATALOGUE
from liqdesk.ui.panels.column import Column, origin_of
from liqdesk.ui.panels.frame import Origin
from liqdesk.ui.screens import clamped
from liqdesk.ui.theme import apply_theme, current

WINDOW = 1_500, 900


@pytest.fixture
def column(qtbot: QtBot, qapp: QApplication) -> Iterator[Column]:
    apply_theme(qapp, "dark", 1.0)
    made = Column(Settings(), QWidget())
    qtbot.addWidget(made)
    made.resize(*WINDOW)
    made.show()
    qtbot.waitExposed(made)
    feed(made)
    yield made
    made.hide()


def feed(column: Column, **changes: object) -> None:
    one = frame(**changes)
    column.take(one)
    column.show_frame(one)


def stands(column: Column) -> list[tuple[str, int, int, int]]:
    return [(d.name, d.x(), d.y(), d.height()) for d in column.docks]


def tabs(column: Column) -> list[str]:
    bars = [bar for bar in column.findChildren(QTabBar) if bar.isVisible()]
    return sorted(bar.tabText(i) for bar in bars for i in range(bar.count()))


def test_the_first_arrangement_is_one_column_3_px_apart(column: Column, qtbot: QtBot) -> None:
    names = [one.name for one in CATALOGUE if one.shown and one.where == "column"]
    assert [d.name for d in column.docks if not d.closed] == names
    qtbot.waitUntil(lambda: column.width_of() == 348)
    docks = [column.dock(name) for name in names]
    qtbot.waitUntil(lambda: all(b.y() - a.geometry().bottom() - 1 == 3 for a, b in itertools.pairwise(docks)))
    assert docks[0].y() == 0
    assert docks[-1].geometry().bottom() + 1 == column.height()
    assert {d.x() for d in docks} == {WINDOW[0] - 348}
    middle = column.centralWidget()
    assert middle.width() == WINDOW[0] - 348 - 3


def test_a_click_folds_and_a_double_click_floats_unfolded(column: Column, qtbot: QtBot) -> None:
    dock = column.dock("funding")
    header = dock.panel.header
    qtbot.mouseClick(header, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.height() == 26)
    assert dock.panel.folded
    qtbot.mouseClick(header, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.height() > 26)
    qtbot.mouseClick(header, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(header, Qt.MouseButton.LeftButton)
    assert dock.isFloating()
    assert not dock.panel.folded
    assert header.floating
    qtbot.mouseDClick(header, Qt.MouseButton.LeftButton)
    assert not dock.isFloating()
    assert not header.floating


def test_what_is_hidden_is_not_fed_and_comes_back_up_to_date(column: Column, qtbot: QtBot) -> None:
    shown: list[int] = []
    panel = column.zones
    whole = panel.show_frame
    panel.show_frame = lambda f: (shown.append(f.serial), whole(f))[1]  # type: ignore[method-assign,func-returns-value]
    column.show_panel("zones", False)
    assert not column.is_shown("zones")
    assert "zones.mark" not in column.state()
    feed(column, serial=7)
    assert shown == []
    column.show_panel("zones")
    qtbot.waitUntil(lambda: 7 in shown)
    assert "zones.mark" in column.state()
    column.tabifyDockWidget(column.dock("tape"), column.dock("zones"))
    column.dock("tape").raise_()
    qtbot.waitUntil(lambda: column.dock("zones").covered)
    feed(column, serial=8)
    assert 8 not in shown
    qtbot.waitUntil(lambda: tabs(column) == ["Forced orders", "Zones"])
    assert column.dock("tape").panel.header.tabbed
    column.dock("zones").raise_()
    qtbot.waitUntil(lambda: 8 in shown)


def test_what_comes_once_is_kept_by_hidden_panels_too(column: Column) -> None:
    from shell_frames import order

    column.show_panel("tape", False)
    feed(column, new_forced=(order(2e6),))
    column.show_panel("tape")
    assert column.tape.content.count == 1


def test_hidden_panels_leave_their_height_to_the_last(column: Column, qtbot: QtBot) -> None:
    column.show_panel("tape", False)
    last = column.dock("alerts")
    qtbot.waitUntil(lambda: last.geometry().bottom() + 1 == column.height())
    column.show_panel("tape")
    qtbot.waitUntil(lambda: last.height() < 300)


def test_a_floating_panel_names_symbol_and_source(column: Column) -> None:
    live = origin_of(frame())
    assert live == Origin("BTCUSDT", "", "live")
    demo = origin_of(frame(source=source("demo")))
    assert demo.words.startswith("DEMO")
    assert demo.token == "demo"
    for kind in ("custom", "history"):
        other = origin_of(frame(source=source(kind)))
        assert other.words
        assert other.token != "live"
    feed(column, source=source("demo"), epoch=2)
    dock = column.dock("funding")
    dock.setFloating(True)
    header = dock.panel.header
    assert header.origin == Origin()  # until the event loop turns, or the next frame comes
    feed(column, source=source("demo"), epoch=2, serial=2)
    assert header.origin == demo
    assert dock.windowTitle() == "Funding · BTCUSDT · DEMO · simulated"
    plain = header.grab().toImage()
    feed(column, epoch=3)
    assert header.grab().toImage() != plain
    assert dock.windowTitle() == "Funding · BTCUSDT"
    header.click()
    assert not dock.panel.folded  # a window of its own is not folded
    dock.setFloating(False)
    assert dock.windowTitle() == "Funding"


def test_the_width_follows_the_window_until_a_hand_chose_one(column: Column, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: column.width_of() == 348)
    column.set_compact(True)
    qtbot.waitUntil(lambda: column.width_of() == 276)
    column.resizeDocks([column.dock("tape")], [420], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: column.width_of() == 420)
    column.set_compact(False)
    qtbot.wait(50)
    assert column.width_of() == 420


def test_there_is_no_menu_but_ours(column: Column, qtbot: QtBot, qapp: QApplication) -> None:
    gap = QPoint(WINDOW[0] - 348 - 2, 300)
    assert column.childAt(gap) is None
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, gap, column.mapToGlobal(gap))
    QApplication.sendEvent(column, event)
    assert qapp.activePopupWidget() is None


def test_the_menu_is_asked_for_by_mouse_and_key(column: Column, qtbot: QtBot) -> None:
    header = column.funding.header
    with qtbot.waitSignal(column.menu_wanted) as asked:
        header.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(3, 3), QPoint(3, 3)))
    assert asked.args == ["funding", header.mapToGlobal(header.rect().bottomLeft())]


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        (QRect(100, 100, 400, 300), QRect(100, 100, 400, 300)),
        (QRect(2_200, 50, 400, 300), QRect(2_200, 50, 400, 300)),
        (QRect(9_000, 50, 400, 300), QRect(1_520, 50, 400, 300)),
        (QRect(-50, -50, 400, 300), QRect(0, 0, 400, 300)),
        (QRect(1_700, 900, 400, 300), QRect(1_520, 780, 400, 300)),
        (QRect(10, 10, 5_000, 4_000), QRect(0, 0, 1_920, 1_080)),
        (QRect(50, 50, 1, 1), QRect(50, 50, 160, 80)),
    ],
)
def test_windows_stand_whole_on_a_screen_that_is_there(wanted: QRect, placed: QRect) -> None:
    assert clamped(wanted, [QRect(0, 0, 1_920, 1_080), QRect(1_920, 0, 1_280, 1_024)]) == placed
    assert clamped(wanted, []) == wanted


def test_the_place_where_a_panel_would_be_put_wears_a_colour_of_the_palette(column: Column, qapp: QApplication) -> None:
    """Qt makes a rubber band of its own for it, which no style sheet reaches."""
    for theme in ("dark", "light"):
        apply_theme(qapp, theme, 1.0)
        band = QRubberBand(QRubberBand.Shape.Rectangle, column)
        band.setGeometry(10, 10, 80, 60)
        band.show()
        qapp.sendPostedEvents()
        image = band.grab().toImage()
        assert image.pixelColor(40, 30).name().upper() == current().hover
        assert image.pixelColor(0, 30).name().upper() == current().text3
        band.deleteLater()
    apply_theme(qapp, "dark", 1.0)
