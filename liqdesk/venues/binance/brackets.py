"""The maintenance-margin brackets that are shipped, and their patching by the venue's own announcements.

The venue shows its brackets to account holders alone, so a dated table is shipped and `!contractInfo` patches it while
the program runs. The file keeps, per table, [cap, rate, highest leverage] of each bracket: a bracket begins where the
one before ends, and its cum follows from margin being continuous there, cum = cum' + floor·(rate − rate').
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from liqdesk.errors import InputError
from liqdesk.market import Bracket, BracketTable, ContractChange
from liqdesk.paths import resource

FILE: Final = "brackets-binance.json"
GENERIC: Final = "generic table, this symbol has none shipped"


# cap in quote units, maintenance margin rate, highest leverage
Tier = tuple[
    Annotated[float, Meta(gt=0, le=1e20)], Annotated[float, Meta(ge=0, lt=1)], Annotated[int, Meta(ge=1, le=1000)]
]


class Shipped(msgspec.Struct, frozen=True):
    """The file as it is: `symbols` names a row of `tables`, `generic` the row for symbols that are not there."""

    source: str
    as_of: str
    generic: int
    tables: list[list[Tier]]
    symbols: dict[str, int]


class Brackets:
    """Every symbol's table. Frozen: `patched` returns another."""

    def __init__(self, shipped: Shipped, live: Mapping[str, BracketTable] | None = None) -> None:
        self._shipped = shipped
        self._live = dict(live or {})

    @property
    def as_of(self) -> str:
        """The ISO date of the shipped file; a table's own `as_of` is newer once it was patched."""
        return self._shipped.as_of

    @property
    def source(self) -> str:
        """What the shipped file was made from."""
        return self._shipped.source

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset(self._shipped.symbols) | frozenset(self._live)

    def table(self, symbol: str) -> BracketTable:
        """Return the symbol's brackets, or for a symbol without any the generic ones, whose source says so.

        The generic table is the commonest one among the shipped: 50x, lowest rate 1.5 %.
        """
        if symbol in self._live:
            return self._live[symbol]
        row = self._shipped.symbols.get(symbol)
        source = self._shipped.source if row is not None else GENERIC
        tiers = self._shipped.tables[self._shipped.generic if row is None else row]
        return BracketTable(symbol, expand(tiers), self._shipped.as_of, source)

    def patched(self, change: ContractChange) -> Brackets:
        """Return these brackets with what the venue announced; a change without brackets changes nothing."""
        if change.brackets is None:
            return self
        return Brackets(self._shipped, {**self._live, change.symbol: change.brackets})


def expand(tiers: list[tuple[float, float, int]]) -> tuple[Bracket, ...]:
    """Return whole brackets from [cap, rate, highest leverage], lowest first."""
    made: list[Bracket] = []
    floor = cum = last = 0.0
    for cap, rate, leverage in tiers:
        cum = round(cum + floor * (rate - last), 6) if made else 0.0
        made.append(Bracket(floor, cap, rate, cum, leverage))
        floor, last = cap, rate
    return tuple(made)


@cache
def shipped_brackets() -> Brackets:
    """Read the shipped file. Raises InputError when it is missing or broken."""
    return read_brackets(resource(FILE))


def read_brackets(path: Path) -> Brackets:
    """Read a file of brackets. Raises InputError when it is missing or broken."""
    try:
        shipped = msgspec.json.decode(path.read_bytes(), type=Shipped)
        for row in (shipped.generic, *shipped.symbols.values()):
            if not 0 <= row < len(shipped.tables):
                raise msgspec.ValidationError(f"there is no table {row}")
        for number, tiers in enumerate(shipped.tables):
            if not tiers or any(a[0] >= b[0] or a[1] > b[1] for a, b in pairwise(tiers)):
                raise msgspec.ValidationError(f"table {number} is empty or does not rise")
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError) as e:
        text = "The program's own table of margin brackets cannot be read; install it again."
        raise InputError(f"{path}: {e}", text) from e
    return Brackets(shipped)
