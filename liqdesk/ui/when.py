"""What people type for a moment, read in the zone they look at: 2026-02-27 17:30 · 27 Feb · -3h · yesterday 14:00.

Pure: the present moment and the zone are given. Local times that a change of summer time skips or repeats are taken as the clock
would have shown them first, and said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from liqdesk.errors import InputError
from liqdesk.ui import present

EXAMPLES: Final = "2026-02-27 17:30 · 27 Feb · 17:30 · -3h · yesterday"
UNITS: Final = {"m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
AGO: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(min|m|h|d|w)")
TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?")
DAY_MONTH: Final = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})\.?(?:\s+(\d{4}))?")
MONTH_DAY: Final = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?")
MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Moment:
    """A venue time in ms, and what is to be said of it."""

    ms: int
    note: str = ""


def moment(text: str, now_ms: int, zone: str) -> Moment:
    """Read a moment at or before now. Raises InputError with a sentence for what cannot be read, or has not come yet."""
    words = " ".join(text.replace(present.MINUS, "-").lower().split()).removesuffix(" utc")
    if words != " ".join(text.replace(present.MINUS, "-").lower().split()):
        zone = "UTC"
    if words == "now":
        return Moment(now_ms)
    ago = _ago(words)
    if ago is not None:
        return Moment(now_ms - ago)
    found = _clock(words, now_ms, zone)
    if found.ms > now_ms:
        raise InputError(f"{text!r} is after now", f"{present.stamp(found.ms, zone)} has not come yet.")
    return found


def _ago(words: str) -> int | None:
    back = words.startswith("-") or words.endswith(" ago")
    rest = words.removeprefix("-").removesuffix(" ago").strip()
    if not back or not rest or AGO.sub("", rest).strip():
        return None
    return round(sum(float(number) * UNITS[unit] for number, unit in AGO.findall(rest)))


def _clock(words: str, now_ms: int, zone: str) -> Moment:
    """Read a day, a time of day, or both."""
    hour = minute = second = 0
    day, has_time = words, False
    at = TIME.search(words)
    if at is not None:
        hour, minute, second, has_time = int(at[1]), int(at[2]), int(at[3] or 0), True
        day = (words[: at.start()].removesuffix("t") + words[at.end() :].removesuffix("z")).strip(" ,")
        zone = "UTC" if words.endswith("z") else zone
        if hour > 23 or minute > 59 or second > 59:
            raise _unread(words)
    today = present.local(now_ms, zone).date()
    if not day and has_time:
        found = _local(today, hour, minute, second, zone)
        return found if found.ms <= now_ms else _local(today - timedelta(days=1), hour, minute, second, zone)
    for one in _days(day, today):
        found = _local(one, hour, minute, second, zone)
        if found.ms <= now_ms or day in ("today",) or _has_year(day):
            return found
    raise _unread(words)


def _has_year(day: str) -> bool:
    return re.search(r"\d{4}", day) is not None


def _days(day: str, today: date) -> list[date]:
    """Return the days that words may mean, the newest first."""
    if day in ("today", "yesterday"):
        return [today - timedelta(days=day == "yesterday")]
    if len(day) >= 3 and any(name.startswith(day) for name in WEEKDAYS):
        number = next(i for i, name in enumerate(WEEKDAYS) if name.startswith(day))
        last = today - timedelta(days=(today.weekday() - number) % 7)
        return [last, last - timedelta(days=7)]
    parts = _parts(day)
    if parts is None:
        raise _unread(day)
    year, month, number = parts
    years = [year] if year else [today.year - back for back in range(9)]
    found = []
    for one in years:
        try:
            found.append(date(one, month, number))
        except ValueError:
            continue
    if not found:
        raise InputError(f"no such day: {day!r}", f"There is no day {number} in that month.")
    return found


def _parts(day: str) -> tuple[int, int, int] | None:
    """Return (year or 0, month, day)."""
    if m := ISO.fullmatch(day):
        return int(m[1]), int(m[2]), int(m[3])
    if m := DOTTED.fullmatch(day):
        return int(m[3] or 0), int(m[2]), int(m[1])
    if m := DAY_MONTH.fullmatch(day):
        month = _month(m[2])
        return (int(m[3] or 0), month, int(m[1])) if month else None
    if m := MONTH_DAY.fullmatch(day):
        month = _month(m[1])
        return (int(m[3] or 0), month, int(m[2])) if month else None
    return None


def _month(word: str) -> int:
    return next((i for i, name in enumerate(MONTHS, 1) if name.startswith(word)), 0)


def _local(day: date, hour: int, minute: int, second: int, zone: str) -> Moment:
    """Return the moment of a local time, the first of two where a clock set back shows it twice; the moment the clocks
    changed for one they skip."""
    try:
        wanted = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=present.zone(zone))
        ms = round(wanted.timestamp() * 1_000)
        later = round(wanted.replace(fold=1).timestamp() * 1_000)
        shown = present.local(ms, zone)
    except (ValueError, OverflowError) as e:
        raise InputError(f"{day} {hour}:{minute}: {e}", f"{day} is not a day on any map.") from e
    clock = f"{hour:02d}:{minute:02d}"
    if (shown.hour, shown.minute) != (hour, minute):
        note = f"{clock} does not exist on that day: clocks were set forward. Shown is {present.stamp(ms, zone)}."
        return Moment(ms, note)
    if later != ms:
        return Moment(ms, f"{clock} comes twice on that day; shown is the first, {present.stamp(ms, zone)}.")
    return Moment(ms)


def _unread(words: str) -> InputError:
    return InputError(f"not a moment: {words!r}", f"“{words}” is not a moment. Write it as {EXAMPLES}")
