"""Pictures of the window: they carry symbol, venue, time and model version on their face, and again as text inside the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QStandardPaths
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QWidget

from liqdesk import __version__
from liqdesk.engine.exporting import source_words
from liqdesk.errors import LiqdeskError
from liqdesk.ui import draw, present
from liqdesk.ui.condition import accent_token, mark_age_s, venue_name
from liqdesk.ui.theme import BODY, BOLD, MEDIUM, REGULAR, SEMIBOLD, colour, current, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame


def take(window: QWidget, frame: Frame | None) -> QImage:
    """Return the window as it stands, with what it shows noted inside."""
    image = window.grab().toImage()
    image.setText("Software", f"liqdesk {__version__}")
    if frame is not None:
        image.setText("Symbol", frame.instrument.symbol)
        image.setText("Venue", venue_name(frame))
        if frame.venue_ms > 0:
            image.setText("Time", present.iso_minute(frame.venue_ms))
        image.setText("Model", frame.model_version)
    return image


def stamp_parts(frame: Frame | None, timezone: str) -> tuple[tuple[str, str, int], ...]:
    """Return what a picture says of itself, each as (words, theme token, weight): contract, source, time, engine, program."""
    parts: list[tuple[str, str, int]] = []
    if frame is not None:
        parts = [
            (frame.instrument.symbol, "text1", BOLD),
            (source_words(frame.source), accent_token(frame), SEMIBOLD),
            (_moment(frame.venue_ms, timezone), "text1", MEDIUM),
            (f"engine {frame.model_version}, an estimate", "text2", REGULAR),
        ]
        if frame.connection.health in ("stale", "down"):
            age = present.age(mark_age_s(frame))
            parts.insert(
                2, ("no connection" if frame.connection.health == "down" else f"stale {age}", "alert", SEMIBOLD)
            )
    return (*parts, (f"liqdesk {__version__}", "text2", REGULAR))


def _moment(ms: int, timezone: str) -> str:
    if ms <= 0:
        return "no data yet"
    year = present.local(ms, timezone).year
    return f"{present.day(ms, timezone)} {year} {present.clock(ms, timezone)} {present.zone_label(ms, timezone)}"


def stamped(image: QImage, frame: Frame | None, timezone: str) -> QImage:
    """Return a picture with a strip under it that says what it shows: a window may be too narrow to say it all itself."""
    t = current()
    ratio = image.devicePixelRatio()
    wide, high = image.width() / ratio, image.height() / ratio
    pad, line, gap = t.px(10), t.px(22), t.px(16)
    lines: list[list[tuple[float, str, str, int]]] = [[]]
    x = float(pad)
    for words, token, weight in stamp_parts(frame, timezone):
        room = text_width(words, BODY, weight)
        if lines[-1] and x + room > wide - pad:
            lines.append([])
            x = float(pad)
        lines[-1].append((x, words, token, weight))
        x += room + gap
    out = QImage(image.width(), round((high + len(lines) * line) * ratio), QImage.Format.Format_RGB32)
    out.setDevicePixelRatio(ratio)
    out.fill(colour(t.panel))
    p = QPainter(out)
    p.drawImage(QPointF(0, 0), image)
    draw.rule(p, 0, high, wide, t.border)
    for row, parts in enumerate(lines):
        for left, words, token, weight in parts:
            draw.put(p, left, high + row * line, wide - left, line, words, str(getattr(t, token)), BODY, weight)
    p.end()
    for key in image.textKeys():
        out.setText(key, image.text(key))
    return out


def file_name(frame: Frame | None) -> str:
    """Return the name of a new picture: symbol and venue time; nothing of a symbol that a path could not carry."""
    if frame is None:
        return "liqdesk.png"
    symbol = "".join(c for c in frame.instrument.symbol if c.isalnum() or c in "_-") or "contract"
    kind = "" if frame.source.kind == "live" else f"-{frame.source.kind.value}"
    if frame.venue_ms <= 0:
        return f"liqdesk-{symbol}{kind}.png"
    return f"liqdesk-{symbol}{kind}-{present.local(frame.venue_ms, 'UTC'):%Y%m%d-%H%M%S}.png"


def pictures_folder() -> Path:
    """Return the user's folder for pictures, or the home where there is none."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    folder = Path(found) if found else Path.home()
    return folder if folder.is_dir() else Path.home()


def documents_folder() -> Path:
    """Return the user's folder for documents, or the home where there is none."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folder = Path(found) if found else Path.home()
    return folder if folder.is_dir() else Path.home()


def save(image: QImage, folder: Path, name: str) -> Path:
    """Write a picture beside those that are there already and return its path. Raises LiqdeskError where it cannot."""
    path = folder / name
    for n in range(2, 1_000):
        if not path.exists():
            break
        path = folder / f"{Path(name).stem}-{n}.png"
    if not image.save(str(path), "PNG"):  # type: ignore[call-overload]
        raise LiqdeskError(f"no picture at {path}", f"The picture could not be written to {folder}.")
    return path


def copy(image: QImage) -> None:
    """Put a picture on the clipboard."""
    QGuiApplication.clipboard().setImage(image)
