"""A broken run held against its unbroken twin: maps column by column, histories row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from support.watched import CELL, MINUTE, Watched, apart

from liqdesk.history.blobs import VOLUME_BLOB

TOTAL = 1e-4
SYMBOL = "BTCUSDT"


def compare_maps(mine: Watched, theirs: Watched, first: int, last: int) -> list[str]:
    """Compare the columns first .. last cell by cell and as a whole; return what is wrong."""
    assert mine.grid is not None
    assert theirs.grid is not None
    a, b = mine.grid.ring(MINUTE), theirs.grid.ring(MINUTE)
    off: dict[int, float] = {}
    missing: list[int] = []
    total = [0.0, 0.0]
    for number in range(first, last + 1):
        x, y = a.read(number), b.read(number)
        if x is None or y is None:
            missing.append(number)
            continue
        off[number] = apart(x, y)
        total[0] += float(x.basis.sum())
        total[1] += float(y.basis.sum())
    print(
        f"map: {len(off)} columns, cells by {max(off.values()):.2g} apart at most, totals by {total[0] / total[1] - 1:.2g}"
    )
    wrong = [f"column {number} is missing" for number in missing]
    beyond = [number for number in off if off[number] > CELL]
    if beyond:
        wrong.append(
            f"{len(beyond)} of {len(off)} columns have wrong cells, the first {beyond[0] - first} after the start"
        )
    if abs(total[0] / total[1] - 1) > TOTAL:
        wrong.append(f"the maps' totals are {total[0] / total[1] - 1:.3g} apart")
    if mine.last is not None and mine.last.gaps:
        wrong.append(f"the map has gaps: {mine.last.gaps[:3]}")
    return wrong


@contextmanager
def _history(folder: Path) -> Iterator[sqlite3.Connection]:
    [path] = folder.glob("history-*.sqlite")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        yield db


def compare_histories(mine: Path, theirs: Path, from_ms: int, to_ms: int, printing: dict[str, int]) -> list[str]:
    """Compare what was kept of [from_ms, to_ms): candles, marks by the minute and volumes have to be the same, and a forced order that
    is not there has to lie in a gap, if its symbol was `printing` since a time before it. Return what is wrong."""
    with _history(mine) as a, _history(theirs) as b:
        wrong: list[str] = []
        for mark in (0, 1):
            # where the first mark of a minute was not heard, its mark candle has another opening
            query = (
                f"SELECT t, {'' if mark else 'open, '}high, low, close, volume, taker_buy FROM bar JOIN symbol ON symbol.id = bar.symbol"
                " WHERE name = ? AND span = ? AND mark = ? AND t >= ? AND t < ?"
            )
            rows = [_rows(db, query, SYMBOL, MINUTE, mark, from_ms, to_ms) for db in (a, b)]
            wrong += _apart("mark candles" if mark else "candles", *rows)
        wrong += _apart("volumes", _volumes(a, from_ms, to_ms), _volumes(b, from_ms, to_ms))
        return wrong + _lost(a, b, from_ms, to_ms, printing)


def _rows(db: sqlite3.Connection, query: str, *given: object) -> dict[int, tuple[float, ...]]:
    return {row[0]: row[1:] for row in db.execute(query, given)}


def _volumes(db: sqlite3.Connection, from_ms: int, to_ms: int) -> dict[int, tuple[float, ...]]:
    [number] = db.execute("SELECT id FROM symbol WHERE name = ?", (SYMBOL,)).fetchone()
    keys = [(number << 32) | (ms // MINUTE) for ms in (from_ms, to_ms)]
    query = "SELECT key, rows FROM volume WHERE key >= ? AND key < ?"
    return {(key & 0xFFFFFFFF) * MINUTE: volume_of_blob(blob) for key, blob in db.execute(query, keys)}


def volume_of_blob(blob: bytes) -> tuple[float, ...]:
    held = np.frombuffer(blob, VOLUME_BLOB)
    return tuple(float(x) for name in VOLUME_BLOB.names or () for x in held[name])


def _apart(what: str, mine: dict[int, tuple[float, ...]], theirs: dict[int, tuple[float, ...]]) -> list[str]:
    missing = sorted(theirs.keys() - mine.keys())
    both = sorted(theirs.keys() & mine.keys())
    off = [
        t for t in both if len(mine[t]) != len(theirs[t]) or not np.allclose(mine[t], theirs[t], rtol=1e-6, atol=1e-9)
    ]
    print(f"{what}: {len(theirs)} of the twin, {len(missing)} missing, {len(off)} others")
    wrong = [f"{len(missing)} of {len(theirs)} {what} are missing, the first at {missing[0]}"] if missing else []
    if off:
        wrong.append(
            f"{len(off)} of {len(theirs)} {what} differ, at {off[0]} {mine[off[0]][:6]} from {theirs[off[0]][:6]}"
        )
    return wrong


def _lost(
    mine: sqlite3.Connection, theirs: sqlite3.Connection, from_ms: int, to_ms: int, printing: dict[str, int]
) -> list[str]:
    query = "SELECT name, t, side, quantity, limit_price FROM forced JOIN symbol ON symbol.id = forced.symbol WHERE t >= ? AND t < ?"
    heard = set(mine.execute(query, (from_ms, to_ms)))
    printed = set(theirs.execute(query, (from_ms, to_ms)))
    gaps = mine.execute("SELECT from_ms, to_ms FROM gap WHERE stream = 'forced'").fetchall()
    due = {row for row in printed - heard if row[1] >= printing.get(row[0], to_ms)}
    lost = sorted(row for row in due if not any(a <= row[1] < b for a, b in gaps))
    share = sum(max(min(b, to_ms) - max(a, from_ms), 0) for a, b in gaps) / (to_ms - from_ms)
    print(
        f"forced orders: {len(printed)} of the twin, {len(printed - heard)} not heard, {len(lost)} of these outside of all gaps"
    )
    print(f"gaps of forced orders: {len(gaps)}, {share:.0%} of the time", flush=True)
    wrong = [f"{len(lost)} forced orders are lost outside of all gaps, such as {lost[0]}"] if lost else []
    if heard - printed:
        wrong.append(f"forced orders that the twin did not hear: {sorted(heard - printed)[:3]}")
    return wrong
