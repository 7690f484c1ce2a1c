"""What runs beneath the chart, gathered from a real session and a real history, against sums made by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_one_session import SECOND, T0, Stage

from liqdesk.engine.gathering import DEPTH_MS, Gathering
from liqdesk.engine.listening import Listening
from liqdesk.engine.series import SeriesView
from liqdesk.history import EVERY_SYMBOL, FORCED, History
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, ForcedOrder, OpenInterest, Side

BEGIN = T0 - 10 * DAY_MS


def order(t: int, usd: float, side: Side = Side.LONG, symbol: str = "BTCUSDT") -> ForcedOrder:
    return ForcedOrder(symbol, side, t, t + 900, 60_000.0, 59_000.0, usd / 60_000.0)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History.open(tmp_path / "history.sqlite", tmp_path / "lock")
    yield opened
    opened.close()


@pytest.fixture
def past(history: History) -> list[ForcedOrder]:
    """Prints of ten days, four hours of them missed on the last day, and one of another contract."""
    chance = np.random.default_rng(5)
    times = np.sort(chance.integers(BEGIN, T0, 900))
    kept = times[(times < T0 - 6 * HOUR_MS) | (times >= T0 - 2 * HOUR_MS)]
    sizes = chance.lognormal(10, 1, kept.size)
    sides = chance.integers(0, 2, kept.size)
    orders = [order(t, u, Side(s)) for t, u, s in zip(kept.tolist(), sizes.tolist(), sides.tolist(), strict=True)]
    for one in [*orders, order(T0 - 500, 7e6, symbol="ETHUSDT")]:
        history.add_forced(one)
    history.add_covered(EVERY_SYMBOL, FORCED, BEGIN, T0 - 6 * HOUR_MS)
    history.add_covered(EVERY_SYMBOL, FORCED, T0 - 2 * HOUR_MS, T0)
    history.flush(0, at_once=True)
    return orders


def beat(gathering: Gathering, stage: Stage, now_ms: int, times: int = 1) -> SeriesView:
    for _ in range(times):
        stage.wall_ns += 2 * SECOND
        gathering.beat(stage.session, stage.wall_ns, now_ms)
        stage.session.new_forced.clear()  # as once they are in a frame
    assert gathering.view is not None
    return gathering.view


def by_minute(view: SeriesView) -> dict[int, tuple[float, float]]:
    rows = np.concatenate(view.liquidations)
    assert np.all(np.diff(rows["t"]) > 0)
    return {t: (long, short) for t, long, short in rows.tolist()}


def by_hand(orders: list[ForcedOrder]) -> dict[int, tuple[float, float]]:
    found: dict[int, list[float]] = {}
    for one in orders:
        found.setdefault(one.time_ms // MINUTE_MS * MINUTE_MS, [0.0, 0.0])[one.side] += one.usd
    return {t: (v[0], v[1]) for t, v in found.items()}


def same(view: SeriesView, orders: list[ForcedOrder]) -> None:
    found, wanted = by_minute(view), by_hand(orders)
    assert found.keys() == wanted.keys()
    for t, sides in wanted.items():
        assert found[t] == pytest.approx(sides)


def test_recorded_and_coming_prints_are_one_series_and_none_counts_twice(
    history: History, past: list[ForcedOrder]
) -> None:
    stage = Stage(history=history)
    gathering = Gathering("BTCUSDT", history, Listening())
    came = [order(T0 + i * 700, 1e4 + i, Side(i % 2)) for i in range(8)]
    stage.say("forced", T0 + 6_000, *came[:6], order(T0 + 1, 5e6, symbol="ETHUSDT"))  # written, and not yet read
    beat(gathering, stage, T0 + 6_000)
    stage.say("forced", T0 + 8_000, *came[5:])  # one of them again
    view = beat(gathering, stage, T0 + 8_000, 12)
    same(view, past + came)
    day = [o for o in past + came if o.time_ms > T0 + 8_000 - DAY_MS]
    for side, usd in ((Side.LONG, view.day.long_usd), (Side.SHORT, view.day.short_usd)):
        assert usd == pytest.approx(sum(o.usd for o in day if o.side is side))
    late = order(BEGIN + 90_000, 3e5, Side.SHORT)  # a minute that has long settled
    stage.say("forced", T0 + 9_000, late)
    same(beat(gathering, stage, T0 + 9_000), [*past, *came, late])


def test_the_day_moves_on_and_says_what_of_it_was_not_recorded(history: History, past: list[ForcedOrder]) -> None:
    stage = Stage()
    gathering = Gathering("BTCUSDT", history)
    view = beat(gathering, stage, T0, 12)
    assert view.forced_from_ms == BEGIN
    assert view.forced_gaps == ((T0 - 6 * HOUR_MS, T0 - 2 * HOUR_MS),)
    assert (view.day.from_ms, view.day.missing_ms, view.day.whole) == (T0 - DAY_MS, 4 * HOUR_MS, False)
    later = beat(gathering, stage, T0 + 20 * HOUR_MS)
    day = [o.usd for o in past if o.time_ms > T0 - 4 * HOUR_MS]
    assert later.day.long_usd + later.day.short_usd == pytest.approx(sum(day))
    assert later.day.missing_ms == 2 * HOUR_MS
    empty = beat(gathering, stage, T0 + 40 * HOUR_MS)
    assert (empty.day.long_usd, empty.day.short_usd, empty.day.missing_ms) == (0.0, 0.0, 0)


def test_without_a_record_it_counts_from_the_first_message(history: History) -> None:
    listening, stage = Listening(), Stage()
    gathering = Gathering("BTCUSDT", None, listening)
    view = beat(gathering, stage, T0)
    assert (view.forced_from_ms, view.day.from_ms, view.day.whole) == (None, None, False)
    listening.begin(T0)
    listening.opened("a")
    listening.heard("a", T0 + 5_000, T0 + 5_000)
    listening.heard("a", T0 + 60_000, T0 + 60_000)
    listening.settle("a", T0 + 60_000)
    view = beat(gathering, stage, T0 + 60_000)
    assert view.forced_from_ms == T0 + 5_000
    assert view.day.from_ms == T0 + 5_000
    assert view.forced_gaps == ()
    listening.lost("a", "the line broke")
    listening.settle("a", T0 + 90_000)
    view = beat(gathering, stage, T0 + 90_000)
    assert view.forced_gaps == ((T0 + 57_000, T0 + 90_000),)
    assert view.day.missing_ms == 33_000


def test_months_of_minutes_settle_and_older_ones_are_left_out(history: History) -> None:
    old, first = T0 - DEPTH_MS - 2 * DAY_MS, T0 - 30 * DAY_MS
    kept = [order(first + i * 2 * HOUR_MS, 1e3 * (i + 1)) for i in range(360)]
    for one in [order(old, 1e6), *kept]:
        history.add_forced(one)
    stage = Stage()
    gathering = Gathering("BTCUSDT", history)
    view = beat(gathering, stage, T0, 12)
    same(view, kept)
    assert len(view.liquidations[0]) > len(view.liquidations[1])


def test_open_interest_keeps_the_value_it_came_with() -> None:
    stage = Stage()
    stage.load()
    gathering = Gathering("BTCUSDT", None)
    stage.run(2, 60_000.0, T0)
    view = beat(gathering, stage, T0 + 1_000)
    assert len(view.interest) == len(stage.session.interest) > 8_000
    assert np.isnan(view.interest["usd"][:-1]).all()  # this venue's past came without a value
    stage.session.on_interest(OpenInterest("BTCUSDT", T0 + 2_000, 80_500.0), stage.wall_ns)
    view = beat(gathering, stage, T0 + 2_000)
    assert view.interest["usd"][-1] == 80_500.0 * 60_000.0
    stage.run(2, 61_000.0, T0 + 3_000)
    stage.session.on_interest(OpenInterest("BTCUSDT", T0 + 4_000, 80_600.0), stage.wall_ns)
    stage.session.on_interest(OpenInterest("BTCUSDT", T0 + 5_000, 80_700.0, 4.9e9), stage.wall_ns)
    held = view.interest
    view = beat(gathering, stage, T0 + 5_000)
    assert view.interest["usd"][-3:].tolist() == [80_500.0 * 60_000.0, 80_600.0 * 61_000.0, 4.9e9]
    assert view.interest is not held
    assert view.interest is beat(gathering, stage, T0 + 5_000).interest
    assert math.isnan(held["usd"][0])


def test_predicted_funding_is_kept_by_the_minute() -> None:
    stage = Stage()
    stage.load()
    gathering = Gathering("BTCUSDT", None)
    for second in range(150):
        stage.run(1, 60_000.0, T0 + second * 1_000)
        view = beat(gathering, stage, T0 + second * 1_000)
    assert view.rates["t"].tolist() == [T0 + 59_000, T0 + 119_000, T0 + 149_000]
    assert set(view.rates["rate"].tolist()) == {0.0001}
