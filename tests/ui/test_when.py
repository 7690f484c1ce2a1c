"""Moments as people type them, in the zone they look at."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqdesk.errors import InputError
from liqdesk.ui import present
from liqdesk.ui.when import moment

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
HOUR = 3_600_000


def at(text: str, zone: str = "UTC", fold: int = 0) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1_000)


NOW = at("2026-02-28 12:17")  # a Saturday


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("now", "2026-02-28 12:17"),
        ("2026-02-27 17:30", "2026-02-27 17:30"),
        ("2026-02-27T17:30", "2026-02-27 17:30"),
        ("2026-02-27", "2026-02-27 00:00"),
        ("27 Feb", "2026-02-27 00:00"),
        ("27 Feb 17:30", "2026-02-27 17:30"),
        ("17:30 27 feb", "2026-02-27 17:30"),
        ("February 27, 2026", "2026-02-27 00:00"),
        ("27.2. 9:05", "2026-02-27 09:05"),
        ("27.02.2026 09:05", "2026-02-27 09:05"),
        ("1 dec", "2025-12-01 00:00"),
        ("29 feb", "2024-02-29 00:00"),
        ("11:00", "2026-02-28 11:00"),
        ("13:00", "2026-02-27 13:00"),
        ("-3h", "2026-02-28 09:17"),
        ("\u2212 1.5 h", "2026-02-28 10:47"),
        ("-2d 4h 10m", "2026-02-26 08:07"),
        ("3h ago", "2026-02-28 09:17"),
        ("yesterday", "2026-02-27 00:00"),
        ("Yesterday 14:00", "2026-02-27 14:00"),
        ("today 01:00", "2026-02-28 01:00"),
        ("thu", "2026-02-26 00:00"),
        ("saturday 12:00", "2026-02-28 12:00"),
        ("sat 13:00", "2026-02-21 13:00"),
    ],
)
def test_what_is_typed_is_the_moment_meant(text: str, want: str) -> None:
    found = moment(text, NOW, "UTC")
    assert present.iso_minute(found.ms) == f"{want} UTC"
    assert found.note == ""


def test_moments_are_read_in_the_chosen_zone() -> None:
    assert moment("2026-02-27 17:30", NOW, BERLIN).ms == at("2026-02-27 16:30")
    assert moment("2026-02-27 17:30 UTC", NOW, BERLIN).ms == at("2026-02-27 17:30")
    assert moment("2026-02-27T17:30Z", NOW, BERLIN).ms == at("2026-02-27 17:30")
    assert moment("yesterday", NOW, "Asia/Tokyo").ms == at("2026-02-26 15:00")
    assert moment("13:00", NOW, BERLIN).ms == at("2026-02-28 12:00")


@pytest.mark.parametrize(
    ("zone", "skipped", "shown", "twice", "first"),
    [
        (BERLIN, "2026-03-29 02:30", "2026-03-29 01:30", "2026-10-25 02:30", "2026-10-25 00:30"),
        (NEW_YORK, "2026-03-08 02:30", "2026-03-08 07:30", "2026-11-01 01:30", "2026-11-01 05:30"),
    ],
)
def test_times_that_clocks_skip_or_repeat_are_said(zone: str, skipped: str, shown: str, twice: str, first: str) -> None:
    late = at("2026-12-24 12:00")
    found = moment(skipped, late, zone)
    assert found.ms == at(shown)
    assert found.note.startswith("02:30 does not exist on that day")
    assert "03:30" in found.note
    again = moment(twice, late, zone)
    assert again.ms == at(first)
    assert "comes twice" in again.note
    assert moment(skipped[:10], late, zone).note == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-03-01", "Sun 1 Mar 00:00 UTC has not come yet."),
        ("today 13:00", "Sat 28 Feb 13:00 UTC has not come yet."),
        ("soon", "“soon” is not a moment. Write it as 2026-02-27 17:30 · 27 Feb"),
        ("25:00", "is not a moment"),
        ("31 feb", "There is no day 31 in that month."),
        ("-3x", "is not a moment"),
        ("27/02", "is not a moment"),
        ("0001-01-01", "is not a day on any map"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        moment(text, NOW, "Asia/Tokyo" if text.startswith("0001") else "UTC")
    assert sentence in caught.value.user


@given(st.text(max_size=24))
def test_any_text_is_a_moment_or_a_sentence(text: str) -> None:
    try:
        found = moment(text, NOW, BERLIN).ms
    except InputError as e:
        found, words = NOW, e.user
    else:
        words = "."
    assert found <= NOW
    assert words.endswith((".", "yesterday"))


@given(
    st.integers(at("2024-01-01 00:00") // 60_000, NOW // 60_000), st.sampled_from([BERLIN, NEW_YORK, "Asia/Kathmandu"])
)
def test_what_the_crosshair_says_leads_back_to_the_minute(minute: int, zone: str) -> None:
    ms = minute * 60_000
    local = present.local(ms, zone)
    found = moment(f"{local:%Y-%m-%d %H:%M}", NOW, zone)
    assert found.ms in (ms, ms - HOUR)
    assert (found.ms == ms) or "comes twice" in found.note
