import random

from hypothesis import given
from hypothesis import strategies as st

from liqdesk.net.pacing import Backoff, MinuteBudget, Pacing, SlidingBudget
from liqdesk.venues import Pool

T = 1_791_382_980_000  # a whole minute


def test_delays_double_up_to_a_limit_and_are_shortened_at_random() -> None:
    backoff = Backoff(1.0, 60.0, random.Random(1))
    delays = [backoff.next_s() for _ in range(12)]
    for n, delay in enumerate(delays):
        full = min(60.0, 2.0**n)
        assert full / 2 <= delay <= full
    assert backoff.attempt == 12
    backoff.reset()
    assert backoff.next_s() <= 1.0


def test_clients_do_not_return_together() -> None:
    assert len({Backoff(rng=random.Random(seed)).next_s() for seed in range(50)}) == 50


def test_a_budget_waits_for_the_minute_to_turn() -> None:
    budget = MinuteBudget(2000)
    budget.spend(1990, T)
    assert budget.wait_ms(10, T + 1) == 0
    assert budget.wait_ms(11, T + 20_000) == 40_000
    assert budget.wait_ms(11, T + 60_000) == 0


def test_a_budget_turns_with_the_utc_minute_whenever_it_was_spent() -> None:
    budget = MinuteBudget(2000)
    budget.spend(2000, T + 59_000)
    assert budget.wait_ms(1, T + 59_999) == 1
    assert budget.used == 2000
    assert budget.wait_ms(1, T + 60_000) == 0
    budget.spend(2000, T + 60_001)
    assert budget.wait_ms(1, T + 90_000) == 30_000, "half a minute later is the same minute"


def test_the_venues_own_count_is_the_truth() -> None:
    budget = MinuteBudget(2000)
    budget.spend(5, T)
    budget.observe(1999, T + 100)
    assert budget.wait_ms(5, T + 200) > 0
    budget.observe(12, T + 300)
    assert budget.wait_ms(5, T + 400) == 0


def test_one_request_larger_than_the_budget_goes_alone() -> None:
    assert MinuteBudget(10).wait_ms(40, T) == 0
    assert SlidingBudget(10).wait_ms(40, T) == 0


@given(st.lists(st.integers(1, 40), max_size=300))
def test_a_minute_never_holds_more_than_the_limit(weights: list[int]) -> None:
    budget = MinuteBudget(100)
    now = T
    spent: dict[int, int] = {}
    for weight in weights:
        now += budget.wait_ms(weight, now)
        assert budget.wait_ms(weight, now) == 0
        budget.spend(weight, now)
        spent[now // 60_000] = spent.get(now // 60_000, 0) + weight
        now += 500
    assert all(total <= 100 for total in spent.values())


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=200))
def test_a_sliding_window_never_holds_more_than_the_limit(pauses: list[int]) -> None:
    budget = SlidingBudget(7, 300_000)
    now = T
    sent: list[int] = []
    for pause in pauses:
        now += pause
        now += budget.wait_ms(1, now)
        budget.spend(1, now)
        sent.append(now)
    assert all(sum(t - 300_000 < other <= t for other in sent) <= 7 for t in sent)


def test_pools_are_apart_and_a_closed_door_shuts_all() -> None:
    pacing = Pacing()
    pacing.spend(Pool.WEIGHT, 2000, T)
    assert pacing.wait_ms(Pool.WEIGHT, 1, T) == 60_000
    assert pacing.wait_ms(Pool.STATISTICS, 1, T) == 0
    assert pacing.wait_ms(Pool.FUNDING, 1, T) == 0
    pacing.close(T + 120_000)
    assert pacing.wait_ms(Pool.STATISTICS, 1, T) == 120_000
    pacing.close(T + 60_000)
    assert pacing.wait_ms(Pool.FUNDING, 1, T) == 120_000


def test_the_statistics_pool_holds_less_than_the_venue_allows() -> None:
    pacing = Pacing()
    now = T
    for _ in range(900):
        assert pacing.wait_ms(Pool.STATISTICS, 1, now) == 0
        pacing.spend(Pool.STATISTICS, 1, now)
        now += 10
    assert 0 < pacing.wait_ms(Pool.STATISTICS, 1, now) <= 300_000
