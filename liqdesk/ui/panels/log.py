"""The log: what the program did and met, newest first, each event in as many lines as its words need."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent

from liqdesk.ui import draw, present
from liqdesk.ui.controls import LinkButton
from liqdesk.ui.journal import Event, Journal
from liqdesk.ui.panels.frame import PAD, Panel
from liqdesk.ui.panels.lookback import LookBack
from liqdesk.ui.popup import Menu
from liqdesk.ui.theme import BODY, MEDIUM, SMALL, current, lines, text_width

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

ROW: Final = 21  # px, an event of one line
MORE: Final = 16  # each line after the first
BESIDE: Final = 200  # px that the words have beside time and level; with less they stand under both
FILTERS: Final = {
    "all": frozenset({"info", "link", "warning", "error", "alert"}),
    "warnings": frozenset({"warning", "error"}),
    "alerts": frozenset({"alert"}),
    "links": frozenset({"link", "warning"}),
}
TOKENS: Final = {"info": "text3", "link": "text2", "warning": "text1", "error": "alert", "alert": "alert"}
TIP: Final = "What the program did and met since it was opened, by this computer's clock. The file liqdesk.log in the profile keeps more."


class Place(NamedTuple):
    """An event in view: its top and height, px, and its words line by line, the first of them `down` px below the top."""

    event: Event
    top: int
    high: int
    lines: tuple[str, ...]
    down: int


class LogBody(LookBack):
    """The events."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.filter = "all"
        self._timezone = settings.timezone
        self._journal: Journal | None = None
        self._lines: tuple[Event, ...] = ()
        self._seen = -1
        self.setAccessibleName("log")
        self.setToolTip(TIP)

    @property
    def lines(self) -> tuple[Event, ...]:
        """Return all lines the filter lets through, newest first."""
        return self._lines

    @property
    def shown(self) -> tuple[Event, ...]:
        """Return the events in view."""
        return tuple(place.event for place in self._places())

    def follow(self, journal: Journal) -> None:
        self._journal = journal
        self.refresh()

    def choose(self, name: str) -> None:
        """Let through the levels of one filter."""
        self.filter, self._seen, self._offset = name, -1, 0
        self.refresh()

    def show_settings(self, settings: Settings) -> None:
        if settings.timezone != self._timezone:
            self._timezone = settings.timezone
            self.update()

    def refresh(self) -> None:
        """Take what is new."""
        if self._journal is None or self._journal.count == self._seen:
            return
        self._seen = self._journal.count
        levels = FILTERS[self.filter]
        before = len(self._lines)
        self._lines = tuple(e for e in self._journal.events if e.level in levels)
        if self._offset:
            self._offset = min(self._offset + max(0, len(self._lines) - before), self._farthest())
        self.update()

    def words_of(self, event: Event) -> tuple[str, str, str]:
        """Return time, level and words of a line as shown."""
        return present.clock(event.time_ms, self._timezone), event.level, event.words

    def text(self) -> str:
        """Return every line as text, oldest first, with date and zone."""
        zone = self._timezone
        return "\n".join(f"{present.stamp(e.time_ms, zone)}  {e.level:<7}  {e.words}" for e in reversed(self._lines))

    @property
    def count(self) -> int:
        return len(self._lines)

    def rows_in_view(self) -> int:
        return len(self._places())

    def _farthest(self) -> int:
        return self.count - max(1, len(self._fitting(reversed(self._lines)))) if self._lines else 0

    def _lefts(self) -> tuple[float, float, bool]:
        """Return where the level and the words begin, px, and whether the words stand under both."""
        t = current()
        level = t.px(PAD) + text_width("00:00:00", BODY) + t.px(8)
        words = level + text_width("warning", SMALL, MEDIUM) + t.px(8)
        under = self.width() - words - t.px(PAD) < t.px(BESIDE)
        return level, float(t.px(PAD)) if under else words, under

    def _places(self) -> list[Place]:
        """Return the events in view, newest first: those that have room whole, and at least one."""
        return self._fitting(islice(self._lines, self._offset, None))

    def _fitting(self, events: Iterable[Event]) -> list[Place]:
        t = current()
        _, left, under = self._lefts()
        room, down, y = self.width() - left - t.px(PAD), t.px(MORE) if under else 0, 0
        found: list[Place] = []
        for event in events:
            words = tuple(lines(event.words, room)) or ("",)
            high = t.px(ROW) + (len(words) - 1) * t.px(MORE) + down
            if found and y + high > self.height():
                break
            found.append(Place(event, y, high, words, down))
            y += high
        return found

    def tip_at(self, y: float) -> str:
        """Return the words of the event at `y` px."""
        return next((one.event.words for one in self._places() if one.top <= y < one.top + one.high), TIP)

    def sizeHint(self) -> QSize:
        return QSize(current().px(240), 6 * current().px(ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(160), 3 * current().px(ROW))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        pad, high = t.px(PAD), t.px(ROW)
        level, left, _ = self._lefts()
        if not self._lines:
            draw.put(p, pad, 0, self.width(), t.px(30), "nothing happened yet", t.text3, BODY)
        for one in self._places():
            when, name, _ = self.words_of(one.event)
            draw.put(p, pad, one.top, 0, high, when, t.text2, BODY)
            draw.put(p, level, one.top, 0, high, name, str(getattr(t, TOKENS[one.event.level])), SMALL, MEDIUM)
            for i, words in enumerate(one.lines):
                draw.put(p, left, one.top + one.down + i * t.px(MORE), 0, high, words, t.text1, BODY)
        if self._offset:
            draw.put(p, 0, 0, self.width() - pad, high, f"↑ {self._offset:,} newer", t.text1, SMALL, MEDIUM, draw.RIGHT)
        if self.hasFocus():
            draw.outline(p, 0, 0, self.width(), self.height(), t.focus, 0)


class LogPanel(Panel):
    """The log with its filter, and a click that copies it."""

    def __init__(self, settings: Settings) -> None:
        self.content = LogBody(settings)
        super().__init__("Log", "", self.content)
        self.filter = LinkButton("all", size=SMALL)
        self.filter.setToolTip("Which lines are shown")
        self.copy = LinkButton("copy", size=SMALL)
        self.copy.setToolTip("Copy the lines the filter lets through, oldest first")
        self.header.add(self.filter)
        self.header.add(self.copy)
        self.filter.clicked.connect(self._choose)
        self.copy.clicked.connect(self._copy)

    def join(self, window: Window) -> None:
        self.content.follow(window.shell.journal)
        self._say()

    def show_frame(self, _frame: Frame) -> None:
        self.content.refresh()
        self._say()

    def show_settings(self, settings: Settings) -> None:
        self.content.show_settings(settings)

    def _say(self) -> None:
        count = len(self.content.lines)
        self.header.say(caption=f"{count:,} line{'s' if count != 1 else ''}", value=f"{count:,}")

    @Slot()
    def _choose(self) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.filter.mapToGlobal(self.filter.rect().bottomLeft()))

    def menu(self) -> Menu:
        """Return the choice of filters."""
        menu = Menu(self)
        for name in FILTERS:
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name == self.content.filter)
            action.triggered.connect(lambda _=False, name=name: self.show_filter(name))
        return menu

    def show_filter(self, name: str) -> None:
        """Show the lines of one filter."""
        self.content.choose(name)
        self.filter.setText(name)
        self.filter.updateGeometry()
        self._say()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.content.text())

    def state(self) -> dict[str, dict[str, object]]:
        """Return the lines in view, text and raw value by name."""
        out: dict[str, dict[str, object]] = {
            "log.count": {"text": self.header.caption, "value": len(self.content.lines)}
        }
        for i, one in enumerate(self.content.shown):
            out[f"log.{i}"] = {"text": "  ".join(self.content.words_of(one)), "value": one.time_ms}
        return out
