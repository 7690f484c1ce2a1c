"""A recording instead of a market: whether its file can be shown, on which contract, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from liqdesk.app.choices import Choices
from liqdesk.errors import InputError
from liqdesk.history import History

if TYPE_CHECKING:
    from liqdesk.app.preparing import Prepared
    from liqdesk.engine.opening import Orders


def reopen(prepared: Prepared, choices: Choices, file: Path) -> tuple[Prepared, Orders]:
    """Return what a window on a recording begins with: it takes the profile's settings and keeps nothing there.

    Raises InputError for a file that holds no recording, or nothing a map can be computed from.
    """
    from liqdesk.app.preparing import orders_for

    orders = orders_for(prepared, choices, record=False)
    history = History.of_file(file)
    try:
        held, whose = history.mapped(), history.origin
    finally:
        history.close()
    symbol = orders.symbol if orders.symbol in held or "symbol" in choices.named() else next(iter(held), "")
    if not held:
        words = f"{file} holds no candles with open interest, so there is no map of it."
        raise InputError(f"{file}: no contract has candles and open interest", words)
    if symbol not in held:
        raise InputError(f"{file}: no {symbol}", f"{file} does not hold {symbol}; it holds {_few(held)}.")
    settings = msgspec.structs.replace(prepared.settings, symbol=symbol, first_run_done=True)
    notice = f"This window shows the recording {file.name}. Nothing in it is live, and nothing changed in it is kept."
    prepared = msgspec.structs.replace(prepared, writable=False, settings=settings, notices=(*prepared.notices, notice))
    return prepared, msgspec.structs.replace(
        orders, symbol=symbol, from_history=True, recording=file.absolute(), recording_of=whose
    )


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
