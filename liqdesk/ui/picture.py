"""Pictures of the window: they carry symbol, venue, time and model version on their face, and again as text inside the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from liqdesk import __version__
from liqdesk.errors import LiqdeskError
from liqdesk.ui import present
from liqdesk.ui.condition import venue_name

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame


def take(window: QWidget, frame: Frame | None) -> QImage:
    """Return the window as it stands, with what it shows noted inside."""
    image = window.grab().toImage()
    image.setText("Software", f"liqdesk {__version__}")
    if frame is not None:
        image.setText("Symbol", frame.instrument.symbol)
        image.setText("Venue", venue_name(frame))
        image.setText("Time", present.iso_minute(frame.venue_ms))
        image.setText("Model", frame.model_version)
    return image


def file_name(frame: Frame | None) -> str:
    """Return the name of a new picture: symbol and venue time; nothing of a symbol that a path could not carry."""
    if frame is None:
        return "liqdesk.png"
    symbol = "".join(c for c in frame.instrument.symbol if c.isalnum() or c in "_-") or "contract"
    kind = "" if frame.source.kind == "live" else f"-{frame.source.kind.value}"
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
