"""Icons: our own SVG strokes, tinted with a theme colour at the size and pixel ratio asked for."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from liqdesk.paths import resource


@lru_cache(maxsize=64)
def _source(name: str) -> bytes:
    return resource(f"icons/{name}.svg").read_bytes()


@lru_cache(maxsize=256)
def pixmap(name: str, ink: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Return icon `name` in colour `ink`, `size` px square, for a screen of `ratio` device pixels per pixel."""
    return _render(_source(name).replace(b"#000000", ink.encode()), size, ratio)


@lru_cache(maxsize=16)
def logo(size: int, ratio: float = 1.0) -> QPixmap:
    return _render(resource("logo.svg").read_bytes(), size, ratio)


def _render(svg: bytes, size: int, ratio: float) -> QPixmap:
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(image.rect()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def window_icon() -> QIcon:
    """Return the program's mark in the sizes a task bar asks for."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128):
        icon.addPixmap(logo(size))
    return icon
