"""The list of alert rules with their switches, over what fired. Space switches, Enter edits, Delete removes the row with the focus."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolTip

from liqdesk.ui import draw, pastwords, present
from liqdesk.ui.panels.frame import PAD, Body
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


class Row(msgspec.Struct, frozen=True):
    """One rule as shown."""

    id: str
    on: bool
    words: str
    note: str
    past: str = ""  # how often it would have fired


class AlertsBody(Body):
    """Rules over log rows."""

    switched = Signal(object)
    edit_wanted = Signal(object)
    drop_wanted = Signal(str)
    show_price = Signal(float)

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
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_timezone(self, name: str) -> None:
        self._timezone = name
        self.update()

    def high(self) -> int:
        t = current()
        rules = max(1, len(self.rows)) * t.px(24)
        log = min(len(self.log), LOG_SHOWN)
        return t.px(4) + rules + (t.px(7) + log * t.px(22) if log else 0) + t.px(4)

    def cuts(self) -> list[int]:
        """Return the heights, in px, at which the list can be cut without cutting a row."""
        t = current()
        rules = [t.px(4) + n * t.px(24) for n in range(1, max(1, len(self.rows)) + 1)]
        log = [rules[-1] + t.px(7) + n * t.px(22) for n in range(1, min(len(self.log), LOG_SHOWN) + 1)]
        return [*rules, *log, self.high()]

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
            quiet = s.quiet_until_ms is not None and s.quiet_until_ms > frame.venue_ms > 0
            if not s.rule.enabled:
                note = "off"
            elif quiet and s.quiet_until_ms is not None:
                note = f"quiet {present.length(s.quiet_until_ms - frame.venue_ms)}"
            else:
                note = f"fired {s.fired}" if s.fired else "armed"
            rows.append(Row(s.rule.id, s.rule.enabled, words, note, pastwords.short(self.past_of(s.rule))))
        self.statuses = frame.rules
        if tuple(rows) != self.rows:
            taller = len(rows) != len(self.rows)
            self.rows = tuple(rows)
            if taller:
                self.updateGeometry()
            self.update()

    def record(self, fired: tuple[Fired, ...], seen: bool) -> None:
        """Add firings, oldest first, to the log."""
        for one in fired:
            self.log.appendleft(Entry(one, seen))
        if fired:
            self.updateGeometry()
            self.update()

    def mark_seen(self) -> None:
        for entry in self.log:
            entry.seen = True
        self.update()

    @property
    def unseen(self) -> int:
        return sum(not entry.seen for entry in self.log)

    def _rules_end(self) -> float:
        t = current()
        return t.px(4) + max(1, len(self.rows)) * t.px(24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, pad, y, h = self.width(), t.px(PAD), float(t.px(4)), t.px(24)
        if not self.rows:
            words = "no rules yet: press A" if self.compact else "no rules yet: press A, or right-click the chart"
            draw.put(p, pad, y, w - 2 * pad, h, words, t.text3, BODY, elide=True)
        for i, row in enumerate(self.rows):
            self._rule(p, row, i, y, w, h)
            y += h
        shown = list(self.log)[:LOG_SHOWN]
        if not shown:
            return
        y = self._rules_end() + t.px(3)
        draw.rule(p, pad, y, w - 2 * pad, t.border)
        y += t.px(4)
        h = t.px(22)
        for entry in shown:
            time = present.clock(entry.fired.time_ms, self._timezone)
            draw.put(p, pad, y, 0, h, time, t.text2, BODY)
            x = pad + text_width("00:00:00", BODY) + t.px(9)
            draw.dot(p, x, y + h / 2, t.px(6), t.text3 if entry.seen else t.alert)
            ink, weight = (t.text2, REGULAR) if entry.seen else (t.text1, MEDIUM)
            words = self.said_of(entry.fired)
            draw.put(p, x + t.px(10), y, w - pad - x - t.px(10), h, words, ink, BODY, weight, elide=True)
            y += h

    def said_of(self, fired: Fired) -> str:
        """Return what is said of a firing; of the contract on screen its name is left out."""
        head = f"{fired.symbol} "
        if fired.symbol != self._symbol or not fired.headline.startswith(head):
            return fired.headline
        return fired.headline.removeprefix(head).removeprefix("is ")

    def _rule(self, p: QPainter, row: Row, i: int, y: float, w: float, h: float) -> None:
        t = current()
        pad = t.px(PAD)
        if i == self._hover:
            p.fillRect(QRectF(0, y, w, h), draw.colour(t.hover))
        if i == self._at and self.hasFocus():
            draw.outline(p, 2, y, w - 4, h, t.focus, t.px(3))
        wide, high = t.px(22), t.px(12)
        top = y + (h - high) / 2
        draw.fill(p, pad, top, wide, high, t.text2 if row.on else t.border, radius=high / 2)
        knob = pad + wide - high / 2 if row.on else pad + high / 2
        draw.dot(p, knob, y + h / 2, high - 4, t.panel if row.on else t.text2)
        x = pad + wide + t.px(8)
        words = self._note(row, w - pad - x - t.px(8))
        note = text_width(words, SMALL)
        draw.put(p, w - pad - note, y, note, h, words, t.text2 if i == self._hover else t.text3, SMALL)
        room = w - pad - note - t.px(8) - x
        ink = t.text1 if row.on else t.text2 if i == self._hover else t.text3
        draw.put(p, x, y, room, h, row.words, ink, BODY, MEDIUM if row.on else REGULAR, elide=True)

    def _note(self, row: Row, room: float) -> str:
        """Return what stands at the right: how the rule is, and how often it would have fired; less of it where the rule needs the room."""
        whole = f"{row.note} · {row.past}" if row.past and not self.compact else row.note
        loud = not row.note.startswith("quiet") and not self.compact
        offered = [whole, row.past if loud else "", row.note]
        return next((w for w in offered if w and text_width(w, SMALL) + self._words_wide(row) <= room), row.note)

    @staticmethod
    def _words_wide(row: Row) -> float:
        return text_width(row.words, BODY, MEDIUM if row.on else REGULAR)

    def _rule_at(self, y: float) -> int:
        t = current()
        i = int((y - t.px(4)) // t.px(24))
        return i if 0 <= i < len(self.rows) else -1

    def _entry_at(self, y: float) -> Entry | None:
        t = current()
        i = int((y - self._rules_end() - t.px(7)) // t.px(22))
        return self.log[i] if 0 <= i < min(len(self.log), LOG_SHOWN) else None

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

    def rule_menu(self, at: int) -> QMenu:
        """Return what can be done with a rule."""
        rule = self.statuses[at].rule
        menu = QMenu(self)
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
