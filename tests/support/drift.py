"""Count the references that Qt calls drop on None and True; prints JSON {call: [None, True]}, per call."""

import json
import sys
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

ROUNDS = 200


class Pane(QWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawLine(0, 0, 10, 10)
        painter.setOpacity(0.5)
        painter.end()


def drift(call: Callable[[], object]) -> list[float]:
    """Return how many references per call are gained or lost, after a warm-up that fills caches."""
    for _ in range(20):
        call()
    nones, trues = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(ROUNDS):
        call()
    return [(sys.getrefcount(None) - nones) / ROUNDS, (sys.getrefcount(True) - trues) / ROUNDS]


def main() -> None:
    app = QApplication([])
    pane, label, button = Pane(), QLabel("a"), QPushButton("b")
    for widget in (pane, label, button):
        widget.resize(120, 80)
        widget.show()
    app.processEvents()
    calls: dict[str, Callable[[], object]] = {
        "repaint": pane.repaint,
        "setText": lambda: label.setText("c"),
        "setEnabled": lambda: button.setEnabled(True),
        "isVisible": pane.isVisible,
        "update": pane.update,
        "processEvents": QCoreApplication.processEvents,
    }
    json.dump({name: drift(call) for name, call in calls.items()}, sys.stdout)


main()
