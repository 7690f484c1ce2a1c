"""The stylised facts of a month of BTCUSDT on seed 1, at the rates measured on the real market."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from liqdesk.simulator import layout as at
from liqdesk.simulator.market import Market

START_MS = 1_772_438_400_000
DAYS = 31
DISTANCES = ((0.0, 0.005), (0.005, 0.01), (0.01, 0.02), (0.02, 0.05), (0.05, 1.0))


class Month:
    """One month's minutes (after ten days, when the crowd has formed) and its liquidations."""

    def __init__(self) -> None:
        market = Market(1, START_MS, past_days=DAYS)
        market.lead(START_MS)
        course = market.leader
        first = START_MS // 60_000 - (DAYS - 10) * 1440
        minutes = np.arange(first, START_MS // 60_000) % len(course.MI)
        self.days = DAYS - 10
        self.close = course.MI[minutes, at.CLOSE] * course.contract.tick
        self.volume = course.MI[minutes, at.VOLUME] * course.contract.step
        self.interest = course.MF[minutes, at.M_INTEREST]
        events = course.EI[: int(course.Q[at.EVENTS])]
        events = events[events[:, at.E_SECOND] >= first * 60]
        self.second = events[:, at.E_SECOND]
        self.base = events[:, at.E_STEPS] * course.contract.step
        self.usd = self.base * events[:, at.E_TICKS] * course.contract.tick
        rows = course.EF[: int(course.Q[at.EVENTS])][-len(events) :]
        self.distance = abs(np.log(rows[:, at.E_LIQUIDATION] / rows[:, at.E_ENTRY]))
        self.leverage = events[:, at.E_LEVERAGE]
        self.minute = self.second // 60 - first

    def returns(self, minutes: int) -> NDArray[np.float64]:
        return np.diff(np.log(self.close[::minutes]))


@pytest.fixture(scope="module")
def month() -> Month:
    return Month()


def kurtosis(r: NDArray[np.float64]) -> float:
    r = r - r.mean()
    return float((r**4).mean() / (r**2).mean() ** 2)


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_volatility_is_that_of_bitcoin(month: Month) -> None:
    assert 0.45 < month.returns(5).std() * np.sqrt(288 * 365.25) < 0.7
    assert month.close.min() > 50_000
    assert month.close.max() < 110_000


def test_returns_have_fat_tails_that_thin_out_with_the_horizon(month: Month) -> None:
    assert kurtosis(month.returns(5)) > 6
    assert kurtosis(month.returns(60)) > 4


def test_volatility_clusters_and_returns_do_not(month: Month) -> None:
    r = month.returns(5)
    assert correlation(abs(r[:-12]), abs(r[12:])) > 0.15
    assert abs(correlation(r[:-1], r[1:])) < 0.05
    assert max(abs(correlation(r[:-lag], r[lag:])) for lag in range(1, 13)) < 0.1
    assert correlation(abs(r[:-288]), abs(r[288:])) < correlation(abs(r[:-1]), abs(r[1:]))


def test_the_day_has_its_busy_hours(month: Month) -> None:
    hour = (
        np.arange(month.days * 1440) // 60 + START_MS // 3_600_000
    ) % 24  # a month begins at the hour at which it ends
    volume = np.bincount(hour, weights=month.volume[: len(hour)])
    six = np.convolve(np.tile(volume, 2), np.ones(6), "valid")[:24]
    assert 12 <= np.argmax(six) + 3 <= 17
    assert volume.max() > 1.3 * volume.min()


def test_volume_follows_movement(month: Month) -> None:
    r = abs(month.returns(5))
    volume = month.volume.reshape(-1, 5).sum(axis=1)[: len(r)]
    assert correlation(r, volume) > 0.4


def test_turnover_is_about_the_measured_one(month: Month) -> None:
    assert 1.3 < month.volume.sum() / month.days / month.interest.mean() < 2.5


def test_open_interest_hardly_follows_price(month: Month) -> None:
    r = month.returns(5)
    change = np.diff(month.interest[::5])[: len(r)]
    assert abs(correlation(change, r[: len(change)])) < 0.2


def test_liquidations_are_a_quarter_of_a_percent_of_open_interest_a_day(month: Month) -> None:
    share = month.base.sum() / month.days / month.interest.mean()
    assert 0.0015 < share < 0.004


def test_liquidations_come_in_bursts(month: Month) -> None:
    per_minute = np.bincount(month.minute, minlength=month.days * 1440)
    assert per_minute.var() / per_minute.mean() > 10
    per_hour = per_minute.reshape(-1, 60).sum(axis=1)
    assert per_hour.var() / per_hour.mean() > 100
    usd = np.bincount(month.minute, weights=month.usd, minlength=month.days * 1440)
    assert usd.max() > 100 * usd.mean()


def test_about_half_of_what_is_liquidated_is_printed(month: Month) -> None:
    largest: dict[int, float] = {}
    for second, usd in zip(month.second.tolist(), month.usd.tolist(), strict=True):
        largest[second] = max(largest.get(second, 0.0), usd)
    assert 0.3 < sum(largest.values()) / month.usd.sum() < 0.7


def test_most_of_the_liquidated_were_highly_leveraged(month: Month) -> None:
    assert np.mean(month.leverage >= 20) > 0.6
    assert 0.0 < np.mean(month.leverage <= 15) < 0.2


def test_they_were_as_far_from_their_entry_as_the_really_liquidated(month: Month) -> None:
    shares = [month.usd[(month.distance >= a) & (month.distance < b)].sum() / month.usd.sum() for a, b in DISTANCES]
    assert 0.05 < shares[0] < 0.25
    assert 0.2 < shares[1] < 0.45
    assert 0.15 < shares[2] < 0.4
    assert 0.15 < shares[3] < 0.4
    assert shares[4] < 0.15
