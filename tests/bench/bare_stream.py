"""The floor of a frame: a bare window whose thread takes the same trades off a socket and decodes them, and which paints, 26 times a second
as the program does, no more than the strip of the newest candle, and the whole plot every quarter of a second."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import msgspec
from PySide6.QtCore import QRect, QThread, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QWidget
from websocket import create_connection

from liqdesk.ui.application import make_application
from liqdesk.ui.trace import Trace

FRAME_S = 0.038
STRIP_PX = 45
PLOT = QRect(0, 60, 1121, 682)


class Trade(msgspec.Struct):
    p: str
    q: str


class Feed(QThread):
    frame = Signal(object)

    def run(self) -> None:
        decode = msgspec.json.Decoder(Trade).decode
        link = create_connection(f"{sys.argv[1]}/market/ws/btcusdt@aggTrade", timeout=10, skip_utf8_validation=True)
        volume, due = 0.0, time.monotonic()
        while not self.isInterruptionRequested():
            trade = decode(link.recv())
            volume += float(trade.p) * float(trade.q)
            if time.monotonic() >= due:
                due = time.monotonic() + FRAME_S
                self.frame.emit(volume)
        link.close()


class Bare(QMainWindow):
    def __init__(self) -> None:
        super().__init__()
        self._plot = Plot(self)
        self._plot.setGeometry(PLOT)
        self._frames = 0

    @Slot(object)
    def apply(self, volume: float) -> None:
        self._frames += 1
        if self._frames % 7:
            self._plot.update(PLOT.width() - STRIP_PX, 0, STRIP_PX, PLOT.height())
        else:
            self._plot.update()
        Trace.current.frame(0, lambda: True)


class Plot(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._image = QImage(PLOT.size(), QImage.Format.Format_RGB32)
        self._image.fill(0xFF101418)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).drawImage(event.rect(), self._image, event.rect())


application = make_application()
window = Bare()
window.setWindowTitle("floor")
window.resize(1920, 1080)
window.show()
feed = Feed()
feed.frame.connect(window.apply)
feed.start()
application.exec()
feed.requestInterruption()
feed.wait()
