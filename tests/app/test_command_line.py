"""Every command line that cannot be followed ends at once, with one sentence and the exit code that the program documents."""

from __future__ import annotations

import socket
import zipfile
from pathlib import Path

import pytest
from commands import liqdesk, sentence

from liqdesk import __version__

T0 = 1_764_547_200_000  # 2025-12-01
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def klines(folder: Path, minutes: int = 30, symbol: str = "BTCUSDT") -> Path:
    """Write a day's file of one-minute candles, as the public archive does."""
    lines = [HEADER]
    for i in range(minutes):
        t = T0 + i * 60_000
        lines.append(f"{t},90000,90100,89900,{90_000 + i},10,{t + 59_999},900000,9,5,450000,0")
    path = folder / f"{symbol}-1m-2025-12-01.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_version_and_help_are_given_on_standard_output() -> None:
    version = liqdesk("--version")
    assert (version.returncode, version.stdout, version.stderr) == (0, f"liqdesk {__version__}\n", "")
    for command in ([], ["exchange"], ["record"], ["snapshot"], ["import"], ["score"]):
        help_ = liqdesk(*command, "--help")
        assert help_.returncode == 0
        assert help_.stdout.startswith("usage: liqdesk")
        assert help_.stderr == ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["bogus"], "invalid choice"),
        (["--seed", "-1"], "whole number"),
        (["--seed", "4294967296"], "whole number"),
        (["--seed", "9" * 5000], "whole number"),
        (["--speed", "0"], "number from 0.1 to 600"),
        (["--speed", "nan"], "number from 0.1 to 600"),
        (["exchange", "--port", "65536"], "not a port"),
        (["exchange", "--port", "-1"], "not a port"),
        (["exchange", "--start", "yesterday"], "not a date"),
        (["exchange", "--start", "0001-01-01T00:00+14:00"], "years 2000 and 2099"),
        (["exchange", "--start", "9999-12-31"], "years 2000 and 2099"),
        (["exchange", "--epoch", "soon"], "whole number"),
        (["exchange", "--speed", "inf"], "number from 0.1 to 600"),
        (["snapshot"], "--out"),
        (["snapshot", "--out", "a.png", "--size", "1920"], "not a size"),
        (["snapshot", "--out", "a.png", "--size", "10x10"], "between 800x500 and 7680x4320"),
        (["snapshot", "--out", "a.png", "--size", "9" * 5000 + "x700"], "not a size"),
        (["snapshot", "--out", "a.png", "--window", "2d"], "invalid choice"),
        (["snapshot", "--out", "a.png", "--settle", "-1"], "number from 0 to 3600"),
        (["snapshot", "--out", "a.png", "--to", "2025-13-01"], "not a date"),
        (["import"], "PATH"),
        (["score", "--workers", "many"], "whole number"),
        (["score", "--swept", "a.csv", "--bars", "7m"], "invalid choice"),
        (["score", "--swept", "a.csv", "--from", "\x07"], "not a date"),
    ],
)
def test_words_that_make_no_sense_are_named(words: list[str], why: str) -> None:
    assert why in sentence(liqdesk(*words), 2)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--symbol", "../x"], "“../x” is not a symbol"),
        (["--symbol", "BTC USDT"], "is not a symbol"),
        (["--symbol", ""], "is not a symbol"),
        (["--symbol", "BTC\x1b[2JUSDT"], "is not a symbol"),
        (["--symbol", "BTCUSDT\n"], "is not a symbol"),
        (["--symbol", "B" * 200], "is not a symbol"),
        (["--rest-url", "ftp://127.0.0.1"], "must start with https://"),
        (["--rest-url", "http://example.com"], "for this machine alone"),
        (["--rest-url", "http://127.0.0.1:99999"], "not an address"),
        (["--rest-url", "https://a b"], "without spaces"),
        (["--rest-url", "https://me:secret@example.com"], "user name or password"),
        (["--stream-url", "wss://example.com/?a=b"], "query"),
        (["--stream-url", ""], "stream address"),
        (["--proxy-url", "proxy:8080"], "must start with http:// or socks5h://"),
        (["--proxy-url", "ftp://me:secret@proxy"], "must start with http:// or socks5h://"),
        (["--profile", ""], "path of a folder"),
        (["--profile", "/dev/null\x1b[2J/x", "--history"], "\\x1b[2J"),
    ],
)
def test_symbols_addresses_and_profiles_are_checked_before_anything_starts(words: list[str], why: str) -> None:
    said = sentence(liqdesk("snapshot", "--out", "a.png", *words), 2)
    assert why in said
    assert said.isprintable()
    assert "secret" not in said
    if "--history" not in words:
        assert why in sentence(liqdesk(*words), 2), "the window refuses the same"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("LIQDESK_SYMBOL", "../x", "is not a symbol"),
        ("LIQDESK_REST_URL", "nowhere", "must start with https://"),
        ("LIQDESK_PROXY_URL", "http://", "names no host"),
    ],
)
def test_the_environment_is_checked_alike(name: str, value: str, why: str) -> None:
    assert why in sentence(liqdesk("snapshot", "--out", "a.png", env={name: value}), 2)


