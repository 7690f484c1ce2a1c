"""What happened while the window was open: the program's own notices, what became of connections, alerts that fired. Kept in memory alone,
without what could be a secret."""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject, Slot

from liqdesk.ui.condition import condition, venue_name

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.ui.window import Window

KEPT: Final = 2_000
WAITING: Final = 500
LONGEST: Final = 600
SECRET: Final = re.compile(r"(://)[^/@\s]+@")  # a name and a password in an address
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
WORDS: Final = {logging.INFO: "info", logging.WARNING: "warning", logging.ERROR: "error", logging.CRITICAL: "error"}
LEVELS: Final = ("info", "link", "warning", "error", "alert")


class Event(msgspec.Struct, frozen=True):
    """One line: when by this computer's clock, of which level, in words."""

    time_ms: int
    level: str
    words: str


def clean(text: str) -> str:
    """Return a text without control characters and without what an address may hold of secrets."""
    return SECRET.sub(r"\1…@", CONTROL.sub(" ", text))[:LONGEST]


class _Catcher(logging.Handler):
    """Puts records of any thread aside until the window takes them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.caught: deque[Event] = deque(maxlen=WAITING)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            words = record.getMessage()
        except (TypeError, ValueError):
            words = str(record.msg)
        self.caught.append(Event(round(record.created * 1_000), WORDS.get(record.levelno, "info"), clean(words)))


class Journal(QObject):
    """Keeps the newest lines of one window, newest first. `count` grows with every line."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.events: deque[Event] = deque(maxlen=KEPT)
        self.count = 0
        self._catcher = _Catcher()
        self._phases: dict[str, str] = {}
        self._notices: set[str] = set()
        self._health = ""
        self._epoch: int | None = None
        logging.getLogger("liqdesk").addHandler(self._catcher)
        window.frame_shown.connect(self._taken)
        window.closing.connect(self.close)

    @Slot()
    def close(self) -> None:
        """Listen to the log no more."""
        logging.getLogger("liqdesk").removeHandler(self._catcher)

    def put(self, level: str, words: str, time_ms: int | None = None) -> None:
        """Add a line, now unless told when."""
        self._add(Event(round(time.time() * 1_000) if time_ms is None else time_ms, level, clean(words)))

    def _add(self, event: Event) -> None:
        self.events.appendleft(event)
        self.count += 1

    @Slot()
    def _taken(self) -> None:
        while self._catcher.caught:
            self._add(self._catcher.caught.popleft())
        if self._window.frame is not None:
            self.take(self._window.frame)

    def take(self, frame: Frame) -> None:
        """Note what is new in a frame."""
        replayed = frame.source.replayed  # whoever began it has said so
        if frame.epoch != self._epoch and not replayed:
            self._epoch = frame.epoch
            self._phases.clear()
            self._health = ""
            self.put("info", f"{frame.instrument.symbol} from {venue_name(frame)}")
        for sentence in frame.notices:
            if sentence not in self._notices:
                self.put("info", sentence)
        self._notices = set(frame.notices)
        for link in frame.links:
            phase = str(link.phase)
            if self._phases.get(link.name) != phase:
                self._phases[link.name] = phase
                lost = bool(link.sentence) and phase in ("waiting", "refused")
                words = f"connection {link.name}: {phase}{f'. {link.sentence}' if lost else ''}"
                self.put("warning" if lost else "link", words)
        health = str(frame.connection.health)
        if health != self._health and not replayed:
            before, self._health = self._health, health
            if health in ("stale", "down"):
                self.put("warning", f"{condition(frame).text}. {frame.connection.sentence}".strip())
            elif before in ("stale", "down"):
                self.put("info", "data are current again")
        for fired in frame.new_fired:
            self.put("alert", f"{fired.headline} · {fired.facts}")
