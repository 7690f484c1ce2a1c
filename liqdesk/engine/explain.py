"""Answers to "why is this cell hot": the newest question, looked up in the model's record of steps when a frame goes out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.whys import AskWhy, Cause, Empty, Why
from liqdesk.insight.spread import band_of
from liqdesk.market import DAY_MS, LEVERAGES, MINUTE_MS
from liqdesk.model import ROWS, Provenance, cell_share, display_bin_of, edge_of_display_bin, price_of_display_bin
from liqdesk.model.axis import PHASE

if TYPE_CHECKING:
    from liqdesk.engine.session import Session

LISTED: Final = 8
ENOUGH: Final = 0.5  # of the row that the listed stretches should explain; else longer ones are listed
GROUPS_MS: Final = tuple(m * MINUTE_MS for m in (1, 5, 15, 60, 240, 1_440))
AGES_MS: Final = (DAY_MS // 2, DAY_MS, 7 * DAY_MS)
LEAST_USD: Final = 0.5
WAIT: Final = "The map is still being computed; ask again in a moment."
CLASSES: Final = len(LEVERAGES)


class Explaining:
    """Holds the newest question until it is answered."""

    def __init__(self) -> None:
        self._asked: AskWhy | None = None

    def ask(self, question: AskWhy) -> None:
        self._asked = question

    def answer(self, session: Session | None, epoch: int) -> Why | None:
        """Return the answer to the newest question, None where there is none for this source and symbol."""
        question, self._asked = self._asked, None
        if question is None or session is None or question.epoch != epoch:
            return None
        return explain(session, question)


def explain(session: Session, ask: AskWhy) -> Why:
    """Answer one question from the state, the columns and the record of a session."""
    record = session.map.record
    if record is None or not len(record):
        return Why(ask, WAIT)
    if ask.number is None or ask.span_ms is None:
        if not (session.loaded and math.isfinite(session.prices.mark)):
            return Why(ask, WAIT)
        session.view()
        now = session.now
        assert now is not None  # the record holds a step, so there is a state
        base, mark, usd, as_of, shares = now.base, now.mark, now.usd, now.time_ms, now.shares
        gain, until, passed = session.map.gain, session.map.density.time_ms, session.map.density.passed(now.mark)
    else:
        column = session.map.grid.ring(ask.span_ms).read(ask.number)
        if column is None:
            return Why(ask, "That column is no longer kept.")
        base, mark, gain, shares = column.base, column.mark, column.gain, column.shares
        usd = column.usd * np.float32(session.map.factor)
        as_of = until = (ask.number + 1) * ask.span_ms
        passed = (math.log(mark) - PHASE,) * 2
    if not base <= ask.row < base + ROWS:
        return Why(ask, "The map ends 40 % from price; nothing is estimated there.")
    if until <= record.from_ms:
        return Why(ask, "The steps of that time are no longer kept.")
    chosen = np.array([leverage in ask.classes for leverage in LEVERAGES])
    planes = usd[:, ask.row - base].astype(np.float64).reshape(2, CLASSES) * chosen
    here = planes.sum(axis=1)
    side = ask.side if ask.side is not None else _side(ask.row, mark, here)
    planes[1 - side] = 0.0
    share = float(cell_share(planes.ravel(), shares))
    low, high = band_of(here[side], share, session.map.shown_spread)
    why = record.explain(ask.row, side, until, chosen, passed)
    scale = price_of_display_bin(ask.row) * float(gain[side]) * session.map.factor
    group_ms, causes = _causes(why, scale)
    put, decayed, swept, stands = (
        (float(column.sum()) + float(before)) * scale
        for column, before in zip((why.put, why.decayed, why.swept, why.stands), why.before, strict=True)
    )
    return Why(
        ask,
        "",
        side,
        edge_of_display_bin(ask.row),
        edge_of_display_bin(ask.row + 1),
        mark,
        as_of,
        float(here[side]),
        float(low),
        float(high),
        share,
        put,
        decayed,
        swept,
        stands,
        group_ms,
        len(why.put),
        causes,
        tuple(((why.by_class.sum(axis=0) + why.before_by_class) * scale).tolist()),
        _ages(why, scale),
        why.before_ms,
        float(why.before[3]) * scale,
        _empty(ask, why, scale) if here[side] < LEAST_USD else None,
        why.passed_ms,
    )


def _side(row: int, mark: float, here: NDArray[np.float64]) -> int:
    """Return the side that stands in a row: longs below the mark, shorts above, the larger in the mark's own row."""
    at = display_bin_of(mark)
    return int(row > at) if row != at else int(here[1] > here[0])


def _empty(ask: AskWhy, why: Provenance, scale: float) -> Empty:
    if all(why.hidden):
        return Empty.HERE
    if not ask.classes:
        return Empty.NOTHING
    if why.passed_ms is not None:
        return Empty.SWEPT
    return Empty.DECAYED if float(why.put.sum() + why.before[0]) * scale >= LEAST_USD else Empty.NOTHING


def _ages(why: Provenance, scale: float) -> tuple[float, ...]:
    at = np.searchsorted(AGES_MS, why.until_ms - why.t1, side="left")
    sums = np.bincount(at, weights=why.stands, minlength=len(AGES_MS) + 1)
    before = int(np.searchsorted(AGES_MS, why.until_ms - why.before_ms, side="left"))
    sums[before] += why.before[3]
    return tuple((sums * scale).tolist())


def _causes(why: Provenance, scale: float) -> tuple[int, tuple[Cause, ...]]:
    """Return the stretches that most of what stands comes from, by the finest length at which the listed ones explain enough."""
    total = float(why.stands.sum())
    if not total * scale >= LEAST_USD:
        return 0, ()
    for span in GROUPS_MS:
        _, group = np.unique(why.t0 // span, return_inverse=True)
        sums = np.bincount(group, weights=why.stands)
        order = np.argsort(-sums, kind="stable")[:LISTED]
        if float(sums[order].sum()) >= ENOUGH * total:
            break
    return span, tuple(_cause(why, group == i, scale) for i in order.tolist() if sums[i] * scale >= LEAST_USD)


def _cause(why: Provenance, of: NDArray[np.bool_], scale: float) -> Cause:
    stands = why.stands[of]
    entry = math.exp(PHASE + float(np.average(why.entry[of], weights=stands)))
    by_class = why.by_class[of].sum(axis=0)
    most = int(by_class.argmax())
    return Cause(
        int(why.t0[of][0]),
        int(why.t1[of][-1]),
        float((why.traded[of] * np.exp(PHASE + why.entry[of])).sum()),
        entry,
        LEVERAGES[most],
        float(by_class[most] / by_class.sum()),
        *(float(column[of].sum()) * scale for column in (why.put, why.decayed, why.swept, why.stands)),
    )
