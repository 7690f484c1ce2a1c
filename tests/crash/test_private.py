"""What is private goes out of a text, wherever it stands and however it is written; what a repair needs stays."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from liqdesk import settings
from liqdesk.alerts.rules import PriceCrosses, ZoneNear
from liqdesk.alerts.store import AlertStore
from liqdesk.crash.private import Private, without_numbers
from liqdesk.insight.position import Position
from liqdesk.market import Side
from liqdesk.settings import Settings
from liqdesk.ui import keptlines
from liqdesk.ui.position import kept

ENTRY, QUANTITY, EXTRA, MARGIN, ALERT, LINE, ZONE_USD = (
    66_210.5,
    0.137,
    41.0,
    403.83354,
    68_432.1,
    61_111.25,
    23_500_000.0,
)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A profile of a person with a position, an alert, a line and a proxy with a password, as the program itself writes them."""
    folder = tmp_path / "profile of mine"
    folder.mkdir()
    position = Position(side=Side.LONG, entry=ENTRY, quantity=QUANTITY, leverage=25.0, extra=EXTRA)
    assert round(position.margin, 6) == MARGIN
    kept.save(folder / kept.FILE, {("binance", "BTCUSDT"): position})
    rules = (
        PriceCrosses(id="a", symbol="BTCUSDT", price=ALERT),
        ZoneNear(id="b", symbol="BTCUSDT", within=0.015, min_usd=ZONE_USD),
    )
    assert AlertStore(folder / "alerts.json").save(rules)
    keptlines.save(folder / keptlines.FILE, {("binance", "BTCUSDT"): (keptlines.KeptLine(LINE),)})
    settings.save(folder / "settings.json", Settings(proxy_url="http://heinrich:hun%24ter2@proxy.firm.example:3128"))
    return folder


@pytest.fixture
def private(profile: Path) -> Private:
    return Private.of(profile, {"HTTPS_PROXY": "http://other:topsecret9@10.1.2.3:8080"})


@pytest.mark.parametrize(
    "text",
    [
        "entry 66210.5", "at 66,210.5 USD", "66210.50", "6.62105e4", "[66210.5]", "x=66,210.50;", "quantity=0.137 and", "0.1370",
        "the margin of 403.83 USD", "alert at 68432.1", "68,432.1", "line 61111.25", "rounded 61,111.3", "23500000.0", "23,500,000",
        "Position(side=0, entry=66210.5, quantity=0.137, leverage=25.0, margin=403.83)", "price=68432.1", "leverage=25",
        "liquidation=63826.4", "my_entry: 123.4", "'margin': 9.25", "wallet_balance=12", "pnl=-697.2",
    ],
)  # fmt: skip
def test_what_a_person_holds_or_waits_for_goes(private: Private, text: str) -> None:
    cleaned = private.clean(text)
    assert "[private]" in cleaned
    for number in ("66210", "66,210", "6.62105", "0.137", "403.83", "68432", "68,432", "61111", "61,111", "23500", "23,500", "25.0",
                   "63826", "123.4", "9.25", "=12", "697.2", "=25"):  # fmt: skip
        assert number not in cleaned


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("proxy http://heinrich:hun%24ter2@proxy.firm.example:3128 failed", ("heinrich", "hun", "ter2", "firm")),
        ("user heinrich password hun$ter2 at proxy.firm.example", ("heinrich", "hun$ter2", "firm")),
        ("said topsecret9 to other at 10.1.2.3", ("topsecret9", "10.1.2.3")),
        ("Proxy-Authorization: Basic aGVpbnJpY2g6aHVudGVyMg==", ("aGVpb",)),
        ("{'Authorization': 'Bearer abcdef123456'}", ("abcdef123456",)),
        ("X-MBX-APIKEY: vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A", ("vmPUZE", "duEh8A")),
        ("api_key=abc123 secret: 's3cr3t' password=hunter2, token \"x\"", ("abc123", "s3cr3t", "hunter2")),
        ("https://fapi.binance.com/fapi/v1/order?symbol=BTCUSDT&signature=c8db5&timestamp=1", ("c8db5", "timestamp")),
        ("https://hooks.example/services/T0A1B2C3D4E5F6G7H8I9J0/x", ("T0A1B2C3D4E5F6G7H8I9J0",)),
        ("wss://me:pw12345@stream.example/ws", ("me:", "pw12345")),
        ("key 3f2504e04f8911d39a0c0305e82c3301 was", ("3f2504e0",)),
        (
            "IP(203.0.113.77) banned; mail anna.b@example.org, 2001:db8:85a3::8a2e:370:7334",
            ("203.0.113.77", "anna", "2001:db8", "7334"),
        ),
        ("/home/annabel/liqdesk and /Users/annabel/x and C:\\Users\\Anna Bell\\y", ("annabel", "\\Anna")),
    ],
)
def test_secrets_and_names_go(private: Private, text: str, gone: tuple[str, ...]) -> None:
    cleaned = private.clean(text)
    for one in gone:
        assert one not in cleaned


