"""Everything around the chart, composed: top bar, notices, stage, column, status bar, and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from liqdesk.ui import present
from liqdesk.ui.condition import condition, genuine
from liqdesk.ui.crashes import CRASHED
from liqdesk.ui.journal import Journal
from liqdesk.ui.layouts.arranging import Arranging
from liqdesk.ui.layouts.menu import DeskMenu
from liqdesk.ui.notices import Notice, Notices
from liqdesk.ui.panels import Column
from liqdesk.ui.panels.strip import Strip
from liqdesk.ui.shown_market import offers
from liqdesk.ui.skeleton import COMPACT_BELOW
from liqdesk.ui.stage import Stage
from liqdesk.ui.statusbar import StatusBar
from liqdesk.ui.theme import current
from liqdesk.ui.topbar import TopBar
from liqdesk.ui.windows.charts import Charts

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings
    from liqdesk.ui.window import Window

GAP: Final = 3
NARROW_BELOW: Final = 920  # px at 100 %: with panels beside it the map would have less than half of the window


class Shell(QWidget):
    """The central widget of the window. It passes frames and settings to its parts, and what they say to the window."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        settings = window.settings
        self.topbar = TopBar(settings)
        self.notices = Notices()
        self.stage = Stage()
        self.column = Column(settings, self.stage)
        self.strip = Strip(self.column)
        self.statusbar = StatusBar(settings)
        self.stage.toast.timezone = settings.timezone
        self._compact: bool | None = None
        self._noticed: tuple[tuple[str, ...], Frame | None] = ((), None)
        self._narrow = False
        self._compose()
        self.journal = Journal(window)
        self.charts = Charts(window)
        self._connect(window)
        window.act.shortcuts.show_settings(settings)

    def _compose(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GAP)
        outer.addWidget(self.topbar)
        outer.addWidget(self.notices)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.column, 1)
        row.addWidget(self.strip)
        outer.addLayout(row, 1)
        outer.addWidget(self.statusbar)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def begin(self) -> None:
        """Show everything, as the last layout has it."""
        self.show()
        self.take_focus()
        self.arranging.start()

    def take_focus(self) -> None:
        """Take the keyboard, so that no control wears the ring before Tab is pressed."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _connect(self, window: Window) -> None:
        bar, act = self.topbar, window.act
        bar.symbol_asked.connect(act.market.search)
        bar.candle_chosen.connect(window.choose_candle)
        bar.window_chosen.connect(window.choose_window)
        bar.classes_chosen.connect(window.choose_classes)
        bar.side_chosen.connect(window.choose_side)
        bar.bell_pressed.connect(act.alerting.show_alerts)
        bar.picture_pressed.connect(act.pictures.save)
        bar.help_pressed.connect(act.cards.help)
        bar.theme_pressed.connect(act.choosing.switch_theme)
        bar.settings_pressed.connect(act.cards.settings)
        bar.more_pressed.connect(act.menus.more)
        bar.pill_pressed.connect(act.menus.pill)
        bar.layers_pressed.connect(act.menus.layers.open)
        bar.replay_pressed.connect(act.replaying.toggle)
        bar.whatif_pressed.connect(act.charting.whatifs.press)
        self._act = act
        self.statusbar.streams.pressed.connect(act.cards.streams)
        self.statusbar.model.pressed.connect(act.scoring.show)
        self.statusbar.legend.levels_chosen.connect(window.choose_levels)
        self.statusbar.legend.map_chosen.connect(act.choosing.choose_colours)
        self.statusbar.legend.unit_chosen.connect(act.choosing.choose_unit)
        self.notices.acted.connect(self._notice_acted)
        self.stage.toast.show_wanted.connect(act.alerting.show_fired)
        self.stage.toast.rule_wanted.connect(act.alerting.edit_by_id)

        for told in (self.column.tucking, self.column.arranged):
            told.connect(self.strip.sync)

    def join(self, window: Window) -> None:
        """Connect the panels to the window; those made later too."""
        for panel in self.column.panels:
            panel.join(window)
        self.column.panel_made.connect(lambda panel: panel.join(window))
        self.arranging = Arranging(window)
        self.arranging.changed.connect(self._show_desk)
        self.desk_menu = DeskMenu(window, self.arranging)
        self._show_desk()

    def _show_desk(self) -> None:
        self.topbar.show_desk(self.arranging.layouts.shown.name)

    def fit(self, width: int, again: bool = False) -> None:
        """Follow the window's width: compact below 1600 px at 100 %, the panels put away below 920 px."""
        narrow = width < NARROW_BELOW * current().scale
        if narrow != self._narrow:
            self._narrow = narrow
            self.column.tuck(narrow)
            self.strip.setVisible(narrow)
        compact = width < COMPACT_BELOW * current().scale
        if compact != self._compact or again:
            self._compact = compact
            self.column.set_compact(compact)

    def show_frame(self, frame: Frame, part: int) -> None:
        """Show a frame in one of the four parts: top bar, both halves of the column, status bar."""
        (self.topbar.show_frame, self.column.show_upper, self.column.show_lower, self.statusbar.show_frame)[part](frame)
        if part == 3:
            self._act.cards.show_streams(frame)
            self._act.scoring.show_frame(frame)
            self._act.spoken.tell()

    def show_settings(self, settings: Settings) -> None:
        self.topbar.show_settings(settings)
        self.column.show_settings(settings)
        self.statusbar.show_settings(settings)
        self.stage.toast.timezone = settings.timezone
        self._act.shortcuts.show_settings(settings)

    @Slot(str)
    def _notice_acted(self, key: str) -> None:
        self._act.crashes.show() if key == CRASHED else self._act.market.notice_acted(key)

    def show_notices(self, said: tuple[str, ...], frame: Frame | None) -> None:
        """Show sentences from the program's start, and those a frame brings."""
        self._noticed = said, frame
        notices = [*self._act.crashes.notices, *(Notice(words, words) for words in said)]
        if frame is not None:
            notices = [*offers(frame), *notices]
            notices += [Notice(words, words) for words in frame.notices if words not in said]
        self.notices.show_notices(tuple(notices))

    def notice_again(self) -> None:
        """Show the sentences anew: what the program itself has to say has changed."""
        self.show_notices(*self._noticed)

    def title(self, frame: Frame) -> str:
        """Return the window's title: contract, last price, and what is not live."""
        last = present.price(frame.prices.last, frame.instrument.price_decimals)
        origin = "" if genuine(frame) else f" · {condition(frame).text}"
        return f"{frame.instrument.symbol} {last}{origin} · liqdesk"

    def state(self) -> dict[str, dict[str, object]]:
        """Return every number around the chart by name, text and raw value."""
        out = {**self.topbar.state(), **self.column.state(), **self.statusbar.state()}
        for i, notice in enumerate(self.notices.shown):
            out[f"notice.{i}"] = {"text": notice.sentence, "value": notice.key}
        return out
