"""Help: what the map is and is not, what the mouse does; and the one-minute note of the first start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from liqdesk import __version__
from liqdesk.ui import draw, icons
from liqdesk.ui.dialogs.card import Card, Hairline, button, label
from liqdesk.ui.draw import Painted
from liqdesk.ui.keys import BY_NAME, WITH_THE_MOUSE
from liqdesk.ui.shortcuts import written
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, text_width

ABOUT: Final = (
    (
        "It is an estimate.",
        "No venue publishes positions. A cell says how many USD of forced orders the model expects to be printed if price passes it.",
    ),
    (
        "How it is computed.",
        "Traded volume places entries; five assumed leverages place liquidation prices around them by the venue's margin brackets; "
        "turnover closes positions, and price empties what it passes.",
    ),
    (
        "What it is not.",
        "Not open-interest growth, not account data, not who is long: open longs always equal open shorts. Bright does not mean that "
        "price will go there or turn there. Farther than 5 % from price it is mostly the assumed leverage, and is greyed.",
    ),
    (
        "The USD scale.",
        "“scale: default” is one shipped constant: the share of swept volume that Binance printed in a week of 2026. While this program "
        "records, it learns the share of this market. The same minutes score the map against naive ones; the status bar says how.",
    ),
    (
        "Forced orders.",
        "Binance prints at most one per contract and second, so their sum is a floor. It keeps no public record of them: this program "
        "records them from its first start.",
    ),
)
PROMISES: Final = (
    (
        "chart",
        "An estimate, not advice",
        "Where leveraged positions are likely to be liquidated, computed from public market data. Nothing here trades.",
    ),
    (
        "disk",
        "What is kept, and where",
        "Settings, alerts, a log, and the market data received, with size and age limits, in one folder.",
    ),
    (
        "lock",
        "Nothing leaves this machine",
        "No key, no account, no telemetry. The program talks to the venue's public endpoints and to nobody else, unless you ask it "
        "whether there is a newer version.",
    ),
)


class KeyTable(Painted):
    """Keys on the left, what they do on the right."""

    def __init__(self, rows: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self._rows = rows
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("; ".join(f"{keys}: {words}" for keys, words in rows))

    def _left(self) -> float:
        return max(text_width(keys, SMALL, SEMIBOLD) for keys, _ in self._rows) + current().px(26)

    def sizeHint(self) -> QSize:
        t = current()
        wide = self._left() + max(text_width(words, BODY) for _, words in self._rows)
        return QSize(round(wide) + 4, len(self._rows) * t.px(21))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        h = t.px(21)
        left = self._left()
        for i, (keys, words) in enumerate(self._rows):
            y = i * h
            wide = text_width(keys, SMALL, SEMIBOLD) + t.px(12)
            draw.fill(p, 0, y + 2, wide, h - 4, t.raised, radius=t.px(3))
            draw.outline(p, 0, y + 2, wide, h - 4, t.line, t.px(3))
            draw.put(p, 0, y, wide, h, keys, t.text1, SMALL, SEMIBOLD, draw.CENTRE)
            draw.put(p, left, y, 0, h, words, t.text2, BODY, REGULAR)


def _about(wide: int) -> QVBoxLayout:
    t = current()
    column = QVBoxLayout()
    column.setSpacing(t.px(3))
    for title, words in ABOUT:
        column.addWidget(label(title, "", 12, SEMIBOLD))
        body = label(words, "caption", 12, REGULAR, wrap=True)
        body.setFixedWidth(t.px(wide))
        column.addWidget(body)
        column.addSpacing(t.px(7))
    return column


class HelpDialog(Card):
    """What the map is and is not, on the left; what the mouse does, and where more stands, on the right."""

    def __init__(
        self,
        parent: QWidget | None,
        model_version: str,
        brackets_as_of: str,
        profile: str = "",
        key_of: Callable[[str], str] = lambda name: written(BY_NAME[name].sequences[:1]),
    ) -> None:
        """`key_of` says how the key of a command is written now."""
        super().__init__(parent, "liqdesk", 720)
        t = current()
        row = QHBoxLayout()
        row.setSpacing(t.px(28))
        left = _about(350)
        left.addStretch(1)
        row.addLayout(left)
        right = QVBoxLayout()
        right.setSpacing(t.px(8))
        right.addWidget(label("On the chart", "", 12, SEMIBOLD))
        right.addWidget(KeyTable(WITH_THE_MOUSE))
        right.addSpacing(t.px(12))
        self.keys = button(_with_key("Every key, and changing them", key_of("keys")))
        self.method = button(_with_key("How the map is made, in full", key_of("method")))
        self.method.setToolTip(
            "Every formula and parameter with its source, how the map was scored, and what did not help"
        )
        self.about = button(_with_key("Versions, licences, where things lie", key_of("about")))
        self.updates = button(_with_key("Check for updates", key_of("updates")))
        for one in (self.keys, self.method, self.about, self.updates):
            right.addWidget(one, 0, Qt.AlignmentFlag.AlignLeft)
        right.addSpacing(t.px(12))
        facts = [f"liqdesk {__version__}, engine {model_version}, margin brackets of {brackets_as_of}"]
        if profile:
            facts.append(f"Everything it writes is in {profile}")
        for words in facts:
            fact = label(words, "note", 11, wrap=True)
            fact.setFixedWidth(t.px(330))
            right.addWidget(fact)
        right.addStretch(1)
        row.addLayout(right)
        self.rows.addLayout(row)


def _with_key(words: str, key: str) -> str:
    return f"{words} ({key})" if key else words


class Promise(Painted):
    """One line of the first-run note: a drawn sign, a title, a sentence."""

    def __init__(self, sign: str, title: str, words: str) -> None:
        super().__init__()
        t = current()
        self._sign = sign
        row = QHBoxLayout(self)
        row.setContentsMargins(t.px(44), 0, 0, 0)
        column = QVBoxLayout()
        column.setSpacing(t.px(2))
        column.addWidget(label(title, "", 13, SEMIBOLD))
        body = label(words, "caption", 12, REGULAR, wrap=True)
        body.setFixedWidth(t.px(400))
        column.addWidget(body)
        row.addLayout(column)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = t.px(30)
        draw.fill(p, 0, t.px(2), side, side, t.raised, radius=t.px(6))
        draw.outline(p, 0, t.px(2), side, side, t.line, t.px(6))
        icon = t.px(18)
        at = (side - icon) // 2
        p.drawPixmap(at, t.px(2) + at, icons.pixmap(self._sign, t.text1, icon, self.devicePixelRatioF()))


class FirstRun(Card):
    """The note of the first start. `begun` when it was read."""

    begun = Signal()

    def __init__(self, parent: QWidget | None, profile: str = "") -> None:
        super().__init__(parent, "Before you look", 500)
        t = current()
        self.rows.setSpacing(t.px(14))
        for sign, title, words in PROMISES:
            if sign == "disk" and profile:
                words = words.removesuffix(".") + f":\n{profile}"
            self.rows.addWidget(Promise(sign, title, words))
        self.rows.addWidget(Hairline())
        note = label(
            "Brighter means more liquidations expected at that price. Coral: longs, below price. Cyan: shorts, above. "
            "F1 explains the rest.",
            "caption",
            12,
            MEDIUM,
            wrap=True,
        )
        self.rows.addWidget(note)
        start = button("Show the market", primary=True)
        self.add_buttons(start)
        start.clicked.connect(self.accept)
        start.setFocus(Qt.FocusReason.OtherFocusReason)
        self.finished.connect(self._end)

    @Slot(int)
    def _end(self, _result: int) -> None:
        self.begun.emit()
