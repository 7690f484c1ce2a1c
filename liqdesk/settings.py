"""Settings: declared once, frozen, saved by atomic replace, migrated by version. A file that cannot be read is set aside, never lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from liqdesk.paths import write_atomic

VERSION: Final = 1


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a user can set. Spans are milliseconds, sizes megabytes, USD dollars."""

    version: int = VERSION
    first_run_done: bool = False
    symbol: str = "BTCUSDT"
    rest_url: str = "https://fapi.binance.com"
    stream_url: str = "wss://fstream.binance.com"
    theme: str = "dark"  # dark, light
    timezone: str = "UTC"  # an IANA name
    candle_ms: int = 900_000
    window_ms: int = 3 * 86_400_000
    classes: tuple[int, ...] = (5, 10, 25, 50, 100)
    side: str = "both"  # long, both, short
    heat_auto: bool = True
    heat_low_usd: float = 0.0
    heat_high_usd: float = 0.0
    bubble_min_usd: float = 150_000.0
    tape_min_usd: float = 10_000.0
    hued_candles: bool = False
    sounds: bool = True
    demo_seed: int = 7
    demo_speed: float = 1.0
    history_limit_mb: int = 4_096
    history_days: int = 400
    window_geometry: str = ""


class Loaded(msgspec.Struct, frozen=True):
    """Settings with the sentences a user should read about how they were loaded."""

    settings: Settings
    notices: tuple[str, ...] = ()


def load(path: Path) -> Loaded:
    """Read settings; a missing file gives defaults, an unreadable one is renamed to `….broken` and reported in a notice.

    Unknown fields are ignored and single fields of a wrong type fall back to their default, each named in a notice.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Loaded(Settings())
    except OSError as e:
        return Loaded(Settings(), (f"The settings could not be read ({e.strerror}); defaults are in use.",))
    try:
        document = msgspec.json.decode(raw)
        if not isinstance(document, dict):
            raise msgspec.ValidationError("not an object")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Loaded(Settings(), (_set_aside(path),))
    return _from_document(document)


def _from_document(document: dict[str, object]) -> Loaded:
    good: dict[str, object] = {}
    bad: list[str] = []
    for field in msgspec.structs.fields(Settings):
        if field.name not in document:
            continue
        try:
            good[field.name] = msgspec.convert(document[field.name], field.type)
        except msgspec.ValidationError:
            bad.append(field.name)
    notices = (f"These settings were not usable and are back at their default: {', '.join(bad)}.",) if bad else ()
    good["version"] = VERSION
    return Loaded(msgspec.convert(good, Settings), notices)


def _set_aside(path: Path) -> str:
    broken = path.with_name(path.name + ".broken")
    try:
        os.replace(path, broken)
    except OSError as e:
        return f"The settings file is damaged and could not be set aside ({e.strerror}); defaults are in use."
    return f"The settings file was damaged; it is kept as {broken.name}, and defaults are in use."


def save(path: Path, settings: Settings) -> None:
    """Write settings by atomic replace. Raises OSError where the profile cannot be written."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")


def from_environment(settings: Settings, environ: dict[str, str] | None = None) -> Settings:
    """Apply LIQDESK_SYMBOL, LIQDESK_REST_URL and LIQDESK_STREAM_URL over settings, for this run."""
    env = os.environ if environ is None else environ
    names = {"LIQDESK_SYMBOL": "symbol", "LIQDESK_REST_URL": "rest_url", "LIQDESK_STREAM_URL": "stream_url"}
    return msgspec.structs.replace(settings, **{field: env[name] for name, field in names.items() if env.get(name)})
