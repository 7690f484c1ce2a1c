"""The text size of the settings: it takes hold at once, and what it makes is what a fresh start would make."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import T0, frame, order

from liqdesk.settings import Settings
from liqdesk.ui.theme import LARGEST_SCALE, apply_theme, current, font
from liqdesk.ui.window import Window


@pytest.fixture(autouse=True)
def plain(qapp: QApplication) -> Iterator[None]:
    apply_theme(qapp, "dark", 1.0, 100)
    yield
    apply_theme(qapp, "dark", 1.0, 100)


def made(qtbot: QtBot, percent: int) -> Window:
    window = Window(Settings(first_run_done=True, sounds=False, text_scale=percent), True)
    window._painted = True
    qtbot.addWidget(window)
    window.resize(1920, 1080)
    assert window.shell.parent() is window
    window.show()
    window.load_chart()
    for serial in range(3):
        window.apply(frame(serial=serial + 1, new_forced=(order(30_000.0, T0 + serial),)))
        window.turns.everything()
    assert window.chart is not None
    qtbot.waitUntil(lambda: window.chart is not None and window.chart.map.heat.kernels is not None, timeout=60_000)
    qtbot.wait(300)
    return window


def name_of(widget: QObject) -> str:
    parts = []
    at: QObject | None = widget
    while at is not None:
        above: QObject | None = at.parent()
        same = [child for child in above.children() if type(child) is type(at)] if above else [at]
        parts.append(f"{type(at).__name__}{same.index(at)}")
        at = above
    return "/".join(reversed(parts))


def places(window: Window) -> dict[str, tuple[int, ...]]:
    return {name_of(w): w.geometry().getRect() for w in window.findChildren(QWidget) if w.isVisible()}


@pytest.mark.parametrize(("before", "after"), [(100, 150), (150, 100), (100, 200)])
def test_changed_while_it_runs_everything_stands_where_a_fresh_start_puts_it(
    qtbot: QtBot, before: int, after: int
) -> None:
    window = made(qtbot, before)
    window.change(text_scale=after)
    window.apply(frame(serial=4))
    window.turns.everything()
    qtbot.wait(300)
    live = places(window)
    window.close()
    window = made(qtbot, after)
    fresh = places(window)
    window.close()
    assert current().scale == after / 100
    assert {name: (live.get(name), at) for name, at in fresh.items() if live.get(name) != at} == {}


def test_theme_and_size_together_leave_the_panels_their_width(qtbot: QtBot) -> None:
    window = made(qtbot, 100)
    for percent, theme in ((150, "light"), (100, "dark"), (200, "light"), (125, "dark"), (100, "light")):
        window.change(text_scale=percent, theme=theme)
        qtbot.wait(100)
        compact = window.width() < 1600 * percent / 100
        assert window.column.width_of() == current().px(276 if compact else 348)
    window.resize(1366, 768)
    for percent in (200, 100, 150, 100):
        window.change(text_scale=percent)
        qtbot.wait(100)
        assert window.column.width_of() == current().px(276)
    window.close()


def test_it_comes_on_top_of_the_system_s_own_size_and_has_an_end(qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.5, 150)
    assert current().scale == 2.25
    assert font(12).pixelSize() == 27
    apply_theme(qapp, "light")
    assert (current().name, current().scale) == ("light", 2.25)
    apply_theme(qapp, "dark", 2.0, 200)
    assert current().scale == LARGEST_SCALE


def test_a_list_of_rules_takes_the_room_it_needs_where_there_is_room(qtbot: QtBot) -> None:
    window = made(qtbot, 100)
    alerts = window.column.alerts
    assert len(alerts.content.rows) == 4
    qtbot.waitUntil(lambda: alerts.list.height() == alerts.content.high(), timeout=2_000)
    assert alerts.height() == alerts.content.high()  # the header stands over it, in the dock
    window.close()
