"""Why a cell of the map is hot: the question the window asks, and the answer a frame brings back. Both frozen."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class AskWhy(msgspec.Struct, frozen=True):
    """Ask what put the estimate of one 10 bp row there. A newer question replaces one that is not answered yet.

    `row` is a display bin, `side` 0 long, 1 short, None: whichever stands there; `classes` the leverages that count. `span_ms` and
    `number` name a frozen column, both None the density now. A question of another `epoch` than the engine's is dropped.
    """

    serial: int
    epoch: int
    row: int
    side: int | None
    classes: tuple[int, ...]
    span_ms: int | None = None
    number: int | None = None


class Empty(StrEnum):
    """Why a row holds nothing."""

    HERE = "here"  # price stands there, or passed since the last step
    SWEPT = "swept"
    DECAYED = "decayed"
    NOTHING = "nothing"  # no volume in the classes that count was that far away


class Cause(msgspec.Struct, frozen=True):
    """Volume that traded in [from_ms, to_ms) and what of it concerns the row: put = decayed + swept + stands, USD with the gain applied.

    `entry` is the mean price it entered at; `leverage` the class that most of it belongs to, with that class's share.
    """

    from_ms: int
    to_ms: int
    traded_usd: float
    entry: float
    leverage: int
    leverage_share: float
    put_usd: float
    decayed_usd: float
    swept_usd: float
    stands_usd: float


class Why(msgspec.Struct, frozen=True):
    """The answer. `usd` is what the map shows for the row, `low_usd` .. `high_usd` its 80 % band, `prior_share` how much of it is prior.

    `stands_usd` is the same as the sum over all steps and `before_usd`; put = decayed + swept + stands. `causes` are the stretches of
    `group_ms` that most of it comes from, most first. `low` .. `high` is the row, `mark` the column's, quote units; `as_of_ms` its end.
    `by_class` sums 5x 10x 25x 50x 100x, `by_age` up to 12 h, 1 d, 1 w and older. `before_usd` stood there when the record of steps
    began, at `before_ms`. `empty` is set where less than half a dollar stands. `swept_ms` is when price was last seen to sweep the row
    (None: not since the steps that still count). `trouble` is a sentence in place of an answer.
    """

    ask: AskWhy
    trouble: str = ""
    side: int = 0
    low: float = 0.0
    high: float = 0.0
    mark: float = 0.0
    as_of_ms: int = 0
    usd: float = 0.0
    low_usd: float = 0.0
    high_usd: float = 0.0
    prior_share: float = 0.0
    put_usd: float = 0.0
    decayed_usd: float = 0.0
    swept_usd: float = 0.0
    stands_usd: float = 0.0
    group_ms: int = 0
    steps: int = 0
    causes: tuple[Cause, ...] = ()
    by_class: tuple[float, ...] = ()
    by_age: tuple[float, ...] = ()
    before_ms: int = 0
    before_usd: float = 0.0
    empty: Empty | None = None
    swept_ms: int | None = None
