"""The lens, round ticks, and labels that keep apart."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell_frames import frame

from liqdesk.model.candles import SPANS
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.chart.axes import zone_name
from liqdesk.ui.chart.follow import Sight, newest_edge, price_range, right_edge
from liqdesk.ui.chart.placement import spread, spread_around
from liqdesk.ui.chart.scale import (
    Lens,
    even_steps,
    log_from_price,
    nice_step,
    price_from_log,
    price_ticks,
    round_two,
    tick_decimals,
    time_ticks,
)
from liqdesk.ui.chart.state import ChartState
from liqdesk.ui.theme import DARK

HOUR = 3_600_000
DAY = 24 * HOUR
T0 = int(datetime(2026, 3, 27, tzinfo=UTC).timestamp() * 1_000)


def lens(low: float = 61_000.0, high: float = 71_000.0, days: float = 3.0) -> Lens:
    return Lens(T0, T0 + days * DAY, log_from_price(low), log_from_price(high), 1_100.0, 900.0)


def test_the_zone_is_named_as_soon_as_a_time_is_known() -> None:
    state = ChartState(DARK, Settings(timezone="Asia/Kathmandu"))
    assert zone_name(state) == ""
    state.frame = frame(venue_ms=0)  # its offset was another one in 1970
    assert zone_name(state) == ""
    state.frame = frame(venue_ms=T0)
    assert zone_name(state) == "UTC+05:45"


def test_lens_is_exact_both_ways() -> None:
    view = lens()
    assert view.price(view.y(66_123.4)) == pytest.approx(66_123.4)
    assert view.time(view.x(T0 + 1.25 * DAY)) == pytest.approx(T0 + 1.25 * DAY)
    assert view.y(view.high) == pytest.approx(0.0)
    assert view.y(view.low) == pytest.approx(900.0)
    assert price_from_log(log_from_price(0.0421)) == pytest.approx(0.0421)
    equal = view.y_of_log(0.801) - view.y_of_log(0.802), view.y_of_log(0.701) - view.y_of_log(0.702)
    assert equal[0] == pytest.approx(equal[1])
    assert view.bin_px == pytest.approx(equal[0])


@given(st.floats(min_value=1e-7, max_value=1e7), st.floats(min_value=1.002, max_value=3.0))
def test_price_ticks_are_round_and_apart(low: float, ratio: float) -> None:
    view = Lens(0.0, 1.0, log_from_price(low), log_from_price(low * ratio), 10.0, 700.0)
    ticks = price_ticks(view, 40.0)
    rows = [view.y(t) for t in ticks]
    assert all(a - b >= 39.9 for a, b in itertools.pairwise(rows))
    assert len(ticks) <= 18
    if len(ticks) > 1:
        step = ticks[1] - ticks[0]
        mantissa = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
        assert min(abs(mantissa - m) for m in (1.0, 2.0, 2.5, 5.0)) < 1e-5


def test_round_steps() -> None:
    assert [nice_step(v) for v in (0.9, 1.0, 1.01, 2.2, 260.0, 51.0)] == [1.0, 1.0, 2.0, 2.5, 500.0, 100.0]
    assert even_steps(5.3, 3) == [2.0, 4.0]
    assert even_steps(0.0, 3) == []
    assert (tick_decimals(0.5, 1), tick_decimals(250.0, 1), tick_decimals(0.25, 4)) == (1, 0, 2)
    assert (round_two(123_456.0), round_two(0.0987), round_two(0.0)) == (120_000.0, 0.099, 0.0)


def test_time_ticks_are_local_and_mark_midnight() -> None:
    ticks = time_ticks(lens(), 110.0, "UTC")
    assert [t for t, midnight in ticks if midnight] == [T0, T0 + DAY, T0 + 2 * DAY]
    berlin = time_ticks(lens(), 110.0, "Europe/Berlin")  # summer time begins on 29 March 2026
    for ms, midnight in berlin:
        assert (present.hour_minute(ms, "Europe/Berlin") == "00:00") == midnight
    days = time_ticks(lens(days=30.0), 110.0, "Europe/Berlin")
    assert all(present.hour_minute(ms, "Europe/Berlin") == "00:00" for ms, _ in days)
    nepal = time_ticks(lens(days=0.5), 110.0, "Asia/Kathmandu")
    assert nepal
    assert {present.local(ms, "Asia/Kathmandu").minute for ms, _ in nepal} == {0}


@given(st.lists(st.floats(min_value=-200.0, max_value=1_200.0), min_size=1, max_size=8).map(sorted))
def test_labels_keep_apart_in_order_and_inside(wanted: list[float]) -> None:
    rows = spread(wanted, [32.0] * len(wanted), 4.0, 0.0, 900.0)
    assert all(b - a >= 36.0 - 1e-6 for a, b in itertools.pairwise(rows))
    assert rows[0] >= 16.0 - 1e-6
    assert rows[-1] <= 884.0 + 1e-6


def test_labels_move_no_more_than_needed() -> None:
    assert spread([100.0, 300.0], [32.0, 32.0], 4.0, 0.0, 900.0) == [100.0, 300.0]
    assert spread([100.0, 110.0], [32.0, 32.0], 4.0, 0.0, 900.0) == [87.0, 123.0]
    assert spread([], [], 4.0, 0.0, 900.0) == []


def test_the_last_price_never_moves() -> None:
    rows = spread_around([395.0, 399.0, 402.0], 400.0, 18.0, 1.0, 0.0, 900.0)
    assert all(abs(r - 400.0) >= 19.0 - 1e-9 for r in rows)
    assert rows == sorted(rows)
    assert spread_around([10.0], None, 18.0, 1.0, 0.0, 900.0) == [10.0]


def test_the_view_moves_once_per_candle() -> None:
    sight = Sight(3.0 * DAY)
    first = sight.aim(T0 + 1_000, 900_000, 1_100.0)
    assert sight.aim(T0 + 899_000, 900_000, 1_100.0) == first
    assert sight.aim(T0 + 900_000, 900_000, 1_100.0)[1] - first[1] == 900_000
    assert first[1] == right_edge(T0 + 1_000, 900_000, 3.0 * DAY, 1_100.0)
    assert first[1] - first[0] == 3.0 * DAY


def test_panning_stops_following_and_zooming_does_not() -> None:
    sight = Sight(3.0 * DAY)
    t0, t1 = sight.aim(T0, 900_000, 1_100.0)
    wider = Lens(t0 - DAY, t1, 0.0, 1.0, 1_100.0, 900.0)
    sight.move(wider, T0, 900_000, None)
    assert sight.following
    assert sight.span_ms == 4.0 * DAY
    t0, t1 = sight.aim(T0 + 900_000, 900_000, 1_100.0)
    sight.move(Lens(t0 - DAY, t1 - DAY, 0.0, 1.0, 1_100.0, 900.0), T0, 900_000, None)
    assert not sight.following
    assert sight.aim(T0 + 5 * DAY, 900_000, 1_100.0) == (t0 - DAY, t1 - DAY)
    sight.move(Lens(t0 - 90 * DAY, t1 - 90 * DAY, 0.0, 1.0, 1_100.0, 900.0), T0, 900_000, T0 - 20 * DAY)
    assert sight.t1 >= T0 - 20 * DAY


def test_price_range_holds_still_until_it_must_move() -> None:
    import numpy as np

    from liqdesk.model.candles import CANDLE

    candles = np.zeros(3, CANDLE)
    candles["t"], candles["span"] = [T0, T0 + 60_000, T0 + 120_000], 60_000
    candles["low"], candles["high"] = [99.0, 98.0, 99.0], [101.0, 102.0, 101.0]
    first = price_range(candles, T0, T0 + 180_000, 100.0, None)
    assert first is not None
    assert price_from_log(first[0]) < 98.0
    assert price_from_log(first[1]) > 102.0
    assert price_range(candles, T0, T0 + 180_000, 102.3, first) == first
    moved = price_range(candles, T0, T0 + 180_000, 104.0, first)
    assert moved is not None
    assert moved[1] > first[1]
    assert price_range(candles[:0], T0, T0 + 1, float("nan"), None) is None


@pytest.mark.parametrize("window", [12 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY])
@pytest.mark.parametrize("candle", SPANS)
def test_a_following_view_ends_soon_after_now_whatever_the_candle(candle: int, window: int) -> None:
    for venue in (T0, T0 + 61_000, T0 + DAY // 3 + 17, T0 + DAY - 1):
        edge = newest_edge(venue, candle, float(window))
        assert venue < edge <= venue + max(window / 8, candle if candle * 8 <= window else 0)
        if candle * 8 <= window:
            assert edge == (venue // candle + 1) * candle
        else:
            assert edge - venue <= window / 24


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
    ],
)
@pytest.mark.parametrize("days", [0.5, 1, 3, 7, 30])
def test_ticks_stand_on_round_local_times_on_both_sides_of_a_change_of_clocks(zone: str, day: str, days: float) -> None:
    """Held against zoneinfo alone: every tick is a round local time, midnights are midnights, and none is left out."""
    tz = ZoneInfo(zone)
    change = datetime.fromisoformat(f"{day} 02:00").replace(tzinfo=tz).timestamp() * 1_000
    lens = Lens(change - days * DAY / 2, change + days * DAY / 2, 0.0, 1.0, 1_400.0, 700.0)
    found = time_ticks(lens, 110, zone)
    clocks = [datetime.fromtimestamp(ms / 1_000, tz) for ms, _ in found]
    offsets = {c.utcoffset() for c in clocks}
    assert len(offsets) == 2, "the change is not in view"
    step = min(b - a for (a, _), (b, _) in itertools.pairwise(found))
    for clock, (ms, midnight) in zip(clocks, found, strict=True):
        assert midnight == (clock.hour == clock.minute == 0)
        assert clock.second == 0
        if step >= 23 * HOUR:
            assert clock.hour == 0, present.stamp(ms, zone)
        else:
            assert (clock.hour * 60 + clock.minute) % 15 == 0
    if days in (7, 30):
        every = (clocks[1].date() - clocks[0].date()).days
        assert all((b.date() - a.date()).days == every for a, b in itertools.pairwise(clocks))
    if days <= 3:
        midnights = {c.date() for c in clocks if c.hour == c.minute == 0}
        first, last = (datetime.fromtimestamp(t / 1_000, tz) for t in (lens.t0, lens.t1))
        wanted = {first.date() + timedelta(days=k) for k in range(1, (last.date() - first.date()).days + 1)}
        assert midnights == wanted
