"""Numbers and times as words."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqdesk.ui import present

FRIDAY = int(datetime(2026, 2, 27, 17, 30, 5, tzinfo=UTC).timestamp() * 1_000)
SUMMER = int(datetime(2026, 7, 1, 12, 0, tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (7.6, "8"),
        (1_204, "1,204"),
        (9_999.4, "9,999"),
        (9_999.6, "10.0K"),
        (28_500, "28.5K"),
        (99_949, "99.9K"),
        (99_951, "100K"),
        (399_000, "399K"),
        (999_499, "999K"),
        (999_501, "1.0M"),
        (38_200_000, "38.2M"),
        (999_949_999, "999.9M"),
        (5_180_000_000, "5.18B"),
        (1.5e12, "1.50T"),
        (-3_000_000, "−3.0M"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_usd(value: float | None, text: str) -> None:
    assert present.usd(value) == text


def test_usd_signed_and_round() -> None:
    assert present.usd(25_000, signed=True) == "+25.0K"
    assert [present.usd_round(v) for v in (0, 500, 25e3, 250e3, 1.5e6, 2e6, 3e9)] == [
        "0",
        "500",
        "25K",
        "250K",
        "1.5M",
        "2M",
        "3B",
    ]
    assert present.usd_round(999_900) == "1M"


def test_prices_and_ranges() -> None:
    assert present.price(67_081.4, 1) == "67,081.4"
    assert present.price(67_081.4, 0) == "67,081"
    assert present.price(0.00012345, 8) == "0.00012345"
    assert present.price_range(70_001.2, 70_622.4, 0) == "70,001–70,622"
    assert present.range_decimals(67_955.0, 68_392.0, 1) == 0
    assert present.range_decimals(1.2345, 1.2397, 4) == 4
    assert present.range_decimals(1.0, 1.0, 2) == 2


def test_signs_are_true_minus_with_a_space_before_per_cent() -> None:
    assert present.percent(-0.0341, 2) == "−3.41 %"
    assert present.percent(0.0441) == "+4.4 %"
    assert present.percent(-0.000005, 4) == "−0.0005 %"
    assert present.percent(-1e-9) == "0.0 %"
    assert present.percent(0.66, 0, signed=False) == "66 %"
    assert present.ratio(-0.764) == "−76 %"
    assert present.number(-0.04, 1) == "0.0"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (0.31, "0.3 s"),
        (9.96, "10 s"),
        (14.2, "14 s"),
        (300.0, "5 min"),
        (7_200.0, "2 h"),
        (200_000.0, "2 d"),
        (-3.0, "0.0 s"),
        (None, "–"),
    ],
)
def test_age(seconds: float | None, text: str) -> None:
    assert present.age(seconds) == text


def test_lengths_and_countdowns() -> None:
    assert present.length(6_300_000) == "1 h 45 m"
    assert present.length(45_000) == "45 s"
    assert present.length(3 * 86_400_000 + 4 * 3_600_000) == "3 d 4 h"
    assert present.length(3_600_000) == "1 h"
    assert present.countdown(4_367_000) == "1:12:47"
    assert present.countdown(9_999) == "0:00:09"
    assert present.countdown(-5) == "0:00:00"
    assert present.countdown(None) == "–"


def test_spans_of_candles_and_windows() -> None:
    names = [present.span(m * 60_000) for m in (1, 5, 15, 60, 240, 720, 1_440, 4_320, 10_080, 43_200)]
    assert names == ["1m", "5m", "15m", "1h", "4h", "12h", "1d", "3d", "1w", "1M"]


def test_rates_and_speed() -> None:
    assert [present.rate(r) for r in (0.2, 84.0, 5_000.0)] == ["0.2/s", "84/s", "5.0K/s"]
    assert present.milliseconds(84.4) == "84 ms"
    assert (present.speed(20.0), present.speed(1.5)) == ("20×", "1.5×")


def test_times_name_their_zone() -> None:
    assert present.stamp(FRIDAY) == "Fri 27 Feb 17:30 UTC"
    assert present.stamp(FRIDAY, "Europe/Berlin") == "Fri 27 Feb 18:30 CET"
    assert present.zone_label(SUMMER, "Europe/Berlin") == "CEST"
    assert present.zone_label(SUMMER, "Asia/Kathmandu") == "UTC+05:45"
    assert present.zone_label(SUMMER, "America/Sao_Paulo") == "UTC−03"
    assert present.clock(FRIDAY, "Asia/Tokyo") == "02:30:05"
    assert present.day(FRIDAY, "Asia/Tokyo") == "Sat 28 Feb"
    assert present.date(FRIDAY) == "27 Feb 17:30"
    assert present.iso_minute(FRIDAY) == "2026-02-27 17:30 UTC"
    assert present.stamp(FRIDAY, "No/Such_Zone") == "Fri 27 Feb 17:30 UTC"
    assert present.stamp(FRIDAY, "../etc/passwd") == "Fri 27 Feb 17:30 UTC"


@given(st.floats(min_value=1.0, max_value=9e13))
def test_usd_is_within_its_last_digit(value: float) -> None:
    text = present.usd(value)
    unit = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}.get(text[-1], 1.0)
    digits = text.rstrip("KMBT").replace(",", "")
    step = unit * 10.0 ** -len(digits.partition(".")[2])
    assert abs(float(digits) * unit - value) <= step * 0.5001
    assert len(text) <= 7


def test_sizes_are_in_the_chosen_unit_at_the_mark() -> None:
    coin = present.measure("coin", "BTC", 67_081.4)
    assert coin == present.Measure("BTC", 67_080.0)
    assert present.measure("usd", "BTC", 67_081.4) is present.DOLLARS
    for usd, in_usd, in_coins in (
        (38_200_000.0, "38.2M", "569"),
        (2_851_000.0, "2.9M", "42.5"),
        (28_500.0, "28.5K", "0.425"),
        (1_204.0, "1,204", "0.0179"),
        (6.7, "7", "0.000100"),
        (0.0, "0", "0"),
        (9e9, "9.00B", "134K"),
        (-28_500.0, "−28.5K", "−0.425"),
        (670_733.0, "671K", "10.0"),
    ):
        assert present.size(usd) == in_usd
        assert present.size(usd, coin) == in_coins
    assert present.size(None, coin) == present.UNKNOWN
    assert present.size(5.0, present.measure("coin", "BTC", float("nan"))) == present.UNKNOWN
    assert present.size(28_500.0, coin, signed=True) == "+0.425"
    assert present.size_band(28_500.0, 38_200_000.0, coin) == "0.425–569"
    assert present.size_half(0.0, 57_000.0, coin) == "±0.425"
    assert present.size_half(0.0, float("inf"), coin) == ""
    assert present.size_round(16_770.0, coin) == "0.25"
    assert present.size_round(16_770.0) == "16.8K"
