"""Nothing is cut at any text size: what shows words has the room it asks for, in the bars, the panels and every dialog."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QPushButton, QSizePolicy, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import T0, Furnish, busy, frame, order

from liqdesk.ui.controls import BarButton
from liqdesk.ui.dialogs.fields import NumberField
from liqdesk.ui.draw import Painted
from liqdesk.ui.panels.frame import Header
from liqdesk.ui.theme import BODY, SEMIBOLD, text_width
from liqdesk.ui.window import Window

CARDS = ("settings", "keys", "palette", "help", "method", "streams", "score", "alert", "export", "first run")


@pytest.fixture
def make(furnish: Furnish, qtbot: QtBot) -> Callable[..., Window]:
    def window(percent: int, size: tuple[int, int], theme: str = "dark") -> Window:
        one = furnish(*size, text_scale=percent, theme=theme)
        one.load_chart()
        for serial in range(3):
            one.apply(frame(serial=serial + 1, streams=busy().streams, new_forced=(order(30_000.0, T0 + serial),)))
            one.turns.everything()
        qtbot.wait(100)
        return one

    return window


def short_of_room(root: QWidget) -> list[str]:
    """Return what shows words and has less room than it needs for them."""
    out = []
    for part in root.findChildren(QWidget):
        if not part.isVisible() or part.visibleRegion().isEmpty():
            continue
        words = ""
        if isinstance(part, QLabel) and part.text():
            words = part.text()
            if part.wordWrap():
                cut = part.height() + 1 < part.heightForWidth(part.width())
            else:
                cut = part.width() + 1 < QFontMetricsF(part.font()).horizontalAdvance(words)
            cut = cut or part.height() + 1 < QFontMetricsF(part.font()).height()
        elif isinstance(part, QPushButton):
            words = part.text()
            cut = part.width() < part.sizeHint().width() or part.height() < part.sizeHint().height()
        elif isinstance(part, NumberField):
            words = f"{part.text()} {part.unit}"
            cut = part.width() < text_width(part.text(), BODY, SEMIBOLD) + text_width(part.unit, BODY) + 16
        elif isinstance(part, BarButton | Painted | QAbstractButton) and not isinstance(part, Header):
            words = part.accessibleName()
            rule = part.sizePolicy()
            cut = (
                (rule.horizontalPolicy() == QSizePolicy.Policy.Fixed and part.width() + 1 < part.sizeHint().width())
                or (rule.verticalPolicy() == QSizePolicy.Policy.Fixed and part.height() + 1 < part.sizeHint().height())
            )  # fmt: skip
        else:
            continue
        if cut:
            out.append(
                f"{type(part).__name__} “{words[:60]}” {part.width()}x{part.height()}, {part.sizeHint().toTuple()}"
            )
    return out


def touching(bar: QWidget) -> list[str]:
    """Return the controls of a bar that lie over one another, or reach out of it."""
    parts = [c for c in bar.findChildren(QWidget) if c.parent() is bar and c.isVisible()]
    out = [f"{c.accessibleName()} reaches out" for c in parts if not bar.rect().contains(c.geometry())]
    for i, a in enumerate(parts):
        out += [
            f"{a.accessibleName()} over {b.accessibleName()}"
            for b in parts[i + 1 :]
            if a.geometry().intersects(b.geometry())
        ]
    return out


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
@pytest.mark.parametrize("percent", [100, 125, 150, 200])
def test_the_bars_and_panels_have_the_room_they_ask_for(make, percent: int, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    window = make(percent, size)
    for part in (window.topbar, window.statusbar):
        assert touching(part) == []
        assert short_of_room(part) == []
    for dock in window.column.docks:
        assert [
            f"{dock.panel.header.text()} {child.geometry().getRect()}"
            for child in dock.findChildren(Header)
            if child.height() < child.sizeHint().height()
        ] == []


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_panels_are_never_pressed_together_and_open_again_when_there_is_room(make, qtbot: QtBot, percent: int) -> None:  # type: ignore[no-untyped-def]
    window = make(percent, (1366, 768))

    def pressed() -> list[str]:
        out = []
        for dock in window.column.docks:
            panel = dock.panel
            if (
                panel.isVisible()
                and not panel.folded
                and panel.body.height() + 1 < panel.body.minimumSizeHint().height()
            ):
                out.append(f"{panel.header.text()} {panel.body.height()} of {panel.body.minimumSizeHint().height()}")
        return out

    qtbot.waitUntil(lambda: pressed() == [], timeout=2_000)
    before = window.column.zones.folded, window.column.imbalance.folded
    window.change(text_scale=100)
    window.resize(1920, 1080)
    window.apply(frame(serial=9))
    window.turns.everything()
    qtbot.waitUntil(lambda: not (window.column.zones.folded or window.column.imbalance.folded), timeout=2_000)
    assert pressed() == []
    assert percent > 100 or before == (False, False)


@pytest.mark.parametrize("percent", [100, 125, 150, 200])
@pytest.mark.parametrize("card", CARDS)
def test_every_card_has_the_room_it_asks_for(make, qtbot: QtBot, card: str, percent: int) -> None:  # type: ignore[no-untyped-def]
    window = make(percent, (1920, 1080))
    if card == "first run":
        window.act.cards.first_run()
    else:
        window.act.press(card)
    dialog = window.act.dialog
    assert isinstance(dialog, QDialog)
    qtbot.wait(50)
    room = dialog.screen().availableGeometry()
    assert dialog.width() <= room.width()
    assert dialog.height() <= room.height()
    assert short_of_room(dialog) == []
    dialog.reject()


@pytest.mark.parametrize(
    ("percent", "size"), [(200, (1920, 1080)), (150, (1366, 768)), (200, (1366, 768)), (100, (760, 480))]
)
def test_the_map_keeps_its_half_of_a_narrow_window(make, qtbot: QtBot, percent: int, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    window = make(percent, size)
    chart = window.chart
    assert chart.plot.width() >= window.width() / 2 - 2
    assert chart.plot.height() >= 140 * percent / 100 - 2
    panes = chart.panes
    assert all(p.y() + p.height() <= panes.height() for p in panes.shown_panes), "none is cut"
    assert all(p.numbers[1] - p.numbers[0] >= 72 * percent / 100 for p in panes.shown_panes), (
        "their figures have a place"
    )


def test_panels_of_a_narrow_window_wait_in_a_strip(make, qtbot: QtBot) -> None:  # type: ignore[no-untyped-def]
    window = make(150, (1366, 768))
    column, strip = window.column, window.shell.strip
    assert column.tucked
    assert strip.isVisible()
    assert [b.text() for b in strip.buttons] == ["Imbalance", "Funding", "Zones", "Alerts", "Forced orders"]
    assert not any(dock.fed for dock in column.docks)
    before = window.chart.plot.width()
    strip.buttons[2].click()
    assert not column.tucked
    qtbot.waitUntil(lambda: column.zones.isVisible() and not column.zones.folded, timeout=2_000)
    assert window.state()["zones.note"] is not None
    assert window.chart.plot.width() < before
    strip.buttons[0].click()
    qtbot.waitUntil(lambda: window.chart.plot.width() == before, timeout=2_000)
    assert not any(dock.fed for dock in column.docks)
    window.change(text_scale=100)
    window.resize(1920, 1080)
    qtbot.waitUntil(lambda: not column.tucked and strip.isHidden(), timeout=2_000)
    assert all(dock.fed for dock in column.docks)
    assert column.width_of() == 348


def test_a_layout_kept_while_panels_are_put_away_brings_them_back_where_they_stood(  # type: ignore[no-untyped-def]
    make, qtbot: QtBot
) -> None:
    window = make(100, (1366, 768))
    column = window.column
    window.resize(900, 700)
    qtbot.waitUntil(lambda: column.tucked, timeout=2_000)
    kept = window.shell.arranging.taken("Desk 1")
    assert kept.closed == ()
    window.shell.arranging._give(kept, window_too=False)
    assert column.tucked, "the window is as narrow as before"
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: all(dock.fed for dock in column.docks), timeout=2_000)
    places = [dock.y() for dock in column.docks]
    assert places == sorted(places)
    assert column.width_of() == 276


def test_the_column_is_as_wide_as_before_whatever_the_window_was_between(make, qtbot: QtBot) -> None:  # type: ignore[no-untyped-def]
    window = make(100, (1920, 1080))
    column = window.column
    window.resize(1366, 768)
    window.change(text_scale=200)
    qtbot.wait(50)
    window.shell.strip.buttons[0].click()
    qtbot.wait(50)
    window.shell.strip.buttons[0].click()
    window.change(text_scale=100)
    window.resize(1920, 1080)  # in the same turn of events
    qtbot.waitUntil(lambda: column.width_of() == 348, timeout=2_000)
