"""Settings survive; damaged files are kept; every hostile value falls back alone, with a notice."""

from __future__ import annotations

import json
import math
import os
import zoneinfo
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from liqdesk import settings as stored
from liqdesk.errors import NewerError
from liqdesk.settings import Settings, is_sensible, load, save


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def _load_with(path: Path, **fields: Any) -> stored.Loaded:
    path.write_text(json.dumps(fields), "utf-8")
    return load(path)


def test_a_first_start_has_defaults_and_says_nothing(path: Path) -> None:
    assert load(path) == stored.Loaded(Settings())
    assert not path.exists()


def test_every_default_is_sensible() -> None:
    assert [f.name for f in msgspec.structs.fields(Settings) if not is_sensible(f.name, f.default)] == []


def test_what_is_saved_is_loaded(path: Path) -> None:
    settings = Settings(
        first_run_done=True,
        symbol="币安人生USDT",
        proxy_url="socks5h://me:secret@proxy:1080",
        theme="light",
        timezone="Asia/Kathmandu",
        candle_ms=60_000,
        window_ms=12 * 3_600_000,
        classes=(25, 100),
        side="short",
        heat_auto=False,
        heat_low_usd=10.0,
        heat_high_usd=5e6,
        demo_seed=2**32 - 1,
        demo_speed=0.1,
        text_scale=150,
        keys=(("save", ("Ctrl+J", "F5")), ("copy", ())),
        window_geometry="AdnQywADAAA=",
    )
    save(path, settings)
    assert load(path) == stored.Loaded(settings)
    assert os.listdir(path.parent) == ["settings.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b"\xff\xfe",
        b'{"symbol": NaN}',
        b"[" * 200_000,
        b"{" + b" " * 2_000_000 + b"}",
    ],
    ids=["empty", "torn", "list", "null", "bytes", "nan", "deep", "huge"],
)
def test_a_damaged_file_is_kept_and_defaults_are_used(path: Path, content: bytes) -> None:
    for name in ("settings.json.broken", "settings.json.broken-2"):
        path.write_bytes(content)
        loaded = load(path)
        assert loaded.settings == Settings()
        assert loaded.notices == (f"The settings file was damaged; it is kept as {name}, and defaults are in use.",)
        assert path.with_name(name).read_bytes() == content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("symbol", ""),
        ("symbol", "../x"),
        ("symbol", "A" * 100),
        ("symbol", "BTC USDT"),
        ("symbol", 5),
        ("rest_url", "ftp://example.org"),
        ("rest_url", "https://"),
        ("rest_url", "https://[::1"),
        ("stream_url", "https://fstream.binance.com"),
        ("proxy_url", "https://me:secret@proxy"),
        ("proxy_url", "socks5h://"),
        ("theme", "purple"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "America"),
        ("timezone", ""),
        ("timezone", "UTC\0"),
        ("candle_ms", 61_000),
        ("candle_ms", -60_000),
        ("window_ms", 0),
        ("window_ms", 10**400),
        ("window_ms", 1e300),
        ("classes", [5, 7]),
        ("classes", [5, 5]),
        ("classes", "5"),
        ("side", "LONG"),
        ("heat_auto", "yes"),
        ("heat_low_usd", -1.0),
        ("heat_high_usd", 1e300),
        ("bubble_min_usd", -0.01),
        ("tape_min_usd", None),
        ("sounds", 1),
        ("demo_seed", -1),
        ("demo_seed", 2**32),
        ("demo_speed", 0.0),
        ("demo_speed", 1e9),
        ("history_limit_mb", 0),
        ("history_limit_mb", 10**30),
        ("history_days", -400),
        ("text_scale", 110),
        ("text_scale", "150"),
        ("keys", {"save": ["Ctrl+S"]}),
        ("keys", [["save", ["x" * 100]]]),
        ("keys", [["save", ["\x1b"]]]),
        ("keys", [["save"] * 500]),
        ("keys", [["save", ["A"]]] * 500),
        ("window_geometry", "x" * 10_000),
        ("window_geometry", "\x1b[2J"),
    ],
)
def test_a_hostile_value_falls_back_alone(path: Path, name: str, value: object) -> None:
    loaded = _load_with(path, **{"first_run_done": True, name: value})
    assert loaded.settings == Settings(first_run_done=True)
    assert loaded.notices == (f"These settings were not usable and are back at their default: {name}.",)
    assert path.exists()


