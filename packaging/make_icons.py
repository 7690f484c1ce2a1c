"""Draw the program's icon in every size a system asks for, from `resources/logo.svg`, into `packaging/icons`.

    QT_QPA_PLATFORM=offscreen .venv/bin/python packaging/make_icons.py [FOLDER]

Writes liqdesk-16.png … liqdesk-512.png (the hicolor sizes), liqdesk.ico (Windows) and liqdesk.icns (macOS, on a plate as in its dock).
Up to 64 px the bars are put on whole pixels: scaled down as they are, they and the gaps between them would blur into each other.
"""

from __future__ import annotations

import struct
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

ROOT: Final = Path(__file__).resolve().parents[1]
LOGO: Final = ROOT / "resources" / "logo.svg"
FOLDER: Final = ROOT / "packaging" / "icons"
HICOLOR: Final = (16, 22, 24, 32, 48, 64, 96, 128, 192, 256, 512)
ICO: Final = (16, 20, 24, 32, 40, 48, 64, 256)
ICNS: Final = (  # Apple's name of each size in pixels; 16 px are scaled from ic11
    (b"ic11", 32), (b"ic12", 64), (b"ic07", 128), (b"ic13", 256), (b"ic08", 256), (b"ic14", 512), (b"ic09", 512), (b"ic10", 1024),
)  # fmt: skip
SNAPPED: Final = 64
PLATE: Final = "#0B0E16"  # the plot's ground in the dark theme
PLATE_SHARE, PLATE_RADIUS, LOGO_SHARE = 824 / 1024, 0.225, 0.62


class Bar(NamedTuple):
    """One bar of the logo, in its own units."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    colour: str


def bars_of(logo: Path) -> tuple[float, list[Bar]]:
    """Return the side of the logo and its bars. Raises ValueError where it holds anything but rectangles."""
    root = ET.fromstring(logo.read_text("utf-8"))
    side = float(root.attrib["viewBox"].split()[2])
    bars = []
    for part in root:
        if not part.tag.endswith("rect"):
            raise ValueError(f"{logo} holds a {part.tag}; this script draws rectangles alone")
        x, y, width, height, radius = (float(part.attrib[name]) for name in ("x", "y", "width", "height", "rx"))
        bars.append(Bar(x, y, width, height, radius, part.attrib["fill"]))
    return side, bars


def on_pixels(bars: list[Bar], side: float, size: int) -> list[Bar]:
    """Return the bars for an icon of `size` pixels: heights, gaps and left edges whole, the column of bars in the middle."""
    scale = size / side
    height = max(1, round(bars[0].height * scale))
    gap = max(1, round((bars[1].y - bars[0].y - bars[0].height) * scale))
    top = (size - len(bars) * height - (len(bars) - 1) * gap) // 2
    left = round(bars[0].x * scale) - (1 if size <= 32 else 0)  # small icons need all the room there is
    stretch = (size - 2 * left) / (max(bar.width for bar in bars) * scale)
    placed = []
    for number, bar in enumerate(bars):
        width = max(height, round(bar.width * scale * min(stretch, 1.2)))
        radius = min(bar.radius * scale, height / 3)
        placed.append(Bar(left, top + number * (height + gap), width, height, radius, bar.colour))
    return placed


def draw(size: int, *, plate: bool = False) -> QImage:
    """Return the icon with `size` pixels a side, on nothing or on a dark plate."""
    side, bars = bars_of(LOGO)
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    p = QPainter(image)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(Qt.PenStyle.NoPen)
    if plate:
        wide = round(size * PLATE_SHARE)
        edge = (size - wide) / 2
        p.setBrush(QColor(PLATE))
        p.drawRoundedRect(QRectF(edge, edge, wide, wide), wide * PLATE_RADIUS, wide * PLATE_RADIUS)
    inner = size - 2 * round(size * (1 - LOGO_SHARE) / 2) if plate else size
    p.translate((size - inner) / 2, (size - inner) / 2)
    if size <= SNAPPED:
        bars = on_pixels(bars, side, inner)
    else:
        p.scale(inner / side, inner / side)
    for bar in bars:
        p.setBrush(QColor(bar.colour))
        p.drawRoundedRect(QRectF(bar.x, bar.y, bar.width, bar.height), bar.radius, bar.radius)
    p.end()
    return image


def png(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise OSError("Qt could not write a PNG")
    return bytes(data.data())


def dib(image: QImage) -> bytes:
    """Return an image as icons hold it below 256 px: a header, rows of BGRA from the bottom up, and an empty mask."""
    size = image.width()
    pixels = bytes(image.constBits())
    rows = [pixels[y * 4 * size : (y + 1) * 4 * size] for y in reversed(range(size))]
    mask = bytes((size + 31) // 32 * 4 * size)
    return struct.pack("<IiiHHIIiiII", 40, size, 2 * size, 1, 32, 0, 0, 0, 0, 0, 0) + b"".join(rows) + mask


def ico(sizes: tuple[int, ...] = ICO) -> bytes:
    """Return a Windows icon that holds all sizes; 256 px as PNG, smaller ones as bitmaps, which every reader knows."""
    bodies = [png(draw(size)) if size >= 256 else dib(draw(size)) for size in sizes]
    head, at = struct.pack("<HHH", 0, 1, len(sizes)), 6 + 16 * len(sizes)
    for size, body in zip(sizes, bodies, strict=True):
        head += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(body), at)
        at += len(body)
    return head + b"".join(bodies)


def icns() -> bytes:
    """Return a macOS icon with the sizes of `ICNS`, all as PNG."""
    bodies = [(name, png(draw(size, plate=True))) for name, size in ICNS]
    parts = b"".join(name + struct.pack(">I", len(body) + 8) + body for name, body in bodies)
    return b"icns" + struct.pack(">I", len(parts) + 8) + parts


def main(folder: Path) -> None:
    application = QGuiApplication.instance() or QGuiApplication(["make_icons"])
    folder.mkdir(parents=True, exist_ok=True)
    for size in HICOLOR:
        (folder / f"liqdesk-{size}.png").write_bytes(png(draw(size)))
    (folder / "liqdesk.ico").write_bytes(ico())
    (folder / "liqdesk.icns").write_bytes(icns())
    print(f"{len(HICOLOR)} PNG, liqdesk.ico and liqdesk.icns are in {folder}")
    del application


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
