"""Everything can be reached by the keyboard, has a name for a screen reader, and says its figures to one; the focus is seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shell_frames import T0, Furnish, frame, order

from liqdesk.ui.draw import Painted
from liqdesk.ui.spoken import SILENT
from liqdesk.ui.theme import current
from liqdesk.ui.window import Window

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView)
CARDS = ("settings", "keys", "palette", "help", "method", "streams", "score", "alert", "export")


@pytest.fixture
def window(furnish: Furnish) -> Iterator[Window]:
    one = furnish()
    one.load_chart()
    for serial in range(3):
        one.apply(frame(serial=serial + 1, new_forced=(order(30_000.0, T0 + serial),)))
        one.turns.everything()
    yield one
    QAccessible.setActive(False)


def name_of(widget: QWidget) -> str:
    face = QAccessible.queryAccessibleInterface(widget)
    return face.text(QAccessible.Text.Name) if face is not None else ""


def unnamed(root: QWidget) -> list[str]:
    """Return what a screen reader could say nothing of: controls, what takes the focus, and what is painted."""
    out = []
    for part in root.findChildren(QWidget):
        reachable = part.focusPolicy() != Qt.FocusPolicy.NoFocus and not isinstance(part, QScrollBar)
        painted = isinstance(part, Painted) and type(part).__name__ not in SILENT
        if type(part) is QWidget:
            continue  # a viewport
        if part.isVisible() and (reachable or painted or isinstance(part, CONTROLS)) and not name_of(part):
            out.append(f"{type(part).__name__} in {type(part.parent()).__name__}")
    return out


def test_every_part_of_the_window_has_a_name(window: Window) -> None:
    assert unnamed(window) == []


@pytest.mark.parametrize("card", CARDS)
def test_every_part_of_a_card_has_a_name_and_the_keyboard_reaches_every_control(
    window: Window, qtbot: QtBot, card: str
) -> None:
    window.act.press(card)
    dialog = window.act.dialog
    assert isinstance(dialog, QDialog)
    assert unnamed(dialog) == []
    controls = {
        c
        for c in dialog.findChildren(QWidget)
        if isinstance(c, CONTROLS) and c.isVisible() and c.isEnabled() and not isinstance(c.parent(), QComboBox)
    }
    seen: set[QWidget] = set()
    at: QWidget | None = dialog.focusWidget() or dialog
    for _ in range(400):
        if at is None or at in seen:
            break
        seen.add(at)
        at = at.nextInFocusChain()
    unreachable = [c for c in controls if c not in seen or not c.focusPolicy() & Qt.FocusPolicy.TabFocus]
    inside = [c for c in unreachable if not isinstance(c.parent(), QScrollArea)]
    assert [f"{type(c).__name__} {name_of(c)}" for c in inside] == []
    defaults = [b for b in dialog.findChildren(QPushButton) if b.isDefault() and b.isVisible()]
    assert len(defaults) <= 1
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.act.dialog is None, timeout=2_000)


def test_tab_goes_round_the_window_and_comes_back(window: Window, qapp: QApplication, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.shell.take_focus()
    seen: list[str] = []
    for _ in range(120):
        QTest.keyClick(qapp.focusWidget() or window, Qt.Key.Key_Tab)
        focused = qapp.focusWidget()
        assert focused is not None
        seen.append(name_of(focused))
        if len(seen) > 1 and seen[-1] == seen[0]:
            break
    else:
        pytest.fail(f"Tab does not come back: {seen}")
    reached = set(seen)
    for part in (window.topbar.symbol, window.topbar.candles, window.topbar.pill, window.statusbar.legend.switch):
        assert name_of(part) in reached


def test_the_focus_is_seen_on_every_control_of_the_bars(window: Window, qapp: QApplication) -> None:
    ring = int(current().focus[1:], 16)
    for part in (window.topbar, window.statusbar):
        for control in part.findChildren(QWidget):
            if not control.isVisible() or not control.focusPolicy() & Qt.FocusPolicy.TabFocus:
                continue
            control.setFocus(Qt.FocusReason.TabFocusReason)
            qapp.processEvents()
            if not control.hasFocus():
                continue
            image = control.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
            pixels = np.frombuffer(image.constBits(), np.uint32) & 0xFFFFFF
            inked = bool((pixels == ring).any())
            assert inked, f"{type(control).__name__} {name_of(control)} does not show that it has the focus"


def test_a_listener_is_told_the_figures(window: Window) -> None:
    QAccessible.setActive(True)
    window.act.spoken.tell()
    one = window.frame
    assert one is not None
    told = {panel.header.text(): panel.body.accessibleDescription() for panel in window.column.panels}
    for panel in window.column.panels:
        for name, figure in panel.state().items():
            if figure["text"] and not name.endswith(tuple("0123456789")):
                assert str(figure["text"]) in told[panel.header.text()] or len(told[panel.header.text()]) >= 4_000
    assert "2.9M" in told["Imbalance"]
    assert "67,081.4" in window.topbar.accessibleDescription()
    assert window.chart is not None
    assert window.chart.accessibleDescription()
    assert name_of(window.topbar.price) == "price now" or "67,081.4" in name_of(window.topbar.price)


def test_nothing_is_said_while_nobody_listens(window: Window) -> None:
    QAccessible.setActive(False)
    window.topbar.setAccessibleDescription("")
    window.act.spoken.tell()
    assert window.topbar.accessibleDescription() == ""
