"""A furnished window, for every test that needs one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import Furnish

from liqdesk.settings import Settings
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window


@pytest.fixture
def furnish(qtbot: QtBot, qapp: QApplication) -> Iterator[Furnish]:
    """Return a function that shows a window of a size with settings, its chart not loaded; with `active` it has the keyboard. All are
    closed after the test, and the theme is dark at 100 % again."""
    made: list[Window] = []

    def window(width: int = 1_920, height: int = 1_080, active: bool = False, **settings: object) -> Window:
        chosen = Settings(**{"first_run_done": True, "sounds": False, **settings})  # type: ignore[arg-type]
        apply_theme(qapp, chosen.theme, 1.0, chosen.text_scale)
        one = Window(chosen, True)
        one._painted = True  # else the chart would be loaded by itself
        qtbot.addWidget(one)
        made.append(one)
        one.resize(width, height)
        assert one.shell.parent() is one
        one.show()
        if active:
            one.activateWindow()
            qtbot.waitUntil(one.isActiveWindow)
        return one

    yield window
    for one in made:
        one.close()
    apply_theme(qapp, "dark", 1.0, 100)


@pytest.fixture
def owner(qtbot: QtBot, qapp: QApplication) -> QWidget:
    apply_theme(qapp, "dark", 1.0)
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Window]:
    apply_theme(qapp, "dark", 1.0)
    one = Window(Settings(first_run_done=True, sounds=False), True, str(tmp_path))
    one._painted = True
    qtbot.addWidget(one)
    one.resize(1366, 740)
    assert one.shell.parent() is one
    one.show()
    yield one
    one.close()
