"""A broken run held against its unbroken twin: maps column by column, histories row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from support.watched import Watched

MINUTE = 60_000
CELL, TOTAL = 2e-3, 1e-4
SYMBOL = "BTCUSDT"


def compare_maps(mine: Watched, theirs: Watched, first: int, last: int) -> None:
    """Compare the columns first .. last cell by cell and as a whole."""
    assert mine.grid is not None
    assert theirs.grid is not None
    a, b = mine.grid.ring(MINUTE), theirs.grid.ring(MINUTE)
    wrong: list[str] = []
    total = [0.0, 0.0]
    for number in range(first, last + 1):
        x, y = a.read(number), b.read(number)
        assert y is not None, f"the twin lacks column {number}"
        if x is None:
            wrong.append(f"column {number - first} is missing")
            continue
        big = y.basis > 1e-6 * y.basis.max()
        off = np.abs(x.basis[big] / y.basis[big] - 1)
        total[0] += float(x.basis.sum())
        total[1] += float(y.basis.sum())
        if off.max() > CELL:
            wrong.append(f"column {number - first}: {(off > CELL).sum()} of {off.size} cells, by {off.max():.3g}")
    assert not wrong, f"{len(wrong)} wrong columns of {last - first + 1}: {'; '.join(wrong[:12])}"
    assert abs(total[0] / total[1] - 1) < TOTAL, f"totals {total[0] / total[1] - 1:.3g} apart"
    assert mine.last is not None
    assert not mine.last.gaps, mine.last.gaps


@contextmanager
def _history(folder: Path) -> Iterator[sqlite3.Connection]:
    [path] = folder.glob("history-*.sqlite")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        yield db


def compare_histories(mine: Path, theirs: Path, from_ms: int, to_ms: int) -> None:
    """Compare what was kept of [from_ms, to_ms): candles, marks by the minute and volumes have to be the same, and a forced order that
    is not there has to lie in a gap."""
    with _history(mine) as a, _history(theirs) as b:
        span = (SYMBOL, from_ms, to_ms)
        for mark in (0, 1):
            _same_bars(f"{'mark ' if mark else ''}candles", _bars(a, mark, *span), _bars(b, mark, *span))
        _same_volumes(_volumes(a, *span), _volumes(b, *span))
        _forced_or_gap(a, b, from_ms, to_ms)


def _bars(db: sqlite3.Connection, mark: int, symbol: str, from_ms: int, to_ms: int) -> dict[int, tuple[float, ...]]:
    rows = db.execute(
        "SELECT t, open, high, low, close, volume, taker_buy FROM bar JOIN symbol ON symbol.id = bar.symbol"
        " WHERE name = ? AND span = ? AND mark = ? AND t >= ? AND t < ?",
        (symbol, MINUTE, mark, from_ms, to_ms),
    )
    # where the first mark of a minute was not heard, its mark candle has another opening
    return {row[0]: row[1 + mark :] for row in rows}


def _same_bars(what: str, mine: dict[int, tuple[float, ...]], theirs: dict[int, tuple[float, ...]]) -> None:
    missing = sorted(theirs.keys() - mine.keys())
    assert not missing, f"{len(missing)} of {len(theirs)} {what} are missing, the first at {missing[0]}"
    off = [t for t, row in theirs.items() if not np.allclose(mine[t], row, rtol=1e-6, atol=1e-9)]
    assert not off, f"{len(off)} of {len(theirs)} {what} differ, such as {mine[off[0]]} from {theirs[off[0]]}"


def _volumes(db: sqlite3.Connection, symbol: str, from_ms: int, to_ms: int) -> dict[int, bytes]:
    [number] = db.execute("SELECT id FROM symbol WHERE name = ?", (symbol,)).fetchone()
    keys = [(number << 32) | (ms // MINUTE) for ms in (from_ms, to_ms)]
    return dict(db.execute("SELECT key, rows FROM volume WHERE key >= ? AND key < ?", keys).fetchall())


def _same_volumes(mine: dict[int, bytes], theirs: dict[int, bytes]) -> None:
    missing = theirs.keys() - mine.keys()
    assert not missing, f"the volumes of {len(missing)} minutes of {len(theirs)} are missing"
    off = [key for key in theirs if mine[key] != theirs[key]]
    assert not off, f"the volumes of {len(off)} minutes of {len(theirs)} differ"


def _forced_or_gap(mine: sqlite3.Connection, theirs: sqlite3.Connection, from_ms: int, to_ms: int) -> None:
    query = "SELECT name, t, side, quantity, limit_price FROM forced JOIN symbol ON symbol.id = forced.symbol WHERE t >= ? AND t < ?"
    heard = set(mine.execute(query, (from_ms, to_ms)))
    printed = set(theirs.execute(query, (from_ms, to_ms)))
    gaps = mine.execute("SELECT from_ms, to_ms FROM gap WHERE stream = 'forced'").fetchall()
    lost = [row for row in printed - heard if not any(a <= row[1] < b for a, b in gaps)]
    print(f"forced orders: {len(printed)} printed, {len(printed - heard)} not heard, {len(gaps)} gaps", flush=True)
    assert not lost, f"{len(lost)} forced orders are lost outside of all gaps, such as {lost[0]}"
    assert not heard - printed, f"forced orders that nobody printed: {sorted(heard - printed)[:3]}"
