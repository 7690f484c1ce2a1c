import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.errors import InputError
from liqdesk.market.rows import BAR, FUNDING, INTEREST, TRADE
from liqdesk.venues.binance import archive_csv
from liqdesk.venues.binance.archive import (
    ArchiveFunding,
    ArchiveKlines,
    ArchiveOpenInterest,
    ArchiveTrades,
    batches,
    parse,
)

T = 1764547200000
KLINE_HEADER = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n"
TRADE_HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
METRICS_HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
    "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio\n"
)


def kline(t: int, volume: str = "15090.853", taker: str = "5979.450") -> str:
    return f"{t},90320.5,90396.9,88807.2,88887.7,{volume},{t + 899999},1349315788.62,274426,{taker},534558165.0,0\n"


def trade(n: int, maker: str = "true", t: int = T) -> str:
    return f"{n},83091.7,0.022,{n * 2},{n * 2 + 1},{t + n},{maker}\n"


def metric(stamp: str, contracts: str = "89832.175", symbol: str = "BTCUSDT") -> str:
    return f"{stamp},{symbol},{contracts},8064963864.475081,,,,\n"


def zipped(text: str | bytes, member: str = "BTCUSDT-15m-2025-12.csv", **options: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(member, text)
    return out.getvalue()


KLINES = KLINE_HEADER + kline(T) + kline(T + 900_000)
NAME = "BTCUSDT-15m-2025-12.zip"


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark_of_order", [b"", b"\xef\xbb\xbf"])
def test_klines_in_every_dress(header: bool, packed: bool, ending: str, mark_of_order: bytes) -> None:
    text = mark_of_order + (KLINES if header else KLINES[len(KLINE_HEADER) :]).replace("\n", ending).encode()
    made = parse(NAME if packed else NAME.replace(".zip", ".csv"), zipped(text) if packed else text)
    assert isinstance(made, ArchiveKlines)
    assert (made.symbol, made.span_ms, made.mark) == ("BTCUSDT", 900_000, False)
    assert made.rows.dtype == BAR
    assert made.rows["t"].tolist() == [T, T + 900_000]
    assert made.rows[0].item() == (T, 90320.5, 90396.9, 88807.2, 88887.7, 15090.853, 5979.45)


def test_klines_without_a_last_newline_and_with_columns_in_another_order() -> None:
    names = KLINE_HEADER.strip().split(",")
    fields = kline(T).strip().split(",")
    text = ",".join(reversed(names)) + "\n" + ",".join(reversed(fields))
    assert parse(NAME, zipped(text)).rows[0].item() == parse(NAME, zipped(KLINES)).rows[0].item()


@pytest.mark.parametrize(
    ("interval", "span_ms"), [("1m", 60_000), ("1h", 3_600_000), ("1d", 86_400_000), ("1mo", 30 * 86_400_000)]
)
def test_any_width_of_bar(interval: str, span_ms: int) -> None:
    made = parse(f"BTCUSDT-{interval}-2025-12.zip", zipped(KLINES))
    assert isinstance(made, ArchiveKlines)
    assert made.span_ms == span_ms


@pytest.mark.parametrize(
    ("folder", "volume", "mark"),
    [
        ("data/futures/um/daily/markPriceKlines/BTCUSDT/15m/", "12.5", True),
        ("data\\futures\\um\\daily\\markPriceKlines\\BTCUSDT\\15m\\", "0", True),
        ("data/futures/um/daily/klines/BTCUSDT/15m/", "0", False),
        ("", "0", True),
        ("", "12.5", False),
    ],
)
def test_mark_klines_are_told_by_folder_then_by_volume(folder: str, volume: str, mark: bool) -> None:
    made = parse(folder + NAME, zipped(KLINE_HEADER + kline(T, volume, "0")))
    assert isinstance(made, ArchiveKlines)
    assert made.mark is mark


def test_microseconds_are_brought_to_milliseconds() -> None:
    text = KLINES.replace(str(T), f"{T}000").replace(str(T + 900_000), f"{T + 900_000}000")
    assert parse(NAME, zipped(text)).rows["t"].tolist() == [T, T + 900_000]


@pytest.mark.parametrize(("true", "false"), [("true", "false"), ("True", "False"), ("TRUE", "FALSE"), ("1", "0")])
def test_trades_know_their_taker(true: str, false: str) -> None:
    text = TRADE_HEADER + trade(3477868434, false) + trade(3477868433, true)
    made = parse("BTCUSDT-aggTrades-2026-10-01.zip", zipped(text))
    assert isinstance(made, ArchiveTrades)
    assert made.rows.dtype == TRADE
    assert made.rows["id"].tolist() == [3477868433, 3477868434]
    assert made.rows["taker_buys"].tolist() == [False, True]
    assert made.rows[0].item() == (3477868433, T + 3477868433, 83091.7, 0.022, False)


def test_open_interest_is_sorted_and_brought_to_the_grid() -> None:
    stamps = ["2025-12-01 00:15:02", "2025-12-01 00:05:00", "2025-12-01 00:09:58", "2025-12-01 00:20:00"]
    text = METRICS_HEADER + "".join(map(metric, stamps)) + metric("2025-12-01 00:25:00", "")
    made = parse("BTCUSDT-metrics-2025-12-01.zip", zipped(text))
    assert isinstance(made, ArchiveOpenInterest)
    assert made.rows.dtype == INTEREST
    assert made.rows["t"].tolist() == [T + m * 60_000 for m in (5, 10, 15, 20)]
    assert made.rows[0].item() == (T + 300_000, 89832.175, 8064963864.475081)


def test_funding() -> None:
    text = "calc_time,funding_interval_hours,last_funding_rate\n1769904000001,8,-0.0000040837\n"
    made = parse("BTCUSDT-fundingRate-2026-02.zip", zipped(text))
    assert isinstance(made, ArchiveFunding)
    assert made.rows.dtype == FUNDING
    assert made.rows[0].item() == (1769904000001, -4.0837e-06)


def test_a_large_file_comes_in_parts_that_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_csv, "PART", 500)
    text = TRADE_HEADER + "".join(trade(n, "false" if n % 3 else "true") for n in range(200))
    name = "BTCUSDT-aggTrades-2026-10-01.zip"
    parts = list(batches(name, io.BytesIO(zipped(text))))
    assert len(parts) > 10
    assert all(isinstance(p, ArchiveTrades) and p.symbol == "BTCUSDT" for p in parts)
    whole = parse(name, zipped(text))
    assert np.array_equal(np.concatenate([p.rows for p in parts]), whole.rows)
    assert whole.rows["id"].tolist() == list(range(200))


