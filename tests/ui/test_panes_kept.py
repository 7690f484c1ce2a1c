"""What is chosen of the panes beneath the chart, by keys in a real window, is there again after a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from shell_frames import frame

from liqdesk.settings import PANES, Settings, is_sensible, load, save
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window


@pytest.fixture
def start(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Callable[..., Window]]:
    """Start a window on the settings of the test's folder, which it keeps there; the one before ends."""
    apply_theme(qapp, "dark", 1.0)
    path = tmp_path / "settings.json"
    made: list[Window] = []

    def one(width: int = 1_920) -> Window:
        for window in made:
            window.close()
        loaded = load(path)
        assert loaded.notices == ()
        settings = loaded.settings if path.exists() else Settings(first_run_done=True, sounds=False)
        window = Window(settings, True)
        window._painted = True
        window.settings_changed.connect(lambda new: save(path, new))
        qtbot.addWidget(window)
        made.append(window)
        window.resize(width, 1_000)
        assert window.shell.parent() is window
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        window.resize(width, 1_000)
        window.load_chart()
        window.apply(frame())
        assert window.chart is not None
        window.chart.refresh()
        return window

    yield one
    for window in made:
        window.close()


def folded(window: Window) -> dict[str, bool]:
    assert window.chart is not None
    return {pane.kind.name: pane.folded for pane in window.chart.panes.shown_panes}


def press(window: Window, key: Qt.Key) -> None:
    QTest.keyClick(window, key)
    assert window.chart is not None
    window.chart.refresh()


def test_keys_show_fold_and_open_and_a_restart_keeps_it(start: Callable[..., Window]) -> None:
    window = start()
    assert folded(window) == dict.fromkeys(PANES[:4], False)
    press(window, Qt.Key.Key_F5)
    press(window, Qt.Key.Key_F8)
    assert window.settings.folded == ("cvd",)
    wanted = {**dict.fromkeys(PANES[:4], False), "cvd": True, "rsi": False}
    assert folded(window) == wanted
    press(window, Qt.Key.Key_F5)
    press(window, Qt.Key.Key_F5)
    press(window, Qt.Key.Key_F3)
    assert folded(window) == wanted | {"liquidations": True}
    again = start()
    assert folded(again) == wanted | {"liquidations": True}
    press(again, Qt.Key.Key_F3)
    assert folded(start()) == wanted


def test_a_compact_window_has_folds_of_its_own(start: Callable[..., Window]) -> None:
    small = start(1_366)
    assert folded(small) == {"liquidations": False, "interest": False, "cvd": True, "funding": True}
    press(small, Qt.Key.Key_F5)
    assert folded(start(1_366))["cvd"] is False
    wide = start(1_920)
    assert folded(wide) == dict.fromkeys(PANES[:4], False)


def test_the_menus_offer_them(start: Callable[..., Window]) -> None:
    window = start()
    assert window.chart is not None
    menu = window.chart.panes.menu()
    assert [a.text() for a in menu.actions() if a.isCheckable() and a.isChecked()] == [
        "Realised liquidations",
        "Open interest",
        "CVD",
        "Funding",
    ]
    menu.deleteLater()
    layers = window.act.menus.layers.menu(window)
    beneath = next(a.menu() for a in layers.actions() if a.text() == "Panes beneath the chart")
    assert isinstance(beneath, QMenu)
    next(a for a in beneath.actions() if a.text() == "Volume").trigger()
    assert window.settings.panes == (*PANES[:4], "volume")
    layers.deleteLater()


@pytest.mark.parametrize("name", ["panes", "folded", "folded_compact"])
def test_what_makes_no_sense_is_refused(name: str) -> None:
    assert is_sensible(name, ("rsi", "cvd"))
    assert is_sensible(name, ())
    for bad in (("rsi", "rsi"), ("price",), "rsi"):
        assert not is_sensible(name, bad)
