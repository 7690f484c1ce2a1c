"""What is read from a map: the age and the growth of its zones, and where they are hot in several cohorts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec.structs import replace
from support.month import Month

from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.reading import PASS_NS, Reading
from liqdesk.insight import Zone, confluence_of, zones_of
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, Side
from liqdesk.model import COHORTS_MS, Density, StepBatch, price_of_display_bin, row_prices
from liqdesk.model.ages import EDGES_MS
from liqdesk.model.axis import ROWS
from liqdesk.venues.binance.brackets import shipped_brackets


@pytest.fixture(scope="module")
def month() -> Month:
    return Month(5, days=4)


def map_of(steps: StepBatch, kept_days: int = 32) -> MarketMap:
    made = MarketMap(shipped_brackets().table("BTCUSDT"), kept_days=kept_days)
    made.queue_steps(steps, MINUTE_MS)
    while made.load_slice():
        pass
    return made


@pytest.fixture(scope="module")
def loaded(month: Month) -> MarketMap:
    return map_of(month.steps)


def read(market_map: MarketMap, mark: float | None = None) -> Reading:
    """Read a map until its ages are known."""
    reading = Reading(market_map)
    for _ in range(1_000):
        reading.go_on(0, mark or market_map.density.mark)
        if reading.ages is not None:
            return reading
    raise AssertionError("the pass does not end")


def zones(reading: Reading) -> tuple[Zone, ...]:
    now, found, _ = reading.view(reading.map.density.time_ms, reading.map.density.mark)
    assert now is not None
    assert found
    for zone in found:
        held = now.usd.reshape(2, 5, -1)[int(zone.side)].sum(axis=0, dtype=np.float64)
        rows = slice(zone.first_row - now.base, zone.last_row + 1 - now.base)
        assert zone.usd == pytest.approx(float(held[rows].sum()), rel=1e-6)
        assert zone.first_row <= zone.peak_row <= zone.last_row
    return found


def test_age_is_the_median_of_every_step_that_stands_in_a_zone(loaded: MarketMap) -> None:
    reading = read(loaded)
    record, end = loaded.record, loaded.density.time_ms
    assert record is not None
    for zone in zones(reading):
        t1, usd = [], []
        total = 0.0
        for row in range(zone.first_row, zone.last_row + 1):
            why = record.explain(row, int(zone.side), end, passed=loaded.density.passed(loaded.density.mark), least=0.0)
            t1.append(why.t1)
            usd.append(why.stands * price_of_display_bin(row))
            total += float(usd[-1].sum()) + float(why.before[3]) * price_of_display_bin(row)
        age = end - np.concatenate(t1)
        order = np.argsort(age, kind="stable")
        upto = np.cumsum(np.concatenate(usd)[order])
        assert zone.age_ms is not None
        exact = float(age[order][np.searchsorted(upto, total / 2)])
        at = int(np.searchsorted(EDGES_MS, exact))
        assert EDGES_MS[at - 1] <= zone.age_ms <= EDGES_MS[at]
        assert total * float(loaded.gain[zone.side]) == pytest.approx(zone.usd, rel=1e-5)


def test_age_goes_on_between_passes_and_is_unknown_where_the_record_does_not_reach(
    loaded: MarketMap, month: Month
) -> None:
    reading = read(loaded)
    end, mark = loaded.density.time_ms, loaded.density.mark
    before = [zone.age_ms for zone in zones(reading)]
    _, after, _ = reading.view(end + 90_000, mark)
    assert [zone.age_ms for zone in after] == [age + 90_000 for age in before if age is not None]
    assert [zone.age_ms for zone in Reading(loaded).view(end, mark)[1]] == [None] * len(before)
    # Two days in which next to nothing is opened or closed: what stands is older than a record of one day.
    late = month.steps.t0 >= end - 2 * DAY_MS
    quiet = replace(month.steps, volume=np.where(late, 1e-4, 1.0) * month.steps.volume)
    found = zones(read(map_of(quiet, kept_days=1)))
    assert [zone.age_ms for zone in found] == [None] * len(found)
    known = zones(read(map_of(quiet)))
    assert all(zone.age_ms is not None and zone.age_ms > 1.9 * DAY_MS for zone in known)


def test_growth_is_held_against_the_map_as_it_stood_an_hour_ago(loaded: MarketMap, month: Month) -> None:
    reading = read(loaded)
    end = loaded.density.time_ms
    then = Density(loaded.table.lowest_rate, loaded.table.max_leverage)
    then.run(month.steps.select(month.steps.t1 <= end - HOUR_MS))
    assert then.time_ms == end - HOUR_MS
    base, basis = then.planes()
    grew = []
    for zone in zones(reading):
        rows = slice(zone.first_row - base, zone.last_row + 1 - base)
        stood = float(basis.reshape(2, 5, ROWS)[int(zone.side)].sum(axis=0, dtype=np.float64)[rows].sum())
        assert zone.hour_usd == pytest.approx(stood * float(loaded.gain[zone.side]), rel=1e-3, abs=1.0)
        assert zone.growth_usd == pytest.approx(zone.usd - zone.hour_usd)
        grew.append(zone.growth_usd)
    assert max(map(abs, grew)) > 1_000
    loaded.factor = 4.0  # of all venues: both ends of the hour are of the scale that is shown now
    try:
        for zone, growth in zip(zones(reading), grew, strict=True):
            assert zone.growth_usd == pytest.approx(4 * growth, rel=1e-6)
    finally:
        loaded.factor = 1.0


def test_growth_is_unknown_where_no_column_stood_an_hour_ago(month: Month) -> None:
    short = month.steps.select(np.arange(len(month.steps)) < 30)
    for zone in Reading(map_of(short)).view(int(short.t1[-1]), map_of(short).density.mark)[1]:
        assert zone.hour_usd is None
        assert zone.growth_usd is None


def test_cohorts_are_those_of_maps_that_begin_so_late(loaded: MarketMap, month: Month) -> None:
    """Against runs of the entries of each age alone, at the same scale."""
    reading = read(loaded)
    density, found = loaded.density, reading.confluence
    assert found is not None
    assert reading.ages is not None
    base, rows = reading.ages.base, reading.ages.rows
    cohorts = []
    for age in COHORTS_MS:
        young = Density(loaded.table.lowest_rate, loaded.table.max_leverage)
        young.run(month.steps.select(density.time_ms - month.steps.t1 <= age))
        at, basis = young.planes(density.mark)
        usd = basis.astype(np.float64).reshape(2, 5, ROWS).sum(axis=1) * loaded.gain[:, None]
        cohorts.append(usd[:, base - at : base - at + rows])
    wanted = confluence_of(density.time_ms, base, cohorts, density.mark, loaded.spread)
    assert found == wanted
    assert any(found.sure) or any(found.risen)
    for zone in zones(reading):
        assert zone.cohorts == found.cohorts_at(zone.peak_row)
        assert zone.score == found.at(zone.peak_row)[2]


def test_a_pass_begins_when_a_minute_has_closed_and_not_at_once_again(month: Month) -> None:
    short = map_of(month.steps.select(np.arange(len(month.steps)) < 1_300))
    reading = read(short)
    first = reading.ages
    assert first is not None
    mark = short.density.mark
    for _ in range(20):
        reading.go_on(10 * PASS_NS, mark)
    assert reading.ages is first, "no minute has closed"
    more = month.steps.select((np.arange(len(month.steps)) >= 1_300) & (np.arange(len(month.steps)) < 1_301))
    short.queue_steps(more, MINUTE_MS)
    assert short.load_slice()
    for _ in range(20):
        reading.go_on(PASS_NS - 1, mark)
    assert reading.ages is first, "it is too soon"
    for _ in range(20):
        reading.go_on(PASS_NS, mark)
    assert reading.ages is not None
    assert reading.ages.until_ms == short.density.time_ms == first.until_ms + MINUTE_MS
    unseen = MarketMap(shipped_brackets().table("BTCUSDT"), shown=False)
    nobody = Reading(unseen)
    nobody.go_on(0, mark)
    assert nobody.ages is None
    assert nobody.view(0, mark) == (None, (), ())


def test_confluence_by_hand() -> None:
    """Two bumps: one in all three cohorts, one in the oldest alone."""
    mark = 60_000.0
    here = round(math.log(mark / 30_000) / 1e-3)
    base = here - 200
    prices = row_prices(base, 400)
    away = np.log(prices / mark)

    def of(*bumps: tuple[float, float]) -> np.ndarray:
        usd = np.zeros((2, 400))
        usd[0, away < 0] = 2_000.0
        usd[1, away > 0] = 2_000.0
        for at, high in bumps:
            usd[int(at > 0)] += high * np.exp(-0.5 * ((away - at) / 0.004) ** 2)
        return usd

    young, day, week = of((0.03, 4e5)), of((0.03, 6e5)), of((0.03, 9e5), (-0.05, 8e5))
    found = confluence_of(7, base, (young, day, week), mark)
    at = here + 30
    assert found.cohorts_at(at) == (2, 2, 2)
    assert found.cohorts_at(here - 50) == (0, 0, 2)
    assert found.cohorts_at(here + 90) == (0, 0, 0)
    assert found.cohorts_at(base - 1) == found.cohorts_at(base + 400) == (0, 0, 0)
    zone = next(z for z in zones_of(base, week, mark) if z.side is Side.SHORT)
    assert zone.first_row <= at <= zone.last_row
    assert found.cohorts_at(zone.first_row)[2] == 2
    assert found.cohorts_at(zone.last_row + 1)[2] == 0
    # The highest of its side in every cohort: all bins hold no more.
    assert found.at(at)[2] == 100
    # 0.5 % above mark only the flat ground stands, as in most bins of its side: as many as are not above it.
    level = here + 5
    shares = [float(np.mean(usd[1][200:296] <= usd[1][205] + 1e-9)) for usd in (young, day, week)]
    assert found.at(level)[2] == pytest.approx(100 * np.prod(shares) ** (1 / 3), abs=2)
    assert found.at(here + 150)[2] == 0, "beyond 10 %"
