"""A window on the program's own simulated market, and the folder its pictures go to. What a picture shows is looked over as it is taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from support.painted import Watch, faults, windows

from liqdesk.engine.host import Host
from liqdesk.engine.opening import Orders, child_of
from liqdesk.settings import Settings
from liqdesk.ui.theme import current
from liqdesk.ui.window import Window
from liqdesk.venues.binance import Binance
from liqdesk.venues.binance.endpoints import endpoints

if TYPE_CHECKING:
    from liqdesk.engine.child import Child

START = "2026-06-01T12:00:00+00:00"
PATIENCE_S = 480.0


class Studio:
    """A window and its engine. Frames are taken while it is not held."""

    def __init__(
        self, folder: Path, seed: int, rest: str = "", symbol: str = "BTCUSDT", start: str = START, **settings: Any
    ) -> None:
        plain = Settings()
        here = (
            endpoints(rest, rest.replace("http", "ws"))
            if rest
            else Binance().endpoints(plain.rest_url, plain.stream_url)
        )
        orders = Orders(
            symbol=symbol, endpoints=here, folder=folder, record=False,
            demo=not rest, demo_seed=seed, demo_speed=20.0, demo_start=start,
        )  # fmt: skip
        self.child: Child | None = None if rest else child_of(orders)
        self.host = Host(orders, self.child)
        self.window = Window(Settings(first_run_done=True, sounds=False, symbol=symbol, **settings), True, str(folder))
        self.held = False
        self._owed = False
        self.window.resize(1920, 1080)
        self.window.show()
        self.window.shell.begin()
        self.window.load_chart()
        self.host.grid.connect(self.window.set_grid)
        self.host.frame.connect(self._take)
        self.host.universe.connect(self.window.set_universe)
        self.host.tickers.connect(self.window.set_tickers)
        self.host.beside.connect(self.window.shell.charts.take_beside)
        self.window.command.connect(self.host.command)
        self.host.start()

    def _take(self, frame: object) -> None:
        if self.held:
            self._owed = True
            return
        self.window.apply(frame)  # type: ignore[arg-type]
        self.host.taken()

    def hold(self, held: bool) -> None:
        self.held = held
        if not held and self._owed:
            self._owed = False
            self.host.taken()

    def pass_time(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)

    def until(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > end:
                raise SystemExit(f"pictures: {what} did not come in {PATIENCE_S:g} s")
            self.pass_time(0.02)

    @property
    def whole(self) -> bool:
        frame = self.window.frame
        return frame is not None and frame.progress is None and frame.now is not None and self.window.chart_painted

    def resize(self, width: int, height: int) -> None:
        self.window.resize(width, height)
        self.pass_time(0.5)  # the window manager answers later

    def picture(self, of: QWidget) -> QImage:
        """Return a window with what floats over it, from their own pixels."""
        self.pass_time(0.7)  # each panel changes at most five times a second
        if of is not self.window:
            return of.grab().toImage()
        over = [(QRect(one.mapToGlobal(QPoint(0, 0)), one.size()), one) for one in windows() if one is not of]
        area = QRect(of.mapToGlobal(QPoint(0, 0)), of.size())
        whole = area
        for place, _ in over:
            whole = whole.united(place)  # a dialog may be larger than the window: the screen is
        image = QImage(whole.size(), QImage.Format.Format_RGB32)
        image.fill(QColor(current().window))
        p = QPainter(image)
        for place, one in [(area, of), *over]:
            p.drawPixmap(place.topLeft() - whole.topLeft(), one.grab())
        p.end()
        return image

    def close(self) -> None:
        self.hold(False)
        self.host.stop()
        if self.child is not None:
            self.child.stop()
        self.window.leaving = True
        self.window.close()
        self.window.deleteLater()
        self.pass_time(0.1)


class Folder:
    """Where pictures go; `only` names those that are wanted, all of them where it is empty. `faults` are those of all pictures taken."""

    def __init__(self, out: Path, only: set[str], watch: Watch) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self._out, self._only, self._watch = out, only, watch
        self.faults: list[str] = []

    def wants(self, *names: str) -> bool:
        return not self._only or any(name in self._only for name in names)

    def put(self, name: str, studio: Studio, of: QWidget | None = None) -> None:
        path = self._out / f"{name}.png"
        of = studio.window if of is None else of
        if not studio.picture(of).save(str(path), "PNG"):  # type: ignore[call-overload]
            raise SystemExit(f"pictures: {path} could not be written")
        print(path, flush=True)
        for window in windows():
            for fault in faults(window, self._watch):
                self.faults.append(f"{name}: {fault}")
                print(f"  {fault}", flush=True)
