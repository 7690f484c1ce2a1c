"""The top bar: what is looked at on the left; what can be done, and whether it is live, on the right. It gives way in levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from liqdesk.ui import draw, present
from liqdesk.ui.barparts import Divider, Mark, PriceNow, Words, icon
from liqdesk.ui.condition import condition, venue_name
from liqdesk.ui.controls import Chip, Pill, TextButton
from liqdesk.ui.popup import Menu
from liqdesk.ui.segments import Choice, Folded, Segments
from liqdesk.ui.skeleton import COMPACT_BELOW
from liqdesk.ui.spans import CANDLES, IN_REACH, candle_tip, window_tip
from liqdesk.ui.theme import BODY, BOLD, MEDIUM, SEMIBOLD, current, font

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings

HOUR: Final = 3_600_000
WINDOWS: Final = (12 * HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR, 720 * HOUR)
CLASSES: Final = (5, 10, 25, 50, 100)
SIDES: Final = ("long", "both", "short")

PADS: Final = (9, 9, 8, 8, 5, 5)  # inside a segment, by level
TIGHT: Final = (8, 7, 6, 5)  # rather than go without a button of level 1
LAST: Final = 5


class TopBar(draw.Painted):
    """Shows the market and takes the choices of what to see. It decides nothing: every choice is a signal."""

    symbol_asked = Signal()
    candle_chosen = Signal(object)
    window_chosen = Signal(object)
    classes_chosen = Signal(object)
    side_chosen = Signal(object)
    bell_pressed = Signal()
    picture_pressed = Signal()
    help_pressed = Signal()
    theme_pressed = Signal()
    settings_pressed = Signal()
    more_pressed = Signal()
    layers_pressed = Signal()
    desk_pressed = Signal()
    whatif_pressed = Signal()
    replay_pressed = Signal()
    pill_pressed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.level = 0
        self.without: frozenset[QWidget] = frozenset()  # never shown
        self.mark = Mark()
        self.symbol = TextButton(settings.symbol, "perp", arrow=True, size=13, weight=BOLD)
        self.symbol.setToolTip("Choose another contract (Ctrl+K)")
        self.symbol.setAccessibleName("symbol")
        self.venue = Words("–", "text1", BODY, SEMIBOLD)
        self.venue.setToolTip("Where the data come from")
        self.price = PriceNow()
        self.divider = Divider()
        self.candle_word = Words("Candle")
        candles = [Choice(ms, present.span(ms), candle_tip(ms)) for ms in CANDLES]
        self.candles = Segments(
            [c for c in candles if c.value in IN_REACH],
            settings.candle_ms,
            9,
            more=[c for c in candles if c.value not in IN_REACH],
        )
        self.candles.setAccessibleName("candle")
        self.map_word = Words("Map")
        spans = [Choice(ms, present.span(ms), window_tip(ms, i + 1)) for i, ms in enumerate(WINDOWS)]
        self.windows = Segments(spans, settings.window_ms, pad=9)
        self.windows.setAccessibleName("map window")
        self.bands_word = Words("Bands")
        self.chips = [Chip(leverage, band) for band, leverage in enumerate(CLASSES)]
        self.bands_button = TextButton("Bands", "5", arrow=True)
        self.sides = Segments(
            [
                Choice("long", "Long", "Only where longs would be liquidated (L)", 0),
                Choice("both", "Both", "Both sides (B)"),
                Choice("short", "Short", "Only where shorts would be liquidated (S)", 1),
            ],
            settings.side,
            pad=9,
        )
        self.sides.setAccessibleName("side")
        self.layers = TextButton("Layers", arrow=True, weight=MEDIUM)
        self.layers.setToolTip("What is drawn over the map (V)")
        self.whatif = TextButton("What-if", weight=MEDIUM)
        self.whatif.setToolTip("What would follow if price went somewhere: drag a line over the chart (F)")
        self.replay = TextButton("Replay", weight=MEDIUM)
        self.replay.setCheckable(True)
        self.replay.setToolTip("Show an earlier moment as it was drawn then, and play on from there (J)")
        self.folds = [Folded(segments) for segments in (self.candles, self.windows, self.sides)]
        self.desk = TextButton("Desk 1", arrow=True, weight=MEDIUM)
        self.bell = icon("bell", "alerts", "Alerts; the badge counts those you have not seen")
        self.camera = icon("camera", "picture", "Save a picture of the window (Ctrl+S); Ctrl+Shift+C copies it")
        self.help = icon("help", "help", "What the map is and is not, and the keys (F1)")
        self.theme = icon("sun", "theme", "Light or dark (T)")
        self.sliders = icon("sliders", "settings", "Settings (Ctrl+,)")
        self.pill = Pill()
        self.pill.setAccessibleName("connection")
        self._compose()
        self._connect()
        self.show_settings(settings)

    def _compose(self) -> None:
        self._gaps: list[tuple[QWidget, float]] = [
            (self.mark, 8),
            (self.symbol, 4),
            (self.venue, 12),
            (self.price, 16),
            (self.divider, 14),
            (self.candle_word, 12),
            (self.candles, 8),
            (self.folds[0], 8),
            (self.map_word, 14),
            (self.windows, 8),
            (self.folds[1], 4),
            (self.bands_word, 14),
            *[(chip, 8 if chip is self.chips[0] else 4) for chip in self.chips],
            (self.bands_button, 12),
            (self.sides, 14),
            (self.folds[2], 4),
            (self.layers, 14),
            (self.whatif, 6),
            (self.replay, 6),
        ]
        icons = self.bell, self.camera, self.help, self.theme, self.sliders
        self._right: list[tuple[QWidget, float]] = [(self.desk, 8), *((one, 4) for one in icons), (self.pill, 10)]
        self.spare: tuple[QWidget, ...] = (self.desk, self.layers, self.whatif, self.replay)
        for widget, _ in (*self._gaps, *self._right):
            widget.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _connect(self) -> None:
        self.candles.chosen.connect(self.candle_chosen)
        self.windows.chosen.connect(self.window_chosen)
        self.sides.chosen.connect(self.side_chosen)
        for chip in self.chips:
            chip.clicked.connect(self._chip_pressed)
        self.symbol.clicked.connect(self.symbol_asked)
        self.camera.clicked.connect(self.picture_pressed)
        for name in ("layers", "whatif", "replay", "desk", "bell", "help", "theme", "pill"):
            getattr(self, name).clicked.connect(getattr(self, f"{name}_pressed"))
        self.bands_button.clicked.connect(self._open_bands)
        self.sliders.clicked.connect(self._sliders_pressed)

    def sizeHint(self) -> QSize:
        t = current()
        return QSize(t.px(640), t.px(36 if self.level >= 2 else 40))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(480), self.sizeHint().height())

    def show_settings(self, settings: Settings) -> None:
        """Show the choices held in settings."""
        self.candles.set_value(settings.candle_ms)
        self.windows.set_value(settings.window_ms)
        self.sides.set_value(settings.side)
        for band, chip in enumerate(self.chips):
            chip.setChecked(chip.leverage in settings.classes)
            chip.setToolTip(
                f"Distance class {chip.leverage}x (key {(6 + band) % 10}): the {chip.leverage}x component of the model's prior, "
                "that is liquidation prices about as far from entry as this leverage puts them.\n"
                "A class is a distance, not a count of accounts; the classes sum to the whole map."
            )
        count = len(settings.classes)
        self.bands_button.note = "all" if count == len(CLASSES) else str(count)
        self.theme.set_icon("sun" if settings.theme == "dark" else "moon")
        self.arrange()

    def show_desk(self, name: str) -> None:
        """Say which layout is shown."""
        words = QFontMetricsF(font(BODY, MEDIUM)).elidedText(name, Qt.TextElideMode.ElideRight, current().px(110))
        self.desk.setText(words)
        self.desk.setToolTip(f"Panels and layouts; “{name}” is shown (Ctrl+P)")
        self.desk.setAccessibleName(f"layout {name}")
        self.arrange()

    def keep_to_the_chart(self) -> None:
        """Leave out what belongs to the program, not to a chart."""
        program = self.bell, self.camera, self.help, self.theme, self.sliders, self.mark
        self.without = frozenset((*program, *self.spare))
        self.arrange()

    def show_symbol(self, symbol: str, note: str) -> None:
        if (symbol, note) != (self.symbol.text(), self.symbol.note):
            self.symbol.setText(symbol)
            self.symbol.note = note
            self.arrange()

    def show_frame(self, frame: Frame) -> None:
        """Show symbol, venue, price and the condition of the connection."""
        kind = {"PERPETUAL": "perp"}.get(
            frame.instrument.contract_type, frame.instrument.contract_type.lower().replace("_", " ")
        )
        self.show_symbol(frame.instrument.symbol, kind)
        self.replay.setChecked(frame.source.replayed)
        name = venue_name(frame)
        if name != self.venue.text:
            self.venue.set_text(name)
            self.arrange()
        before = self.price.sizeHint().width(), self.pill.sizeHint().width()
        self.price.show_prices(frame)
        now = condition(frame)
        self.pill.show_state(now.text, now.token, now.hollow)
        draw.tip(self.pill, now.tip)
        if self.pill.accessibleDescription() != now.text:
            self.pill.setAccessibleDescription(now.text)
        if before != (self.price.sizeHint().width(), self.pill.sizeHint().width()):
            self.arrange()

    @Slot()
    def _chip_pressed(self) -> None:
        chosen = tuple(chip.leverage for chip in self.chips if chip.isChecked())
        if not chosen:  # an empty map would read as a calm market
            for chip in self.chips:
                chip.setChecked(True)
            chosen = CLASSES
        self.classes_chosen.emit(chosen)

    @Slot()
    def _open_bands(self) -> None:
        menu = Menu(self)
        for chip in self.chips:
            action = menu.addAction(f"{chip.leverage}x distance class")
            action.setCheckable(True)
            action.setChecked(chip.isChecked())
            action.triggered.connect(chip.click)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.bands_button.mapToGlobal(self.bands_button.rect().bottomLeft()))

    @Slot()
    def _sliders_pressed(self) -> None:
        if self.camera.isVisible() and all(widget.isVisible() for widget in self.spare):
            self.settings_pressed.emit()
        else:
            self.more_pressed.emit()

    def _shown(self, level: int) -> set[QWidget]:
        every = {w for w, _ in (*self._gaps, *self._right)}
        gone: set[QWidget] = {self.bands_button, *self.folds}
        if level >= 1:
            gone |= {self.candle_word, self.map_word, self.bands_word}
        if level >= 2:
            gone |= {self.price, self.divider, self.camera, self.help, self.theme}
        if level >= 3:
            gone |= {*self.chips}
            gone.discard(self.bands_button)
        if level >= 4:
            gone |= {self.venue, self.mark}
        if level >= LAST:
            gone |= {self.candles, self.windows, self.sides}
            gone -= {*self.folds}
        return every - gone - self.without

    def _needed(self, level: int, pad: int | None = None) -> float:
        t = current()
        shown = self._shown(level) - {*self.spare}
        fixed = sum(w.sizeHint().width() + t.px(gap) for w, gap in (*self._gaps, *self._right) if w in shown)
        segments = [s for s in (self.candles, self.windows, self.sides) if s in shown]
        slack = sum(s.width_at(pad or PADS[level]) - s.sizeHint().width() for s in segments)
        return fixed + slack + t.px(24)

    def arrange(self) -> None:
        """Place what fits: captions go first, then the class chips fold into a menu, then the venue's name goes."""
        t = current()
        width = self.width()
        level = 2 if width < COMPACT_BELOW * t.scale else 0
        gaps = dict((*self._gaps, *self._right))
        spare = sum(w.sizeHint().width() + t.px(gaps[w]) for w in self.spare if w not in self.without)
        while level < LAST and self._needed(level) + (spare if level == 0 else 0) > width:
            level += 1
        wide = level != 1 or self._needed(1) + spare <= width
        pad = PADS[level] if wide else next((n for n in TIGHT if self._needed(1, n) + spare <= width), PADS[1])
        for segments in (self.candles, self.windows, self.sides):
            segments.set_pad(pad)
        changed = level != self.level
        self.level = level
        shown = self._shown(level)
        room = width - self._needed(level, pad)
        for widget in self.spare:  # they cost nothing else its room: what they open is with the rest too, and has a key
            room -= widget.sizeHint().width() + t.px(gaps[widget])
            if level >= 2 or room < 0:
                shown.discard(widget)
        x = float(t.px(4))
        for widget, gap in self._gaps:
            x = self._place(widget, widget in shown, x + t.px(gap) if widget in shown else x)
        right = float(width - t.px(12))
        for widget, gap in reversed(self._right):
            widget.setVisible(widget in shown)
            if widget in shown:
                size = widget.sizeHint()
                right -= size.width()
                widget.setGeometry(round(right), (self.height() - size.height()) // 2, size.width(), size.height())
                right -= t.px(gap)
        if changed:
            self.updateGeometry()
        self.update()

    def _place(self, widget: QWidget, visible: bool, x: float) -> float:
        widget.setVisible(visible)
        if not visible:
            return x
        size = widget.sizeHint()
        widget.setGeometry(round(x), (self.height() - size.height()) // 2, size.width(), size.height())
        return x + size.width()

    def restyle(self) -> None:
        super().restyle()
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.arrange()
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), draw.colour(current().panel))

    def state(self) -> dict[str, dict[str, object]]:
        """Return what the bar shows, text and raw value by name."""
        last, change = self.price.values
        return {
            "symbol": {"text": self.symbol.text(), "value": self.symbol.text()},
            "venue": {"text": self.venue.text, "value": self.venue.text},
            "price.last": {"text": self.price.last, "value": last},
            "price.change_24h": {"text": self.price.change, "value": change},
            "candle": {"text": present.span(int(str(self.candles.value))), "value": self.candles.value},
            "window": {"text": present.span(int(str(self.windows.value))), "value": self.windows.value},
            "side": {"text": str(self.sides.value), "value": self.sides.value},
            "classes": {
                "text": " ".join(c.text() for c in self.chips if c.isChecked()),
                "value": [c.leverage for c in self.chips if c.isChecked()],
            },
            "alerts.unseen": {"text": self.bell.badge_text(), "value": self.bell.count},
            "connection": {"text": self.pill.text(), "value": self.pill.token},
        }
