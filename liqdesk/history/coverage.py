"""Over which stretches a history is whole. Stretches are half open, [from, to), in venue milliseconds.

What leaves traces is judged by them: a stretch of trades or marks is covered where its candles follow one another, open interest where
no sample is more than ten minutes from the next. Forced orders may be silent for hours, so for them it is written down how long their
stream was listened to. Gaps are taken away from either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

import numpy as np

from liqdesk.history import reads
from liqdesk.history.records import FORCED, INTEREST, MARKS, TRADES

INTEREST_MS: Final = 600_000  # REST gives a sample every five minutes; one may be missing

Stretches = list[tuple[int, int]]


def joined(stretches: Iterable[tuple[int, int]]) -> Stretches:
    """Return the union of stretches, ascending; those that touch become one."""
    out: Stretches = []
    for a, b in sorted(stretches):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        elif a < b:
            out.append((a, b))
    return out


def without(stretches: Stretches, holes: Stretches) -> Stretches:
    """Return what of ascending stretches lies in none of the ascending, disjoint holes."""
    out: Stretches = []
    for a, b in stretches:
        for c, d in holes:
            if d <= a or c >= b:
                continue
            if a < c:
                out.append((a, c))
            a = d
        if a < b:
            out.append((a, b))
    return out


def coverage(db: sqlite3.Connection, symbol: str, stream: str, t0: int, t1: int) -> Stretches:
    """Return the covered stretches within [t0, t1). Raises ValueError for a stream that no coverage is known of."""
    if stream == FORCED:
        found = reads.listened(db, symbol, stream, t0, t1)
    elif stream in (TRADES, MARKS):
        found = _bars(db, symbol, stream == MARKS, t0, t1)
    elif stream == INTEREST:
        rows = reads.interest(db, symbol, t0 - INTEREST_MS, t1)["t"]
        found = [(int(t), int(t) + INTEREST_MS) for t in rows]
    else:
        raise ValueError(f"no coverage is known of {stream!r}")
    holes = joined((g.from_ms, g.to_ms) for g in reads.gaps(db, symbol, t0, t1) if g.stream == stream)
    clipped = ((max(a, t0), min(b, t1)) for a, b in joined(found))
    return without([(a, b) for a, b in clipped if a < b], holes)


def _bars(db: sqlite3.Connection, symbol: str, mark: bool, t0: int, t1: int) -> Stretches:
    found: Stretches = []
    for span in reads.spans(db, symbol, mark):
        t = reads.bars(db, symbol, span, mark, t0 - span + 1, t1)["t"]
        edges = np.flatnonzero(np.diff(t) != span) + 1
        starts, ends = np.append(0, edges), np.append(edges, t.size) - 1
        found += [(int(t[a]), int(t[b]) + span) for a, b in zip(starts, ends, strict=True) if t.size]
    return found