def test_files_and_folders_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("here")
    out = tmp_path / "a.png"
    assert "is a file, not a folder" in sentence(liqdesk("snapshot", "--out", out, "--profile", file), 3)
    assert "does not exist" in sentence(liqdesk("snapshot", "--out", tmp_path / "no" / "a.png"), 2)
    assert "is a folder" in sentence(liqdesk("snapshot", "--out", tmp_path), 2)
    assert "does not exist" in sentence(liqdesk("snapshot", "--out", out, "--report", tmp_path / "no" / "a.json"), 2)
    assert "cannot be written" in sentence(liqdesk("import", file, "--profile", file / "below"), 3)
    assert "is a file, not a folder" in sentence(liqdesk("import", file, "--profile", file), 3)


def test_orders_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    assert "needs --history" in sentence(liqdesk("snapshot", "--out", out, "--to", "2025-12-01"), 2)
    assert "takes no venue" in sentence(liqdesk("snapshot", "--out", out, "--history", "--demo"), 2)
    turned = ["score", "--swept", str(tmp_path / "a.csv"), "--from", "2025-12-02", "--to", "2025-12-01"]
    assert "must lie before" in sentence(liqdesk(*turned), 2)


def test_without_a_history_there_is_nothing_to_map_or_score(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    assert "import archive files first" in sentence(
        liqdesk("snapshot", "--history", "--out", tmp_path / "a.png", "--profile", profile), 2
    )
    assert "import archive files first" in sentence(
        liqdesk("score", "--swept", tmp_path / "a.csv", "--profile", profile), 2
    )
    assert not list(tmp_path.glob("*.csv"))
    assert not list(tmp_path.rglob("*.sqlite"))


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = sentence(liqdesk("exchange", "--port", str(taken.getsockname()[1]), "--seed", "3"), 2)
    assert "is taken" in said


def test_an_import_says_what_it_left_out(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    good = klines(tmp_path)
    garbage = tmp_path / "BTCUSDT-5m-2025-12-01.csv"
    garbage.write_bytes(b"\x00\xff" * 4_000)
    torn = tmp_path / "BTCUSDT-1m-2025-12-02.zip"
    torn.write_bytes(b"PK\x03\x04 and then nothing")
    bomb = tmp_path / "BTCUSDT-1m-2025-12-03.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as z, z.open("BTCUSDT-1m-2025-12-03.csv", "w") as f:
        for _ in range(100):
            f.write(bytes(1_000_000))
    empty = tmp_path / "empty"
    empty.mkdir()
    unnamed = tmp_path / "notes.csv"
    unnamed.write_text("a,b\n1,2\n")
    missing = tmp_path / "nowhere.zip"
    bad = [garbage, torn, bomb, empty, unnamed, missing]
    none = liqdesk("import", *bad, "--profile", profile)
    assert none.returncode == 2
    assert none.stdout == ""
    assert "Traceback" not in none.stderr
    assert none.stderr.startswith("Imported 0 files.\nLeft out 6:\n")
    for path in bad:
        assert f"{path.name}”" in none.stderr
    some = liqdesk("import", good, *bad, "--profile", profile)
    assert some.returncode == 0
    assert some.stdout.startswith("Imported 1 file: 30 candles.\nLeft out 6:\n")


def test_names_that_are_no_text_are_reported_all_the_same(tmp_path: Path) -> None:
    done = liqdesk(
        "import",
        str(tmp_path) + "/\udcff.zip",
        "--profile",
        tmp_path / "profile",
        env={"PYTHONIOENCODING": "ascii:strict"},
    )
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_score_says_what_the_history_lacks(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    assert liqdesk("import", klines(tmp_path), "--profile", profile).returncode == 0
    score = ["score", "--swept", str(tmp_path / "a.csv"), "--profile", str(profile)]
    assert "no open interest" in sentence(liqdesk(*score), 4)
    assert "no 1, 5 or 15 minute candles of ETHUSDT" in sentence(liqdesk(*score, "--symbol", "ETHUSDT"), 4)
    assert "is not a symbol" in sentence(liqdesk(*score, "--symbol", "../x"), 2)
    assert "is not a symbol" in sentence(liqdesk(*score, "--symbol", ""), 2)
    assert not (tmp_path / "a.csv").exists()


def test_a_damaged_history_is_called_damaged_and_kept(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    (profile / "history.sqlite").write_bytes(b"not a database, " * 600)
    assert "cannot be read" in sentence(liqdesk("score", "--swept", tmp_path / "a.csv", "--profile", profile), 3)
    done = liqdesk("import", klines(tmp_path), "--profile", profile)
    assert done.returncode == 0
    assert "kept as history.sqlite.broken" in done.stderr
    assert (profile / "history.sqlite.broken").read_bytes() == b"not a database, " * 600
