"""The controls of a replay, in a row under the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from liqdesk.ui import draw, present
from liqdesk.ui.barparts import Words, icon
from liqdesk.ui.controls import TextButton
from liqdesk.ui.draw import Painted
from liqdesk.ui.replay.track import Track
from liqdesk.ui.segments import Choice, Segments
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, current

if TYPE_CHECKING:
    from liqdesk.settings import Settings

HIGH: Final = 38
SPEEDS: Final = (1, 2, 5, 10)
ROOMY: Final = 900  # px at 100 %, from which the speed has its caption
NARROW: Final = 640  # below which a replay is led without the next liquidation
TIPS: Final = ("One candle back", "Play or pause", "One candle on", "End the replay: show the market as it is")


class ReplayBar(Painted):
    """Signals say what was pressed; `show_state` says how it stands."""

    back_pressed = Signal()
    play_pressed = Signal()
    forward_pressed = Signal()
    onward_pressed = Signal()
    leave_pressed = Signal()
    speed_chosen = Signal(object)
    jumped = Signal(float)
    stepped = Signal(int)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setAccessibleName("replay")
        self.back = icon("stepback", "one candle back", TIPS[0])
        self.play = icon("play", "play", TIPS[1])
        self.forward = icon("stepforward", "one candle on", TIPS[2])
        self.time = Words("", "text1", BODY, SEMIBOLD)
        self.track = Track()
        self.caption = Words("Candles a second")
        self.speeds = Segments([Choice(n, str(n), f"{n} candles a second") for n in SPEEDS], SPEEDS[0], pad=8)
        self.speeds.setAccessibleName("candles a second")
        self.onward = TextButton("Next liquidation", weight=MEDIUM)
        self.leave = TextButton("Back to now", weight=MEDIUM)
        row = self._row = QHBoxLayout(self)
        for button in (self.back, self.play, self.forward):
            row.addWidget(button)
        row.addWidget(self.time)
        row.addWidget(self.track, 1)
        for part in (self.caption, self.speeds, self.onward, self.leave):
            row.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for name in ("back", "play", "forward", "onward", "leave"):
            getattr(self, name).clicked.connect(getattr(self, f"{name}_pressed"))
        self.speeds.chosen.connect(self.speed_chosen)
        self.track.jumped.connect(self.jumped)
        self.track.stepped.connect(self.stepped)
        self._playing = False
        self._space()
        self.show_settings(settings)

    def sizeHint(self) -> QSize:
        return QSize(current().px(NARROW), current().px(HIGH))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, current().px(HIGH))

    def show_settings(self, settings: Settings) -> None:
        self.track.timezone = settings.timezone

    def show_words(self, keys: tuple[str, str, str, str], usd: float) -> None:
        """Name in the tips the keys that go back, play, go on and leave, and the USD from which liquidations are stopped at."""
        for part, words, key in zip((self.back, self.play, self.forward, self.leave), TIPS, keys, strict=True):
            draw.tip(part, f"{words} ({key})" if key else words)
        draw.tip(
            self.onward, f"On to the next printed liquidation of this contract of ${present.usd_round(usd)} or more"
        )

    def show_state(self, first: int, at: int, newest: int, playing: bool) -> None:
        """Show which moment is shown, of what stretch, and whether it goes on by itself."""
        zone = self.track.timezone
        self.time.set_text(f"{present.day(at, zone)}  {present.hour_minute(at, zone)} {present.zone_label(at, zone)}")
        self.track.show_time(first, at, newest)
        if playing != self._playing:
            self._playing = playing
            self.play.set_icon("pause" if playing else "play")
            self.play.setAccessibleName("pause" if playing else "play")
        self.back.setEnabled(at > first)
        self.forward.setEnabled(at < newest)

    def _space(self) -> None:
        t = current()
        self._row.setContentsMargins(t.px(8), 0, t.px(10), 0)
        self._row.setSpacing(t.px(6))

    @Slot()
    def _fit(self) -> None:
        t = current()
        self.caption.setVisible(self.width() >= t.px(ROOMY))
        self.onward.setVisible(self.width() >= t.px(NARROW))

    def restyle(self) -> None:
        super().restyle()
        self._space()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        p.fillRect(self.rect(), draw.colour(t.panel))
        draw.rule(p, 0, 0, self.width(), t.border)

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the row shows, text and raw value by name."""
        first, at, newest = self.track.held
        return {
            "replay.time": {"text": self.time.text, "value": at},
            "replay.first": {"text": present.date(first, self.track.timezone), "value": first},
            "replay.newest": {"text": "now", "value": newest},
            "replay.playing": {"text": self.play.accessibleName(), "value": self._playing},
            "replay.speed": {"text": str(self.speeds.value), "value": self.speeds.value},
        }
