"""The simulated market holds together: same seed, same market; candles are their trades; prints are true liquidations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from liqdesk.market import Bracket, BracketTable, Side, bankruptcy_price, liquidation_price, trigger_price
from liqdesk.simulator import layout as at
from liqdesk.simulator import positions as pos
from liqdesk.simulator.book import snapshot_beat
from liqdesk.simulator.candles import candles, ending, opening
from liqdesk.simulator.contracts import leader, listed, quarter_end
from liqdesk.simulator.market import Market
from liqdesk.simulator.positions import solve_liquidation
from liqdesk.simulator.trades import between, from_id, latest, liquidation, printed, true_liquidations
from liqdesk.venues.binance.brackets import shipped_brackets

START_MS = 1_772_438_400_000
MINUTE = 60_000


def same(a: Market, b: Market, symbol: str = "BTCUSDT") -> None:
    one, two = a.courses[symbol], b.courses[symbol]
    assert one.now_s == two.now_s
    for name in ("F", "Q", "SF", "SI", "MF", "MI", "EF", "EI", "FU", "CE"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)


def test_same_seed_and_start_make_the_same_market_however_it_is_stepped() -> None:
    once = Market(9, START_MS, past_days=1)
    once.lead(START_MS + 3_600_000)
    once.follow("ETHUSDT")
    stepped = Market(9, START_MS, past_days=1)
    stepped.lead(START_MS)
    stepped.follow("ETHUSDT")
    for ms in range(START_MS, START_MS + 3_600_001, 41_700):
        stepped.advance(ms)
    stepped.advance(START_MS + 3_600_000)
    same(once, stepped)
    same(once, stepped, "ETHUSDT")


def test_the_census_counts_the_accounts_that_are_open() -> None:
    """Counted again from the positions themselves: all, and the fifth with the most margin, up to those of one rank."""
    made = Market(9, START_MS, past_days=1)
    made.lead(START_MS - 1000)
    made.follow("ETHUSDT")
    for course in (made.courses["BTCUSDT"], made.courses["ETHUSDT"]):
        assert course.now_s == START_MS // 1000 - 1
        live = course.PI[:, pos.STEPS] > 0
        side, steps = course.PI[live, pos.SIDE], course.PI[live, pos.STEPS].astype(np.int64)
        margin = abs(course.PF[live, pos.ENTRY] - course.PF[live, pos.BANKRUPT]) * steps
        order = np.argsort(-margin)
        course.advance(START_MS // 1000)  # a census is taken as its second begins
        long, short, *top = course.census(START_MS // 1000)
        assert [long, short] == [np.sum(side == 0), np.sum(side == 1)]
        chosen = order[: top[0] + top[1]]
        counts = [np.sum(side[chosen] == n) for n in (0, 1)]
        assert top == [*counts, *(steps[chosen][side[chosen] == n].sum() for n in (0, 1))]
        fifth = margin[order[-(-len(order) // 5) - 1]]
        assert margin[chosen[-1]] <= fifth <= margin[chosen[-1]] * 2 ** (1 / 16)
        before = course.census(START_MS // 1000 - 300)
        assert before != [long, short, *top]
        course.advance(START_MS // 1000 + 200)
        assert course.census(START_MS // 1000) == [long, short, *top]


def test_another_seed_makes_another_market(market: Market) -> None:
    other = Market(2, START_MS, past_days=3)
    other.lead(START_MS + 600_000)
    ours, theirs = market.leader.SF[:, at.S_MARK], other.leader.SF[:, at.S_MARK]
    assert np.mean(ours == theirs) < 0.01


def test_prices_do_not_depend_on_speed_or_on_the_number_of_trades(market: Market) -> None:
    for options in ({"speed": 600.0}, {"trades_per_second": 40.0}):
        other = Market(1, START_MS, past_days=3, **options)
        other.lead(START_MS + 600_000)
        for name in ("SF", "MF", "EF", "EI"):
            np.testing.assert_array_equal(getattr(market.leader, name), getattr(other.leader, name))


@pytest.mark.parametrize(("speed", "most"), [(1.0, 12.0), (60.0, 12.0), (300.0, 4.5), (600.0, 1.3)])
def test_a_fast_market_has_no_more_trades_than_a_client_can_follow(speed: float, most: float) -> None:
    market = Market(1, START_MS, speed, past_days=1)
    market.lead(START_MS + 7_200_000)
    trades = between(market.leader, START_MS, market.now_ms)
    assert 0.9 < len(trades) / 7200 < most
    assert trades[-1].id - trades[0].id == len(trades) - 1


def test_candles_are_exactly_their_trades(market: Market) -> None:
    course, now = market.leader, market.now_ms - 137
    for start in (START_MS - 20 * 3_600_000, START_MS - 5 * MINUTE, now - 3 * MINUTE):
        start = start // MINUTE * MINUTE
        for candle in candles(course, "1m", now, start, None, 3):
            trades = between(course, candle.open_ms - 1, min(candle.close_ms - 1, now))
            assert candle.count == len(trades) > 0
            assert candle.first_id == trades[0].id
            assert candle.open == trades[0].ticks
            assert candle.close == trades[-1].ticks
            assert candle.high == max(t.ticks for t in trades)
            assert candle.low == min(t.ticks for t in trades)
            assert candle.volume == sum(t.steps for t in trades)
            assert candle.bought == sum(t.steps for t in trades if t.buy)
            assert candle.quote == sum(t.steps * t.ticks for t in trades)
            assert candle.quote_bought == sum(t.steps * t.ticks for t in trades if t.buy)


def test_mark_candles_are_exactly_the_marks_of_their_seconds(market: Market) -> None:
    course = market.leader
    for candle in candles(course, "1m", market.now_ms, START_MS - 30 * 3_600_000, None, 5, "mark"):
        seconds = np.arange(candle.open_ms // 1000, candle.close_ms // 1000) % len(course.SF)
        marks = course.SF[seconds, at.S_MARK]
        assert (candle.open, candle.high, candle.low, candle.close) == (marks[0], marks.max(), marks.min(), marks[-1])


@pytest.mark.parametrize("interval", ["5m", "15m", "1h", "4h", "1d", "1w", "1M"])
@pytest.mark.parametrize("kind", ["last", "mark"])
def test_coarse_candles_are_made_of_minutes(market: Market, interval: str, kind: str) -> None:
    course, now = market.leader, market.now_ms
    whole = candles(course, interval, now, None, None, 2, kind)
    assert whole
    for candle in whole:
        minutes = candles(course, "1m", now, candle.open_ms, candle.close_ms - 1, 100_000, kind)
        assert candle.open == minutes[0].open
        assert candle.close == minutes[-1].close
        assert candle.high == max(m.high for m in minutes)
        assert candle.low == min(m.low for m in minutes)
        assert candle.volume == sum(m.volume for m in minutes)
        assert candle.count == sum(m.count for m in minutes)


def test_pages_of_candles_follow_the_venue(market: Market) -> None:
    course, now = market.leader, market.now_ms
    newest = opening(now, "5m")
    tail = candles(course, "5m", now, None, None, 3)
    assert [c.open_ms for c in tail] == [newest - 600_000, newest - 300_000, newest]
    start = START_MS - 86_400_000
    head = candles(course, "5m", now, start + 1, None, 4)
    assert [c.open_ms for c in head] == [start + 300_000 * i for i in range(1, 5)]
    both = candles(course, "5m", now, start, start + 300_000, 100)
    assert [c.open_ms for c in both] == [start, start + 300_000]
    assert candles(course, "5m", now, now + 300_000, None, 10) == []


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    assert opening(START_MS, "1w") == 1_772_409_600_000  # Monday 2026-03-02
    assert opening(START_MS, "1M") == 1_772_323_200_000  # 2026-03-01
    assert ending(opening(START_MS, "1M"), "1M") == 1_775_001_600_000  # 2026-04-01


def test_trade_ids_rise_by_one_and_times_never_fall(market: Market) -> None:
    trades = between(market.leader, START_MS - MINUTE, START_MS + MINUTE)
    assert len(trades) > 200
    assert [t.id for t in trades] == list(range(trades[0].id, trades[0].id + len(trades)))
    assert all(a.time_ms <= b.time_ms for a, b in itertools.pairwise(trades))
    assert all(t.steps >= 1 and t.ticks >= 1 for t in trades)
    again = from_id(market.leader, trades[50].id, 100, market.now_ms)
    assert again == trades[50:150]
    assert latest(market.leader, 20, START_MS + MINUTE) == trades[-20:]


def test_every_print_is_the_largest_liquidation_of_its_second(market: Market) -> None:
    course = market.leader
    true = true_liquidations(course, START_MS - 40 * 3_600_000, market.now_ms)
    prints = printed(course, START_MS - 40 * 3_600_000, market.now_ms)
    assert len(prints) > 100
    assert len(true) > len(prints)
    seconds: dict[int, list[int]] = {}
    for e in true:
        seconds.setdefault(e.time_ms // 1000, []).append(e.steps * e.ticks)
    for e in prints:
        assert e.steps * e.ticks == max(seconds[e.time_ms // 1000])
        assert e.event_ms - e.time_ms == 1008
        assert 1 <= e.last_fill <= e.steps
    assert len({e.time_ms // 1000 for e in prints}) == len(prints)


def test_a_printed_liquidation_is_a_trade_of_its_second(market: Market) -> None:
    course = market.leader
    for e in printed(course, START_MS - 40 * 3_600_000, market.now_ms)[:50]:
        trade = next(t for t in between(course, e.time_ms - 1, e.time_ms) if t.steps == e.steps)
        assert trade.ticks == e.ticks
        assert trade.buy == e.side


def test_a_position_is_liquidated_when_the_mark_passes_its_price_and_no_sooner(market: Market) -> None:
    course = market.leader
    true = true_liquidations(course, START_MS - 40 * 3_600_000, market.now_ms)
    for e in true:
        second = e.time_ms // 1000
        mark, before = (course.second(s)[0][at.S_MARK] for s in (second, second - 1))
        sign = 1 if e.side == 0 else -1
        assert (mark - e.liquidation) * sign <= 0
        if e.entry * sign < before * sign:
            assert (e.entry - e.liquidation) * sign > 0
        assert (e.ticks - e.limit) * sign > 0


def test_the_limit_of_a_forced_order_is_the_bankruptcy_price_and_gives_its_trigger_back(market: Market) -> None:
    course = market.leader
    table = shipped_brackets().table(course.contract.symbol)
    tick, step = course.contract.tick, course.contract.step
    prints = printed(course, START_MS - 40 * 3_600_000, market.now_ms)
    beyond = [e for e in prints if abs(e.limit * tick - e.bankrupt) > 0.5001 * tick]
    assert all(abs(e.limit - e.ticks) == 1 for e in beyond)  # bankrupt before it was filled: the fund's, a tick beyond
    assert len(beyond) <= 0.03 * len(prints)
    errors = []
    for e in prints:
        found = trigger_price(Side(e.side), e.limit * tick, e.steps * step, table)
        assert found is not None
        errors.append(abs(math.log(found / e.liquidation)))
    errors.sort()
    # Half a tick, but for orders that are a part of a position of a higher bracket, and those beyond bankruptcy.
    assert errors[len(errors) // 2] < 1e-6
    assert errors[int(0.97 * len(errors))] < 2e-6


@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
@pytest.mark.parametrize("leverage", [2, 5, 20, 100])
@pytest.mark.parametrize("quantity", [0.01, 1.0, 10.0, 60.0, 900.0])
def test_liquidation_prices_are_those_of_the_vocabulary(side: Side, leverage: int, quantity: float) -> None:
    rows = leader().brackets()
    floors = [0.0, *rows[:-1, 0]]
    brackets = tuple(
        Bracket(f, cap, rate, cum, int(most)) for f, (cap, rate, cum, most) in zip(floors, rows, strict=True)
    )
    table = BracketTable("BTCUSDT", brackets, "2026-07-02", "test")
    entry = 75_000.0
    wallet = entry * quantity / leverage
    price, rate = solve_liquidation(int(side), entry, quantity, wallet, rows)
    expected = liquidation_price(side, entry, quantity, wallet, table)
    if expected is None:
        assert price == 0.0
    else:
        assert price == pytest.approx(expected[0], rel=1e-12)
        assert rate == brackets[expected[1] - 1].rate
        bankrupt = bankruptcy_price(side, entry, quantity, wallet)
        assert bankrupt is None or (price - bankrupt) * (1 if side is Side.LONG else -1) > 0


def test_open_interest_moves_no_more_than_volume(market: Market) -> None:
    course = market.leader
    minutes = np.arange(START_MS // MINUTE - 4000, START_MS // MINUTE)
    interest = course.MF[minutes % len(course.MF), at.M_INTEREST]
    volume = course.MI[minutes % len(course.MI), at.VOLUME] * course.contract.step
    assert np.all(np.abs(np.diff(interest)) <= volume[:-1] + 1e-6)
    assert np.all((interest > 80_000) & (interest < 100_000))


def test_funding_is_settled_every_eight_hours_at_the_mark_of_that_second(market: Market) -> None:
    course = market.leader
    rows = course.FU[: int(course.Q[at.FUNDINGS])]
    assert np.all(np.diff(rows[:, at.F_SECOND]) == 8 * 3600)
    second = int(rows[-1, at.F_SECOND])
    assert rows[-1, at.F_MARK] == course.second(second)[0][at.S_MARK]
    assert np.all(np.abs(rows[:, at.F_RATE]) <= 3e-3)


def test_the_log_of_liquidations_keeps_running_numbers(market: Market) -> None:
    count = int(market.leader.Q[at.EVENTS])
    assert [liquidation(market.leader, n).number for n in range(count - 3, count)] == [count - 3, count - 2, count - 1]


def test_every_contract_that_trades_lives_believably(market: Market) -> None:
    leading = np.log(market.leader.MF[:, at.MARK_C][market.leader.MF[:, at.MARK_C] > 0])
    for contract in market.listed:
        course = market.follow(contract.symbol)
        if contract.status != "TRADING":
            assert course is None
            continue
        assert course is not None
        day = candles(course, "1d", market.now_ms, None, None, 1)[0]
        assert 0.4 < day.close * contract.tick / contract.price < 2.5
        assert day.volume > 0 or contract.onboard_ms == market.now_ms
        if contract.symbol in ("ETHUSDT", "SOLUSDT", "BTCUSD_PERP"):
            own = np.log(course.MF[:, at.MARK_C][course.MF[:, at.MARK_C] > 0])
            n = min(len(own), len(leading))
            assert np.corrcoef(np.diff(own[:n:15]), np.diff(leading[:n:15]))[0, 1] > 0.6


def test_the_list_has_one_of_every_kind() -> None:
    contracts = {c.symbol: c for c in listed(START_MS)}
    assert contracts["OMGUSDT"].status == "SETTLING"
    assert contracts["XAUUSDT"].contract_type == "TRADIFI_PERPETUAL"
    assert contracts["BTCUSD_PERP"].symbol_type == 2
    assert contracts["龙虾USDT"].lower == "龙虾usdt"
    assert "BTCUSDT_260626" in contracts
    assert contracts["1000PEPEUSDT"].price_places == 7


def test_quarters_end_on_their_last_friday() -> None:
    assert f"{quarter_end(START_MS):%Y-%m-%d %H}" == "2026-03-27 08"
    assert f"{quarter_end(START_MS + 90 * 86_400_000):%Y-%m-%d}" == "2026-06-26"


def test_some_snapshots_of_the_book_are_older_than_what_was_streamed(market: Market) -> None:
    now = START_MS // 100
    ages = [now - snapshot_beat(market.leader, START_MS, 1.0, n) for n in range(1000)]
    assert set(ages) == {0, 12}
    assert 0.2 < ages.count(12) / len(ages) < 0.3
