"""Every number and time as words. Pure: no Qt, no clock reads, no locale.

Amounts are USD, prices quote units, changes and distances fractions (0.01 is 1 %), times venue milliseconds since 1970
UTC. A value that is not known (None, NaN, infinity) is an en dash. Sizes are amounts in the unit the user chose: they come
in USD and are turned into the contract's base coin here and nowhere else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

MINUS: Final = "−"
UNKNOWN: Final = "–"
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SPANS: Final = (
    (86_400_000 * 30, "M"),
    (86_400_000 * 7, "w"),
    (86_400_000, "d"),
    (3_600_000, "h"),
    (60_000, "m"),
    (1_000, "s"),
)


def known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def number(value: float | None, decimals: int = 0, signed: bool = False) -> str:
    """Return a grouped number with a true minus: 67,081.4, −0.5, +3 when `signed`; zero never carries a sign."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0.,"):
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def usd(value: float | None, signed: bool = False) -> str:
    """Return an amount: 1,204 · 28.5K · 399K · 38.2M · 5.18B."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    size = abs(value)
    if size < 9_999.5:
        return number(value, 0, signed)
    if size < 99_950:
        text = f"{size / 1e3:.1f}K"
    elif size < 999_500:
        text = f"{size / 1e3:.0f}K"
    elif size < 999_950_000:
        text = f"{size / 1e6:.1f}M"
    elif size < 999_995_000_000:
        text = f"{size / 1e9:.2f}B"
    else:
        text = f"{size / 1e12:,.2f}T"
    return (MINUS if value < 0 else "+" if signed else "") + text


def usd_round(value: float | None) -> str:
    """Return an amount without needless digits, for scales and handles: 500 · 25K · 1.5M · 2M."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= unit * 0.9995:
            return f"{MINUS if value < 0 else ''}{float(f'{abs(value) / unit:.3g}'):g}{letter}"
    return f"{MINUS if value < 0 else ''}{float(f'{abs(value):.3g}'):g}"


@dataclass(frozen=True)
class Measure:
    """In what sizes are shown: the unit's name, and the USD one of it is worth."""

    unit: str = "USD"
    worth: float = 1.0

    @property
    def coin(self) -> bool:
        return self.unit != "USD"

    def of(self, usd: float) -> float:
        """Return USD in this unit; NaN where its worth is not known."""
        return usd / self.worth if self.worth > 0 else math.nan

    def usd(self, size: float) -> float:
        """Return a size of this unit in USD."""
        return size * self.worth


DOLLARS: Final = Measure()


def measure(unit: str, base: str, mark: float) -> Measure:
    """Return the measure for a setting, usd or coin: base coins at the mark. The mark is taken to four digits, which is more than any
    size shows, so that figures hold still while it trembles."""
    if unit != "coin":
        return DOLLARS
    return Measure(base, float(f"{mark:.4g}") if math.isfinite(mark) and mark > 0 else math.nan)


def size(usd_value: float | None, m: Measure = DOLLARS, signed: bool = False) -> str:
    """Return an amount in USD or coins: 38.2M; of coins 569 · 42.5 · 0.425 · 12.3K."""
    if not m.coin or usd_value is None:
        return usd(usd_value, signed)
    return _coins(m.of(usd_value), signed)


def _coins(value: float, signed: bool = False) -> str:
    if not math.isfinite(value) or abs(value) >= 9_999.5:
        return usd(value, signed)
    if abs(value) >= 99.95 or value == 0:
        return number(value, 0, signed)
    power = math.floor(math.log10(abs(float(f"{value:.3g}"))))
    return number(value, min(6, 2 - power), signed)


def money(usd_value: float | None, m: Measure = DOLLARS, signed: bool = False) -> str:
    """Return an amount with its unit: $38.2M, or 569 BTC."""
    if not m.coin:
        return "$" + usd(usd_value, signed)
    return f"{size(usd_value, m, signed)} {m.unit}"


def size_band(low: float, high: float, m: Measure = DOLLARS) -> str:
    """Return an 80 % band of an amount: 0.9M–5.1M, or 0–243K."""
    if not (math.isfinite(m.of(low)) and math.isfinite(m.of(high))):
        return UNKNOWN
    return f"{size(low, m)}–{size(high, m)}"


def size_half(low: float, high: float, m: Measure = DOLLARS) -> str:
    """Return half the width of a band of USD: ±2.1M; empty where it is not known."""
    half = m.of((high - low) / 2)
    return "±" + size((high - low) / 2, m) if math.isfinite(half) else ""


def size_round(usd_value: float | None, m: Measure = DOLLARS) -> str:
    """Return an amount without needless digits, for scales and handles: 500 · 25K · 1.5M; of coins also 0.25."""
    return usd_round(usd_value if usd_value is None else m.of(usd_value))


def money_round(usd_value: float | None, m: Measure = DOLLARS) -> str:
    """Return an amount without needless digits, with its unit: $25K, or 0.25 BTC."""
    words = size_round(usd_value, m)
    return f"{words} {m.unit}" if m.coin else f"${words}"


