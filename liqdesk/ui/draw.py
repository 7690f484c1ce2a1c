"""The few strokes every painted widget is made of. Lengths are final pixels; colours are theme tokens."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QStaticText, QTransform
from PySide6.QtWidgets import QToolTip, QWidget

from liqdesk.ui import theme
from liqdesk.ui.theme import BODY, REGULAR, current, font
from liqdesk.ui.theme import colour as colour

LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE: Final = Qt.AlignmentFlag.AlignCenter

SLACK: Final = 14  # a digit of the price and a little more
RESTYLED: Final = (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)


@lru_cache(maxsize=2_048)
def _laid(text: str, size: int, weight: int, scale: float) -> tuple[QStaticText, float, float]:
    """Return a text laid out once, its width and the height of its line, in px: to draw it again takes a fifth."""
    laid = QStaticText(text)
    laid.setTextFormat(Qt.TextFormat.PlainText)
    laid.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    laid.prepare(QTransform(), font(size, weight))
    return laid, theme.text_width(text, size, weight), theme.line_height(size, weight)


def set_line(p: QPainter, rect: QRectF, text: str, size: int, weight: int, align: Qt.AlignmentFlag) -> None:
    """Draw one line in the painter's colour, in the middle of a rectangle's height; what does not fit runs over."""
    laid, wide, high = _laid(text, size, weight, current().scale)
    x = rect.x()
    if align & Qt.AlignmentFlag.AlignRight:
        x += rect.width() - wide
    elif align & Qt.AlignmentFlag.AlignHCenter:
        x += (rect.width() - wide) / 2
    p.setFont(font(size, weight))
    p.drawStaticText(QPointF(x, rect.y() + (rect.height() - high) / 2), laid)


def put(
    p: QPainter,
    x: float,
    y: float,
    w: float,
    h: float,
    text: str,
    ink: str,
    size: int = BODY,
    weight: int = REGULAR,
    align: Qt.AlignmentFlag = LEFT,
    elide: bool = False,
) -> None:
    """Draw one line of text in a rectangle; `elide` shortens what does not fit, else it runs over."""
    p.setPen(colour(ink))
    if elide and theme.text_width(text, size, weight) > w:
        text = theme.elide(text, w, size, weight)
    set_line(p, QRectF(x, y, w, h), text, size, weight, align)


def fill(
    p: QPainter, x: float, y: float, w: float, h: float, ink: str, alpha: float = 1.0, radius: float = 0.0
) -> None:
    if radius <= 0:
        p.fillRect(QRectF(x, y, w, h), colour(ink, alpha))
        return
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(ink, alpha))
    p.drawRoundedRect(QRectF(x, y, w, h), radius, radius)


def outline(p: QPainter, x: float, y: float, w: float, h: float, ink: str, radius: float) -> None:
    """Draw a 1 px outline inside the rectangle."""
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.setPen(QPen(colour(ink), 1))
    p.drawRoundedRect(QRectF(x + 0.5, y + 0.5, w - 1, h - 1), radius, radius)


def dot(p: QPainter, x: float, y: float, diameter: float, ink: str, hollow: bool = False) -> None:
    """Draw a disc (or ring) centred at (x, y)."""
    if hollow:
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(QPen(colour(ink), 1.3))
        p.drawEllipse(QPointF(x, y), diameter / 2 - 0.65, diameter / 2 - 0.65)
        return
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(ink))
    p.drawEllipse(QPointF(x, y), diameter / 2, diameter / 2)


def rule(p: QPainter, x: float, y: float, w: float, ink: str = "") -> None:
    """Draw a horizontal hairline."""
    p.fillRect(QRectF(x, y, w, 1), colour(ink or current().line))


def tip(widget: QWidget, words: str) -> None:
    """Set a tool tip where it changed: setting one costs an event."""
    if widget.toolTip() != words:
        widget.setToolTip(words)


def tipped(widget: QWidget, event: QEvent, tip_at: Callable[[float], str]) -> bool:
    """Answer a question for a tool tip by what stands at the pointer's row; return whether `event` was one."""
    if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
        return False
    QToolTip.showText(event.globalPos(), tip_at(event.pos().y()), widget)
    return True


def keeps(event: QEvent, *keys: Qt.Key) -> bool:
    """Take keys that mean something in a widget before a command of the window has them; return whether `event` asked for one."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.key() not in keys or event.modifiers():
        return False
    event.accept()
    return True


class Steady:
    """A width, px, that does not tremble with a figure: what is shown gets more room at once, and gives it back when it is more than a
    digit too much."""

    def __init__(self) -> None:
        self._px = 0.0

    def fit(self, wanted: float) -> float:
        if not self._px - current().px(SLACK) <= wanted <= self._px:
            self._px = wanted
        return self._px


class Painted(QWidget):
    """A widget that draws itself and follows the theme."""

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in RESTYLED:
            self.restyle()
        super().changeEvent(event)

    def restyle(self) -> None:
        self.updateGeometry()
        self.update()


class Pressed(Painted):
    """A painted widget that is pressed, by mouse or keyboard."""

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pressed.emit()
            return
        super().keyPressEvent(event)
