"""Alerts: the rules and what fired, in a list that scrolls; the header counts and folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy

from liqdesk.ui import present
from liqdesk.ui.controls import LinkButton
from liqdesk.ui.panels.frame import Body, Panel
from liqdesk.ui.panels.rules import AlertsBody
from liqdesk.ui.theme import SMALL

if TYPE_CHECKING:
    from liqdesk.alerts.rules import Fired
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window


class Scroll(QScrollArea):
    """Keeps a body to a largest height and scrolls the rest."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.content = body
        self.most = 10_000
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        body.setAutoFillBackground(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.fit()

    def sizeHint(self) -> QSize:
        return QSize(
            self.content.sizeHint().width(), self.minimumHeight()
        )  # Qt's own remembers the first height for good

    def fit(self) -> None:
        """Take the body's height, up to the most."""
        self.setFixedHeight(min(self.content.high(), self.most))


class AlertsPanel(Panel):
    """Rules and log; folds to its header in a compact window."""

    new_wanted = Signal()
    unseen_changed = Signal(int)

    def __init__(self, settings: Settings) -> None:
        self.content = AlertsBody(settings)
        self.list = Scroll(self.content)
        super().__init__("Alerts", "", self.list)
        self.new_rule = LinkButton("+ new rule", size=SMALL)
        self.new_rule.setToolTip("A new alert rule (A)")
        self.header.add(self.new_rule)
        self.new_rule.clicked.connect(self.new_wanted)
        self.content.show_price.connect(self._refresh)
        self.content.reflowed.connect(self._reflow)
        self._unseen = 0

    def join(self, window: Window) -> None:
        act = window.act
        self.new_wanted.connect(act.alerting.new_rule)
        self.unseen_changed.connect(window.topbar.bell.set_count)
        self.content.switched.connect(act.alerting.put_rule)
        self.content.edit_wanted.connect(act.alerting.edit_rule)
        self.content.drop_wanted.connect(act.alerting.drop_rule)
        self.content.show_price.connect(act.reveal)

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.set_compact(compact)

    def limit(self, most: int) -> None:
        """Let rules and log take at most this height, in px, cut between two rows; the rest scrolls."""
        cuts = [most] if self.content.high() <= most else self.content.places.cuts()
        self.list.most = max((h for h in cuts if h <= most), default=most)
        self.list.fit()

    def fold(self, folded: bool) -> None:
        super().fold(folded)
        self.new_rule.setVisible(not folded)

    def restyle(self) -> None:
        super().restyle()
        self.list.fit()

    def clear(self, _frame: Frame) -> None:
        self.content.statuses, self.content.rows = (), ()

    def take(self, frame: Frame) -> None:
        if frame.new_fired:
            self.record(frame.new_fired)

    def record(self, fired: tuple[Fired, ...]) -> None:
        """Add firings to the log as not seen yet."""
        self.content.record(fired, False)
        self._refresh()

    def mark_seen(self) -> None:
        self.content.mark_seen()
        self._refresh()

    def show_frame(self, frame: Frame) -> None:
        self.content.show_frame(frame)
        self._refresh()

    def show_settings(self, settings: Settings) -> None:
        self.content.set_timezone(settings.timezone)

    @Slot()
    def _reflow(self) -> None:
        self.list.fit()
        self.reflowed.emit()

    @Slot()
    def _refresh(self) -> None:
        on = sum(row.on for row in self.content.rows)
        off = len(self.content.rows) - on
        caption = ", ".join(words for n, words in ((on, f"{on} on"), (off, f"{off} off")) if n) or "none"
        log = self.content.log
        last = f"fired {present.hour_minute(log[0].fired.time_ms, self.content._timezone)}" if log else ""
        self.header.say(caption=caption, value=last)
        self.list.fit()
        if self.content.unseen != self._unseen:
            self._unseen = self.content.unseen
            self.unseen_changed.emit(self._unseen)

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows, text and raw value by name."""
        body = self.content
        out: dict[str, dict[str, object]] = {"alerts.rules": {"text": self.header.caption, "value": len(body.rows)}}
        for row, status in zip(body.rows, body.statuses, strict=True):
            out[f"alerts.rule.{row.id}"] = {"text": f"{row.words} · {row.note}", "value": status.fired}
            if row.past:
                past = body.past_of(status.rule)
                out[f"alerts.rule.{row.id}.past"] = {"text": row.past, "value": past.count if past else None}
        for i, entry in enumerate(body.shown):
            out[f"alerts.log.{i}"] = {"text": body.said_of(entry.fired), "value": entry.fired.time_ms}
        return out