def price(value: float | None, decimals: int) -> str:
    """Return a price with the tick's decimals, grouped."""
    return number(value, decimals)


def price_range(low: float, high: float, decimals: int) -> str:
    """Return `low–high` with an en dash."""
    return f"{price(low, decimals)}–{price(high, decimals)}"


def range_decimals(low: float, high: float, decimals: int) -> int:
    """Return how many of the tick's decimals a range needs so that its ends differ in at least three digits."""
    width = high - low
    if not width > 0:
        return decimals
    return max(0, min(decimals, 2 - math.floor(math.log10(width))))


def percent(fraction: float | None, decimals: int = 1, signed: bool = True) -> str:
    """Return a fraction as per cent: +4.4 %, −0.0005 %, 0.0 %."""
    if fraction is None or not math.isfinite(fraction):
        return UNKNOWN
    return number(fraction * 100, decimals, signed) + " %"


def ratio(value: float | None) -> str:
    """Return a signed ratio in whole per cent: −76 %."""
    return percent(value, 0)


def quantity(value: float | None, decimals: int) -> str:
    return number(value, decimals)


def age(seconds: float | None) -> str:
    """Return how old something is: 0.3 s · 14 s · 5 min · 3 h · 2 d."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    s = max(0.0, seconds)
    if s < 9.95:
        return f"{s:.1f} s"
    if s < 99.5:
        return f"{s:.0f} s"
    if s < 5_970:
        return f"{max(2, round(s / 60))} min"
    if s < 171_000:
        return f"{max(2, round(s / 3_600))} h"
    return f"{s / 86_400:.0f} d"


def length(ms: int) -> str:
    """Return a length of time to the minute: 45 s · 12 m · 1 h 45 m · 3 d 4 h."""
    s = max(0, ms) // 1_000
    if s < 60:
        return f"{s} s"
    minutes = (s + 30) // 60
    if minutes < 60:
        return f"{minutes} m"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def countdown(ms: float | None) -> str:
    """Return time to go: 1:12:47, 0:00:09; never negative."""
    if ms is None or not math.isfinite(ms):
        return UNKNOWN
    s = max(0, int(ms) // 1_000)
    return f"{s // 3_600}:{s // 60 % 60:02d}:{s % 60:02d}"


def span(ms: int) -> str:
    """Return a candle's or window's name: 1m 5m 15m 1h 4h 12h 1d 3d 1w 1M."""
    for unit, letter in SPANS:
        if ms >= unit and ms % unit == 0:
            return f"{ms // unit}{letter}"
    return f"{ms} ms"


def milliseconds(value: float | None) -> str:
    return UNKNOWN if value is None or not math.isfinite(value) else f"{value:,.0f} ms"


def rate(per_second: float | None) -> str:
    """Return events per second: 0.2/s · 84/s · 5.0K/s."""
    if per_second is None or not math.isfinite(per_second):
        return UNKNOWN
    if per_second < 9.95:
        return f"{per_second:.1f}/s"
    if per_second < 999.5:
        return f"{per_second:.0f}/s"
    return f"{per_second / 1e3:.1f}K/s"


def speed(times: float) -> str:
    return f"{times:g}×"


@lru_cache(maxsize=16)
def zone(name: str) -> tzinfo:
    """Return an IANA zone; UTC for a name that is not known here."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=512)
def local(ms: int, zone_name: str) -> datetime:
    """Return the local time of a venue time."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(zone(zone_name))


def zone_label(ms: int, zone_name: str) -> str:
    """Return what the zone is called at that moment: UTC, CET, CEST, UTC+05:45."""
    name = local(ms, zone_name).tzname() or "UTC"
    if name[:1] in "+-":
        hours, minutes = name[:3], name[3:]
        return f"UTC{hours.replace('-', MINUS)}{':' + minutes if minutes else ''}"
    return name


def clock(ms: int, zone_name: str = "UTC") -> str:
    """Return 22:47:13."""
    return f"{local(ms, zone_name):%H:%M:%S}"


def hour_minute(ms: int, zone_name: str = "UTC") -> str:
    """Return 22:47."""
    return f"{local(ms, zone_name):%H:%M}"


def day(ms: int, zone_name: str = "UTC") -> str:
    """Return Fri 27 Feb."""
    t = local(ms, zone_name)
    return f"{DAYS[t.weekday()]} {t.day} {MONTHS[t.month - 1]}"


def date(ms: int, zone_name: str = "UTC") -> str:
    """Return 27 Feb 12:45, for notes where the year and zone are plain from their surroundings."""
    t = local(ms, zone_name)
    return f"{t.day} {MONTHS[t.month - 1]} {t:%H:%M}"


def iso_minute(ms: int, zone_name: str = "UTC") -> str:
    """Return 2026-04-14 22:47 UTC."""
    return f"{local(ms, zone_name):%Y-%m-%d %H:%M} {zone_label(ms, zone_name)}"


def stamp(ms: int, zone_name: str = "UTC") -> str:
    """Return Fri 27 Feb 17:30 UTC: a full moment, with its zone."""
    return f"{day(ms, zone_name)} {hour_minute(ms, zone_name)} {zone_label(ms, zone_name)}"
