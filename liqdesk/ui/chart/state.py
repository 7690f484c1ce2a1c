"""What the chart shows at this moment. One object, written by the pane alone, read by everything that paints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from liqdesk.alerts.rules import Cross, PriceCrosses
from liqdesk.engine.frames import Frame, GapView, Health, SourceKind
from liqdesk.insight.zones import Zone
from liqdesk.market import ForcedOrder, Side, decimals_of
from liqdesk.model.candles import CANDLE
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.chart.follow import newest_edge
from liqdesk.ui.chart.scale import UNPRICED, Lens
from liqdesk.ui.keptlines import KeptLine, Key, Lines
from liqdesk.ui.position.kept import origin_of
from liqdesk.ui.present import Measure
from liqdesk.ui.theme import Theme

if TYPE_CHECKING:
    from liqdesk.insight.cascade import Cascade
    from liqdesk.insight.position import Position
    from liqdesk.ui.chart.mine import MyLine

Floats = NDArray[np.float64] | float
ORDER: Final = np.dtype([("t", np.int64), ("price", np.float64), ("usd", np.float64), ("side", np.int8)])
ORDERS_KEPT: Final = 20_000
COMPILING: Final = "Compiling the map's kernels, once."
EMPTY: Final = Lens(0.0, 1.0, *UNPRICED, 0.0, 0.0)


_decimals = lru_cache(maxsize=64)(decimals_of)


@dataclass(frozen=True)
class Ruler:
    """From one corner to the other: venue times in ms and prices."""

    time0: float
    price0: float
    time1: float
    price1: float


@dataclass
class ChartState:
    """`lens` is what is painted, `aim` what was asked for since; they meet at the next refresh. `hover` is the pointer
    in plot pixels (x may lie in the gutter), None outside; `rule_ms` is where live recording begins (None: nowhere yet),
    `back_from_ms` where the map begins."""

    theme: Theme
    settings: Settings
    lens: Lens = EMPTY
    aim: Lens = EMPTY
    frame: Frame | None = None
    candles: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, CANDLE))
    orders: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, ORDER))
    classes: frozenset[int] = frozenset({5, 10, 25, 50, 100})
    side: str = "both"
    hover: tuple[float, float] | None = None
    compact: bool = False
    auto_price: bool = True
    following: bool = True
    back_from_ms: int | None = None
    rule_ms: int | None = None
    exposed: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))  # rows x0 y0 x1 y1; none: all of it
    note: str = ""  # said in the middle of an empty plot
    positions: Mapping[tuple[str, str], Position] = field(default_factory=dict)  # by origin and contract
    my_lines: tuple[int, tuple[MyLine, ...]] = (-1, ())  # as last synchronised, with the epoch
    ruler: Ruler | None = None
    ruling: bool = False  # the hand draws it now
    ruler_card: QRectF | None = None  # where its figures stand
    what: Cascade | None = None  # what would follow if price went somewhere, while that is asked
    kept_lines: Lines = field(default_factory=dict)  # by origin and contract

    @property
    def zone(self) -> str:
        return self.settings.timezone

    @property
    def decimals(self) -> int:
        return _decimals(self.frame.instrument.tick) if self.frame else 1

    @property
    def live(self) -> bool:
        """Whether the source is Binance itself; anything else wears the demo accent."""
        return self.frame is None or self.frame.source.kind is SourceKind.LIVE

    @property
    def replay(self) -> bool:
        """Whether an earlier moment is shown."""
        return self.frame is not None and self.frame.source.replayed

    @property
    def stale(self) -> bool:
        return self.frame is not None and self.frame.connection.health in (Health.STALE, Health.DOWN)

    @property
    def last(self) -> float:
        return self.frame.prices.last if self.frame else float("nan")

    @property
    def mark(self) -> float:
        return self.frame.prices.mark if self.frame else float("nan")

    @property
    def index(self) -> float:
        return self.frame.prices.index if self.frame else float("nan")

    @property
    def open_until_ms(self) -> float:
        """Where the open candle and the open column end on screen."""
        if self.frame is None:
            return 0.0
        return newest_edge(self.frame.venue_ms, self.settings.candle_ms, self.lens.t1 - self.lens.t0)

    @property
    def measure(self) -> Measure:
        """In what sizes are shown on this chart."""
        if self.frame is None:
            return present.DOLLARS
        return present.measure(self.settings.unit, self.frame.instrument.base, self.mark)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones of the chosen side, by price, highest first."""
        if self.frame is None:
            return ()
        wanted = {"long": (Side.LONG,), "short": (Side.SHORT,)}.get(self.side, (Side.LONG, Side.SHORT))
        return tuple(z for z in self.frame.zones if z.side in wanted)

    @property
    def alerts(self) -> tuple[PriceCrosses, ...]:
        """The price rules of this symbol that are switched on."""
        if self.frame is None:
            return ()
        found = (s.rule for s in self.frame.rules)
        symbol = self.frame.instrument.symbol
        return tuple(r for r in found if isinstance(r, PriceCrosses) and r.enabled and r.symbol == symbol)

    @property
    def mine(self) -> tuple[MyLine, ...]:
        """The lines of the user's position in the contract shown; those of another are gone with its epoch."""
        epoch, lines = self.my_lines
        return lines if self.frame is not None and self.frame.epoch == epoch else ()

    @property
    def named_prices(self) -> list[float]:
        """The prices of lines with a name: alerts and the user's own."""
        lines = [rule.price for rule in self.alerts] + [line.price for line in self.mine]
        return lines + [line.price for line in self.kept]

    @property
    def kept_key(self) -> Key | None:
        """Under what the lines of the contract on the chart are kept."""
        return (origin_of(self.frame.source), self.frame.instrument.symbol) if self.frame is not None else None

    @property
    def kept(self) -> tuple[KeptLine, ...]:
        """The lines the user keeps for the contract on the chart."""
        key = self.kept_key
        return self.kept_lines.get(key, ()) if key is not None and self.kept_lines else ()

    @property
    def gaps(self) -> tuple[GapView, ...]:
        return self.frame.gaps if self.frame else ()

    def waiting(self, loaded: bool, error: str) -> str:
        """Return what an empty plot waits for, empty when it waits for nothing; `loaded` says the kernels are there."""
        if not loaded:
            return error or COMPILING
        frame = self.frame
        if frame is None or len(self.candles) or frame.now is not None or self.stale:
            return ""  # what is stale has a card that says why
        return frame.progress.text if frame.progress else frame.connection.sentence

    def touched(self, x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> NDArray[np.bool_]:
        """Return which boxes [n], in plot pixels, lie in the part that is being painted."""
        shape = np.broadcast_shapes(*(np.shape(v) for v in (x0, y0, x1, y1)))
        if not len(self.exposed):
            return np.ones(shape, np.bool_)
        found = np.zeros(shape, np.bool_)
        for left, top, right, bottom in self.exposed.tolist():
            found |= (x0 <= right + 1) & (x1 >= left - 1) & (y0 <= bottom + 1) & (y1 >= top - 1)
        return found

    def chosen(self) -> NDArray[np.bool_]:
        """Return which of the ten planes count, bool [10]."""
        classes = [lev in self.classes for lev in (5, 10, 25, 50, 100)]
        long, short = self.side != "short", self.side != "long"
        return np.array([c and long for c in classes] + [c and short for c in classes], dtype=np.bool_)

    def add_orders(self, orders: tuple[ForcedOrder, ...], symbol: str) -> bool:
        """Keep the printed liquidations of `symbol`; return whether there were any."""
        rows = [(o.time_ms, o.price, o.usd, int(o.side)) for o in orders if o.symbol == symbol]
        if rows:
            joined = np.concatenate([self.orders, np.array(rows, dtype=ORDER)])[-ORDERS_KEPT:]
            self.orders = joined[np.argsort(joined["t"], kind="stable")]
        return bool(rows)


def alert_text(rule: PriceCrosses, decimals: int) -> str:
    """Return what an alert line's tag says: alert · price ≥ 68,400."""
    sign = {Cross.UP: "≥", Cross.DOWN: "≤", Cross.EITHER: "crosses"}[rule.direction]
    text = present.price(rule.price, decimals)
    if decimals and text.endswith("." + "0" * decimals):
        text = text[: -decimals - 1]
    return f"alert · price {sign} {text}"


def source_text(frame: Frame) -> str:
    """Return the ribbon's sentence for a source that is not Binance live, empty for one that is."""
    source = frame.source
    if source.replayed:
        parts = ["REPLAY"]
        if source.of is SourceKind.DEMO:
            parts.append("simulated market, not Binance")
        elif source.of is SourceKind.CUSTOM:
            parts.append(f"{source.host}, not Binance")
        parts.append("map computed afterwards" if source.afterwards else "map as it was drawn then")
        return "  ·  ".join([*parts, "nothing here is live"])
    if source.kind is SourceKind.DEMO:
        parts = ["DEMO", "simulated market, not Binance"]
        if source.seed is not None:
            parts.append(f"seed {source.seed}")
        parts.append(f"{present.speed(source.speed)} speed")
        return "  ·  ".join(parts)
    if source.kind is SourceKind.CUSTOM:
        return f"NOT BINANCE  ·  {source.host}"
    if source.kind is SourceKind.HISTORY:
        words = f"to {present.iso_minute(frame.venue_ms)}, nothing is live"
        if not source.file:
            return f"HISTORY  ·  {words}"
        whose = f"  ·  {source.whose}, not Binance" if source.whose else ""
        return f"RECORDING  ·  {source.file}{whose}  ·  {words}"
    return ""
