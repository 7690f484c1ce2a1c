"""Every text that a window paints, caught as it is painted: where it stands, in which colour, on which ground. `faults` names what is cut,
shortened, written over something else or too faint to read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPixmap, QStaticText
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QWidget

LEAST: Final = 4.5  # contrast, WCAG 2.2, 1.4.3
SLACK: Final = 1.0  # px
HALO_PX: Final = 1.5


@dataclass(frozen=True)
class Text:
    """Words on a widget, or on a picture that is put on one: the box of their ink, what clips it, both in the device's px."""

    words: str
    box: QRectF
    ink: QColor
    clip: QRectF | None = None
    ground: QColor | None = None  # the ring around words that stand on anything


def ink_box(p: QPainter, rect: QRectF, flags: int, words: str) -> QRectF:
    """Return the box of the ink of words in a rectangle, in the painter's logical px."""
    metrics = QFontMetricsF(p.font())
    whole = metrics.boundingRect(rect, flags, words)
    if "\n" in words or flags & int(Qt.TextFlag.TextWordWrap):
        return whole
    base = whole.top() + metrics.ascent()
    below = metrics.descent() * 0.7 if any(c in "gjpqyQ,;()|" for c in words) else 0.0
    top = base - metrics.capHeight()
    return QRectF(whole.left(), top, whole.width(), base + below - top)


class Watch:
    """While it is entered, what painters write is kept, by widget and by picture."""

    def __init__(self) -> None:
        self._widgets: dict[int, list[Text]] = {}
        self._pictures: dict[int, list[Text]] = {}
        self._sizes: dict[int, QSize] = {}
        self._text: Any = None
        self._laid: Any = None
        self._picture: Any = None

    def __enter__(self) -> Watch:
        forget_pictures()
        self._text, self._laid, self._picture = QPainter.drawText, QPainter.drawStaticText, QPainter.drawPixmap
        text, laid, picture = self._text, self._laid, self._picture

        def draw_text(p: QPainter, *a: Any) -> Any:
            self._note(p, a)
            return text(p, *a)

        def draw_static_text(p: QPainter, at: QPointF, words: QStaticText) -> Any:
            size = QFontMetricsF(p.font()).size(int(Qt.TextFlag.TextSingleLine), words.text())
            self._note(p, (QRectF(at, size), int(Qt.TextFlag.TextSingleLine), words.text()))
            return laid(p, at, words)

        def draw_pixmap(p: QPainter, *a: Any) -> Any:
            self._put(p, a)
            return picture(p, *a)

        QPainter.drawText, QPainter.drawPixmap = draw_text, draw_pixmap  # type: ignore[assignment, method-assign]
        QPainter.drawStaticText = draw_static_text  # type: ignore[assignment, method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        QPainter.drawText, QPainter.drawPixmap = self._text, self._picture  # type: ignore[method-assign]
        QPainter.drawStaticText = self._laid  # type: ignore[method-assign]

    def _list(self, p: QPainter) -> list[Text]:
        device = p.device()
        if isinstance(device, QPixmap):
            return self._pictures.setdefault(device.cacheKey(), [])
        return self._widgets.setdefault(id(device), [])

    def _note(self, p: QPainter, a: tuple[Any, ...]) -> None:
        rects = [QRectF(one) for one in a if isinstance(one, QRectF | QRect)]
        flags = [int(one) for one in a if isinstance(one, int)]
        words = next(one for one in a if isinstance(one, str))
        if not words.strip() or not rects:
            return
        box = p.worldTransform().mapRect(ink_box(p, rects[0], flags[0] if flags else 0, words))
        clip = p.worldTransform().mapRect(p.clipBoundingRect()) if p.hasClipping() else None
        kept, ink = self._list(p), p.pen().color()
        ring = [one for one in kept if one.words == words and near(one.box, box)]
        ground = ring[0].ground or ring[0].ink if ring and ring[0].ink != ink else None
        if not ring or ground is not None:
            for one in ring:
                kept.remove(one)
            kept.append(Text(words, box, ink, clip, ground))

    def _put(self, p: QPainter, a: tuple[Any, ...]) -> None:
        pixmap = next((one for one in a if isinstance(one, QPixmap)), None)
        held = self._pictures.get(pixmap.cacheKey(), []) if pixmap is not None else []
        if not held:
            return
        if isinstance(a[0], QPointF | QPoint):
            at = QPointF(a[0])
        elif isinstance(a[0], QRectF | QRect):
            at = QPointF(a[0].topLeft())
        else:
            at = QPointF(a[0], a[1])
        kept = self._list(p)
        for one in held:
            moved = replace(one, box=p.worldTransform().mapRect(one.box.translated(at)), clip=None)
            kept[:] = [k for k in kept if not (k.words == moved.words and near(k.box, moved.box))]
            kept.append(moved)

    def grab(self, window: QWidget) -> tuple[QImage, list[tuple[QWidget, list[Text]]]]:
        """Paint a window anew; return its picture, and each widget on it with what was written there."""
        self._widgets.clear()
        image = window.grab().toImage()
        parts = [window, *window.findChildren(QWidget)]
        found = [(part, self._widgets[id(part)]) for part in parts if part.isVisible() and id(part) in self._widgets]
        return image, found


def forget_pictures() -> None:
    """Have every text that is kept as a picture painted anew."""
    for name, module in list(sys.modules.items()):
        if name.startswith("liqdesk.ui"):
            for held in list(vars(module).values()):
                if hasattr(held, "cache_clear"):
                    held.cache_clear()


def near(a: QRectF, b: QRectF) -> bool:
    return abs(a.left() - b.left()) <= 2 * HALO_PX and abs(a.top() - b.top()) <= 2 * HALO_PX


