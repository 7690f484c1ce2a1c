"""What a recording tells of the contracts in it: their names and grids, read off the prices and quantities that were traded and quoted."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from liqdesk.simulator.contracts import PERPETUAL_END_MS
from liqdesk.simulator.recording import Recorded, Recording

FRAMES: Final = 100_000  # how far into a recording is looked
ENOUGH: Final = 32  # different values before what they have in common is called a grid
MOST: Final = 2_000  # values of a contract that are kept
QUOTES: Final = ("USDT", "USDC", "FDUSD", "BUSD", "USD1", "BTC")


class _Kline(msgspec.Struct):
    o: str = ""
    h: str = ""
    l: str = ""  # noqa: E741
    c: str = ""
    v: str = ""


class _Order(msgspec.Struct):
    s: str = ""
    p: str = ""
    q: str = ""
    st: int = 1


class _Payload(msgspec.Struct):
    e: str = ""
    s: str = ""
    p: str = ""
    q: str = ""
    b: Any = None
    a: Any = None
    B: str = ""
    A: str = ""
    k: _Kline | None = None
    o: Any = None
    st: int = 1


_payload = msgspec.json.Decoder(_Payload)


class Seen:
    """The prices and quantities of one contract, as text."""

    def __init__(self) -> None:
        self.prices: set[str] = set()
        self.quantities: set[str] = set()

    def take(self, prices: Iterable[Any], quantities: Iterable[Any]) -> None:
        for found, texts in ((self.prices, prices), (self.quantities, quantities)):
            if len(found) < MOST:
                found.update(t for t in texts if isinstance(t, str) and _is_amount(t))


def _is_amount(text: str) -> bool:
    return len(text) <= 24 and text.isascii() and text.replace(".", "", 1).isdecimal() and text.strip("0.") != ""


def grid_of(texts: set[str]) -> str:
    """Return the coarsest grid that holds all these amounts; where they are few, their last decimal place."""
    places = max(len(t.partition(".")[2]) for t in texts)
    units = 1
    if len(texts) >= ENOUGH:
        units = math.gcd(*(int(t.replace(".", "") + "0" * (places - len(t.partition(".")[2]))) for t in texts))
    whole, part = divmod(units, 10**places)
    return f"{whole}.{part:0{places}d}" if places else str(whole)


def _levels(side: Any) -> Iterator[tuple[Any, Any]]:
    for level in side if isinstance(side, list) else ():
        if isinstance(level, list) and len(level) == 2:
            yield level[0], level[1]


def observe(frames: Iterable[Recorded]) -> dict[str, Seen]:
    """Return what was traded and quoted of each contract of this venue's own, by symbol."""
    seen: dict[str, Seen] = {}
    for frame in frames:
        try:
            x = _payload.decode(frame.raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            continue
        if x.e == "forceOrder":
            try:
                order = msgspec.convert(x.o, _Order)
            except msgspec.ValidationError:
                continue
            found = order.s, order.st, [order.p], [order.q]
        elif x.e in ("aggTrade", "trade"):
            found = x.s, x.st, [x.p], [x.q]
        elif x.e == "bookTicker":
            found = x.s, x.st, [x.b, x.a], [x.B, x.A]
        elif x.e == "depthUpdate":
            rows = [*_levels(x.b), *_levels(x.a)]
            found = x.s, x.st, [p for p, _ in rows], [q for _, q in rows]
        elif x.e == "kline" and x.k is not None:
            found = x.s, x.st, [x.k.o, x.k.h, x.k.l, x.k.c], [x.k.v]
        else:
            continue
        symbol, kind, prices, quantities = found
        if kind == 1 and symbol:
            seen.setdefault(symbol, Seen()).take(prices, quantities)
    return seen


def listed(recording: Recording) -> list[dict[str, Any]]:
    """Return the rows of exchangeInfo that follow from the first frames of a recording.

    A contract of which only marks were recorded has no grid, and is not listed. That it trades, without an end where its name
    bears no date, is all that a recording shows of the rest.
    """
    rows = []
    for symbol, seen in sorted(observe(itertools.islice(recording, FRAMES)).items()):
        quote = next((q for q in QUOTES if symbol.partition("_")[0].endswith(q)), "")
        if not (quote and seen.prices and seen.quantities):
            continue
        tick, step = grid_of(seen.prices), grid_of(seen.quantities)
        dated = "_" in symbol
        rows.append(
            {
                "symbol": symbol, "pair": symbol.partition("_")[0], "contractType": "" if dated else "PERPETUAL",
                **({} if dated else {"deliveryDate": PERPETUAL_END_MS}),
                "status": "TRADING", "baseAsset": symbol.partition("_")[0].removesuffix(quote), "quoteAsset": quote, "marginAsset": quote,
                "pricePrecision": len(tick.partition(".")[2]), "quantityPrecision": len(step.partition(".")[2]),
                "filters": [
                    {"filterType": "PRICE_FILTER", "tickSize": tick}, {"filterType": "LOT_SIZE", "stepSize": step},
                ],
            }
        )  # fmt: skip
    return rows