def test_bytes_that_are_no_text_fall_back_alone(path: Path) -> None:
    path.write_bytes(b'{"symbol": "\xff\xfe", "theme": "light", "later": "\xff"}')
    loaded = load(path)
    assert loaded.settings == Settings(theme="light")
    assert loaded.notices == ("These settings were not usable and are back at their default: symbol.",)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["heat_low_usd", "heat_high_usd", "bubble_min_usd", "tape_min_usd", "demo_speed"])
def test_no_number_field_takes_what_is_not_finite(name: str, value: float) -> None:
    assert not is_sensible(name, value)


def test_an_empty_heat_range_goes_back_to_automatic(path: Path) -> None:
    loaded = _load_with(path, heat_auto=False, heat_low_usd=500.0, heat_high_usd=100.0)
    assert (loaded.settings.heat_auto, loaded.settings.heat_low_usd, loaded.settings.heat_high_usd) == (True, 0.0, 0.0)
    assert "heat_high_usd" in loaded.notices[0]


def test_fields_that_a_later_program_added_are_ignored_and_stay(path: Path) -> None:
    loaded = _load_with(path, symbol="ETHUSDT", hologram={"on": [1.5, None]}, theme="light")
    assert loaded == stored.Loaded(Settings(symbol="ETHUSDT", theme="light"))
    save(path, msgspec.structs.replace(loaded.settings, theme="dark"))
    written = json.loads(path.read_text("utf-8"))
    assert written["hologram"] == {"on": [1.5, None]}
    assert (written["theme"], written["symbol"]) == ("dark", "ETHUSDT")
    assert load(path) == stored.Loaded(Settings(symbol="ETHUSDT"))


def test_a_later_version_is_refused_and_never_written_over(path: Path) -> None:
    path.write_text('{"version": 2, "theme": "light"}', "utf-8")
    before = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(NewerError) as e:
        load(path)
    assert "settings.json was written by a later liqdesk (format 2; this one knows 1)" in e.value.user
    assert "--profile" in e.value.user
    with pytest.raises(NewerError):
        save(path, Settings())
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_what_cannot_be_read_is_a_sentence(path: Path) -> None:
    path.mkdir()
    loaded = load(path)
    assert loaded.settings == Settings()
    assert loaded.notices[0].startswith("The settings could not be read")


def test_what_cannot_be_saved_is_an_os_error_and_the_old_file_stays(path: Path) -> None:
    save(path, Settings(symbol="ETHUSDT"))
    before = path.read_bytes()
    with pytest.raises(OSError, match="No such file"):
        save(path.parent / "gone" / "settings.json", Settings())
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="other systems keep a home folder private by other means")
def test_a_file_that_may_hold_a_password_is_its_owner_s_alone(path: Path) -> None:
    save(path, Settings(proxy_url="http://me:secret@proxy:3128"))
    assert path.stat().st_mode & 0o077 == 0


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@hypothesis_settings(max_examples=150, deadline=None)
@given(document=st.dictionaries(st.sampled_from([f.name for f in msgspec.structs.fields(Settings)]), anything))
def test_whatever_is_in_the_file_settings_are_sensible(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-settings.json"
    path.write_text(json.dumps(document), "utf-8")
    if isinstance(document.get("version"), int) and document["version"] > stored.VERSION:
        with pytest.raises(NewerError):
            load(path)
        return
    settings = load(path).settings
    assert path.exists()
    assert [
        f.name for f in msgspec.structs.fields(Settings) if not is_sensible(f.name, getattr(settings, f.name))
    ] == []
    assert settings.version == stored.VERSION


@pytest.mark.parametrize("zone", ["a/" * 3_000 + "a", "UTC/" * 400, "../UTC", "/UTC", "UTC\n", "a.b", "", "x" * 5_000])
def test_a_zone_that_is_no_name_is_not_looked_up(path: Path, zone: str) -> None:
    path.write_text(json.dumps({"timezone": zone}), "utf-8")
    loaded = load(path)
    assert loaded.settings.timezone == "UTC"
    assert "timezone" in loaded.notices[0]


def test_every_zone_of_this_machine_may_be_set() -> None:
    assert [zone for zone in zoneinfo.available_timezones() if not is_sensible("timezone", zone)] == []
