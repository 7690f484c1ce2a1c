"""The catalogue of panels: each line of it makes a panel that stands in the column, follows frames and says what it shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import frame, shown_column

from liqdesk.settings import Settings
from liqdesk.ui.panels.catalogue import CATALOGUE, entry
from liqdesk.ui.panels.column import Column
from liqdesk.ui.panels.frame import Panel


@pytest.fixture
def column(qtbot: QtBot, qapp: QApplication) -> Iterator[Column]:
    yield from shown_column(qtbot, qapp)


def test_names_and_titles_are_not_given_twice() -> None:
    assert len({one.name for one in CATALOGUE}) == len({one.title for one in CATALOGUE}) == len(CATALOGUE)
    with pytest.raises(KeyError):
        entry("no such panel")


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
def test_a_line_makes_a_panel(column: Column, one: object) -> None:
    made = column.panel(one.name)  # type: ignore[attr-defined]
    assert isinstance(made, Panel)
    assert made is column.panel(one.name)  # type: ignore[attr-defined]
    assert made.header.text() == one.title  # type: ignore[attr-defined]
    first = frame()
    column.take(first)
    column.show_frame(first)
    column.show_settings(Settings(timezone="Asia/Kathmandu"))
    shown = column.state()
    assert made.state().items() <= shown.items()
    assert all(set(value) == {"text", "value"} for value in made.state().values())


def test_what_is_not_shown_by_default_is_not_made(column: Column) -> None:
    assert [p.header.text() for p in column.panels] == [one.title for one in CATALOGUE if one.shown]
