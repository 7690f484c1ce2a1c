"""The sheets there are, made from what the model and the venue say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.exports.sheet import Column, Origin, Part, Sheet
from liqdesk.insight import Zone
from liqdesk.insight.volatility import HORIZONS_MS
from liqdesk.market import HOUR_MS, LEVERAGES, ForcedOrder
from liqdesk.model import DensityGrid
from liqdesk.model.axis import DISPLAY_BIN, PHASE
from liqdesk.model.flags import LIVE
from liqdesk.model.grid import Ring

SIDES: Final = ("long", "short")
PLANES: Final = tuple(f"{side}_{leverage}x" for side in SIDES for leverage in LEVERAGES)
FLOOR: Final = "Forced orders are a floor: the venue prints at most one per contract and second."
ESTIMATE: Final = (
    "An estimate: USD of forced orders the model expects this venue to print per 10 bp of price (one row is one such step) if price "
    "passed there. Rows in which every class is zero are left out."
)
_TIME: Final = (
    Column("start_utc_ms", "int64", "start of the time cell, ms since 1970, UTC"),
    Column("end_utc_ms", "int64", "end of the time cell"),
)


class Open(msgspec.Struct, frozen=True):
    """The column that is still open: `usd` float32 [10, 800] from display bin `base`, `shares` float32 [5] prior by class."""

    time_ms: int
    base: int
    mark: float
    usd: NDArray[np.float32]
    shares: NDArray[np.float32]


def map_columns() -> tuple[Column, ...]:
    """Return the columns of the map."""
    classes = tuple(
        Column(f"{plane}_usd_per_10bp", "float64", f"estimate of {plane.replace('_', 's of ')} leverage, USD per 10 bp")
        for plane in PLANES
    )
    return (
        *_TIME,
        Column("price_low", "float64", "lower edge of the price cell, quote currency"),
        Column("price_high", "float64", "upper edge of the price cell"),
        Column("long_usd_per_10bp", "float64", "estimate of longs of all classes, USD per 10 bp"),
        Column("short_usd_per_10bp", "float64", "estimate of shorts of all classes, USD per 10 bp"),
        *classes,
        Column("prior_share", "float64", "part of the cell that the assumed leverages set, not data; 0 to 1"),
        Column("mark_price", "float64", "mark price at the end of the time cell"),
        Column(
            "kind",
            "str",
            "live: as it was estimated then; back-computed: from history, afterwards; open: the newest moment",
        ),
    )


def ring_for(grid: DensityGrid, from_ms: int, to_ms: int) -> Ring:
    """Return the finest ring that reaches back to a moment, or the longest there is."""
    length = to_ms - from_ms
    holding = [ring for ring in grid.rings if ring.last >= ring.first]
    for ring in holding:
        if ring.capacity * ring.span_ms >= length and ring.first * ring.span_ms <= max(from_ms, oldest(grid)):
            return ring
    return holding[-1] if holding else grid.rings[0]


def oldest(grid: DensityGrid) -> int:
    """Return the start of the oldest published column, ms; a far future where there is none."""
    return min((ring.first * ring.span_ms for ring in grid.rings if ring.last >= ring.first), default=2**62)


def map_sheet(grid: DensityGrid, from_ms: int, to_ms: int, now: Open | None, origin: Origin) -> Sheet:
    """Return the map's cells in time cells that end in (from_ms, to_ms], and the open one where it is within."""
    ring = ring_for(grid, from_ms, to_ms)
    span = ring.span_ms
    first = max(ring.first, from_ms // span)
    last = min(ring.last, -(-to_ms // span) - 1)
    numbers = range(first, last + 1)

    def parts() -> Iterator[Part]:
        for number in numbers:
            column = ring.read(number)
            if column is None:
                continue
            kind = "live" if column.flag & LIVE else "back-computed"
            start = number * span
            yield _cells(start, start + span, column.base, column.usd, column.shares, column.mark, kind)
        if now is not None and from_ms <= now.time_ms <= to_ms:
            start = now.time_ms // span * span
            yield _cells(start, now.time_ms, now.base, now.usd, now.shares, now.mark, "open")

    return Sheet("map", map_columns(), origin, parts, len(numbers) + 1, ESTIMATE)


def _cells(
    start: int, end: int, base: int, usd: NDArray[np.float32], shares: NDArray[np.float32], mark: float, kind: str
) -> Part:
    wanted = np.flatnonzero(usd.any(axis=0))
    cells = usd[:, wanted].astype(np.float64)
    total = cells.sum(axis=0)
    prior = (cells * np.tile(shares.astype(np.float64), 2)[:, None]).sum(axis=0) / total
    count = len(wanted)
    out: dict[str, NDArray[Any]] = {
        "start_utc_ms": np.full(count, start, np.int64),
        "end_utc_ms": np.full(count, end, np.int64),
        "price_low": np.exp(PHASE + (base + wanted) * DISPLAY_BIN),
        "price_high": np.exp(PHASE + (base + wanted + 1) * DISPLAY_BIN),
        "long_usd_per_10bp": cells[:5].sum(axis=0),
        "short_usd_per_10bp": cells[5:].sum(axis=0),
    }
    out |= {f"{plane}_usd_per_10bp": cells[i] for i, plane in enumerate(PLANES)}
    out["prior_share"] = prior
    out["mark_price"] = np.full(count, mark)
    out["kind"] = np.full(count, kind, dtype=object)
    return out


def zones_sheet(zones: Sequence[Zone], origin: Origin) -> Sheet:
    """Return the zones of the newest moment, in the order they come."""
    hours = [ms // HOUR_MS for ms in HORIZONS_MS]
    touches = tuple(
        Column(
            f"touch_{hour}h_{name}",
            "float64",
            f"chance that the mark reaches its nearest edge within {hour} h{words}; 0 to 1",
        )
        for hour in hours
        for name, words in (("chance", ""), ("low80", ", lower end of the 80 % band"), ("high80", ", upper end"))
    )
    columns = (
        Column("side", "str", "who would be liquidated: long or short"),
        Column("price_low", "float64", "lower edge, quote currency"),
        Column("price_high", "float64", "upper edge"),
        Column("peak_price", "float64", "where the estimate is largest"),
        Column("usd", "float64", "estimate of that side within the edges, USD"),
        Column("usd_low80", "float64", "lower end of its 80 % band, USD"),
        Column("usd_high80", "float64", "upper end, USD"),
        Column("prominence_usd", "float64", "part of it that stands above the surroundings, USD"),
        Column("distance_fraction", "float64", "(nearest edge − mark) / mark"),
        Column("z", "float64", "prominence over what lumpy orders make by chance"),
        Column("significant", "bool", "whether z is 2 or more; below that it is a rise that may be chance"),
        Column("prior_share", "float64", "part of it that the assumed leverages set, not data; 0 to 1"),
        Column("age_ms", "float64", "half of its USD entered within this time, ms"),
        Column("growth_1h_usd", "float64", "what it grew by within the last hour, USD"),
        *touches,
    )

    def parts() -> Iterator[Part]:
        def of(values: list[object], kind: str = "float64") -> NDArray[Any]:
            if kind == "float64":
                return np.array([math.nan if v is None else v for v in values], np.float64)
            return np.array(values, dtype=object if kind == "str" else kind)

        out: dict[str, NDArray[Any]] = {
            "side": of([z.side.word for z in zones], "str"),
            "price_low": of([z.low for z in zones]),
            "price_high": of([z.high for z in zones]),
            "peak_price": of([z.peak for z in zones]),
            "usd": of([z.usd for z in zones]),
            "usd_low80": of([z.low_usd for z in zones]),
            "usd_high80": of([z.high_usd for z in zones]),
            "prominence_usd": of([z.prominence_usd for z in zones]),
            "distance_fraction": of([z.distance for z in zones]),
            "z": of([z.z for z in zones]),
            "significant": of([z.significant for z in zones], "bool"),
            "prior_share": of([z.prior for z in zones]),
            "age_ms": of([z.age_ms for z in zones]),
            "growth_1h_usd": of([z.growth_usd for z in zones]),
        }
        for k, hour in enumerate(hours):
            out[f"touch_{hour}h_chance"] = of([z.touch.odds[k] if z.touch else None for z in zones])
            out[f"touch_{hour}h_low80"] = of([z.touch.low[k] if z.touch else None for z in zones])
            out[f"touch_{hour}h_high80"] = of([z.touch.high[k] if z.touch else None for z in zones])
        yield out

    return Sheet("zones", columns, origin, parts, 1, "Zones of the newest moment alone; they are not kept over time.")


def forced_sheet(orders: Sequence[ForcedOrder], origin: Origin) -> Sheet:
    """Return printed liquidations, in the order they come."""
    columns = (
        Column("time_utc_ms", "int64", "time of the fill, ms since 1970, UTC"),
        Column("side", "str", "who was liquidated: long or short"),
        Column("price", "float64", "average price of the fill, quote currency"),
        Column("limit_price", "float64", "limit of the order, the position's bankruptcy price"),
        Column("quantity", "float64", "filled, base currency"),
        Column("usd", "float64", "price × quantity, USD"),
    )

    def parts() -> Iterator[Part]:
        for at in range(0, len(orders), 5_000):
            some = orders[at : at + 5_000]
            yield {
                "time_utc_ms": np.array([o.time_ms for o in some], np.int64),
                "side": np.array([o.side.word for o in some], dtype=object),
                "price": np.array([o.price for o in some], np.float64),
                "limit_price": np.array([o.limit_price for o in some], np.float64),
                "quantity": np.array([o.quantity for o in some], np.float64),
                "usd": np.array([o.usd for o in some], np.float64),
            }

    return Sheet("forced", columns, origin, parts, -(-len(orders) // 5_000), FLOOR)


def bars_sheet(rows: NDArray[np.void], span_ms: int, origin: Origin) -> Sheet:
    """Return candles (dtype `market.rows.BAR`, or `CANDLE` with each candle's own span) of a span."""
    columns = (
        *_TIME,
        *(Column(name, "float64", f"{name} price, quote currency") for name in ("open", "high", "low", "close")),
        Column("volume_base", "float64", "traded, base currency"),
        Column("taker_buy_base", "float64", "part of it that buyers took, base currency"),
    )

    def parts() -> Iterator[Part]:
        for at in range(0, len(rows), 5_000):
            some = rows[at : at + 5_000]
            start = some["t"].astype(np.int64)
            spans = some["span"] if "span" in (some.dtype.names or ()) else span_ms
            yield {
                "start_utc_ms": start,
                "end_utc_ms": start + spans,
                **{name: some[name].astype(np.float64) for name in ("open", "high", "low", "close")},
                "volume_base": some["volume"].astype(np.float64),
                "taker_buy_base": some["taker_buy"].astype(np.float64),
            }

    return Sheet("bars", columns, origin, parts, -(-len(rows) // 5_000))
