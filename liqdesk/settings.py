"""Settings: declared once, frozen, saved by atomic replace, migrated by version. A file that cannot be read is set aside, never lost."""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from liqdesk.market import DAY_MS, HOUR_MS, LEVERAGES, MINUTE_MS
from liqdesk.paths import set_aside, write_atomic

VERSION: Final = 1
LARGEST: Final = 1024 * 1024
SYMBOL: Final = re.compile(r"[A-Za-z0-9_\u3400-\u9fff\uf900-\ufaff]{1,30}")
ZONE: Final = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,3}")
CHOICES: Final[Mapping[str, Collection[object]]] = {
    "theme": ("dark", "light"),
    "candle_ms": (MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS),
    "window_ms": (12 * HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS, 30 * DAY_MS),
    "side": ("long", "both", "short"),
}
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "heat_low_usd": (0.0, 1e12),
    "heat_high_usd": (0.0, 1e12),
    "bubble_min_usd": (0.0, 1e12),
    "tape_min_usd": (0.0, 1e12),
    "demo_seed": (0, 2**32 - 1),
    "demo_speed": (0.1, 600.0),
    "history_limit_mb": (64, 10_000_000),
    "history_days": (1, 36_500),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a user can set. Spans are milliseconds, sizes megabytes, USD dollars."""

    version: int = VERSION
    first_run_done: bool = False
    symbol: str = "BTCUSDT"
    rest_url: str = "https://fapi.binance.com"
    stream_url: str = "wss://fstream.binance.com"
    proxy_url: str = ""  # http or socks5h, may hold a password; empty takes the machine's own settings
    theme: str = "dark"  # dark, light
    timezone: str = "UTC"  # an IANA name
    candle_ms: int = 15 * MINUTE_MS
    window_ms: int = 3 * DAY_MS
    classes: tuple[int, ...] = (5, 10, 25, 50, 100)
    side: str = "both"  # long, both, short
    heat_auto: bool = True
    heat_low_usd: float = 0.0
    heat_high_usd: float = 0.0
    bubble_min_usd: float = 150_000.0
    tape_min_usd: float = 10_000.0
    hued_candles: bool = False
    local_gain: bool = False  # each side's brightness follows its last 24 h
    all_venues: bool = False  # USD as estimated for all venues, not for this one
    sounds: bool = True
    demo_seed: int = 7
    demo_speed: float = 1.0
    history_limit_mb: int = 4_096
    history_days: int = 400
    keep_recording: bool = False  # in the system tray, when the window closes
    tray_explained: bool = False
    window_geometry: str = ""


class Loaded(msgspec.Struct, frozen=True):
    """Settings with the sentences a user should read about how they were loaded."""

    settings: Settings
    notices: tuple[str, ...] = ()


def load(path: Path) -> Loaded:
    """Read settings; a missing file gives defaults, an unreadable one is renamed to `….broken` and reported in a notice.

    Unknown fields are ignored; single fields of a wrong type or a value that makes no sense fall back to their default, each named in
    a notice.
    """
    try:
        if path.stat().st_size > LARGEST:
            return Loaded(Settings(), (_put_aside(path),))
        raw = path.read_bytes()
    except FileNotFoundError:
        return Loaded(Settings())
    except OSError as e:
        return Loaded(Settings(), (f"The settings could not be read ({e.strerror}); defaults are in use.",))
    try:
        document = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Loaded(Settings(), (_put_aside(path),))
    return _from_document(document)


def _from_document(document: dict[str, msgspec.Raw]) -> Loaded:
    good: dict[str, object] = {}
    bad: list[str] = []
    for field in msgspec.structs.fields(Settings):
        if field.name not in document or field.name == "version":
            continue
        try:
            value = msgspec.json.decode(document[field.name], type=field.type)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            bad.append(field.name)
            continue
        if is_sensible(field.name, value):
            good[field.name] = value
        else:
            bad.append(field.name)
    settings = Settings(**good)  # type: ignore[arg-type]
    if settings.heat_low_usd >= settings.heat_high_usd and not settings.heat_auto:
        settings = msgspec.structs.replace(settings, heat_auto=True, heat_low_usd=0.0, heat_high_usd=0.0)
        bad.append("heat_high_usd")
    notices = (f"These settings were not usable and are back at their default: {', '.join(bad)}.",) if bad else ()
    return Loaded(settings, notices)


def is_sensible(name: str, value: object) -> bool:
    """Return whether a value of the right type is one that the field `name` of `Settings` may hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if name in CHOICES:
        return value in CHOICES[name]
    if name in RANGES:
        low, high = RANGES[name]
        return isinstance(value, int | float) and low <= value <= high
    match name:
        case "symbol":
            return isinstance(value, str) and SYMBOL.fullmatch(value) is not None
        case "rest_url" | "stream_url":
            schemes = ("https", "http") if name == "rest_url" else ("wss", "ws")
            return isinstance(value, str) and _is_url(value, schemes)
        case "proxy_url":
            return isinstance(value, str) and (not value or _is_url(value, ("http", "socks5h", "socks5", "socks")))
        case "timezone":
            return isinstance(value, str) and is_timezone(value)
        case "classes":
            return isinstance(value, tuple) and len(set(value)) == len(value) and set(value) <= set(LEVERAGES)
        case "window_geometry":
            return (
                isinstance(value, str)
                and len(value) <= 4_096
                and value.isascii()
                and (not value or value.isprintable())
            )
    return True


def is_timezone(name: str) -> bool:
    """Return whether this machine knows an IANA zone of that name."""
    if ZONE.fullmatch(name) is None:  # zoneinfo imports a package per slash
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return len(text) <= 2_048 and parts.scheme in schemes and bool(parts.hostname)
    except ValueError:
        return False


def _put_aside(path: Path) -> str:
    try:
        broken = set_aside(path)
    except OSError as e:
        return f"The settings file is damaged and could not be set aside ({e.strerror}); defaults are in use."
    return f"The settings file was damaged; it is kept as {broken.name}, and defaults are in use."


def save(path: Path, settings: Settings) -> None:
    """Write settings by atomic replace. Raises OSError where the profile cannot be written."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")
