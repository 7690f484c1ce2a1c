"""The recorded past of one rule, shown to it in the order of time: marks, the map's columns, predicted funding, printed liquidations.

Each teller is a generator that works in small pieces and returns what is known and how often the rule would have fired.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.alerts import (
    AnyRule,
    ForcedBurst,
    FundingBeyond,
    ImbalanceBeyond,
    MarketView,
    PriceCrosses,
    Which,
    ZoneNear,
)
from liqdesk.alerts.evaluate import LONGEST_STEP_MS, evaluate
from liqdesk.alerts.replay import Replay
from liqdesk.engine.lookback import Look, LookBack, Stretch, as_imbalance, as_zones
from liqdesk.engine.markpath import path_of
from liqdesk.engine.pasts import Known, RulePast
from liqdesk.history import FORCED, MARK
from liqdesk.history.coverage import joined
from liqdesk.insight import RADII
from liqdesk.market import DAY_MS, MINUTE_MS, SECOND_MS, ForcedOrder, Instrument, Side

if TYPE_CHECKING:
    from liqdesk.engine.session import Session
    from liqdesk.history import History

Rows = NDArray[np.void]
Telling = Generator[float, None, RulePast]  # how much is done, 0 to 1
Stretches = list[tuple[int, int]]

PIECE: Final = 32  # views between two pauses
ROUNDING: Final = 1e-9
RATE_HOLE_MS: Final = 3 * MINUTE_MS  # beyond it nobody knows what the predicted rate was
NO_MARKS: Final = "no marks are recorded."
NO_MAP: Final = "there is no map of that time yet."
NO_RATES: Final = "no funding rate is known yet."
NO_FORCED: Final = "forced orders were not recorded."
NOT_LOOKED: Final = "the forced orders of a recording are not looked through."


class Told(NamedTuple):
    """What the past is read from: a session, its history where there is one, the looks back at its zones and at its imbalance, the
    predicted rates of each minute since it began (dtype FUNDING), and, without a history, where printed liquidations were listened to
    (None: nowhere, since a recording is shown)."""

    session: Session
    history: History | None
    zones: LookBack
    imbalance: LookBack
    rates: Rows
    listened: Stretches | None


def tell(rule: AnyRule, told: Told, t0: int, t1: int) -> Telling:
    """Return the telling of a rule over [t0, t1), venue ms."""
    match rule:
        case PriceCrosses():
            return _price(rule, told, t0, t1)
        case ZoneNear() | ImbalanceBeyond():
            return _map(rule, told, t0, t1)
        case FundingBeyond():
            return _funding(rule, told, t0, t1)
        case ForcedBurst():
            return _forced(rule, told, t0, t1)


def _past(
    rule: AnyRule, t0: int, t1: int, replay: Replay, known: Sequence[Known], why: str, payments: int = 0
) -> RulePast:
    """Return the answer; why there is none where nothing is known."""
    if not known and not payments:
        return RulePast(rule, 0, t0, t1, why=why)
    last = tuple(reversed(replay.last))
    return RulePast(rule, 0, t0, t1, tuple(known), replay.count, replay.full, last, payments)


def _view(instrument: Instrument, time_ms: int, mark: float, previous: tuple[int, float] | None = None) -> MarketView:
    return MarketView(
        symbol=instrument.symbol,
        time_ms=time_ms,
        mark=mark,
        previous=previous,
        zones=(),
        imbalance=(),
        funding_rate=None,
        forced=(),
        instrument=instrument,
    )


def _known(starts: NDArray[np.int64], ends: NDArray[np.int64], steps: NDArray[np.int64]) -> list[Known]:
    """Return stretches of equal steps that touch as one."""
    out: list[Known] = []
    for a, b, step in zip(starts.tolist(), ends.tolist(), steps.tolist(), strict=True):
        if out and out[-1].to_ms == a and out[-1].step_ms == step:
            out[-1] = Known(out[-1].from_ms, b, step)
        else:
            out.append(Known(a, b, step))
    return out


# -- the mark ----------------------------------------------------------------------------------------------------------


def _price(rule: PriceCrosses, told: Told, t0: int, t1: int) -> Telling:
    """Show the marks around each time that the price may have been crossed: every second where they were recorded, else by candles."""
    symbol, history = rule.symbol, told.history
    path = path_of(symbol, history, told.session.map.grid, t0, t1)
    by_mark = np.isin(path["t"], list(_minutes(told, symbol, t0, t1))) & (path["span"] == MINUTE_MS)
    replay, step = Replay(rule), np.where(by_mark, 0, path["span"])
    follows = np.zeros(len(path), np.bool_)
    follows[1:] = path["t"][1:] == path["t"][:-1] + path["span"][:-1]
    before = np.where(follows, np.roll(path["close"], 1), path["open"])
    low, high = np.minimum(path["low"], before), np.maximum(path["high"], before)
    found = np.flatnonzero((low <= rule.price) & (rule.price <= high))
    for k, i in enumerate(found.tolist()):
        row = path[i]
        from_ms, to_ms = int(row["t"]), int(row["t"] + row["span"])
        if to_ms <= replay.quiet_until_ms:
            continue
        marks = history.marks(symbol, from_ms - LONGEST_STEP_MS, to_ms) if by_mark[i] and history is not None else None
        if marks is None or not _whole(marks["t"], from_ms, to_ms):
            step[i] = row["span"]
            _show_candle(replay, told.session.instrument, row, float(before[i]))
        else:
            _show_marks(replay, told.session.instrument, marks, from_ms)
        if k % PIECE == PIECE - 1:
            yield k / len(found)
    return _past(rule, t0, t1, replay, _known(path["t"], path["t"] + path["span"], step), NO_MARKS)


def _whole(times: NDArray[np.int64], from_ms: int, to_ms: int) -> bool:
    """Whether marks ran through a minute without a hole that a rule would not look across."""
    inside = times[times >= from_ms]
    edges = np.concatenate([[from_ms], inside, [to_ms]])
    return bool(np.diff(edges).max() <= LONGEST_STEP_MS)


def _show_marks(replay: Replay, instrument: Instrument, marks: Rows, from_ms: int) -> None:
    previous: tuple[int, float] | None = None
    for t, mark in marks.tolist():
        if t >= from_ms:
            replay.see(_view(instrument, t, mark, previous), t + 1)
        previous = (t, mark)


def _show_candle(replay: Replay, instrument: Instrument, row: np.void, before: float) -> None:
    """Show a candle as four marks: open, its extremes, the low first where it rose, and close; each as if seen a second after the last."""
    rising = row["close"] >= row["open"]
    ends = (row["low"], row["high"]) if rising else (row["high"], row["low"])
    at, span = int(row["t"]), int(row["span"])
    for part, price in enumerate((row["open"], *ends, row["close"])):
        t = min(at + part * span // 3, at + span - 1)
        replay.see(_view(instrument, t, float(price), (t - SECOND_MS, before)), t + 1)
        before = float(price)


# -- the map -----------------------------------------------------------------------------------------------------------


def _map(rule: ZoneNear | ImbalanceBeyond, told: Told, t0: int, t1: int) -> Telling:
    path = path_of(rule.symbol, told.history, told.session.map.grid, t0, t1)
    looks = told.zones if isinstance(rule, ZoneNear) else told.imbalance
    for _ in looks.fill(path, t0, t1):
        yield looks.share * 0.9
    minutes = _minutes(told, rule.symbol, t0, t1)
    replay, stretches = Replay(rule), looks.stretches()
    worth = iter(_worth(rule, [look for stretch in stretches for look in stretch.looks]).tolist())
    for k, stretch in enumerate(stretches):
        may = [next(worth) for _ in stretch.looks]
        if any(may) and stretch.looks[-1].to_ms > replay.quiet_until_ms:
            views = [_map_view(rule, told, look, seen) for look, seen in zip(stretch.looks, may, strict=True)]
            if stretch.looks[0].from_ms in minutes and _wavers(rule, views):
                marks = _marks(told, rule.symbol, stretch.looks[0].from_ms, stretch.looks[-1].to_ms)
                stretch = looks.refined(stretch, marks)
                views = [_map_view(rule, told, look) for look in stretch.looks]
                yield 0.9 + 0.1 * k / len(stretches)
            for view, look in zip(views, stretch.looks, strict=True):
                replay.see(view, look.to_ms)
            if k % PIECE == 0:
                yield 0.9 + 0.1 * k / len(stretches)
    past = _past(rule, t0, t1, replay, _known_of(stretches), NO_MAP)
    return msgspec.structs.replace(past, back_ms=sum(_length(s) for s in stretches if s.back))


def _minutes(told: Told, symbol: str, t0: int, t1: int) -> set[int]:
    """Return the starts of the minutes of which marks were recorded by the second."""
    return set(told.history.mark_minutes(symbol, t0, t1).tolist()) if told.history is not None else set()


def _marks(told: Told, symbol: str, from_ms: int, to_ms: int) -> Rows:
    return told.history.marks(symbol, from_ms, to_ms) if told.history is not None else np.empty(0, MARK)


def _worth(rule: ZoneNear | ImbalanceBeyond, looks: Sequence[Look]) -> NDArray[np.bool_]:
    """Return at which looks a rule may hold: elsewhere what it asks for is not there, and nothing need be shown to it."""
    if not looks:
        return np.zeros(0, np.bool_)
    if isinstance(rule, ImbalanceBeyond):
        at = min(range(len(RADII)), key=lambda i: abs(RADII[i] - rule.radius))
        sides = np.stack([look.rows[at] for look in looks])
        total = sides.sum(axis=1)
        ratio = np.divide(sides[:, 1] - sides[:, 0], total, out=np.zeros(len(looks)), where=total > 0)
        lean = np.abs(ratio) if rule.either else ratio * np.sign(rule.threshold)
        return np.asarray(lean >= abs(rule.threshold) * (1 - ROUNDING))
    rows = np.concatenate([look.rows for look in looks])
    of = np.repeat(np.arange(len(looks)), [len(look.rows) for look in looks])
    near = (np.abs(rows[:, 6]) <= rule.within * (1 + ROUNDING)) & (rows[:, 4] >= (rule.min_usd or 0.0) * (1 - ROUNDING))
    if rule.which is not Which.BOTH:
        near &= rows[:, 0] == (Side.LONG if rule.which is Which.LONG else Side.SHORT)
    return np.asarray(np.bincount(of[near], minlength=len(looks)) > 0)


def _map_view(rule: ZoneNear | ImbalanceBeyond, told: Told, look: Look, seen: bool = True) -> MarketView:
    """Return what a look shows; nothing of the map where that is not worth it."""
    view = _view(told.session.instrument, look.from_ms, look.mark)
    if not seen:
        return view
    if isinstance(rule, ImbalanceBeyond):
        return msgspec.structs.replace(view, imbalance=as_imbalance(look.rows))
    return msgspec.structs.replace(view, zones=as_zones(look.rows))


def _wavers(rule: AnyRule, views: Sequence[MarketView]) -> bool:
    """Whether a rule holds at one extreme of the mark and not at the other: then it matters when the mark was where."""
    holds = [evaluate(rule, view) is not None for view in views]
    return any(holds) and not all(holds)


def _length(stretch: Stretch) -> int:
    return stretch.looks[-1].to_ms - stretch.looks[0].from_ms


def _known_of(stretches: Sequence[Stretch]) -> list[Known]:
    starts = np.array([s.looks[0].from_ms for s in stretches], np.int64)
    ends = np.array([s.looks[-1].to_ms for s in stretches], np.int64)
    return _known(starts, ends, np.array([s.span_ms for s in stretches], np.int64))


# -- funding -----------------------------------------------------------------------------------------------------------


def _funding(rule: FundingBeyond, told: Told, t0: int, t1: int) -> Telling:
    """Show the predicted rate of each minute of the session, and before that, where no other is kept, what was paid."""
    session, rates = told.session, told.rates
    rates = rates[(rates["t"] >= t0) & (rates["t"] < t1)]
    starts = rates["t"].astype(np.int64)
    following = np.append(starts, t1)[1:]
    ends = np.where(following - starts <= RATE_HOLE_MS, following, starts + MINUTE_MS)
    ends = np.minimum(ends, t1)
    known = _known(starts, ends, np.full(starts.size, MINUTE_MS))
    paid = _paid(told, rule.symbol, t0, t1)
    paid = [(t, rate) for t, rate in paid if not any(k.from_ms <= t < k.to_ms for k in known)]
    looks = [(t, t + 1, rate) for t, rate in paid]
    looks += zip(starts.tolist(), ends.tolist(), rates["rate"].tolist(), strict=True)
    replay, mark = Replay(rule), session.prices.mark
    for k, (from_ms, to_ms, rate) in enumerate(sorted(looks)):
        if to_ms > replay.quiet_until_ms:
            view = _view(session.instrument, from_ms, mark)
            replay.see(msgspec.structs.replace(view, funding_rate=rate), to_ms)
        if k % PIECE == PIECE - 1:
            yield k / len(looks)
    return _past(rule, t0, t1, replay, known, NO_RATES, len(paid))


def _paid(told: Told, symbol: str, t0: int, t1: int) -> list[tuple[int, float]]:
    """Return the settled payments within [t0, t1), from the history and from the session."""
    recorded = told.history.funding(symbol, t0, t1).tolist() if told.history is not None else []
    return sorted({t: rate for t, rate in (*recorded, *told.session.funding.history) if t0 <= t < t1}.items())


# -- forced orders -----------------------------------------------------------------------------------------------------


def _forced(rule: ForcedBurst, told: Told, t0: int, t1: int) -> Telling:
    """Show the printed liquidations at each time that their sum changes and is large enough; they are seen at the next whole second."""
    known = _listened(told, rule.symbol, t0, t1)
    reach = round(rule.seconds * SECOND_MS)
    orders = yield from _orders(told, rule.symbol, t0 - reach, t1)
    replay, mark = Replay(rule), told.session.prices.mark
    mine = [o for o in orders if rule.which is Which.BOTH or rule.which.value == o.side.word]
    mine.sort(key=lambda o: o.time_ms)
    times = np.array([o.time_ms for o in mine], np.int64)
    seen = np.array([-(-max(o.event_ms, o.time_ms) // SECOND_MS) * SECOND_MS for o in mine], np.int64)
    seen = np.maximum.accumulate(seen) if seen.size else seen
    total = np.concatenate([[0.0], np.cumsum([o.usd for o in mine])])
    moments = np.unique(np.concatenate([seen, times + reach, [t0]]))
    moments = moments[(moments >= t0) & (moments < t1)]
    first, stop = np.searchsorted(times, moments - reach, side="right"), np.searchsorted(seen, moments, side="right")
    enough = total[stop] - total[np.minimum(first, stop)] >= rule.usd * (1 - 1e-9)
    until = np.append(moments[1:], t1)
    for k, i in enumerate(np.flatnonzero(enough).tolist()):
        if until[i] > replay.quiet_until_ms and _is_known(known, int(moments[i])):
            view = _view(told.session.instrument, int(moments[i]), mark)
            replay.see(msgspec.structs.replace(view, forced=tuple(mine[first[i] : stop[i]])), int(until[i]))
        if k % PIECE == PIECE - 1:
            yield 0.5 + 0.5 * k / len(moments)
    why = NOT_LOOKED if told.history is None and told.listened is None else NO_FORCED
    return _past(rule, t0, t1, replay, [Known(a, b, 0) for a, b in known], why)


def _is_known(known: Stretches, time_ms: int) -> bool:
    return any(a <= time_ms < b for a, b in known)


def _orders(told: Told, symbol: str, t0: int, t1: int) -> Generator[float, None, list[ForcedOrder]]:
    """Return printed liquidations that were filled in [t0, t1), a day at a time."""
    if told.history is None:
        return [o for o in told.session.forced.recent if o.symbol == symbol and t0 <= o.time_ms < t1]
    found: list[ForcedOrder] = []
    for begin in range(t0, t1, DAY_MS):
        found += told.history.forced(symbol, begin, min(begin + DAY_MS, t1))
        yield 0.5 * (begin - t0) / (t1 - t0)
    return found


def _listened(told: Told, symbol: str, t0: int, t1: int) -> Stretches:
    if told.history is not None:
        return told.history.coverage(symbol, FORCED, t0, t1)
    heard = ((max(a, t0), min(b, t1)) for a, b in told.listened or ())
    return joined((a, b) for a, b in heard if a < b)
