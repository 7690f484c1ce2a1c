"""Scale and score: how much a figure in USD may be trusted, and whether this map beats the naive ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import draw, scores
from liqdesk.ui.dialogs.card import Card, Hairline, label
from liqdesk.ui.dialogs.fields import Tick
from liqdesk.ui.dialogs.streams import Table
from liqdesk.ui.draw import LEFT, RIGHT, Painted
from liqdesk.ui.theme import MEDIUM, SEMIBOLD, SMALL, current

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.lab.verdict import Tenth
    from liqdesk.settings import Settings

PROMISE: Final = (
    "The score is conditional on the path of the mark: it says where liquidations come, given that price goes there, not whether "
    "price goes. Only live minutes without a gap count. The venue prints one forced order a second at most. All maps have the same "
    "learner. An estimate of the past, not advice."
)
LOCAL: Final = "Scale each side by its last 24 h"
LOCAL_TIP: Final = (
    "Printed over predicted USD of the last 24 h by side, shrunk to one, scales that side's brightness from now on. The score is "
    "that of the map without it."
)
VENUES: Final = "USD as estimated for all venues"
VENUES_TIP: Final = (
    "Three venues together printed 4.4 times what Binance did of the same swept volume (0.0363 over 0.0083, BTCUSDT, early 2026). "
    "Other contracts and other times differ, and this program does not listen to other venues. Alerts on zones read the same figures."
)


class CurvePlot(Painted):
    """Orders per minute and side, foreseen to the right and printed upwards, both on a logarithmic axis: on the line they agree."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[Tenth, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "Each point holds a tenth of the orders foreseen: how many a minute and side this map expected, and how many were printed.\n"
            "Above the line more came than foreseen, below it less."
        )

    def show_steps(self, steps: tuple[Tenth, ...]) -> None:
        if steps != self._steps:
            self._steps = steps
            said = "; ".join(f"foreseen {s.forecast:.3g}, printed {s.printed:.3g}" for s in steps)
            self.setAccessibleName(f"reliability: {said}")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(current().px(260), current().px(176))

    def _range(self) -> tuple[int, int]:
        values = [v for s in self._steps for v in (s.forecast, s.printed) if v > 0]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return low, max(high, low + 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        w, h = self.width(), self.height()
        head = t.px(18)
        draw.put(p, 0, 0, w, head, "Orders a minute: printed ↑, foreseen →", t.text3, SMALL, MEDIUM, elide=True)
        if not self._steps:
            draw.put(p, 0, head, w, h - head, "nothing scored yet", t.text3, SMALL)
            return
        left, top, right, bottom = t.px(38), head + t.px(6), w - t.px(8), h - t.px(20)
        low, high = self._range()

        def x(value: float) -> float:
            return left + (right - left) * (math.log10(max(value, 10.0**low)) - low) / (high - low)

        def y(value: float) -> float:
            return bottom - (bottom - top) * (math.log10(max(value, 10.0**low)) - low) / (high - low)

        for power in range(low, high + 1):
            value = 10.0**power
            words = f"{value:g}"
            p.fillRect(round(x(value)), round(top), 1, round(bottom - top), draw.colour(t.line))
            p.fillRect(round(left), round(y(value)), round(right - left), 1, draw.colour(t.line))
            draw.put(p, 0, y(value) - t.px(8), left - t.px(6), t.px(16), words, t.text3, SMALL, align=RIGHT)
            last = power == high
            at = x(value) - t.px(40) if last else x(value) - t.px(2)
            draw.put(p, at, bottom + t.px(3), t.px(40), t.px(16), words, t.text3, SMALL, align=RIGHT if last else LEFT)
        p.setPen(QPen(draw.colour(t.text3), 1, Qt.PenStyle.DashLine))
        p.drawLine(QPointF(x(10.0**low), y(10.0**low)), QPointF(x(10.0**high), y(10.0**high)))
        points = [QPointF(x(s.forecast), y(s.printed)) for s in self._steps]
        p.setPen(QPen(draw.colour(t.text1), 1.5))
        p.drawPolyline(QPolygonF(points))
        for point in points:
            draw.dot(p, point.x(), point.y(), t.px(6), t.text1)


class ScoreDialog(Card):
    """Follows the frames. `scale_chosen(local gain, all venues)` when a switch is turned."""

    scale_chosen = Signal(bool, bool)

    def __init__(self, parent: QWidget | None, frame: Frame | None, settings: Settings) -> None:
        super().__init__(parent, "Scale and score", 660)
        t = current()
        self.rows.setSpacing(t.px(12))
        self.headline = label("", "", 13, SEMIBOLD, wrap=True)
        self.maps = Table(scores.MAP_COLUMNS, ("Naive map",))
        self.meaning = label(
            "Lead: nats per printed order, of log likelihood; 0.10 means 1.11 times as likely. The 80 % interval draws whole days anew. "
            "The first row is the map to beat.",
            "note",
            SMALL,
            wrap=True,
        )
        self.curve = CurvePlot()
        self.weeks = Table(scores.WEEK_COLUMNS, ("Week from",))
        self.scale = Table(scores.SCALE_COLUMNS, ("Scale",))
        self.source = label("", "note", SMALL, wrap=True)
        self.local = Tick(LOCAL, settings.local_gain)
        self.local.setToolTip(LOCAL_TIP)
        self.venues = Tick(VENUES, settings.all_venues)
        self.venues.setToolTip(VENUES_TIP)
        for switch in (self.local, self.venues):
            switch.toggled.connect(self._choose)
        self.promise = label(PROMISE, "note", SMALL, wrap=True)
        both = QHBoxLayout()
        both.setSpacing(t.px(18))
        both.addWidget(self.curve, 1)
        weekly = QVBoxLayout()
        weekly.addWidget(self.weeks)
        weekly.addStretch(1)
        both.addLayout(weekly)
        self._plots = QWidget()
        self._plots.setLayout(both)
        both.setContentsMargins(0, 0, 0, 0)
        switches = QHBoxLayout()
        switches.setSpacing(t.px(18))
        switches.addWidget(self.local)
        switches.addWidget(self.venues)
        switches.addStretch(1)
        for part in (self.headline, self.maps, self.meaning, self._plots, Hairline(), self.scale, self.source):
            self.rows.addWidget(part)
        self.rows.addLayout(switches)
        self.rows.addWidget(self.promise)
        if frame is not None:
            self.show_frame(frame)

    @Slot()
    def _choose(self) -> None:
        self.scale_chosen.emit(self.local.isChecked(), self.venues.isChecked())

    def show_frame(self, frame: Frame) -> None:
        view, scale = frame.score, frame.scale
        words = scores.sentence(view)
        if view is not None and view.notice:
            words += f" {view.notice}"
        moved = words != self.headline.text()
        self.headline.setText(words)
        alarming = view is not None and view.headline.verdict == "worse"
        self.headline.setStyleSheet(f"color: {current().alert if alarming else current().text1}")
        if view is not None:
            moved |= self.maps.show_rows(scores.map_rows(view))
            self.curve.show_steps(view.headline.curve)
            moved |= self.weeks.show_rows(scores.week_rows(view))
        scored = view is not None and bool(view.headline.leads)
        for part in (self.maps, self.meaning, self._plots):
            part.setVisible(scored)
        if scale is not None:
            moved |= self.scale.show_rows(scores.scale_rows(scale))
            self.source.setText(scores.scale_sentence(scale))
        if moved and self.isVisible():
            self.fit()