def test_a_renamed_zip_is_known_by_what_is_in_it() -> None:
    assert parse("my download (1).zip", zipped(KLINES)).symbol == "BTCUSDT"


def encrypted() -> bytes:
    data = bytearray(zipped(KLINES))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def two_members() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("BTCUSDT-15m-2025-12.csv", KLINES)
        z.writestr("b.csv", KLINES)
    return out.getvalue()


def lying_size() -> bytes:
    data = bytearray(zipped(KLINES))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        (NAME, b"", "not a zip"),
        (NAME, b"<html>404</html>", "not a zip"),
        (NAME, zipped(KLINES)[:-30], "broken zip"),
        (NAME, zipped(KLINES).replace(b"\x00", b"\x01"), "zip"),
        (NAME, zipped(KLINES, "../BTCUSDT-15m-2025-12.csv"), "path in its name"),
        (NAME, zipped(KLINES, "readme.txt"), "exactly one CSV"),
        (NAME, two_members(), "exactly one CSV"),
        (NAME, encrypted(), "encrypted"),
        (NAME, lying_size(), "absurd"),
        (NAME, zipped(b"0" * 40_000_000), "absurd"),
        (NAME, zipped(""), "no rows"),
        (NAME, zipped(KLINE_HEADER), "no rows"),
        (NAME, zipped(METRICS_HEADER + metric("2025-12-01 00:05:00")), "do not fit its name"),
        (NAME, zipped(KLINES.replace("taker_buy_volume,", "taker,")), "no column"),
        (NAME, zipped(KLINES[: len(KLINE_HEADER) + 40]), "rows differ"),
        (NAME, zipped(KLINES + "1,2,3\n" + kline(T + 1800000)), "rows differ"),
        (NAME, zipped(KLINES.replace("90396.9", "")), "text where numbers"),
        (NAME, zipped(KLINES.replace("90396.9", "high")), "text where numbers"),
        (NAME, zipped(KLINES.replace("90396.9", "nan")), "text where numbers"),
        (NAME, zipped(KLINES.replace("90396.9", "1 2")), "text where numbers"),
        (NAME, zipped(KLINES.encode().replace(b"90396.9", b"\xff")), "text where numbers"),
        (NAME, zipped(KLINES.replace("90396.9", "1.0")), "row 1 has prices or volumes"),
        (NAME, zipped(KLINES.replace("88807.2", "-1")), "row 1 has prices or volumes"),
        (NAME, zipped(kline(7)), "times that cannot be"),
        (NAME, zipped(kline(T).replace(str(T), "1e300", 1)), "times that cannot be"),
        (NAME, zipped(KLINE_HEADER + kline(T).replace(str(T), "-1e300", 1)), "times that cannot be"),
        ("BTCUSDT-aggTrades-2026-10-01.zip", zipped(TRADE_HEADER + trade(1).replace("1", "-1e300", 1)), "row 1 has"),
        (NAME, zipped("1,2\n"), "too few columns"),
        ("BTCUSDT-metrics-2025-12-01.zip", zipped(METRICS_HEADER + metric("yesterday")), "row 1 has"),
        ("BTCUSDT-metrics-2025-12-01.zip", zipped(METRICS_HEADER + metric("2025-12-01 00:05:00", "-3")), "row 1 has"),
        ("BTCUSDT-metrics-2025-12-01.zip", zipped(METRICS_HEADER + metric("2025-12-01 00:05:00", "inf")), "row 1 has"),
        (
            "BTCUSDT-metrics-2025-12-01.zip",
            zipped(METRICS_HEADER + metric("2025-12-01 00:05:00", symbol="ETHUSDT")),
            "row 1 has",
        ),
        ("BTCUSDT-aggTrades-2026-10-01.zip", zipped(TRADE_HEADER + trade(1, "2")), "row 1 has"),
        ("BTCUSDT-aggTrades-2026-10-01.zip", zipped(TRADE_HEADER + trade(1, "perhaps")), "text where numbers"),
        ("BTCUSDT-7q-2025-12.csv", KLINES.encode(), "not named like"),
        ("BTCUSDT-7m-2025-12.csv", KLINES.encode(), "unknown width"),
        ("notes.csv", KLINES.encode(), "not named like"),
        ("BTC.USDT;-15m-2025-12.csv", KLINES.encode(), "not named like"),
        ("BTCUSDT-bookDepth-2025-12-01.csv", b"timestamp,percentage\n1,2\n", "does not use"),
        ("BTCUSDT-trades-2025-12-01.csv", b"id,price\n1,2\n", "does not use"),
        ("um/indexPriceKlines/BTCUSDT/1m/BTCUSDT-1m-2025-12-01.csv", KLINES.encode(), "does not use"),
    ],
)
def test_files_that_cannot_be_used_are_refused_with_a_sentence(name: str, data: bytes, word: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(name, data)
    assert word in caught.value.user
    assert caught.value.user.endswith(".")


def test_what_a_broken_row_holds_does_not_fill_the_sentence() -> None:
    text = METRICS_HEADER + metric("2025-12-01 00:05:00", "9" + "(" * 50_000)
    with pytest.raises(InputError) as caught:
        parse("BTCUSDT-metrics-2025-12-01.zip", zipped(text))
    assert len(caught.value.user) < 200
    assert len(str(caught.value)) < 400


def test_the_row_that_is_broken_is_counted_through_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_csv, "PART", 300)
    text = TRADE_HEADER + "".join(trade(n) for n in range(1, 50)) + trade(50, "2") + trade(51)
    with pytest.raises(InputError, match="row 50"):
        parse("BTCUSDT-aggTrades-2026-10-01.zip", zipped(text))


