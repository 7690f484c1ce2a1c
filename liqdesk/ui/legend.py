"""The legend: the colour scale's slider with its unit and the auto or lock choice, and the menu of colour maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QContextMenuEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSpacerItem

from liqdesk.ui import draw, present
from liqdesk.ui.draw import Painted
from liqdesk.ui.levelslider import LevelSlider, tip
from liqdesk.ui.popup import Menu
from liqdesk.ui.present import DOLLARS, Measure
from liqdesk.ui.segments import Choice, Segments
from liqdesk.ui.theme import MEDIUM, REGULAR, SMALL, current, text_width

if TYPE_CHECKING:
    from liqdesk.settings import Settings


class LegendWords(Painted):
    """The unit, and whether the handles are held by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.mode = "auto"
        self.unit = DOLLARS.unit
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(tip(DOLLARS))

    def sizeHint(self) -> QSize:
        return QSize(round(text_width(f"{self.unit} per 10 bp", SMALL, MEDIUM)) + 2, current().px(36))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = current()
        p = QPainter(self)
        draw.put(p, 0, t.px(3), 0, t.px(15), f"{self.unit} per 10 bp", t.text2, SMALL, MEDIUM)
        draw.put(p, 0, t.px(18), 0, t.px(15), self.mode, t.text3, SMALL, REGULAR)


class Legend(Painted):
    """Slider, unit and the auto or lock choice. `levels_chosen(auto, low, high)` when a hand changed anything, `map_chosen(name)` and
    `unit_chosen(name)` when the menu took other colours or the other unit."""

    levels_chosen = Signal(bool, float, float)
    map_chosen = Signal(str)
    unit_chosen = Signal(str)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        auto, low, high = settings.heat_auto, settings.heat_low_usd, settings.heat_high_usd
        self.words = LegendWords()
        self.coin = "coins"  # the base of the contract shown
        self.slider = LevelSlider(settings.heat_map)
        self.switch = Segments(
            [
                Choice(
                    True,
                    "auto",
                    "Set the handles by the map in view: 40th and 99.5th percentile of its cells, two digits",
                ),
                Choice(False, "lock", "Keep the handles where they are"),
            ],
            auto,
            pad=8,
            height=24,
        )
        self.switch.setAccessibleName("colour scale mode")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._row = row
        row.addWidget(self.words)
        row.addSpacing(0)
        row.addWidget(self.slider)
        row.addSpacing(0)
        row.addWidget(self.switch)
        self.slider.levels_changed.connect(self._moved)
        self.switch.chosen.connect(self._switched)
        self._space()
        if not auto and high > low:
            self.slider.show_levels(low, high)
        self._say()

    def restyle(self) -> None:
        super().restyle()
        self._space()

    def _space(self) -> None:
        for at, length in ((1, 8), (3, 4)):
            item = self._row.itemAt(at)
            assert isinstance(item, QSpacerItem)
            item.changeSize(current().px(length), 0)
        self._row.invalidate()

    @property
    def auto(self) -> bool:
        return bool(self.switch.value)

    def set_compact(self, wide: int, words: bool) -> None:
        """Give the slider a width, in px at 100 %, and show or drop the unit's words."""
        if (wide, words) == (self.slider.wide, not self.words.isHidden()):
            return
        self.slider.wide = wide
        self.words.setVisible(words)
        self.slider.restyle()

    def show_levels(self, low: float, high: float) -> None:
        """Show what the map uses."""
        self.slider.show_levels(low, high)

    def show_settings(self, settings: Settings) -> None:
        """Show the choices held in settings."""
        self.switch.set_value(settings.heat_auto)
        self._say()
        if settings.heat_map != self.slider.heat_map:
            self.slider.heat_map = settings.heat_map
            self.slider.update()

    def show_measure(self, m: Measure) -> bool:
        """Show amounts in this unit, at this worth; return whether the legend is wider or narrower for it."""
        if m == self.slider.measure or not m.worth > 0:
            return False
        other, self.words.unit = m.unit != self.words.unit, m.unit
        self.slider.show_measure(m)
        if other:
            self.slider.setAccessibleName(f"colour scale, {m.unit} per 10 bp")
            for part in (self.slider, self.words):
                part.setToolTip(tip(m))
            self.words.restyle()
        return other

    def menu(self) -> Menu:
        """Return the menu of colour maps and of units."""
        from liqdesk.ui import ramp

        menu = Menu(self)
        for name in ramp.MAPS:
            action = menu.addAction(ramp.WORDS[name])
            action.setCheckable(True)
            action.setChecked(name == self.slider.heat_map)
            action.setData(("map", name))
        menu.addSeparator()
        coin = self.slider.measure.coin
        for words, name, on in (("Sizes in USD", "usd", not coin), (f"Sizes in {self.coin}", "coin", coin)):
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(on)
            action.setData(("unit", name))
        menu.triggered.connect(self._picked)
        return menu

    @Slot(QAction)
    def _picked(self, action: QAction) -> None:
        kind, name = action.data()
        (self.map_chosen if kind == "map" else self.unit_chosen).emit(str(name))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _say(self) -> None:
        mode = "auto" if self.auto else "locked"
        if mode != self.words.mode:
            self.words.mode = mode
            self.words.update()

    @Slot(float, float)
    def _moved(self, low: float, high: float) -> None:
        self.switch.set_value(False)
        self._say()
        self.levels_chosen.emit(False, low, high)

    @Slot(object)
    def _switched(self, _value: object) -> None:
        self._say()
        self.levels_chosen.emit(self.auto, self.slider.low, self.slider.high)

    def handle_centre(self, handle: int) -> QPointF:
        """Return a handle's centre in the slider's coordinates: 0 low, 1 high."""
        x = self.slider.x_of(self.slider.high if handle else self.slider.low)
        return QPointF(x, current().px(10))

    def state(self) -> dict[str, dict[str, object]]:
        s = self.slider
        return {
            "legend.low": {"text": present.size_round(s.low, s.measure), "value": s.low},
            "legend.high": {"text": present.size_round(s.high, s.measure), "value": s.high},
            "legend.unit": {"text": f"{s.measure.unit} per 10 bp", "value": s.measure.worth},
            "legend.map": {"text": s.heat_map, "value": s.heat_map},
            "legend.mode": {"text": self.words.mode, "value": self.auto},
        }
