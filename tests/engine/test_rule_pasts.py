"""How often a rule would have fired is what it fired: live over a stretch, and told of the same stretch by what was recorded of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from support.lived import SYMBOL, Lived, rate_at
from support.month import Month

from liqdesk.alerts import AnyRule, ForcedBurst, FundingBeyond, ImbalanceBeyond, PriceCrosses, Which, ZoneNear
from liqdesk.alerts.replay import MOST_FIRINGS
from liqdesk.engine.lookback import LookBack
from liqdesk.engine.markpath import path_of, reach_of
from liqdesk.engine.pasts import WEEK_MS, AskPast, RulePast
from liqdesk.engine.retelling import Telling, Told, tell
from liqdesk.engine.rulepasts import RulePasts
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS

pytestmark = pytest.mark.timeout(240)
DAYS = 9
LIVED_S = 2_400
COOLDOWN_S = 120.0


@pytest.fixture(scope="module")
def month() -> Month:
    return Month(4, days=DAYS, keep_seconds=True)


@pytest.fixture(scope="module")
def lived(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A market lived through for forty minutes with a rule of each kind, twice: often, and never."""
    one = Lived(month, tmp_path_factory.mktemp("lived"), (LIVED_S + 60) / 3_600)
    one.live(60)
    one.put(rules(one))
    one.live(LIVED_S)
    yield one
    one.close()


def rules(one: Lived) -> list[AnyRule]:
    """Return rules that this market meets now and then, and their likes that it never does."""
    seconds = one.month.seconds[-LIVED_S:]
    imbalance = one.session.imbalance[1]
    common = {"symbol": SYMBOL, "cooldown_s": COOLDOWN_S}
    near = min(abs(z.distance) for z in one.session.zones)
    return [
        PriceCrosses(id="price", price=round(float(np.median(seconds)), 1), **common),
        PriceCrosses(id="price never", price=float(seconds.max()) * 1.5, **common),
        ZoneNear(id="zone", within=near, min_usd=1.0, **common),
        ZoneNear(id="zone never", within=0.12, min_usd=1e12, **common),
        ImbalanceBeyond(id="imbalance", radius=imbalance.radius, threshold=imbalance.ratio or 1e-3, **common),
        ImbalanceBeyond(
            id="imbalance never", radius=0.02, threshold=-0.9999 if imbalance.ratio > 0 else 0.9999, **common
        ),
        FundingBeyond(id="funding", rate=rate_at(one.now_ms + 1_000_000), **common),
        FundingBeyond(id="funding never", rate=0.05, **common),
        ForcedBurst(id="forced", usd=2e4, seconds=300.0, **common),
        ForcedBurst(id="forced never", usd=1e12, seconds=300.0, **common),
    ]


def told_of(one: Lived) -> Told:
    series, looks = one.gathering.view, one.pasts.looks(one.session)
    assert series is not None
    return Told(one.session, one.history, *looks, series.rates, [])


def told(one: Lived, rule: AnyRule, t0: int, t1: int) -> RulePast:
    """Return the past of a rule over a stretch, told at one go."""
    return finished(tell(rule, told_of(one), t0, t1))


def finished(telling: Telling) -> RulePast:
    while True:
        try:
            share = next(telling)
            assert 0 <= share <= 1
        except StopIteration as end:
            past = end.value
            assert isinstance(past, RulePast)
            return past


KINDS = ("price", "zone", "imbalance", "funding", "forced")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_is_what_fired(lived: Lived, kind: str) -> None:
    t0, t1 = lived.since_ms, lived.now_ms // MINUTE_MS * MINUTE_MS
    for name in (kind, f"{kind} never"):
        fired = [f for f in lived.fired if f.rule_id == name and f.time_ms < t1]
        past = told(lived, rule_of(lived, name), t0, t1)
        assert past.count == len(fired)
        assert bool(fired) is (name == kind), "the market meets the one and never the other"
        within_ms = {"price": 0, "forced": 0, "zone": 10_000, "imbalance": 30_000, "funding": MINUTE_MS}[kind]
        for mine, theirs in zip(reversed(past.last), fired[-len(past.last) :], strict=True):
            assert abs(mine.time_ms - theirs.time_ms) <= within_ms
        if kind in ("price", "forced") and fired:
            assert past.last[0].headline == fired[-1].headline


def rule_of(one: Lived, name: str) -> AnyRule:
    return next(r for r in one.book.rules() if r.id == name)


def answer(one: Lived, rule: AnyRule, serial: int = 1) -> RulePast:
    """Ask as the window does and let the engine beat until it is answered."""
    one.pasts.ask(AskPast(serial, rule))
    deadline = time.monotonic() + 60
    while True:
        view = one.pasts.view
        if view is not None and view.asked is not None and (view.asked.share == 1 or view.asked.why):
            assert view.asked.serial == serial
            return view.asked
        assert time.monotonic() < deadline
        one.pasts.beat(one.session, one.gathering.view, lambda: (), time.monotonic_ns(), one.now_ms)