def test_names_of_this_machine_go(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = profile.parent / "home" / "annabel"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LOGNAME", "annabel")
    monkeypatch.setattr("socket.gethostname", lambda: "annabels-laptop")
    private = Private.of(profile, {})
    cleaned = private.clean(f'File "{home}/x.py", line 3; annabel on annabels-laptop; {profile}/settings.json')
    assert cleaned == 'File "~/x.py", line 3; [user] on [machine]; [profile]/settings.json'


@pytest.mark.parametrize(
    "text",
    [
        '  File "~/liqdesk/engine/run.py", line 412, in drain',
        "Fatal Python error: Segmentation fault",
        "Current thread 0x00007f3ab2ffd640 (most recent call first):",
        "ValueError: the grid has 960 bins, not 1024",
        "BTCUSDT from Binance: gap of 34 ms, 1,204 trades, weight 212 of 2,400/min",
        "2026-11-26T12:03:01.123Z INFO    liqdesk.engine.run: connection market: open",
        "https://fapi.binance.com/fapi/v1/exchangeInfo answered 451",
        "listening at 127.0.0.1:40123", "liqdesk 0.1.0 on Qt 6.11.3, Python 3.11.7, OpenSSL 3.0.19",
        "assert isinstance(frame.connection.health, SomethingWithARatherLongNameInIt)",
    ],
)  # fmt: skip
def test_what_a_repair_needs_stays(private: Private, text: str) -> None:
    assert private.clean(text) == text


def test_small_numbers_are_left_where_nothing_names_them(private: Private) -> None:
    assert private.clean("25 of 25 streams, 1 gap, 0.5 s") == "25 of 25 streams, 1 gap, 0.5 s"
    assert private.clean('File "x.py", line 403, in f: 403.83') == 'File "x.py", line 403, in f: [private]'


def test_a_long_line_is_cut_where_a_word_ends_and_costs_no_time(private: Private) -> None:
    began = time.perf_counter()
    cleaned = private.clean("a" * 1_400 + " " + "x1" * 60_000 + "\n" + "http://" * 20_000 + "\n" + "1," * 50_000)
    assert time.perf_counter() - began < 5
    first, *_ = cleaned.split("\n")
    assert first == "a" * 1_400 + " […]"


def test_control_characters_and_every_number_can_be_taken_out() -> None:
    assert Private().clean("a\x1b[31mb\x00") == "a [31mb "
    assert (
        without_numbers("ValueError: −1,234.5 is below 2e-3 of 7")
        == "ValueError: [private] is below [private] of [private]"
    )


def test_a_profile_that_cannot_be_read_has_nothing_to_tell(tmp_path: Path) -> None:
    for name, content in (("positions.json", b"{"), ("alerts.json", b"\xff"), ("lines.json", b"[" * 100_000)):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "settings.json").write_text(json.dumps([1]))
    private = Private.of(tmp_path, {"HTTPS_PROXY": "http://[bad"})
    assert private.numbers == frozenset()
    assert private.clean("66210.5") == "66210.5"
