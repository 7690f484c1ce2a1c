"""The window without a screen: rendered once its map is whole, with a report of what it shows."""

from __future__ import annotations

import json
import logging
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from liqdesk.app.choices import Choices, Picture
from liqdesk.app.preparing import need_history, orders_for, prepare
from liqdesk.errors import LiqdeskError, NoDataError, Refusal, VenueError
from liqdesk.market import LinkPhase
from liqdesk.paths import prepare_numba_cache

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

    from liqdesk.engine.frames import Frame
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)

DEMO_START: Final = "2026-06-01T12:00:00+00:00"  # fixed, so that a seed gives the same market every time
DEMO_START_MS: Final = 1_780_315_200_000
PACED_S: Final = 0.4  # the slowest part of the window follows a frame within this
LOADED_BY_MS: Final = 20_000  # market time given to loading before a demo picture is taken


def snapshot(choices: Choices, picture: Picture) -> int:
    """Write the picture and the report; returns 0, or 5 when the built-in market had to stand in for the venue.

    Raises NoDataError when no whole map comes in time.
    """
    from liqdesk.app.desk import use_offscreen

    prepared = prepare(choices)
    over = {"window_ms": picture.window_ms, "candle_ms": picture.candle_ms, "theme": picture.theme}
    settings = msgspec.structs.replace(
        prepared.settings, first_run_done=True, **{k: v for k, v in over.items() if v is not None}
    )
    orders = orders_for(prepared, choices, record=False)
    orders = msgspec.structs.replace(orders, demo_start=DEMO_START)
    if picture.history:
        need_history(prepared.profile)
        orders = msgspec.structs.replace(orders, from_history=True, history_to_ms=picture.to_ms)
    use_offscreen()
    prepare_numba_cache()
    from liqdesk import logs
    from liqdesk.app.interrupts import Interrupts
    from liqdesk.engine.host import Host
    from liqdesk.ui.application import make_application
    from liqdesk.ui.window import Window

    logs.setup(None, choices.verbose)
    application = make_application()
    window = Window(settings, profile_writable=False, profile_dir=str(prepared.profile.root))
    window.resize(*picture.size)
    window.show()
    window.load_chart()
    host = Host(orders)
    watch = _Watch(window, picture)
    host.grid.connect(window.set_grid)
    host.frame.connect(watch.frame)
    host.universe.connect(window.set_universe)
    host.tickers.connect(window.set_tickers)
    window.frame_taken.connect(host.taken)
    with Interrupts() as interrupts:
        host.start()
        try:
            deadline = time.monotonic() + picture.timeout_s
            while not watch.ended and interrupts.number is None and time.monotonic() < deadline:
                application.processEvents()
                time.sleep(0.005)
            if interrupts.number is not None:
                return interrupts.exit_code
            if watch.error is not None:
                raise watch.error
            if not watch.done:
                raise NoDataError(f"no whole map in {picture.timeout_s:g} s: {watch.waiting}", watch.sentence())
            window.shell.take_focus()
            _let_settle(window, application)
            _write(window, picture)
        finally:
            host.stop()
            window.close()
    return watch.finish()


class _Watch:
    """Takes frames for the window until the map has been whole for as long as asked. Lives in the GUI thread."""

    def __init__(self, window: Window, picture: Picture) -> None:
        self._window = window
        self._picture = picture
        self._whole_since: float | None = None
        self.last: Frame | None = None
        self.done = False
        self.error: LiqdeskError | None = None
        self.waiting = "nothing arrived"

    @property
    def ended(self) -> bool:
        return self.done or self.error is not None

    def frame(self, frame: Frame) -> None:
        from liqdesk.engine.frames import Health, SourceKind

        if self.ended:
            return
        self._window.apply(frame)
        self.last = frame
        health = frame.connection.health
        refused = any(link.phase is LinkPhase.REFUSED for link in frame.connection.links)
        if health is Health.DOWN and (frame.now is None or refused):
            self.error = VenueError(Refusal.OFFLINE, frame.connection.sentence)
            return
        if frame.connection.sentence and health is Health.ENDED and frame.now is None:
            self.error = NoDataError(frame.connection.sentence)
            return
        whole = frame.progress is None and frame.now is not None and health in (Health.FRESH, Health.ENDED)
        self.waiting = frame.connection.sentence or (frame.progress.text if frame.progress else health.value)
        if not (whole and self._window.chart_painted):
            self._whole_since = None
            return
        now = time.monotonic()
        self._whole_since = self._whole_since or now
        if frame.source.kind is SourceKind.DEMO:
            target = DEMO_START_MS + LOADED_BY_MS * frame.source.speed + self._picture.settle_s * 1000
            self.done = frame.venue_ms >= target
        else:
            self.done = now - self._whole_since >= self._picture.settle_s

    def sentence(self) -> str:
        return f"No whole map in {self._picture.timeout_s:g} s: {self.waiting}"

    def finish(self) -> int:
        note = self.last.source.note if self.last is not None else ""
        if note:
            sys.stderr.write(f"liqdesk: {note} The picture shows the built-in market.\n")
            return VenueError.exit_code
        return 0


def _let_settle(window: Window, application: QCoreApplication) -> None:
    """Let every part of the window show the last frame, and set automatic colour handles anew: they hold still while the map changes
    little, and a picture must not hang on how it came about."""
    chart = window.chart
    if chart is None:
        return
    if window.settings.heat_auto:
        chart.set_levels(False)
        chart.set_levels(True)
    began = time.monotonic()
    while (waited := time.monotonic() - began) < PACED_S or (chart.levels()[1] <= 0 and waited < 10 * PACED_S):
        application.processEvents()
        time.sleep(0.005)


def _write(window: Window, picture: Picture) -> None:
    """Write the PNG, and what the window shows as JSON. Raises NoDataError where a file cannot be written."""
    image = window.grab_picture()
    if not image.save(str(picture.out), "PNG"):  # type: ignore[call-overload]
        raise NoDataError(f"cannot write {picture.out}", f"The picture could not be written to {picture.out}.")
    if picture.report is not None:
        _report(picture.report, window.state())


def _report(path: Path, state: dict[str, object]) -> None:
    text = json.dumps(_finite(state), indent=1, ensure_ascii=False, allow_nan=False)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as e:
        raise NoDataError(
            f"cannot write {path}: {e}", f"The report could not be written to {path} ({e.strerror})."
        ) from e


def _finite(value: object) -> object:
    """Return a value that JSON can hold: numbers that are not known are null."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
