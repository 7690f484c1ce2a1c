"""The list of alert rules with their switches, over what fired. Space switches, Enter edits, Delete removes the row with the focus."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QToolTip

from liqdesk.ui import draw, pastwords, present
from liqdesk.ui.panels.alertrows import BREAK, DOT, FIRED, MORE, RULE, SWITCH, Place, Places, Row, places, words_left
from liqdesk.ui.panels.frame import PAD, Body
from liqdesk.ui.popup import Menu
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.alerts.rules import AnyRule, Fired, RuleStatus
    from liqdesk.engine.frames import Frame
    from liqdesk.engine.pasts import PastView, RulePast
    from liqdesk.settings import Settings

LOG_KEPT: Final = 200
LOG_SHOWN: Final = 20


class Entry(msgspec.Struct):
    """One firing in the log."""

    fired: Fired
    seen: bool = False


class AlertsBody(Body):
    """Rules over log rows."""

    switched = Signal(object)
    edit_wanted = Signal(object)
    drop_wanted = Signal(str)
    show_price = Signal(float)
    reflowed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()
        self.statuses: tuple[RuleStatus, ...] = ()
        self.log: deque[Entry] = deque(maxlen=LOG_KEPT)
        self._symbol = ""  # of the contract on screen
        self._words: dict[AnyRule, str] = {}
        self._pasts: dict[AnyRule, RulePast] = {}
        self._pasts_of: PastView | None = None
        self._timezone = settings.timezone
        self._at = -1
        self._hover = -1
        self._firings = 0  # ever logged
        self._high = 0
        self._placed: tuple[object, ...] = ()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_timezone(self, name: str) -> None:
        self._timezone = name
        self.update()

    @property
    def places(self) -> Places:
        """Where the rows stand."""
        wide = self._wide()
        key = (wide, self.compact, current(), self.rows, self._firings, self._symbol)
        if key != self._placed:
            blank = "no rules yet: press A" if self.compact else "no rules yet: press A, or right-click the chart"
            said = [self.said_of(entry.fired) for entry in self.shown]
            self._placed, self._places = key, places(self.rows, said, blank, wide, self.compact)
        return self._places

    def _wide(self) -> int:
        """Return the width, px, whether a scroll bar stands at its edge or not: words end before it."""
        view = self.parentWidget()
        area = view.parentWidget() if view is not None else None
        return area.width() if isinstance(area, QScrollArea) else self.width()

    @property
    def shown(self) -> list[Entry]:
        """The firings in the list, newest first."""
        return list(islice(self.log, LOG_SHOWN))

    def high(self) -> int:
        return self.places.high

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.high() != self._high:
            self._high = self.high()
            self.updateGeometry()
            self.reflowed.emit()

    def describe(self, rule: AnyRule) -> str:
        words = self._words.get(rule)
        if words is None:
            from liqdesk.alerts import describe

            if len(self._words) > 500:
                self._words.clear()
            words = self._words[rule] = describe(rule)
        return words

    def past_of(self, rule: AnyRule) -> RulePast | None:
        """Return how often a rule would have fired; None while that is not told."""
        from liqdesk.engine.pasts import watched

        return self._pasts.get(watched(rule)) if self._pasts else None

    def show_frame(self, frame: Frame) -> None:
        if frame.instrument.symbol != self._symbol:
            self._symbol = frame.instrument.symbol
            self.update()
        if frame.past is not self._pasts_of:
            self._pasts_of = frame.past
            self._pasts = pastwords.by_rule(frame.past.rules) if frame.past is not None else {}
        rows = []
        for s in frame.rules:
            words = self.describe(s.rule)
            if s.rule.symbol != frame.instrument.symbol:
                words = f"{s.rule.symbol}: {words}"
            quiet = s.quiet_until_ms is not None and s.quiet_until_ms > frame.feed_ms > 0
            if not s.rule.enabled:
                note = "off"
            elif quiet and s.quiet_until_ms is not None:
                note = f"quiet {present.length(s.quiet_until_ms - frame.feed_ms)}"
            else:
                note = f"fired {s.fired}" if s.fired else "armed"
            rows.append(Row(s.rule.id, s.rule.enabled, words, note, pastwords.short(self.past_of(s.rule))))
        self.statuses = frame.rules
        if tuple(rows) != self.rows:
            self.rows = tuple(rows)
            self._grow()

    def record(self, fired: tuple[Fired, ...], seen: bool) -> None:
        """Add firings, oldest first, to the log."""
        for one in fired:
            self.log.appendleft(Entry(one, seen))
        self._firings += len(fired)
        if fired:
            self._grow()

    def _grow(self) -> None:
        """Take the height that the rows need now."""
        if self.high() != self._high:
            self._high = self.high()
            self.updateGeometry()
        self.update()

    def mark_seen(self) -> None:
        for entry in self.log:
            entry.seen = True
        self.update()

    @property
    def unseen(self) -> int:
        return sum(not entry.seen for entry in self.log)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, pad, at = self._wide(), t.px(PAD), self.places
        if not self.rows:
            self._say(p, at.rules[0], pad, RULE, t.text3, REGULAR)
        for i, row in enumerate(self.rows):
            self._rule(p, row, i, at.rules[i], w)
        shown = self.shown
        if shown:
            draw.rule(p, pad, at.rules_end + t.px(BREAK - 4), w - 2 * pad, t.border)
        for entry, place in zip(shown, at.firings, strict=True):
            high = t.px(FIRED)
            draw.put(p, pad, place.top, 0, high, self.time_of(entry.fired), t.text2, BODY)
            x = words_left(True)
            draw.dot(p, x - t.px(10), place.top + high / 2, t.px(DOT), t.text3 if entry.seen else t.alert)
            ink, weight = (t.text2, REGULAR) if entry.seen else (t.text1, MEDIUM)
            self._say(p, place, x, FIRED, ink, weight)

    def time_of(self, fired: Fired) -> str:
        return present.clock(fired.time_ms, self._timezone)

    @staticmethod
    def _say(p: QPainter, place: Place, x: float, first: int, ink: str, weight: int) -> None:
        """Write the words of a row, whose first line is `first` px high at 100 %."""
        t = current()
        for k, line in enumerate(place.lines):
            draw.put(p, x, place.top + k * t.px(MORE), 0, t.px(first), line, ink, BODY, weight)

    def said_of(self, fired: Fired) -> str:
        """Return what is said of a firing; of the contract on screen its name is left out."""
        name, said = fired.symbol, fired.headline
        if name != self._symbol or not said.startswith((f"{name} ", f"{name}: ")):
            return said
        return said.removeprefix(name).removeprefix(":").removeprefix(" ").removeprefix("is ")

    def _rule(self, p: QPainter, row: Row, i: int, place: Place, w: float) -> None:
        t = current()
        pad, y, h, lit = t.px(PAD), place.top, t.px(RULE), i == self._hover
        if lit:
            p.fillRect(QRectF(0, y, w, place.high), draw.colour(t.hover))
        if i == self._at and self.hasFocus():
            draw.outline(p, 2, y, w - 4, place.high, t.focus, t.px(3))
        wide, high = t.px(SWITCH), t.px(12)
        top = y + (h - high) / 2
        draw.fill(p, pad, top, wide, high, t.text2 if row.on else t.border, radius=high / 2)
        knob = pad + wide - high / 2 if row.on else pad + high / 2
        draw.dot(p, knob, y + h / 2, high - 4, t.panel if row.on else t.text2)
        self._say(p, place, words_left(False), RULE, t.text1 if row.on else t.text2 if lit else t.text3, row.weight)
        note = text_width(place.note, SMALL)
        last = y + (len(place.lines) - (0 if place.under else 1)) * t.px(MORE)
        draw.put(p, w - pad - note, last, note, h, place.note, t.text2 if lit else t.text3, SMALL)

    def _rule_at(self, y: float) -> int:
        return self.places.rule_at(y) if self.rows else -1

    def _entry_at(self, y: float) -> Entry | None:
        i = self.places.firing_at(y)
        return self.log[i] if i >= 0 else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hover = self._rule_at(event.position().y())
        if hover != self._hover:
            self._hover = hover
            self.update()
        over = hover >= 0 or self._entry_at(event.position().y()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def leaveEvent(self, _event: QEvent) -> None:
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = self._rule_at(event.position().y())
        if at >= 0:
            self._at = at
            if event.position().x() < current().px(PAD + 30):
                self.switch(at)
            return
        entry = self._entry_at(event.position().y())
        if entry is not None:
            entry.seen = True
            self.update()
            self.show_price.emit(entry.fired.price)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self._rule_at(event.position().y())
        if at >= 0 and event.position().x() >= current().px(PAD + 30):
            self.edit_wanted.emit(self.statuses[at].rule)

    def switch(self, at: int) -> None:
        """Ask for a rule to be switched on or off."""
        import msgspec

        rule = self.statuses[at].rule
        self.switched.emit(msgspec.structs.replace(rule, enabled=not rule.enabled))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = event.key(), len(self.rows) - 1
        if key == Qt.Key.Key_Down and last >= 0:
            self._at = min(last, self._at + 1)
        elif key == Qt.Key.Key_Up and last >= 0:
            self._at = max(0, self._at - 1)
        elif 0 <= self._at <= last and key == Qt.Key.Key_Space:
            self.switch(self._at)
        elif 0 <= self._at <= last and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_wanted.emit(self.statuses[self._at].rule)
        elif 0 <= self._at <= last and key == Qt.Key.Key_Delete:
            self.drop_wanted.emit(self.rows[self._at].id)
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = self._rule_at(event.pos().y())
        if at >= 0:
            self.rule_menu(at).popup(event.globalPos())

    def rule_menu(self, at: int) -> Menu:
        """Return what can be done with a rule."""
        rule = self.statuses[at].rule
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Edit…").triggered.connect(lambda: self.edit_wanted.emit(rule))
        menu.addAction("Switch off" if rule.enabled else "Switch on").triggered.connect(lambda: self.switch(at))
        menu.addSeparator()
        menu.addAction("Delete").triggered.connect(lambda: self.drop_wanted.emit(rule.id))
        return menu

    def event(self, event: QEvent) -> bool:
        if draw.keeps(event, Qt.Key.Key_Delete):
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self)
            return True
        return super().event(event)

    def _tip(self, at: QPoint) -> str:
        entry = self._entry_at(at.y())
        if entry is not None:
            when = present.stamp(entry.fired.time_ms, self._timezone)
            return f"{entry.fired.headline}\n{entry.fired.facts}\n{entry.fired.symbol}, {when}"
        i = self._rule_at(at.y())
        if i < 0:
            return "Rules fire on venue time; one that fired stays quiet for its cooldown."
        s = self.statuses[i]
        last = "never" if s.last_ms is None else present.stamp(s.last_ms, self._timezone)
        past = self.past_of(s.rule)
        told = f"\n{pastwords.headline(past)}. {pastwords.coverage(past)}." if past is not None else ""
        return (
            f"{self.rows[i].words}\nFired {s.fired} times since the start, last {last}. Quiet for "
            f"{present.length(round(s.rule.cooldown_s * 1000))} after firing.{told}\n"
            "Double-click edits, right-click for more."
        )
