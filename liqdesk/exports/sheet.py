"""A table on its way into a file: named columns with their units, rows in parts, and what the whole is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk import __version__

Part = Mapping[str, NDArray[Any]]


class Column(msgspec.Struct, frozen=True):
    """A column: its name with the unit in it, one of int64, float64, bool and str, and what it says."""

    name: str
    kind: str
    words: str


class Origin(msgspec.Struct, frozen=True):
    """What every row is of. `source` is "Binance, live", or says in capitals what else; `as_of_ms` is the newest data's venue time and
    `age_s` how old they were when they were written, None where that means nothing."""

    symbol: str
    venue: str
    source: str
    model: str
    as_of_ms: int
    age_s: float | None


STAMPS: Final = (
    Column("symbol", "str", "contract"),
    Column("source", "str", "where the data come from; anything but “Binance, live” is not live"),
    Column("model_version", "str", "version of the engine that made the estimate"),
    Column("as_of_utc_ms", "int64", "venue time of the newest data in the program, ms since 1970, UTC"),
    Column("data_age_s", "float64", "age of those data when this was written, s; empty where nothing moves"),
)


class Sheet(msgspec.Struct, frozen=True):
    """`parts` gives rows in order, each part with one array per column, all of one length; `expected` is how many parts there are."""

    what: str
    columns: tuple[Column, ...]
    origin: Origin
    parts: Callable[[], Iterator[Part]]
    expected: int
    note: str = ""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Return the columns with those that say what each row is of."""
        return self.columns + STAMPS

    def stamped(self, part: Part) -> dict[str, NDArray[Any]]:
        """Return a part with the columns of its origin."""
        count = len(next(iter(part.values()))) if part else 0
        o = self.origin
        age = np.nan if o.age_s is None else o.age_s
        stamps = (o.symbol, o.source, o.model, np.int64(o.as_of_ms), np.float64(age))
        out = {c.name: part[c.name] for c in self.columns}
        for column, value in zip(STAMPS, stamps, strict=True):
            out[column.name] = np.full(count, value, dtype=object if column.kind == "str" else column.kind)
        return out

    def meta(self) -> dict[str, object]:
        """Return what the file is of, for its metadata."""
        o = self.origin
        return {
            "program": f"liqdesk {__version__}",
            "what": self.what,
            "symbol": o.symbol,
            "venue": o.venue,
            "source": o.source,
            "model_version": o.model,
            "as_of_utc_ms": o.as_of_ms,
            "data_age_s": o.age_s,
            "time_zone": "UTC",
            "note": self.note,
            "columns": {c.name: c.words for c in self.all_columns},
        }
