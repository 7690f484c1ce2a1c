"""Replay in one window: its commands and its row, and which frame the window is given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Slot

from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.engine.then import Record
    from liqdesk.engine.whys import AskWhy
    from liqdesk.settings import Settings
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.replay.bar import ReplayBar
    from liqdesk.ui.window import Window

LEAST_USD: Final = 50_000.0  # of the liquidation that is gone on to, where bubbles have no least size
FIRST_EPOCH: Final = -1_000  # epochs of a replay count down from here; the engine's count up from zero


class Replaying(QObject):
    """Acts for one window. `take` stands between the engine's frames and the window: it passes them on, or keeps what they bring and
    gives the moment that is replayed."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self.bar: ReplayBar | None = None
        self._real: Frame | None = None
        self._record: Record | None = None
        self._then: Frame | None = None  # the moment that is shown; None: the newest
        self._at = 0
        self._epoch = FIRST_EPOCH
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._play_on)
        act.learn("replay", self.toggle)
        act.learn("replay_play", self.play)
        act.learn("replay_back", self.back)
        act.learn("replay_forward", self.forward)

    # between the engine and the window

    @property
    def on(self) -> bool:
        return self._then is not None

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def take(self, real: Frame) -> Frame:
        """Take the engine's newest frame and return the one that is to be shown."""
        from liqdesk.engine import then

        if self._real is None or real.epoch != self._real.epoch:
            self._record = then.Record(real.instrument.symbol)
            if self.on:
                self._stop(f"Replay ended: {real.instrument.symbol} is shown now.")
        self._real = real
        assert self._record is not None
        self._record.take(real.new_bars if self.on else (), real.new_forced)
        if self._then is None:
            return real
        self._show_bar()
        return then.carried(self._then, real)

    @Slot(object)
    def ask_why(self, ask: AskWhy) -> None:
        """Pass a question about a cell on to the engine: of a replayed moment, about the column that stood then."""
        if self._then is not None and self._real is not None:
            import msgspec

            span_ms, number = ask.span_ms, ask.number
            if span_ms is None and self._window.grid is not None:
                from liqdesk.engine.then import column_at

                found = column_at(self._window.grid, self._real.published, self._at)
                if found is not None:
                    span_ms, number = found.span_ms, found.column.number
            ask = msgspec.structs.replace(ask, epoch=self._real.epoch, span_ms=span_ms, number=number)
        self._act.send(ask)

    # commands

    @Slot()
    def toggle(self) -> None:
        """Begin a replay at the moment in view, or go back to now."""
        if self.on:
            self.leave()
            return
        reach, chart = self._reach(), self._window.chart
        real, record = self._real, self._record
        if reach is None or chart is None or real is None or record is None or real.progress is not None:
            self._act.say("Nothing to replay yet", "A replay can begin when the map has loaded.")
            return
        record.copy(chart.series.book)
        s = self._window.settings
        aim = real.venue_ms - s.window_ms / 2 if chart.state.following else chart.state.aim.t1
        self._put_bar()
        self._window.shell.journal.put("info", f"Replay of {real.instrument.symbol}; alerts are watched meanwhile.")
        self._go(aim, anew=True)

    @Slot()
    def leave(self) -> None:
        """Go back to now."""
        from liqdesk.engine.then import whole

        if self.on and self._real is not None and self._record is not None:
            self._stop("Replay ended.")
            self._window.show_frame(whole(self._real, self._record))

    @Slot()
    def play(self) -> None:
        """Go on candle by candle, or pause; begins a replay where there is none."""
        if not self.on:
            self.toggle()
        if self.playing:
            self._timer.stop()
        elif self.on and self.bar is not None:
            self._timer.start(self._beat())
        self._show_bar()

    @Slot()
    def back(self) -> None:
        self.step(-1)

    @Slot()
    def forward(self) -> None:
        self.step(1)

    @Slot(int)
    def step(self, candles: int) -> None:
        """Go so many candles on, or back; pauses."""
        if not self.on:
            self.toggle()
            return
        self._timer.stop()
        self._move(candles)

    @Slot(float)
    def jump(self, ms: float) -> None:
        """Show another moment."""
        if self.on:
            self._go(ms)

    @Slot()
    def next_event(self) -> None:
        """Go on to the candle of the next large liquidation that was printed, or say that there is none."""
        real, record = self._real, self._record
        if not self.on or real is None or record is None:
            return
        self._timer.stop()
        found = record.next_order(self._at, self._least())
        if found is None:
            self._act.say(
                "No further liquidation", f"None of ${present.usd_round(self._least())} or more was printed after this."
            )
        else:
            step = record.step_ms(self._window.settings.candle_ms, found.time_ms)
            self._go((found.time_ms // step + 1) * step)

    # inside

    def _least(self) -> float:
        return self._window.settings.bubble_min_usd or LEAST_USD

    def _beat(self) -> int:
        speed = self.bar.speeds.value if self.bar is not None else None
        return round(1_000 / speed) if isinstance(speed, int) else 1_000

    def _reach(self) -> tuple[int, int] | None:
        """Return the first and the newest moment that can be shown."""
        from liqdesk.engine.then import reach

        return None if self._real is None or self._window.grid is None else reach(self._real.published)

    @Slot()
    def _play_on(self) -> None:
        before = self._at
        self._move(1)
        if self._at == before:
            self._timer.stop()
            self._show_bar()

    def _move(self, candles: int) -> None:
        if self._record is not None:
            step = self._record.step_ms(self._window.settings.candle_ms, self._at)
            on_grid = self._at // step if candles > 0 else -(-self._at // step)
            self._go((on_grid + candles) * step)

    def _go(self, wanted: float, anew: bool = False) -> None:
        """Show the moment at a candle's end that is nearest to what was asked for, within reach."""
        from liqdesk.engine import then

        reach, real, record, grid = self._reach(), self._real, self._record, self._window.grid
        if reach is None or real is None or record is None or grid is None:
            return
        first, newest = reach
        bounded = min(max(wanted, first), newest)
        step = record.step_ms(self._window.settings.candle_ms, math.floor(bounded))
        at = round(bounded / step) * step
        at += step if at < first else -step if at > newest else 0
        if at == self._at and not anew:
            return
        on = not anew and at > self._at
        since, self._at = self._at if on else 0, at
        self._epoch -= not on
        self._then = then.frame_then(real, record, grid, at, self._epoch)
        import msgspec

        news = msgspec.structs.replace(
            then.carried(self._then, real),
            new_bars=record.bars(since, at),
            new_forced=record.orders(since, at),
            new_fired=(),
            why=None,
        )
        self._show_bar()
        self._window.show_frame(news)

    def _stop(self, words: str) -> None:
        """Leave the state of a replay; the window is given another frame next."""
        self._timer.stop()
        self._then = None
        if self.bar is not None:
            self._window.stage.put_under(None)
        self._window.shell.journal.put("info", words)

    def _put_bar(self) -> None:
        if self.bar is None:
            from liqdesk.ui.replay.bar import ReplayBar

            bar = self.bar = ReplayBar(self._window.settings)
            bar.back_pressed.connect(self.back)
            bar.play_pressed.connect(self.play)
            bar.forward_pressed.connect(self.forward)
            bar.onward_pressed.connect(self.next_event)
            bar.leave_pressed.connect(self.leave)
            bar.jumped.connect(self.jump)
            bar.stepped.connect(self.step)
            bar.speed_chosen.connect(self._speed_chosen)
            self._window.settings_changed.connect(self._follow)
            self._follow(self._window.settings)
        self._window.stage.put_under(self.bar)

    @Slot(object)
    def _follow(self, settings: Settings) -> None:
        """Let the row say what settings say: the zone of its times, keys, and the least liquidation."""
        if self.bar is not None:
            written = self._act.shortcuts.written
            self.bar.show_settings(settings)
            self.bar.show_words(
                (written("replay_back"), written("replay_play"), written("replay_forward"), written("replay")),
                self._least(),
            )

    @Slot(object)
    def _speed_chosen(self, _speed: object) -> None:
        if self.playing:
            self._timer.start(self._beat())

    def _show_bar(self) -> None:
        reach = self._reach()
        if self.bar is not None and self.on and reach is not None:
            self.bar.show_state(reach[0], self._at, max(self._at, reach[1]), self.playing)
