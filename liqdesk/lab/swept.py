"""The mass the map says was swept, per bar and side: the series a score is made of."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.errors import InputError, LiqdeskError, NoDataError
from liqdesk.lab.sources import BEGINNING, END, Source
from liqdesk.market import MINUTE_MS, BracketTable
from liqdesk.model import STEP_SPANS, Density, StepBatch, best_steps
from liqdesk.venues.binance.brackets import shipped_brackets

HEADER: Final = "t_open_ms,long_usd,short_usd"


def steps_of(source: Source, symbol: str, until_ms: int = END) -> StepBatch:
    """Read every step a source holds of a symbol before `until_ms`. Raises NoDataError, saying what is missing."""
    bars = {span: source.bars(symbol, span, False, BEGINNING, until_ms) for span in STEP_SPANS}
    bars = {span: rows for span, rows in bars.items() if len(rows)}
    if not bars:
        raise NoDataError(
            f"no 1, 5 or 15 min bars of {symbol} before {until_ms}",
            f"The history holds no 1, 5 or 15 minute candles of {symbol}; import them first (liqdesk import PATH…).",
        )
    interest = source.open_interest(symbol, BEGINNING, until_ms)
    marks = {span: source.bars(symbol, span, True, BEGINNING, until_ms) for span in bars}
    marks = {span: rows for span, rows in marks.items() if len(rows)}
    volume = source.volume_at_price(symbol, BEGINNING, until_ms)
    steps = best_steps(bars, interest, marks, volume)
    if not len(steps):
        raise NoDataError(
            f"no open interest of {symbol} at or before its bars",
            f"The history holds no open interest of {symbol} for its candles; import the metrics files too.",
        )
    return steps


def taker_buy_of(source: Source, symbol: str, steps: StepBatch) -> NDArray[np.float64]:
    """Return the part of each step's volume that buyers took, base units [n], from the finest bar that holds the step; half
    of it where no bar says."""
    share = np.full(len(steps), 0.5)
    for span in sorted(STEP_SPANS, reverse=True):
        bars = source.bars(symbol, span, False, BEGINNING, int(steps.t1[-1]))
        bars = bars[(bars["volume"] > 0) & np.isfinite(bars["taker_buy"])]
        if not len(bars):
            continue
        found = np.searchsorted(bars["t"], steps.t0, side="right") - 1
        bar = bars[np.maximum(found, 0)]
        inside = (found >= 0) & (steps.t1 <= bar["t"] + span)
        share[inside] = np.clip(bar["taker_buy"] / bar["volume"], 0.0, 1.0)[inside]
    bought: NDArray[np.float64] = steps.volume * share
    return bought


def check_bars(steps: StepBatch, bar_ms: int) -> None:
    """Raise InputError when a bar is not a whole number of minutes, or shorter than the longest step."""
    longest = int((steps.t1 - steps.t0).max())
    if bar_ms < longest or bar_ms % MINUTE_MS:
        raise InputError(
            f"bars of {bar_ms} ms over steps of {longest} ms",
            f"Bars must be whole minutes, and at least {longest // MINUTE_MS} min for what the history holds.",
        )


def swept_bars(
    steps: StepBatch, table: BracketTable, bar_ms: int, progress: Callable[[int, int], None] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Run the engine over all steps; returns (starts of bars in ms [m], swept basis USD [m, 2 side]), gaps as zero.

    Raises InputError when a bar is not a whole number of minutes, or shorter than the longest step.
    """
    check_bars(steps, bar_ms)
    density = Density(table.lowest_rate, table.max_leverage)
    swept = density.run(steps, progress=progress)
    usd = steps.price_at_start()[:, None] * (swept @ density.prior)
    first = int(steps.t0[0]) // bar_ms
    slot = steps.t0 // bar_ms - first
    count = int(slot[-1]) + 1
    sums = np.zeros((count, 2))
    np.add.at(sums, slot, usd)
    starts: NDArray[np.int64] = (first + np.arange(count, dtype=np.int64)) * bar_ms
    return starts, sums


def write_swept(
    source: Source,
    symbol: str,
    from_ms: int | None,
    to_ms: int | None,
    bar_ms: int,
    out: Path,
    say: Callable[[str], None] | None = None,
    table: BracketTable | None = None,
) -> int:
    """Write `t_open_ms,long_usd,short_usd` for every bar of the history that starts in [from_ms, to_ms); returns how many.

    The engine always starts with the oldest bar that has open interest. USD are contracts × the price at their step's
    start, no gain applied; a bar without data is zero. `table` defaults to the symbol's shipped brackets. Raises
    NoDataError when there is nothing to write, InputError when `out` cannot be written.
    """
    until = END if to_ms is None else -(-to_ms // bar_ms) * bar_ms
    steps = steps_of(source, symbol, until)

    def tell(done: int, total: int) -> None:
        if say is not None:
            say(f"{symbol}: {done:,} of {total:,} steps")

    starts, usd = swept_bars(steps, table or shipped_brackets().table(symbol), bar_ms, tell)
    kept = starts >= (BEGINNING if from_ms is None else from_ms)
    if to_ms is not None:
        kept &= starts < to_ms
    if not kept.any():
        raise NoDataError(
            f"no bars of {symbol} in {from_ms} .. {to_ms}", f"The history holds nothing of {symbol} in that range."
        )
    lines = [HEADER]
    for t, (long, short) in zip(starts[kept].tolist(), usd[kept].tolist(), strict=True):
        lines.append(f"{t},{long:.10g},{short:.10g}")
    write_whole(out, "\n".join(lines) + "\n")
    return len(lines) - 1


def write_whole(out: Path, text: str) -> None:
    """Write a file whole or not at all. Raises InputError when it cannot be written."""
    part = out.with_name(out.name + ".part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, out)
    except OSError as e:
        part.unlink(missing_ok=True)
        raise _unwritable(out, e) from e


def _unwritable(out: Path, error: OSError) -> LiqdeskError:
    return InputError(f"{out}: {error}", f"{out} cannot be written: {error.strerror or error}.")