CASES: list[tuple[str, str]] = [
    ("BTCUSDT-15m-2025-12.csv", KLINES),
    ("BTCUSDT-aggTrades-2026-10-01.csv", TRADE_HEADER + trade(1) + trade(2)),
    ("BTCUSDT-metrics-2025-12-01.csv", METRICS_HEADER + metric("2025-12-01 00:05:00")),
    ("BTCUSDT-fundingRate-2026-02.csv", "calc_time,funding_interval_hours,last_funding_rate\n1769904000001,8,-0.1\n"),
]


@settings(max_examples=300)
@given(st.sampled_from(CASES), st.booleans(), st.data())
def test_any_damage_is_read_or_refused(case: tuple[str, str], packed: bool, data: st.DataObject) -> None:
    name, text = case
    body = bytearray(zipped(text, name) if packed else text.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = parse(name.replace(".csv", ".zip") if packed else name, bytes(body))
    except InputError:
        return
    key = "id" if isinstance(made, ArchiveTrades) else "t"
    assert np.all(np.diff(made.rows[key]) > 0)
    if isinstance(made, ArchiveKlines):
        assert np.all(made.rows["low"] > 0)


@pytest.mark.data
def test_the_real_archive(data_dir: Path) -> None:
    root = data_dir / "archive"
    files = sorted(root.rglob("*.zip"))
    klines = interest = funding = 0
    for path in files:
        made = parse(path.relative_to(root).as_posix(), path.read_bytes())
        assert made.symbol == "BTCUSDT"
        if isinstance(made, ArchiveKlines):
            assert (made.span_ms, made.mark) == (900_000, False)
            assert np.all(np.diff(made.rows["t"]) == 900_000)
            klines += len(made.rows)
        elif isinstance(made, ArchiveOpenInterest):
            assert np.all(made.rows["t"] % 300_000 == 0)
            implied = made.rows["usd"] / made.rows["contracts"]
            assert np.all((implied > 20_000) & (implied < 200_000))
            interest += len(made.rows)
        else:
            assert isinstance(made, ArchiveFunding)
            funding += len(made.rows)
    assert (klines, funding) == (13_248, 405)
    assert interest > 38_000


@pytest.mark.data
def test_the_archive_agrees_with_itself(data_dir: Path) -> None:
    """Marks implied by open interest lie in or very near the bar of the same quarter hour."""
    um = data_dir / "archive/data/futures/um"
    bars = parse(NAME, (um / "monthly/klines/BTCUSDT/15m/BTCUSDT-15m-2025-12.zip").read_bytes()).rows
    day = parse("BTCUSDT-metrics-2025-12-09.zip", next(um.rglob("*metrics-2025-12-09.zip")).read_bytes()).rows
    at = np.searchsorted(bars["t"], day["t"] - 1, side="right") - 1
    marks = day["usd"] / day["contracts"]
    near = (marks >= bars["low"][at] * 0.999) & (marks <= bars["high"][at] * 1.001)
    assert np.mean(near) > 0.97


def test_the_readers_are_pure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a file was opened")

    opener: Callable[..., None] = refuse
    data = zipped(KLINES)
    monkeypatch.setattr("builtins.open", opener)
    assert len(parse(NAME, data).rows) == 2
