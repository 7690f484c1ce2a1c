"""Zones: where the estimate stands out, by price with the mark price in its place between them, or sorted by any column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent

from liqdesk.market import HOUR_MS
from liqdesk.ui import draw, present, touched
from liqdesk.ui.panels.frame import PAD, Panel
from liqdesk.ui.panels.zonerows import BY_NAME, COLUMNS, sentence
from liqdesk.ui.panels.zonetable import PRICE, ROW, ZonesTable
from liqdesk.ui.popup import Menu
from liqdesk.ui.theme import current

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.insight import Calibration
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

TIP: Final = (
    "Stretches of price where the estimate stands out from its surroundings, the largest, by price.\n"
    "A click on a column's word sorts by it; ← and → change the column, Space the direction,\n"
    "↑ and ↓ the row, Enter shows it on the chart.\n"
    "It is a zone when it stands above its surroundings by more than twice what lumpy orders make by chance (z ≥ 2).\n"
    "Below that it is a rise, in grey: in simulated months, where the truth is known, rises held no more than their surroundings."
)


class ZonesBody(ZonesTable):
    """The table under hands. `show_price(float)` and `alert_wanted(Zone)` when one asks for it on a row."""

    show_price = Signal(float)
    alert_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("zones")
        self.setToolTip(TIP)

    def _press_column(self, column: str) -> None:
        """Sort by a column, largest first; by the same one again, the other way round; then by price again."""
        by, falling = self.sort
        if column != by:
            self.sort_by(column, True)
        elif falling:
            self.sort_by(column, False)
        else:
            self.sort_by(PRICE, True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position().y())
        column = self._column_at(event.position().x(), event.position().y())
        if column:
            draw.tip(self, f"{BY_NAME[column].tip}.\nClick: sort by it")
        else:
            draw.tip(self, self._sentence(at) if at >= 0 else TIP)
        self.setCursor(Qt.CursorShape.PointingHandCursor if at >= 0 or column else Qt.CursorShape.ArrowCursor)
        if at != self._hover:
            self._hover = at
            self.update()

    def _sentence(self, at: int) -> str:
        return sentence(self.zones[at], self.rows[at], self.curves, self._ways[at], self.measure)

    @property
    def curves(self) -> tuple[Calibration, ...]:
        """How touch odds have held, by horizon."""
        return self._frame.odds if self._frame is not None else ()

    def leaveEvent(self, _event: QEvent) -> None:
        self._hover = -1
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._chosen = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position().y())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        column = self._column_at(event.position().x(), event.position().y())
        if column:
            self._press_column(column)
        elif 0 <= at < len(self.zones):
            self.show_price.emit(self.zones[at].peak)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by, falling = self.sort
        names = list(self.columns)
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        move = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and names:
            here = names.index(by) if by in names else 0
            self.sort_by(names[(here + step) % len(names)], True)
        elif move is not None and self.rows:
            start = -1 if move > 0 else len(self.rows)
            here = self._chosen if self._chosen >= 0 else start
            self._chosen = min(max(here + move, 0), len(self.rows) - 1)
            self.setAccessibleDescription(self._sentence(self._chosen))
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self.sort_by(by, not falling)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self._chosen < len(self.zones):
            self.show_price.emit(self.zones[self._chosen].peak)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        at = self._chosen if by_key else self._at(event.pos().y())
        if not 0 <= at < len(self.zones):
            return
        zone = self.zones[at]
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show on chart").triggered.connect(lambda: self.show_price.emit(zone.peak))
        menu.addAction("Alert near this zone…").triggered.connect(lambda: self.alert_wanted.emit(zone))
        below = self.mapToGlobal(QPoint(current().px(PAD), round(self._tops()[at]) + current().px(ROW)))
        menu.popup(below if by_key else event.globalPos())


class ZonesPanel(Panel):
    """Zones, by price."""

    def __init__(self) -> None:
        self.content = ZonesBody()
        super().__init__("Zones", "", self.content)
        self.content.sorted_by.connect(self._say)
        self._say()

    def join(self, window: Window) -> None:
        self.content.show_price.connect(window.act.charting.centre)
        self.content.alert_wanted.connect(window.act.alerting.alert_zone)

    def set_compact(self, compact: bool) -> None:
        super().set_compact(compact)
        self.content.set_compact(compact)
        self._say()

    def _say(self) -> None:
        by, falling = self.content.sort
        unit = f"est. {self.content.measure.unit}"
        if self.header.compact:
            self.header.say(caption=f"{unit}, touch in 4 h")
            return
        way = "by price" if by == PRICE and falling else f"by {BY_NAME[by].words}, {'falling' if falling else 'rising'}"
        self.header.say(caption=f"{unit}, largest, {way}")

    def show_settings(self, settings: Settings) -> None:
        if settings.unit != self.content.unit:
            self.content.unit = settings.unit
            if self.content._frame is not None:
                self.show_frame(self.content._frame)

    def show_frame(self, frame: Frame) -> None:
        self.content.show_frame(frame)
        self._say()
        count = sum(row.significant for row in self.content.rows)
        self.header.say(value=f"{count} zone{'s' if count != 1 else ''}" if count else "none significant")

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the panel shows, text and raw value by name."""
        body = self.content
        out: dict[str, dict[str, object]] = {
            "zones.mark": {"text": body.mark, "value": body.mark},
            "zones.count": {"text": str(len(body.rows)), "value": len(body.rows)},
            "zones.note": {"text": body.note, "value": sum(row.significant for row in body.rows)},
            "zones.sort": {"text": f"by {body.sort[0]}", "value": list(body.sort)},
            "zones.columns": {"text": " ".join(body.columns), "value": list(body.columns)},
        }
        for i, (row, zone) in enumerate(zip(body.rows, body.zones, strict=True)):
            for column in COLUMNS:
                out[f"zones.{i}.{column.name}"] = {"text": row.texts[column.name], "value": row.values[column.name]}
            out[f"zones.{i}.z"] = {"text": present.number(zone.z, 1), "value": zone.z}
            out[f"zones.{i}.prior"] = {"text": present.percent(zone.prior, 0, signed=False), "value": zone.prior}
            del out[f"zones.{i}.touch"]
            if zone.touch is not None:
                chance = zone.touch
                values = [list(row) for row in (chance.odds, chance.low, chance.high)]
                out[f"zones.{i}.touch"] = {"text": row.touch, "value": values}
        for curve in body.curves:
            held = [curve.cases, curve.days, curve.back, curve.brier, curve.climate]
            out[f"touch.{curve.horizon_ms // HOUR_MS}h.record"] = {"text": touched.record(curve), "value": held}
        return out
