"""Pictures of the whole window as it really is: the program's own window on its own simulated market, in every size, look and state.

    python tests/pictures/pictures.py [--out build/pictures] [--only dark,keys] [--seed 7]

The market is that of a seed and begins at a fixed moment; frames are held while pictures are taken, so that all but two of them show
the same moment. Under Xvfb where it is installed, else off-screen.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "app")]

from support.xserver import XServer, missing

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from liqdesk.engine.child import Child
    from liqdesk.engine.host import Host
    from liqdesk.ui.window import Window

START = "2026-06-01T12:00:00+00:00"
SETTLE_S = 25  # the market's own seconds at 20 times speed are enough for every panel to be full
PATIENCE_S = 480.0
SIZES = {"1920x1080": (1920, 1080), "1366x768": (1366, 768)}
CARDS = (
    "settings",
    "keys",
    "palette",
    "help",
    "method",
    "streams",
    "score",
    "alert",
    "position",
    "export",
    "goto",
    "search",
    "panes",
    "layers",
)
REFUSED = "HTTP/1.1 451 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Studio:
    """A window and its engine. Frames are taken while it is not held."""

    def __init__(self, folder: Path, seed: int, rest: str = "") -> None:
        from PySide6.QtWidgets import QApplication

        from liqdesk.engine.host import Host
        from liqdesk.engine.opening import Orders, child_of
        from liqdesk.settings import Settings
        from liqdesk.ui.window import Window
        from liqdesk.venues.binance import Binance
        from liqdesk.venues.binance.endpoints import endpoints

        self.application = QApplication.instance()
        plain = Settings()
        here = (
            endpoints(rest, rest.replace("http", "ws"))
            if rest
            else Binance().endpoints(plain.rest_url, plain.stream_url)
        )
        orders = Orders(
            symbol="BTCUSDT", endpoints=here, folder=folder, record=False,
            demo=not rest, demo_seed=seed, demo_speed=20.0, demo_start=START,
        )  # fmt: skip
        self.child: Child | None = None if rest else child_of(orders)
        self.host: Host = Host(orders, self.child)
        self.window: Window = Window(Settings(first_run_done=True, sounds=False), True, str(folder))
        self.held = False
        self._owed = False
        self.window.resize(1920, 1080)
        self.window.show()
        self.window.load_chart()
        self.window.shell.take_focus()
        self.host.grid.connect(self.window.set_grid)
        self.host.frame.connect(self._take)
        self.host.universe.connect(self.window.set_universe)
        self.host.tickers.connect(self.window.set_tickers)
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
            self.application.processEvents()  # type: ignore[union-attr]
            time.sleep(0.005)

    def until(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > end:
                raise SystemExit(f"pictures: {what} did not come in {PATIENCE_S:g} s")
            self.pass_time(0.05)

    @property
    def whole(self) -> bool:
        frame = self.window.frame
        return frame is not None and frame.progress is None and frame.now is not None and self.window.chart_painted

    def picture(self) -> QImage:
        """Return the window with what floats over it, from their own pixels."""
        from PySide6.QtCore import QPoint
        from PySide6.QtGui import QPainter
        from PySide6.QtWidgets import QApplication

        self.pass_time(0.7)  # each panel changes at most ten times a second
        image = self.window.grab().toImage()
        corner = self.window.mapToGlobal(QPoint(0, 0))
        p = QPainter(image)
        for other in QApplication.topLevelWidgets():
            if other is not self.window and other.isVisible():
                p.drawPixmap(other.mapToGlobal(QPoint(0, 0)) - corner, other.grab())
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
    """Where pictures go; `only` names those that are wanted, all of them where it is empty."""

    def __init__(self, out: Path, only: set[str]) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self._out, self._only = out, only

    def wants(self, name: str) -> bool:
        return not self._only or name in self._only

    def put(self, name: str, studio: Studio) -> None:
        path = self._out / f"{name}.png"
        if not studio.picture().save(str(path), "PNG"):  # type: ignore[call-overload]
            raise SystemExit(f"pictures: {path} could not be written")
        print(path)


def looks(studio: Studio, folder: Folder) -> None:
    """Sizes, themes, text sizes and colour maps."""
    from liqdesk.settings import OneOf, declared

    w = studio.window
    for name, size in SIZES.items():
        w.resize(*size)
        studio.pass_time(0.5)  # the window manager answers later
        for look, changed in (
            ("dark", {"theme": "dark"}), ("light", {"theme": "light"}), ("150", {"text_scale": 150}), ("200", {"text_scale": 200}),
        ):  # fmt: skip
            if folder.wants(look):
                w.change(**changed)  # type: ignore[arg-type]
                folder.put(f"{look}-{name}", studio)
                w.change(theme="dark", text_scale=100)
    w.resize(*SIZES["1920x1080"])
    studio.pass_time(0.5)
    maps = declared()["heat_map"].values
    assert isinstance(maps, OneOf)
    for value in maps.values:
        if folder.wants("maps"):
            w.change(heat_map=value)
            folder.put(f"map-{value}", studio)
    w.change(heat_map=maps.values[0])


def cards(studio: Studio, folder: Folder) -> None:
    """Every dialog, dark at 100 % and light at 150 %."""
    w = studio.window
    w.resize(*SIZES["1920x1080"])
    studio.pass_time(0.5)
    for suffix, changed in (("", {}), ("-light-150", {"theme": "light", "text_scale": 150})):
        w.change(theme="dark", text_scale=100)
        w.change(**changed)  # type: ignore[arg-type]
        for name in (*CARDS, "first-run"):
            if not folder.wants(name) and not folder.wants("cards"):
                continue
            if name == "first-run":
                w.act.cards.first_run()
            else:
                w.act.press(name)
            studio.pass_time(0.3)
            folder.put(f"card-{name}{suffix}", studio)
            if w.act.dialog is not None:
                w.act.dialog.reject()
            close_popups()
            if name == "goto":
                w.act.press("close")
            studio.pass_time(0.2)
    w.change(theme="dark", text_scale=100)


def close_popups() -> None:
    from PySide6.QtWidgets import QApplication

    popup = QApplication.activePopupWidget()
    while popup is not None:
        popup.close()
        after = QApplication.activePopupWidget()
        popup = after if after is not popup else None


def stale(studio: Studio, folder: Folder) -> None:
    """Stale, because the market stands still."""
    w = studio.window
    if folder.wants("stale") and studio.child is not None and os.name == "posix":
        process = studio.child._process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        studio.hold(False)
        studio.until(lambda: w.frame is not None and w.frame.connection.health == "stale", "a stale market")
        studio.pass_time(1.0)
        folder.put("stale", studio)
        w.change(theme="light")
        folder.put("stale-light", studio)
        os.kill(process.pid, signal.SIGCONT)


def refused(folder: Folder, seed: int, home: Path) -> None:
    """An error, because a venue refuses this region."""
    from answering import answering

    if not folder.wants("error"):
        return
    with answering(REFUSED.encode()) as url:
        studio = Studio(home, seed, url)
        try:
            studio.until(lambda: studio.window.frame and studio.window.frame.connection.sentence, "a refusal")
            studio.pass_time(2.0)
            folder.put("error", studio)
        finally:
            studio.close()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--out", type=Path, default=ROOT / "build" / "pictures")
    asked.add_argument(
        "--only", default="", help="names with commas: dark, light, 150, 200, maps, cards or one of them, stale, error"
    )
    asked.add_argument("--seed", type=int, default=7)
    a = asked.parse_args()
    server = None
    if missing() is None:
        server = XServer()
        os.environ.update(server.env)
    else:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from liqdesk.paths import prepare_numba_cache

    prepare_numba_cache()
    from liqdesk.ui.application import make_application

    application = make_application()
    folder = Folder(a.out, {one for one in a.only.split(",") if one})
    try:
        with tempfile.TemporaryDirectory(prefix="liqdesk-pictures-") as home:
            studio = Studio(Path(home), a.seed)
            try:
                studio.until(lambda: studio.whole, "a whole map")
                studio.pass_time(SETTLE_S)
                studio.hold(True)
                looks(studio, folder)
                cards(studio, folder)
                stale(studio, folder)
            finally:
                studio.close()
            refused(folder, a.seed, Path(home))
        application.processEvents()
    finally:
        if server is not None:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
