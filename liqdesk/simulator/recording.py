"""Recorded frames, read from a file one by one: when each came, which stream it belongs to, and its bytes."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from liqdesk.errors import InputError
from liqdesk.formats import RECORDING
from liqdesk.simulator.contracts import lower_of

# Receive times come in seconds, milliseconds, microseconds or nanoseconds; by size alone they cannot be mistaken.
UNITS_NS: Final = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3), (10**30, 1))
LONGEST: Final = 16 * 1024 * 1024
UNTIMED_NS: Final = 100_000_000
HEAD: Final = re.compile(rb"# liqdesk frames (\d{1,9})")
TIMED: Final = re.compile(rb"(\d{9,20}(?:\.\d{1,9})?):? (?=\S)")
KINDS: Final = {
    "aggTrade": "aggTrade", "trade": "trade", "markPriceUpdate": "markPrice@1s", "forceOrder": "forceOrder", "bookTicker": "bookTicker",
    "depthUpdate": "depth", "24hrTicker": "ticker", "24hrMiniTicker": "miniTicker",
}  # fmt: skip
WHOLE_MARKET: Final = {
    "markPriceUpdate": "!markPrice@arr@1s", "24hrTicker": "!ticker@arr", "24hrMiniTicker": "!miniTicker@arr",
}  # fmt: skip
BOOK: Final = ("depth", "bookTicker", "trade", "rpiDepth", "!bookTicker")


class _Envelope(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()


class _Order(msgspec.Struct):
    s: str = ""


class _Kline(msgspec.Struct):
    i: str = ""


class _Payload(msgspec.Struct):
    e: str = ""
    s: str = ""
    o: _Order | None = None
    k: _Kline | None = None


class Recorded(NamedTuple):
    """One frame. `name` is None where its bytes tell no stream; `wrapped` is then what was recorded, as `raw` is."""

    ns: int
    name: str | None
    raw: bytes
    wrapped: bytes


class Recording:
    """A file of frames: `<receive time> <frame>` a line, or frames alone (100 ms apart), plain or gzip.

    A first line `# liqdesk frames N` states the version of the file; without it that is 1. Lines that hold neither are passed over; a
    file cut short is played as far as it goes. Raises InputError when the file cannot be read, holds no frame or is of a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._check_version()
        first = next(iter(self), None)
        if first is None:
            raise InputError(f"{path}: no frame", f"{path} holds no recorded frame.")
        self.start_ns = first.ns

    def _check_version(self) -> None:
        head = HEAD.fullmatch(next(iter(self._lines()), b""))
        if head is not None and int(head[1]) > RECORDING:
            raise InputError(
                f"{self.path} is of version {int(head[1])}",
                f"{self.path} was written by a later liqdesk (format {int(head[1])}; this one knows {RECORDING}). Play it with that one.",
            )

    def __iter__(self) -> Iterator[Recorded]:
        """Read the file from its start. Times never fall."""
        last = 0
        for line in self._lines():
            timed = TIMED.match(line)
            body = line[timed.end() :] if timed else line
            if not body or (not timed and body[:1] not in b"{["):
                continue
            last = max(last, _ns(timed[1])) if timed else last + UNTIMED_NS
            name, raw, wrapped = _read(body)
            yield Recorded(last, name, raw, wrapped)

    def _lines(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as plain:
                packed = plain.read(2) == b"\x1f\x8b"
                plain.seek(0)
                with gzip.open(plain) if packed else plain as lines:
                    while line := lines.readline(LONGEST + 1):
                        if len(line) > LONGEST:
                            raise InputError(
                                f"{self.path}: a line of more than {LONGEST} bytes", f"{self.path} holds no frames."
                            )
                        yield line.rstrip(b"\r\n")
        except EOFError:
            return
        except (OSError, zlib.error) as e:
            raise InputError(f"{self.path}: {e}", f"{self.path} cannot be read.") from e


def route_of(name: str) -> str:
    """Return the path on which the venue would deliver a stream, of today or of an older name."""
    return "public" if name.partition("@")[2].startswith(BOOK) or name == "!bookTicker" else "market"


def _ns(text: bytes) -> int:
    whole, _, part = text.partition(b".")
    number = int(whole)
    unit = next(unit for limit, unit in UNITS_NS if number < limit)
    return number * unit + (int(part.ljust(9, b"0")) * unit // 10**9 if part else 0)


def _read(body: bytes) -> tuple[str | None, bytes, bytes]:
    try:
        head = _envelope.decode(body)
        if head.stream and (raw := bytes(head.data)):
            return head.stream, raw, body
        if body[:1] == b"[":
            return None, body, body
        name = _name(_payload.decode(body))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        name = _array_name(body)
    if name is None:
        return None, body, body
    return name, body, b'{"stream":"' + name.encode() + b'","data":' + body + b"}"


def _name(payload: _Payload) -> str | None:
    """Return the stream to which a payload belongs that was recorded without its envelope."""
    if payload.e == "contractInfo":
        return "!contractInfo"
    symbol = payload.o.s if payload.o is not None else payload.s
    kind = KINDS.get(payload.e)
    if payload.e == "kline" and payload.k is not None:
        kind = f"kline_{payload.k.i}"
    return f"{lower_of(symbol)}@{kind}" if symbol and kind else None


def _array_name(body: bytes) -> str | None:
    try:
        rows = _payloads.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return WHOLE_MARKET.get(rows[0].e) if rows else None


_envelope = msgspec.json.Decoder(_Envelope)
_payload = msgspec.json.Decoder(_Payload)
_payloads = msgspec.json.Decoder(list[_Payload])