def stretches(past: RulePast) -> list[tuple[int, int]]:
    """Return what is known in minutes, and by what steps in minutes."""
    return [(round((k.to_ms - k.from_ms) / MINUTE_MS), k.step_ms // MINUTE_MS) for k in past.known]


def test_a_week_is_told_by_what_is_kept_of_it(lived: Lived) -> None:
    price = answer(lived, rule_of(lived, "price never"))
    assert price.count == 0
    assert price.to_ms - price.from_ms == WEEK_MS
    assert stretches(price)[-1] == (LIVED_S // 60, 0), "each mark since the session began, but for the open minute"
    assert {step for _, step in stretches(price)} == {5, 1, 0}
    assert price.known_ms > WEEK_MS - 10 * MINUTE_MS
    zone = answer(lived, rule_of(lived, "zone never"), 2)
    assert zone.count == 0
    assert zone.known_ms > WEEK_MS - 15 * MINUTE_MS
    assert [step for _, step in stretches(zone)] == [5, 1]
    live = (lived.now_ms - lived.t0) / MINUTE_MS
    assert zone.back_ms / MINUTE_MS == pytest.approx(7 * 1_440 - live, abs=20), "the rest was computed afterwards"
    forced = answer(lived, rule_of(lived, "forced"), 3)
    assert forced.count == len([f for f in lived.fired if f.rule_id == "forced"])
    assert [step for _, step in stretches(forced)] == [0]
    assert forced.known_ms == pytest.approx(lived.now_ms - lived.t0, abs=5_000), "as long as it was listened to"
    funding = answer(lived, rule_of(lived, "funding"), 4)
    assert [step for _, step in stretches(funding)] == [1]
    assert funding.known_ms == pytest.approx(lived.now_ms - lived.t0, abs=MINUTE_MS)
    assert funding.payments == 0, "nothing was paid that anybody has told"


def test_payments_stand_in_for_rates_that_are_not_kept(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    at = [lived.t0 - 8 * HOUR_MS * k for k in range(1, 25)]
    history = tuple((t, 0.002 if k % 5 == 0 else 1e-5) for k, t in enumerate(at))
    view = msgspec.structs.replace(lived.session.funding, history=history)
    monkeypatch.setattr(lived.session, "funding", view)
    rule = FundingBeyond(id="f", symbol=SYMBOL, rate=0.001)
    past = answer(lived, rule, 5)
    inside = [t for t in at if past.from_ms <= t < past.to_ms]
    assert past.payments == len(inside)
    assert past.count == sum(1 for t, rate in history if t in inside and rate > 0.001)
    assert past.last[0].time_ms == max(t for t, rate in history if rate > 0.001)


def test_what_nothing_is_kept_of_is_not_told(lived: Lived) -> None:
    series = lived.gathering.view
    assert series is not None
    t1 = lived.t0 - 2 * DAY_MS
    past = told(lived, rule_of(lived, "forced"), t1 - DAY_MS, t1)
    assert (past.why, past.count, past.known) == ("forced orders were not recorded.", 0, ())
    past = told(lived, rule_of(lived, "funding"), t1 - DAY_MS, t1)
    assert past.why == "no funding rate is known yet."
    before = lived.month.begin_ms
    assert told(lived, rule_of(lived, "price"), before - DAY_MS, before).why == "no marks are recorded."
    assert told(lived, rule_of(lived, "zone"), before - DAY_MS, before).why == "there is no map of that time yet."
    other = answer(lived, msgspec.structs.replace(rule_of(lived, "price"), symbol="ETHUSDT"), 6)
    assert other.why == "ETHUSDT is not on screen."


def test_without_a_history_the_columns_say_where_the_mark_was(lived: Lived) -> None:
    series = lived.gathering.view
    assert series is not None
    zones, imbalance = LookBack(lived.session.map, zones=True), LookBack(lived.session.map, zones=False)
    heard = lived.listening.stretches()[0]
    bare = Told(lived.session, None, zones, imbalance, series.rates, heard)
    t1 = lived.now_ms
    for kind in KINDS:
        rule = rule_of(lived, kind)
        past = finished(tell(rule, bare, t1 - 6 * HOUR_MS, t1))
        whole = finished(tell(rule, told_of(lived), t1 - 6 * HOUR_MS, t1))
        assert past.why == ""
        assert abs(past.known_ms - whole.known_ms) <= 10 * MINUTE_MS
        assert past.count == pytest.approx(whole.count, abs=max(2, whole.count // 4)), kind
        if kind == "price":
            assert {k.step_ms for k in past.known} == {MINUTE_MS}


def test_no_look_is_left_out_that_a_rule_would_hold_at(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    common = {"symbol": SYMBOL, "cooldown_s": 900.0}
    zones = [z.usd for z in lived.session.zones]
    some: list[AnyRule] = [
        ZoneNear(id="1", within=0.004, min_medians=1.2, **common),
        ZoneNear(id="2", within=0.02, min_usd=float(np.median(zones)), which=Which.LONG, **common),
        ZoneNear(id="3", within=0.05, min_usd=max(zones), which=Which.SHORT, **common),
        ImbalanceBeyond(id="4", radius=0.01, threshold=0.3, either=True, **common),
        ImbalanceBeyond(id="5", radius=0.02, threshold=-0.2, **common),
        ImbalanceBeyond(id="6", radius=0.05, threshold=0.1, **common),
    ]
    t0, t1 = lived.now_ms - 3 * DAY_MS, lived.now_ms
    quick = [told(lived, rule, t0, t1) for rule in some]
    monkeypatch.setattr("liqdesk.engine.retelling._worth", lambda _rule, looks: np.ones(len(looks), np.bool_))
    assert [told(lived, rule, t0, t1) for rule in some] == quick
    assert sum(past.count for past in quick) > 50


def test_forced_orders_of_a_recording_are_not_said_to_be_missing(lived: Lived) -> None:
    past = finished(
        tell(rule_of(lived, "forced"), told_of(lived)._replace(history=None, listened=None), 0, lived.now_ms)
    )
    assert past.why == "the forced orders of a recording are not looked through."


def test_a_rule_that_always_holds_is_counted_to_an_end(lived: Lived) -> None:
    rule = ZoneNear(id="z", symbol=SYMBOL, within=0.12, min_usd=1.0, cooldown_s=30.0)
    past = answer(lived, rule, 7)
    assert past.more
    assert past.count == MOST_FIRINGS
    half = answer(lived, msgspec.structs.replace(rule, cooldown_s=3_600.0), 8)
    assert not half.more
    assert half.count == pytest.approx(7 * 24, abs=2)


def test_rules_in_force_are_told_in_their_turn_and_told_anew(lived: Lived) -> None:
    pasts, beats = RulePasts(lived.history, lived.listening), 0
    now_ns = 10**12
    while pasts.view is None or len(pasts.view.rules) < len(lived.book.rules()):
        pasts.beat(lived.session, lived.gathering.view, lived.book.rules, now_ns, lived.now_ms)
        beats += 1
        assert beats < 20_000
    assert {p.rule.id for p in pasts.view.rules} == {r.id for r in lived.book.rules()}
    view = pasts.view
    for past in view.rules:
        assert past.count == answer(lived, past.rule, 9).count
    pasts.beat(lived.session, lived.gathering.view, lived.book.rules, now_ns + 10**9, lived.now_ms)
    assert pasts.view is view, "nothing is told twice in a minute"
    kept = [r for r in lived.book.rules() if r.id != "price"]
    pasts.beat(lived.session, lived.gathering.view, lambda: kept, now_ns + 3 * 10**9, lived.now_ms)
    assert {p.rule.id for p in pasts.view.rules} == {r.id for r in kept}


def test_a_newer_question_replaces_one_that_is_not_answered(lived: Lived) -> None:
    pasts = RulePasts(lived.history, lived.listening)
    pasts.ask(AskPast(1, rule_of(lived, "zone")))
    pasts.beat(lived.session, lived.gathering.view, lambda: (), 0, lived.now_ms)
    assert pasts.view is not None
    assert pasts.view.asked is not None
    assert pasts.view.asked.share < 1, "the map of a week is not read in one beat"
    pasts.ask(AskPast(2, rule_of(lived, "price")))
    for _ in range(200):
        pasts.beat(lived.session, lived.gathering.view, lambda: (), 0, lived.now_ms)
    assert pasts.view.asked is not None
    assert (pasts.view.asked.serial, pasts.view.asked.share) == (2, 1.0)
    pasts.ask(AskPast(3, None))
    assert pasts.view.asked is None


def test_candles_of_the_mark_lie_side_by_side_the_finest_first(lived: Lived) -> None:
    t1 = lived.now_ms
    path = path_of(SYMBOL, lived.history, lived.session.map.grid, t1 - WEEK_MS, t1)
    assert np.all(path["t"][1:] >= path["t"][:-1] + path["span"][:-1])
    assert int(path["span"].sum()) > WEEK_MS - 10 * MINUTE_MS
    bars = lived.history.bars(SYMBOL, MINUTE_MS, True, t1 - DAY_MS, t1)
    mine = path[np.isin(path["t"], bars["t"])]
    assert len(mine) == len(bars)
    for name in ("open", "low", "high", "close"):
        assert np.array_equal(mine[name], bars[name])
    t = int(bars["t"][100])
    reach = reach_of(path, t, t + 5 * MINUTE_MS)
    assert reach is not None
    assert set(reach) == {float(bars["low"][100:105].min()), float(bars["high"][100:105].max())}
    assert reach_of(path, t + 1, t + MINUTE_MS) is None
    assert reach_of(path, t1, t1 + MINUTE_MS) is None
