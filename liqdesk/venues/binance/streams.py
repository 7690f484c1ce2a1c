"""Stream names of Binance USDⓈ-M futures, which socket carries them, and how soon their first data come."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from liqdesk.errors import InputError
from liqdesk.venues.binance.endpoints import Route
from liqdesk.venues.venue import ControlReply

NAMES_PER_REQUEST: Final = 200
LONGEST_REPLY: Final = 64 * 1024  # a list of a thousand streams
ASCII_LOWER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
ASCII_UPPER: Final = {v: k for k, v in ASCII_LOWER.items()}

# Letters, digits and the Han characters some contracts are named in; "_" stands only before a delivery date or in
# COIN-M names.
SYMBOL: Final = re.compile(r"[A-Za-z0-9_\u3400-\u9fff\uf900-\ufaff]{1,30}\Z")


def check_symbol(text: str) -> str:
    """Return a symbol in the venue's upper case. Raises InputError for anything that could not be one."""
    symbol = text.strip(" ")
    if not SYMBOL.match(symbol):
        shown = "".join(c if c.isprintable() else "?" for c in text[:40])
        raise InputError(f"symbol {text[:80]!r}", f"“{shown}” is not a symbol; symbols look like BTCUSDT.")
    return symbol.translate(ASCII_UPPER)


def lower(symbol: str) -> str:
    """Return a symbol as stream names spell it: only ASCII letters have a case there."""
    return symbol.translate(ASCII_LOWER)


def subscriptions(symbol: str) -> dict[Route, list[str]]:
    """Return the streams of one watched symbol and of the whole market, by the route that carries them.

    The venue acknowledges a stream on the wrong route and never sends it.
    """
    s = lower(symbol)
    return {
        "market": [
            f"{s}@markPrice@1s",
            "!forceOrder@arr",
            f"{s}@aggTrade",
            f"{s}@kline_1m",
            "!miniTicker@arr",
            "!contractInfo",
        ],
        "public": [f"{s}@depth@500ms"],
    }


def expected_within_s(stream: str) -> float | None:
    """Return within how many seconds a subscribed stream sends its first frame on a busy symbol; None where silence is
    normal.
    """
    _, _, kind = stream.rpartition("!") if stream.startswith("!") else stream.partition("@")
    name = kind.partition("@")[0]
    if name == "markPrice":
        return 3.0 if stream.endswith("@1s") else 9.0
    if name.startswith("kline_"):
        return 60.0
    if name.startswith("depth"):
        return 5.0
    return {"aggTrade": 60.0, "bookTicker": 2.0, "miniTicker": 10.0, "ticker": 10.0}.get(name)


LIFETIME_S: Final = 23 * 3600.0  # the venue cuts after 24 h
DATA_WITHIN_S: Final[dict[Route, float]] = {
    "market": 20.0,  # marks come every second, of every contract
    "public": 60.0,  # the book of a quiet contract may stand still for a while
}

PREFIX: Final = b'{"stream":"'
NAMED: Final = re.compile(rb'"stream"\s*:\s*"([^"\\]{1,160})"')


class _Fault(msgspec.Struct, frozen=True):
    code: int = 0
    msg: str = ""


class _Reply(msgspec.Struct, frozen=True):
    id: int | str | None
    result: list[str] | bool | None = None
    error: _Fault | None = None


class BinanceDialect:
    """How Binance's sockets are asked for streams."""

    def subscribe(self, names: Sequence[str], first_id: int) -> list[str]:
        return self._requests("SUBSCRIBE", names, first_id)

    def unsubscribe(self, names: Sequence[str], first_id: int) -> list[str]:
        return self._requests("UNSUBSCRIBE", names, first_id)

    def list_subscriptions(self, first_id: int) -> list[str]:
        return [json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": first_id})]

    def reply_of(self, data: bytes) -> ControlReply | None:
        """Return the answer to a control message. Replies are never wrapped, whatever the path."""
        if len(data) > LONGEST_REPLY or b'"id"' not in data:
            return None
        try:
            reply = msgspec.json.decode(data, type=_Reply)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        names = tuple(reply.result) if isinstance(reply.result, list) else None
        fault = reply.error
        return ControlReply(
            reply.id, "" if fault is None else fault.msg or "refused", fault.code if fault else 0, names
        )

    def says_goodbye(self, data: bytes) -> bool:
        """Whether a frame is a `serverShutdown`: documented for other products of the venue, expected here by its own SDK."""
        return len(data) < 1_000 and b'"serverShutdown"' in data

    def stream_of(self, data: bytes) -> str | None:
        """Return the name in a wrapped frame's envelope. The venue writes it first; it may as well be last, or spaced out."""
        if data.startswith(PREFIX):
            end = data.find(b'"', len(PREFIX), len(PREFIX) + 160)
            return data[len(PREFIX) : end].decode("utf-8", "replace") if end > 0 else None
        found = NAMED.search(data[:200]) or NAMED.search(data[-200:])
        return found[1].decode("utf-8", "replace") if found else None

    def is_forced(self, stream: str) -> bool:
        return "forceOrder" in stream

    def expected_within_s(self, stream: str) -> float | None:
        return expected_within_s(stream)

    @staticmethod
    def _requests(method: str, names: Sequence[str], first_id: int) -> list[str]:
        parts = [list(names[i : i + NAMES_PER_REQUEST]) for i in range(0, len(names), NAMES_PER_REQUEST)]
        return [
            json.dumps({"method": method, "params": part, "id": first_id + n}, ensure_ascii=False)
            for n, part in enumerate(parts)
        ]
