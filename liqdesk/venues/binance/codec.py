"""Frames of Binance's sockets, decoded: wrapped or raw, objects or arrays, in today's form and in the older ones.

The common frame is decoded in one typed pass. Only what fails it is looked at again, to tell the unknown (kept out, no
error) from the broken (DecodeError), and to save the good rows of an array that has bad ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw

from liqdesk.errors import DecodeError
from liqdesk.market import (
    BookUpdate,
    Bracket,
    BracketTable,
    ContractChange,
    Event,
    ForcedOrder,
    Instrument,
    Kline,
    MarkPrice,
    Side,
    Ticker,
    Tickers,
    Trade,
)
from liqdesk.venues.binance import wire
from liqdesk.venues.binance.streams import SYMBOL
from liqdesk.venues.venue import ControlReply, Decoded

MAX_FRAME: Final = 8 * 1024 * 1024
SPANS_MS: Final = {
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "2h": 7_200_000,
    "4h": 14_400_000,
    "6h": 21_600_000,
    "8h": 28_800_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
    "3d": 259_200_000,
    "1w": 604_800_000,
}
BROKEN: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)
SIDES: Final = {"SELL": Side.LONG, "BUY": Side.SHORT}
COUNTED: Final = 4096
LONGEST_MESSAGE: Final = 400
MOST_ROWS: Final = 20_000  # of an array over the whole market, which has fewer than a thousand contracts

_wrapped = wire.decoder(wire.Wrapped)
_payload = wire.decoder(wire.Payload)
_known = wire.decoder(wire.Known)
_envelope = wire.decoder(wire.Envelope)
_rows = wire.decoder(list[Raw])
_fault = wire.decoder(wire.Fault)

KINDS: Final[dict[type, str]] = {
    wire.AggTrade: "trade",
    wire.Mark: "mark",
    wire.ForceOrder: "forced",
    wire.Kline: "kline",
    wire.MiniTicker: "ticker",
    wire.FullTicker: "ticker",
    wire.ContractInfo: "contract",
    wire.Depth: "book",
}
TAGS: Final = {str(k.__struct_config__.tag): word for k, word in KINDS.items()}  # type: ignore[attr-defined]


class Codec:
    """Decodes frames. `instruments` gives the price grid: trades and books of symbols not in it are dropped and counted
    in `unknown`.
    """

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self.instruments = instruments
        self.unknown: Counter[str] = Counter()
        self._good: set[str] = set()
        self._take: dict[type, Callable[[Any], Event | None]] = {
            wire.AggTrade: self._trade,
            wire.Mark: _mark,
            wire.ForceOrder: _forced,
            wire.Kline: _kline,
            wire.MiniTicker: _ticker,
            wire.FullTicker: _ticker,
            wire.ContractInfo: _contract,
            wire.Depth: self._book,
        }

    def decode_frame(self, data: bytes | str) -> list[Event]:
        """Return the events of one frame. Raises DecodeError."""
        return self.decode(data).events

    def decode(self, data: bytes | str) -> Decoded:
        """Decode one frame. Raises DecodeError for bytes that mean nothing: truncated, oversized, wrong types, not
        UTF-8, not finite.
        """
        if len(data) > MAX_FRAME:
            raise DecodeError(f"frame of {len(data)} bytes")
        try:
            wrapped = data[:10] in (b'{"stream":', '{"stream":')
            payload = _wrapped.decode(data).data if wrapped else _payload.decode(data)
        except BROKEN:
            return self._again(data)
        if type(payload) is list:
            return self._array(payload)
        event = self._one(payload)
        kind = KINDS[type(payload)]
        if event is None:
            return Decoded(kind, [], payload.E, None, 0, 1)
        return Decoded(kind, [event], payload.E)

    def _one(self, payload: Any) -> Event | None:
        symbol = payload.o.s if type(payload) is wire.ForceOrder else payload.s
        if symbol not in self._good:
            if not SYMBOL.match(symbol):
                raise DecodeError(f"symbol {symbol[:60]!r} in a {type(payload).__name__}")
            if len(self._good) < COUNTED:
                self._good.add(symbol)
        if _coin_margined(payload, symbol):
            return None
        return self._take[type(payload)](payload)

    def _array(self, payloads: list[Any], rejected: int = 0) -> Decoded:
        events: list[Event] = []
        tickers: list[Ticker] = []
        newest = 0
        dropped = 0
        for payload in payloads:
            try:
                event = self._one(payload)
            except DecodeError:
                rejected += 1
                continue
            newest = max(newest, payload.E)
            if event is None:
                dropped += 1
            elif type(event) is Ticker:
                tickers.append(event)
            else:
                events.append(event)
        if rejected and not events and not tickers and not dropped:
            raise DecodeError(f"none of {rejected} rows means anything")
        if tickers:
            events.append(Tickers(tuple(tickers)))
        kind = KINDS[type(payloads[0])] if payloads else "other"
        return Decoded(kind, events, newest or None, None, rejected, dropped)

    def _again(self, data: bytes | str) -> Decoded:
        """Read what the typed pass could not: control replies, unknown kinds, arrays with bad rows, the broken."""
        try:
            if data[:1] in (b"[", "["):
                return self._salvage(_rows.decode(data))
            head = _envelope.decode(data)
            if head.data is not UNSET and head.stream is not UNSET:
                body = bytes(head.data)
                if body[:1] == b"[":
                    return self._salvage(_rows.decode(body))
                head = _envelope.decode(body)
                if head.e is UNSET or head.e in TAGS:
                    return self._typed(body)
                return Decoded("other", [])
            if head.e is not UNSET:
                return self._typed(data) if head.e in TAGS else Decoded("other", [])
            return Decoded("control", [], None, _control(head))
        except BROKEN as e:
            raise DecodeError(
                f"frame {bytes(data[:120], 'utf-8', 'replace') if isinstance(data, str) else data[:120]!r}: {e}"
            ) from e

    def _typed(self, data: bytes | str) -> Decoded:
        payload = _known.decode(data)
        event = self._one(payload)
        return Decoded(KINDS[type(payload)], [] if event is None else [event], payload.E, None, 0, int(event is None))

    def _salvage(self, rows: list[Raw]) -> Decoded:
        if len(rows) > MOST_ROWS:
            raise DecodeError(f"{len(rows)} rows, and not all of them mean anything")
        good: list[Any] = []
        rejected = 0
        strange = 0
        for row in rows:
            try:
                head = _envelope.decode(row)
                if head.e is not UNSET and head.e not in TAGS:
                    strange += 1
                else:
                    good.append(_known.decode(row))
            except BROKEN:
                rejected += 1
        if rejected and not good and not strange:
            raise DecodeError(f"none of {rejected} rows means anything")
        return self._array(good, rejected)

    def _instrument(self, symbol: str) -> Instrument | None:
        instrument = self.instruments.get(symbol)
        if instrument is None and (symbol in self.unknown or len(self.unknown) < COUNTED):
            self.unknown[symbol] += 1
        return instrument

    def _trade(self, w: wire.AggTrade) -> Trade | None:
        instrument = self._instrument(w.s)
        if instrument is None or w.q <= 0 or w.p <= 0:
            return None
        return Trade(w.s, w.a, w.T, round(w.p / instrument.tick), w.q, not w.m)

    def _book(self, w: wire.Depth) -> BookUpdate | None:
        instrument = self._instrument(w.s)
        if instrument is None:
            return None
        tick = instrument.tick
        bids = tuple([(round(p / tick), q) for p, q in w.b])
        asks = tuple([(round(p / tick), q) for p, q in w.a])
        return BookUpdate(w.s, w.E, w.U, w.u, w.pu, bids, asks)


def _coin_margined(w: Any, symbol: str) -> bool:
    """Whether a payload is of a COIN-M contract, whose quantities are contracts, not coins; all-market streams carry
    them since 2026-06-30.
    """
    st = w.st
    if st is None and type(w) is wire.ForceOrder:
        st = w.o.st
    return "USD_" in symbol if st is None else st != 1


def number(value: float | str) -> float | None:
    """Return a number that may come as text, None where the venue left it empty. Raises DecodeError."""
    if value == "":
        return None
    try:
        result = float(value)
    except ValueError as e:
        raise DecodeError(f"{value[:40]!r} is not a number") from e  # type: ignore[index]
    if not math.isfinite(result) or abs(result) > 1e12:
        raise DecodeError(f"{value!r:.40} is out of range")
    return result


def _mark(w: wire.Mark) -> MarkPrice | None:
    if w.p <= 0:
        return None
    index = number(w.i) or 0.0
    return MarkPrice(w.s, w.E, w.p, max(index, 0.0), number(w.r) if w.T else None, w.T)


def _forced(w: wire.ForceOrder) -> ForcedOrder | None:
    o = w.o
    if o.S not in SIDES:
        raise DecodeError(f"side {o.S[:20]!r} of a forced order")
    if o.z <= 0 or o.ap <= 0:
        return None
    return ForcedOrder(o.s, SIDES[o.S], o.T, w.E, o.ap, o.p, o.z)


def _kline(w: wire.Kline) -> Kline | None:
    k = w.k
    span = SPANS_MS.get(k.i)
    if span is None:
        return None
    if not (0 < k.l <= k.o <= k.h and k.l <= k.c <= k.h):
        raise DecodeError(f"candle of {w.s} with open {k.o}, high {k.h}, low {k.l}, close {k.c}")
    return Kline(w.s, False, k.t, span, k.o, k.h, k.l, k.c, k.v, k.V, k.x)


def _ticker(w: wire.MiniTicker) -> Ticker | None:
    return Ticker(w.s, w.E, w.c, w.o, w.h, w.l, w.v, w.q) if w.c > 0 else None


def _contract(w: wire.ContractInfo) -> ContractChange:
    table = None
    if w.bks:
        tiers = sorted(w.bks, key=lambda t: t.bnf)
        if any(t.bnc <= t.bnf for t in tiers) or any(a.bnc > b.bnf for a, b in pairwise(tiers)):
            raise DecodeError(f"brackets of {w.s} that overlap: {tiers!r}"[:300])
        as_of = datetime.fromtimestamp(w.E / 1000, UTC).date().isoformat()
        table = BracketTable(
            w.s, tuple(Bracket(t.bnf, t.bnc, t.mmr, t.cf, int(t.ma)) for t in tiers), as_of, "Binance !contractInfo"
        )
    return ContractChange(w.s, w.E, w.cs, table)


def _control(head: wire.Envelope) -> ControlReply:
    """Read a control reply. Errors come as {"error": {code, msg}, "id"} on the wire and as bare {code, msg} in the
    documentation.
    """
    identity = None if head.id is UNSET else head.id
    if head.error is not UNSET:
        fault = _fault.decode(bytes(head.error))
        return ControlReply(identity, fault.msg[:LONGEST_MESSAGE] or "refused", fault.code)
    if head.code is not UNSET and head.msg is not UNSET:
        return ControlReply(identity, head.msg[:LONGEST_MESSAGE] or "refused", head.code)
    if head.result is not UNSET and head.id is not UNSET:
        return ControlReply(identity)
    raise DecodeError("an object that is neither a frame nor a control reply")
