"""What every venue offers the rest of the program, and the plain structs that pass between it and `net`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from liqdesk.market import Event, Instrument


class Endpoints(Protocol):
    """Where a venue is reached."""

    @property
    def rest(self) -> str: ...

    @property
    def stream(self) -> str: ...

    @property
    def genuine(self) -> bool:
        """Whether both addresses are the venue's own production hosts; anything else is never called live."""

    @property
    def host(self) -> str:
        """The host to show a person."""


class ControlReply(msgspec.Struct, frozen=True):
    """The venue's answer to a control message: `error` is empty for an acknowledgement (which proves nothing about
    data). `names` are the streams it lists, where it was asked for them.
    """

    id: int | str | None
    error: str = ""
    code: int = 0
    names: tuple[str, ...] | None = None


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """One frame in our words.

    `kind` is one of mark, trade, forced, kline, ticker, contract, book, control, other. `event_ms` is the newest push
    time in the frame, `rejected` how many rows of an array meant nothing, `dropped` how many were another product's or
    of an unknown symbol.
    """

    kind: str
    events: list[Event]
    event_ms: int | None = None
    control: ControlReply | None = None
    rejected: int = 0
    dropped: int = 0


class FrameCodec(Protocol):
    """Bytes of a socket in, events out."""

    instruments: Mapping[str, Instrument]

    def decode(self, data: bytes | str) -> Decoded:
        """Decode one frame. Raises DecodeError for bytes that mean nothing; the stream goes on."""


class Dialect(Protocol):
    """How to ask a venue's socket for streams, and how to see that they came."""

    def subscribe(self, names: Sequence[str], first_id: int) -> list[str]: ...

    def unsubscribe(self, names: Sequence[str], first_id: int) -> list[str]: ...

    def list_subscriptions(self, first_id: int) -> list[str]:
        """Return the messages that ask what is subscribed; none where a venue cannot tell. The answer proves that a quiet
        connection lives, and how long a round trip takes.
        """

    def reply_of(self, data: bytes) -> ControlReply | None:
        """Return the answer to a control message, None for anything else."""

    def says_goodbye(self, data: bytes) -> bool:
        """Whether the venue says with this frame that it will close the connection soon."""

    def stream_of(self, data: bytes) -> str | None:
        """Return the stream that a frame belongs to, None for control replies and frames without a name."""

    def is_forced(self, stream: str) -> bool:
        """Whether a stream carries forced orders."""

    def expected_within_s(self, stream: str) -> float | None:
        """Return how soon a healthy stream's first data come, None for streams that may be quiet for ever."""


class SocketPlan(msgspec.Struct, frozen=True):
    """One socket to hold open: a name for the user, its address, and what to subscribe there.

    It is replaced by a new one after `lifetime_s`, before the venue ends it, and given up when its data stop for
    `data_within_s` (None: silence is normal). Wall seconds.
    """

    name: str
    url: str
    streams: tuple[str, ...]
    lifetime_s: float = 23 * 3600.0
    data_within_s: float | None = None


class Reply(StrEnum):
    """What a REST answer holds, and so how to read it."""

    CLOCK = "clock"
    UNIVERSE = "universe"
    BARS = "bars"
    MARK_BARS = "mark bars"
    INTEREST_HISTORY = "open interest history"
    INTEREST = "open interest"
    MARK = "mark"
    MARKS = "marks of all contracts"
    FUNDING = "funding"
    FUNDING_INTERVALS = "funding intervals"
    TRADES = "trades"
    BOOK = "book"
    TICKERS = "tickers"


class Pool(StrEnum):
    """Which of the venue's rate limits a request draws on."""

    WEIGHT = "weight"
    STATISTICS = "statistics"
    FUNDING = "funding"


class Request(msgspec.Struct, frozen=True):
    """One GET to make. `weight` is what it costs in `pool`; `text` says to a person what is being loaded.

    `span_ms` is the width of the bars asked for; [from_ms, to_ms) the venue time the answer should cover, zero where
    that means nothing.
    """

    path: str
    params: dict[str, str]
    weight: int
    kind: Reply
    text: str
    pool: Pool = Pool.WEIGHT
    symbol: str = ""
    span_ms: int = 0
    from_ms: int = 0
    to_ms: int = 0


class Venue(Protocol):
    """A derivatives exchange with public data."""

    name: str
    dialect: Dialect

    def endpoints(self, rest: str | None = None, stream: str | None = None) -> Endpoints:
        """Check addresses a user gave, or return the venue's own. Raises InputError."""

    def check_symbol(self, text: str) -> str:
        """Return the symbol as the venue writes it. Raises InputError for text that cannot be one."""

    def codec(self, instruments: Mapping[str, Instrument]) -> FrameCodec: ...

    def sockets(self, endpoints: Endpoints, symbol: str) -> tuple[SocketPlan, ...]: ...

    def back_fill(self, symbol: str, now_ms: int) -> tuple[Request, ...]:
        """Return the requests that fill a map from nothing, in the order to make them."""
