"""Menus: what is checked and what opens another menu has a mark as large as its text, at every text size."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from shell_frames import Furnish, frame

import liqdesk.ui
from liqdesk.ui.popup import Menu
from liqdesk.ui.theme import apply_theme, current


@pytest.fixture
def menu(qtbot: QtBot, qapp: QApplication) -> Iterator[Menu]:
    made = Menu()
    qtbot.addWidget(made)
    for words, checked in (("Zone labels\tZ", True), ("Confluence\tY", False), ("Order book", True)):
        action = made.addAction(words)
        action.setCheckable(True)
        action.setChecked(checked)
    made.actions()[2].setEnabled(False)
    made.add_menu("Bubbles from\t$150K").addAction("all")
    made.addAction("Other…")
    yield made
    made.close()
    apply_theme(qapp, "dark", 1.0)


def inked(image: QImage, menu: Menu, i: int) -> list[tuple[int, int, int, int]]:
    """Return the boxes (left, top, right, bottom) of what is written in a row, split where 5 px at 100 % are empty."""
    flat = image.convertToFormat(QImage.Format.Format_RGB32)
    whole = np.frombuffer(flat.constBits(), np.uint32).reshape(flat.height(), flat.bytesPerLine() // 4) & 0xFFFFFF
    row = menu.actionGeometry(menu.actions()[i])
    part = whole[row.top() : row.bottom() + 1, row.left() : row.right() + 1]
    ink = part != part[part.shape[0] // 2, -2]
    columns = np.flatnonzero(ink.any(axis=0))
    out = []
    for group in np.split(columns, np.flatnonzero(np.diff(columns) > current().px(5)) + 1):
        if group.size:
            rows = np.flatnonzero(ink[:, group[0] : group[-1] + 1].any(axis=1))
            out.append((int(group[0]), int(rows[0]), int(group[-1]), int(rows[-1])))
    return out


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_marks_grow_with_the_text_and_stand_clear_of_it(
    menu: Menu, qapp: QApplication, scale: float, theme: str
) -> None:
    apply_theme(qapp, theme, scale)
    menu.resize(menu.sizeHint())
    image = menu.grab().toImage()
    for i, action in enumerate(menu.actions()):
        boxes = inked(image, menu, i)
        marked = action.isCheckable() and action.isChecked()
        left, top, right, bottom = boxes[0]
        if marked:
            assert 7 * scale <= right - left + 1 <= 14 * scale
            assert 5 * scale <= bottom - top + 1 <= 12 * scale
            assert boxes[1][0] - right >= 5 * scale, "words begin clear of it"
            assert abs((top + bottom) / 2 - menu.actionGeometry(action).height() / 2) <= 1.5 * scale
        else:
            assert left > 16 * scale, "nothing stands before the words"
        if action.menu() is not None:
            left, top, right, bottom = boxes[-1]
            assert 5 * scale <= bottom - top + 1 <= 12 * scale
            assert left - boxes[-2][2] >= 4 * scale
    assert menu.marks() == [(menu.actions()[0], "check"), (menu.actions()[2], "check"), (menu.actions()[3], "right")]


@pytest.mark.parametrize("percent", [100, 200])
def test_the_layers_that_are_on_are_the_ones_marked(furnish: Furnish, percent: int) -> None:
    window = furnish(text_scale=percent, show_gaps=False)
    window.load_chart()
    window.apply(frame())
    shown = window.act.menus.layers.menu(window)
    shown.resize(shown.sizeHint())
    marked = [action.text().split("\t")[0] for action, name in shown.marks() if name == "check"]
    assert marked == [
        "Realised liquidations", "Zone labels", "Confluence", "Index price tag", "My position", "Order book"
    ]  # fmt: skip
    image = shown.grab().toImage()
    for i, action in enumerate(shown.actions()):
        before = [box for box in inked(image, shown, i) if box[0] < current().px(16)]
        assert len(before) == (action.isCheckable() and action.isChecked())
    shown.deleteLater()


def test_no_menu_with_marks_is_made_elsewhere() -> None:
    root = Path(liqdesk.ui.__file__).parent
    plain = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name) and node.id == QMenu.__name__
    }
    assert plain == {"popup.py", "tray.py"}, "the tray's is the desktop's"
    opened = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "addMenu"
    }
    assert opened == {"popup.py"}
