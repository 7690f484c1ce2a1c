"""Cooldowns on venue time, clocks that jump, changed rules, and the log."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import msgspec
import pytest

from liqdesk.alerts import AlertBook, FundingBeyond, MarketView, PriceCrosses, RuleStatus
from liqdesk.errors import InputError

T0 = 1_776_204_000_000

View = Callable[..., MarketView]

RULE = FundingBeyond(id="f", symbol="BTCUSDT", rate=0.0005, cooldown_s=60)


def seconds_fired(book: AlertBook, view: View, seconds: range, rate: float = 0.001) -> list[int]:
    return [s for s in seconds if book.observe(view(s, funding_rate=rate))]


def test_once_per_cooldown_while_it_holds(view: View) -> None:
    book = AlertBook([RULE])
    assert seconds_fired(book, view, range(0, 181, 5)) == [0, 60, 120, 180]
    assert book.status() == (RuleStatus(RULE, 4, T0 + 180_000, T0 + 240_000),)
    assert [f.time_ms - T0 for f in book.log] == [0, 60_000, 120_000, 180_000]


def test_not_again_within_the_cooldown_even_if_it_stopped_holding(view: View) -> None:
    book = AlertBook([RULE])
    assert seconds_fired(book, view, range(10)) == [0]
    assert seconds_fired(book, view, range(10, 20), rate=0.0) == []
    assert seconds_fired(book, view, range(20, 90)) == [60]


def test_it_waits_for_what_it_watches(view: View) -> None:
    book = AlertBook([RULE])
    assert seconds_fired(book, view, range(50), rate=0.0004) == []
    assert book.status() == (RuleStatus(RULE, 0, None, None),)
    assert seconds_fired(book, view, range(50, 55)) == [50]


def test_a_clock_that_goes_back_locks_no_rule_for_ever(view: View) -> None:
    book = AlertBook([RULE])
    assert book.observe(view(1_000_000, funding_rate=0.001))
    assert seconds_fired(book, view, range(130)) == [60, 120]


def test_a_restart_arms_every_rule_anew(view: View) -> None:
    book = AlertBook([RULE])
    assert book.observe(view(0, funding_rate=0.001))
    assert not book.observe(view(1, funding_rate=0.001))
    assert AlertBook(book.rules()).observe(view(2, funding_rate=0.001))


def test_a_disabled_rule_is_silent_and_other_symbols_are_none_of_it(view: View) -> None:
    book = AlertBook([msgspec.structs.replace(RULE, enabled=False)])
    assert seconds_fired(book, view, range(5)) == []
    book.put(RULE)
    assert book.observe(view(9, symbol="ETHUSDT", funding_rate=0.001)) == ()
    assert len(book.observe(view(9, funding_rate=0.001))) == 1


def test_switching_keeps_the_cooldown_and_a_new_condition_ends_it(view: View) -> None:
    book = AlertBook([RULE])
    assert book.observe(view(0, funding_rate=0.001))
    book.put(msgspec.structs.replace(RULE, enabled=False))
    book.put(msgspec.structs.replace(RULE, sound=False))
    assert book.status()[0].fired == 1
    assert book.observe(view(1, funding_rate=0.001)) == ()
    book.put(msgspec.structs.replace(RULE, rate=0.0006))
    assert book.status()[0].fired == 0
    assert book.observe(view(2, funding_rate=0.001))[0].sound
    book.put(msgspec.structs.replace(RULE, rate=0.0006, cooldown_s=5.0))
    assert seconds_fired(book, view, range(3, 14)) == [8, 13]


def test_a_price_is_said_once_per_crossing_not_per_mark(view: View) -> None:
    book = AlertBook([PriceCrosses(id="p", symbol="BTCUSDT", price=100.0, cooldown_s=1)])
    marks = [99.0, 101.0, 102.0, 101.0, 99.0, 98.0, 100.0, 100.0]
    fired = []
    for i, (before, after) in enumerate(itertools.pairwise(marks), start=1):
        seen = book.observe(view(10 * i, after, previous=(T0 + 10_000 * (i - 1), before)))
        fired += [(i, f.headline.split()[-1]) for f in seen]
    assert fired == [(1, "upwards"), (4, "downwards"), (6, "upwards")]


def test_several_rules_fire_in_their_order_and_dropping_is_final(view: View) -> None:
    book = AlertBook([RULE, msgspec.structs.replace(RULE, id="g", rate=0.0001)])
    assert [f.rule_id for f in book.observe(view(0, funding_rate=0.001))] == ["f", "g"]
    book.drop("f")
    book.drop("f")
    assert [s.rule.id for s in book.status()] == ["g"]


def test_what_cannot_be_watched_does_not_enter(view: View) -> None:
    book = AlertBook()
    with pytest.raises(InputError, match="funding") as e:
        book.put(msgspec.structs.replace(RULE, rate=5.0))
    assert e.value.user == "The funding rate must lie between 0 and 10 %, to one side or the other."
    for i in range(500):
        book.put(msgspec.structs.replace(RULE, id=str(i)))
    with pytest.raises(InputError, match="500"):
        book.put(RULE)
    book.put(msgspec.structs.replace(RULE, id="7", rate=0.002))
    assert len(book.rules()) == 500


def test_the_log_keeps_the_last_two_hundred(view: View) -> None:
    book = AlertBook([msgspec.structs.replace(RULE, cooldown_s=1.0)])
    for second in range(250):
        book.observe(view(second, funding_rate=0.001))
    assert len(book.log) == 200
    assert book.log[-1].time_ms == T0 + 249_000