def luminance(colour: QColor) -> float:
    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(a: QColor, b: QColor) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def over(ink: QColor, ground: QColor) -> QColor:
    """Return what is seen of a colour with alpha on a ground."""
    alpha = ink.alphaF()
    parts = [x * alpha + y * (1 - alpha) for x, y in zip(ink.getRgbF()[:3], ground.getRgbF()[:3], strict=True)]  # type: ignore[index]
    return QColor.fromRgbF(*parts)


def ground_of(pixels: np.ndarray[Any, Any], box: QRectF, ratio: float) -> QColor | None:
    """Return the colour that most of the rows right over and under words have: their ground."""
    x0, x1 = max(0, int(box.left() * ratio)), int(box.right() * ratio) + 1
    top, bottom = int(box.top() * ratio), int(box.bottom() * ratio) + 1
    rows = [y for y in (top - 2, top - 1, bottom + 1) if 0 <= y < len(pixels)]
    part = pixels[rows, x0:x1]
    if part.size == 0:
        return None
    values, counts = np.unique(part, return_counts=True)
    return QColor.fromRgb(int(values[counts.argmax()]) & 0xFFFFFF)


def pixels_of(image: QImage) -> np.ndarray[Any, Any]:
    flat = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(flat.constBits(), np.uint32).reshape(flat.height(), flat.bytesPerLine() // 4)
    return rows[:, : flat.width()].copy()


def scrolled(widget: QWidget) -> tuple[bool, bool]:
    """Return whether a widget can be scrolled across, and down."""
    at: QWidget | None = widget
    while at is not None and not at.isWindow():
        if isinstance(at, QAbstractScrollArea):
            bars = (at.horizontalScrollBar(), at.verticalScrollBar())
            across, down = (bar is not None and bar.maximum() > 0 for bar in bars)
            return across, down
        at = at.parentWidget()
    return False, False


def cut(box: QRectF, room: QRectF, widget: QWidget) -> bool:
    """Return whether words end outside of their room where no scroll bar of that direction brings the rest."""
    across, down = scrolled(widget)
    wide = box.left() < room.left() or box.right() > room.right()
    tall = box.top() < room.top() or box.bottom() > room.bottom()
    return (wide and not across) or (tall and not down)


def above(widget: QWidget, window: QWidget) -> Iterator[QWidget]:
    """Return the widgets that lie over one, in its window."""
    at = widget
    while at is not window:
        parent = at.parentWidget()
        siblings = [one for one in parent.children() if isinstance(one, QWidget)]
        yield from (one for one in siblings[siblings.index(at) + 1 :] if one.isVisible() and not one.isWindow())
        at = parent


def covered(widget: QWidget, box: QRectF, window: QWidget, sheets: list[QRectF]) -> bool:
    """Return whether something lies over words at `box`, in the window's px: a widget, or what is written on a sheet that lets the mouse
    through, of which `sheets` has the places."""
    for other in above(widget, window):
        if other.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents):
            if any(box.intersects(one) for one in sheets):
                return True
        elif box.intersects(QRectF(QRect(other.mapTo(window, QPoint(0, 0)), other.size()))):
            return True
    return False


def overlapping(texts: list[Text]) -> Iterator[tuple[Text, Text]]:
    for i, a in enumerate(texts):
        for b in texts[i + 1 :]:
            shared = a.box & b.box
            if shared.width() > SLACK and shared.height() > SLACK:
                yield a, b


def faults(window: QWidget, watch: Watch) -> list[str]:
    """Return what is wrong with the words of a window, one sentence each."""
    image, parts = watch.grab(window)
    pixels, ratio = pixels_of(image), image.devicePixelRatio()
    sheets = [
        text.box.translated(widget.mapTo(window, QPoint(0, 0))).adjusted(-8, -6, 8, 6)
        for widget, texts in parts
        if widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for text in texts
    ]
    out: list[str] = []
    for widget, texts in parts:
        name = f"{type(widget).__name__} {widget.accessibleName() or widget.objectName()}".strip()
        seen = widget.visibleRegion().boundingRect()
        if seen.isEmpty():
            continue
        here = widget.mapTo(window, QPoint(0, 0))
        shown = []
        for text in texts:
            whole = QRectF(seen).adjusted(-SLACK, -SLACK, SLACK, SLACK)
            room = whole if text.clip is None else whole & text.clip.adjusted(-SLACK, -SLACK, SLACK, SLACK)
            if not (text.box & room).isValid():
                continue  # nothing of it is seen
            own = QRectF(widget.rect()).adjusted(-SLACK, -SLACK, SLACK, SLACK)
            if cut(text.box, own, widget):
                out.append(f"{name}: “{text.words}” is cut")
            if covered(widget, text.box.translated(here), window, sheets):
                continue
            shown.append(text)
            if own.contains(text.box) and cut(text.box, room, widget):
                out.append(f"{name}: “{text.words}” is cut")
            meant = text.words == widget.accessibleName() or (
                isinstance(widget, QAbstractButton) and text.words == widget.text()
            )
            if text.words.endswith("…") and not meant:
                out.append(f"{name}: “{text.words}” is shortened")
            ground = text.ground or ground_of(pixels, text.box.translated(here), ratio)
            if ground is not None and contrast(over(text.ink, ground), ground) < LEAST:
                value = contrast(over(text.ink, ground), ground)
                out.append(f"{name}: “{text.words}” {text.ink.name()} on {ground.name()} is {value:.1f}:1")
        out += [f"{name}: “{a.words}” and “{b.words}” overlap" for a, b in overlapping(shown)]
    return list(dict.fromkeys(out))


def windows() -> list[QWidget]:
    """Return every window on screen."""
    return [one for one in QApplication.topLevelWidgets() if one.isVisible()]
