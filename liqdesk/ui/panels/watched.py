"""The watchlist's rows as data: one per contract with a map, sorted, and each cell in words. Pure: no widgets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from liqdesk.market import YEAR_MS
from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.engine.watches import FundingRow, InterestChange, WatchView
    from liqdesk.insight import Zone
    from liqdesk.market import Instrument, Ticker

NAN: Final = math.nan
COLUMNS: Final = {  # what it is sorted by → its head and what is said of it
    "contract": ("Contract", "Perpetuals that a map is made for, favourites first."),
    "price": ("Price", "Last price, quote units."),
    "change": ("24 h %", "Change of the last price over 24 h, from the venue's rolling day."),
    "interest": (
        "OI 24 h %",
        "Change of open interest in contracts over 24 h, from the venue's five-minute record. "
        "Asked for favourites and the contract on screen alone: it costs a request each.",
    ),
    "funding": ("Funding %", "Predicted funding, per cent per interval, of all contracts; asked every half minute."),
    "zone": (
        "Zone %",
        "Way from mark to the nearest significant zone, of contracts on a chart: a map is made of those alone.",
    ),
    "volume": ("Volume", "Turnover over 24 h, quote units."),
}


class Watched(NamedTuple):
    """One contract's figures; NaN where not known. `zone` is the nearest significant zone of a contract that is followed."""

    symbol: str
    base: str
    quote: str
    decimals: int
    star: bool
    price: float
    change: float
    interest: float
    funding: float
    away: float
    volume: float
    ticker: Ticker | None
    rates: FundingRow | None
    day: InterestChange | None
    zone: Zone | None


def nearest(zones: Sequence[Zone]) -> Zone | None:
    """Return the significant zone nearest to mark."""
    return min((z for z in zones if z.significant), key=lambda z: abs(z.distance), default=None)


def rows_of(
    instruments: Sequence[Instrument],
    tickers: Mapping[str, Ticker],
    view: WatchView | None,
    favourites: Sequence[str],
    shown: str,
    zones: Mapping[str, Sequence[Zone]],
    last: float,
) -> list[Watched]:
    """Return a row for every contract that has a map; `zones` are those of contracts on a chart, `last` is the price of `shown`."""
    starred = frozenset(favourites)
    made = []
    for i in instruments:
        if not i.mapped:
            continue
        ticker = tickers.get(i.symbol)
        rates = view.funding.get(i.symbol) if view is not None else None
        day = view.interest.get(i.symbol) if view is not None else None
        zone = nearest(zones.get(i.symbol, ()))
        price = last if i.symbol == shown and last > 0 else ticker.last if ticker is not None else NAN
        made.append(
            Watched(
                i.symbol,
                i.base,
                i.quote,
                i.price_decimals,
                i.symbol in starred,
                price,
                price / ticker.open - 1 if ticker is not None and ticker.open > 0 else NAN,
                day.change if day is not None and day.change is not None else NAN,
                rates.rate if rates is not None and rates.rate is not None else NAN,
                zone.distance if zone is not None else NAN,
                ticker.quote_volume if ticker is not None else NAN,
                ticker,
                rates,
                day,
                zone,
            )
        )
    return made


def ordered(rows: list[Watched], by: str, down: bool, typed: str = "") -> list[Watched]:
    """Return the rows that a filter lets through, favourites first, each group by one column; what is not known stands last.

    `typed` is a part of a symbol; `*` alone lets favourites through.
    """
    wanted = typed.strip().upper().replace("/", "").replace("-", "").replace(" ", "")
    found = [r for r in rows if r.star] if wanted == "*" else [r for r in rows if wanted in r.symbol]
    found.sort(key=lambda r: r.symbol, reverse=by == "contract" and down)
    if by != "contract":
        sign = -1.0 if down else 1.0

        def rank(row: Watched) -> tuple[bool, float]:
            value = value_of(row, by)
            return (math.isnan(value), 0.0 if math.isnan(value) else sign * value)

        found.sort(key=rank)
    found.sort(key=lambda r: not r.star)
    return found


def value_of(row: Watched, by: str) -> float:
    """Return the figure of a column."""
    figures = {
        "price": row.price,
        "change": row.change,
        "interest": row.interest,
        "funding": row.funding,
        "zone": row.away,
        "volume": row.volume,
    }
    return figures[by]


def words_of(row: Watched, by: str) -> str:
    """Return a cell in words; the unit of those in per cent stands in the head."""
    if by == "contract":
        return row.symbol
    if by == "price":
        return present.price(row.price, row.decimals)
    if by == "change":
        return present.number(row.change * 100, 2, signed=True)
    if by == "interest":
        return present.number(row.interest * 100, 1, signed=True)
    if by == "funding":
        return present.number(row.funding * 100, 4, signed=True)
    if by == "zone":
        return present.number(row.away * 100, 1, signed=True)
    return present.usd(row.volume)


def tip_of(row: Watched, now_ms: int, zone: str, funding_ms: int | None) -> str:
    """Return everything about one row, with ages, and why a figure is missing; `funding_ms` is when funding was told, None: never asked."""
    lines = [row.symbol]
    if row.ticker is None:
        lines.append("Price: nothing has come of it yet")
    else:
        age = present.age(max(0, now_ms - row.ticker.time_ms) / 1e3)
        last, move = words_of(row, "price"), present.percent(row.change, 2)
        lines.append(
            f"Last {last} {row.quote}, {move} over 24 h, turnover {words_of(row, 'volume')}; changed {age} ago"
        )
    day = row.day
    if day is not None and day.change is not None:
        span = f"{present.date(day.from_ms, zone)} to {present.hour_minute(day.to_ms, zone)}"
        lines.append(
            f"Open interest {present.percent(day.change)} in contracts, {span} {present.zone_label(day.to_ms, zone)}"
        )
    elif day is not None:
        lines.append(f"Open interest: {day.why}")
    else:
        lines.append("Open interest: " + ("not asked for yet" if row.star else "asked for favourites alone; star it"))
    rates = row.rates
    if rates is not None and rates.rate is not None:
        told = f"; {present.age(max(0, now_ms - funding_ms) / 1e3)} old" if funding_ms else ""
        year = present.percent(rates.rate * YEAR_MS / (rates.hours * 3_600_000), 1)
        lines.append(f"Funding {present.percent(rates.rate, 4)} per {rates.hours} h, {year} a year, predicted{told}")
    elif rates is not None:
        lines.append("Funding: it has none")
    else:
        lines.append(
            "Funding: not known yet" if funding_ms is not None else "Funding: asked while the watchlist is open"
        )
    if row.zone is not None:
        lines.append(f"Nearest zone: {zone_words(row.zone, row.decimals)}")
    return "\n".join(lines)


def zone_words(zone: Zone, decimals: int) -> str:
    """Return a zone in a line: 77,960–79,059 · long $3.1M · −2.7 %."""
    span = present.price_range(zone.low, zone.high, present.range_decimals(zone.low, zone.high, decimals))
    return f"{span} · {zone.side.word} ${present.usd(zone.usd)} · {present.percent(zone.distance)}"
