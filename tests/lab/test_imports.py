import os
import sys
from pathlib import Path

import numpy as np
import pytest
from archive_files import T0, klines, metrics, minute_closes, zipped

from liqdesk.errors import ProfileError
from liqdesk.history import History
from liqdesk.lab.imports import find_files, import_paths

CLOSES = minute_closes(180)


@pytest.fixture
def history(tmp_path):
    with History.open(tmp_path / "history.sqlite", tmp_path / "lock") as opened:
        yield opened


def test_a_folder_of_every_kind_is_taken(tmp_path, history):
    root = tmp_path / "data" / "futures" / "um"
    zipped(root / "monthly/klines/BTCUSDT/15m/BTCUSDT-15m-2025-12.zip", klines(CLOSES, 15))
    zipped(root / "daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-12-01.zip", klines(CLOSES[:61], 1))
    zipped(root / "daily/klines/BTCUSDT/1h/BTCUSDT-1h-2025-12-01.zip", klines(CLOSES, 60))
    zipped(root / "daily/markPriceKlines/BTCUSDT/5m/BTCUSDT-5m-2025-12-01.zip", klines(CLOSES, 5, volume=False))
    zipped(root / "daily/metrics/BTCUSDT/BTCUSDT-metrics-2025-12-01.zip", metrics(CLOSES))
    zipped(
        root / "monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2025-12.zip",
        f"calc_time,funding_interval_hours,last_funding_rate\n{T0},8,0.0001\n{T0 + 28_800_003},8,-0.00002\n",
    )
    trades = (
        "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
        f"5,90000.1,2.5,7,8,{T0 + 7_200_001},true\n6,90000.2,0.5,9,9,{T0 + 7_230_001},false\n"
    )
    plain = root / "daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2025-12-01.csv"
    plain.parent.mkdir(parents=True)
    plain.write_text(trades)
    (root / "readme.txt").write_text("not looked at")
    said: list[str] = []
    report = import_paths([tmp_path / "data"], history, said.append)
    assert report.skipped == ()
    assert report.taken == 7
    assert report.rejected == 0
    assert report.rows == {
        "candles": 12 + 60 + 3,
        "mark candles": 36,
        "open interest samples": 37,
        "funding payments": 2,
        "trades": 2,
    }
    assert len(said) == 7
    assert len(history.bars("BTCUSDT", 900_000, False)) == 12
    assert len(history.bars("BTCUSDT", 60_000, False)) == 61  # sixty candles and one made of trades
    assert len(history.bars("BTCUSDT", 300_000, True)) == 36
    assert len(history.bars("BTCUSDT", 3_600_000, False)) == 3
    interest = history.open_interest("BTCUSDT")
    assert (interest["t"] % 300_000 == 0).all()
    assert np.allclose(interest["usd"] / interest["contracts"], CLOSES[::5])
    assert history.volume_at_price("BTCUSDT")["quantity"].sum() == pytest.approx(3.0)
    assert history.funding("BTCUSDT")["rate"].tolist() == [0.0001, -0.00002]
    assert report.text().startswith("Imported 7 files: 75 candles, 2 funding payments, 36 mark candles")
    again = import_paths([tmp_path / "data"], history)
    assert again.rows == report.rows
    assert len(history.bars("BTCUSDT", 900_000, False)) == 12


def test_bad_files_are_named_and_the_rest_is_taken(tmp_path, history):
    good = zipped(tmp_path / "in/klines/BTCUSDT/15m/BTCUSDT-15m-2025-12.zip", klines(CLOSES, 15))
    torn = tmp_path / "in/BTCUSDT-15m-2025-11.zip"
    torn.write_bytes(good.read_bytes()[:200])
    (tmp_path / "in/BTCUSDT-1m-2025-12.csv").write_text(klines(CLOSES, 1).replace("9,30.0", "9,many", 1))
    (tmp_path / "in/shopping.csv").write_text("milk,2\n")
    (tmp_path / "in/BTCUSDT-metrics-2025-12-01.csv").write_bytes(b"\xff\xfe\x00binary")
    (tmp_path / "empty").mkdir()
    report = import_paths([tmp_path / "in", tmp_path / "empty", tmp_path / "none"], history)
    assert report.taken == 1
    assert len(report.skipped) == 6
    for name in ("2025-11.zip", "1m-2025-12.csv", "shopping.csv", "metrics", "empty", "none"):
        assert any(name in reason and reason.endswith(".") for reason in report.skipped), name
    assert "Left out 6:" in report.text()
    assert len(history.bars("BTCUSDT", 900_000, False)) == 12


def test_named_files_are_found_once_in_order(tmp_path):
    for name in ("b.zip", "a.csv", "c.txt", "sub/d.ZIP"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = list(find_files([tmp_path / "c.txt", tmp_path, tmp_path / "a.csv"]))
    assert [p.name for p in found] == ["c.txt", "a.csv", "b.zip", "d.ZIP"]


def test_a_read_only_history_refuses(tmp_path):
    path = zipped(tmp_path / "BTCUSDT-15m-2025-12.zip", klines(CLOSES, 15))
    with (
        History.open(tmp_path / "h.sqlite", tmp_path / "lock", read_only=True) as closed,
        pytest.raises(ProfileError),
    ):
        import_paths([Path(path)], closed)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes among files, and links need rights")
def test_names_that_are_no_files_are_named_and_the_rest_is_taken(tmp_path, history):
    folder = tmp_path / "in"
    folder.mkdir()
    zipped(folder / "BTCUSDT-15m-2025-12.zip", klines(CLOSES, 15))
    (folder / "{0}{x}.csv").symlink_to(folder / "gone")
    (folder / "round.zip").symlink_to(folder / "round.zip")
    os.mkfifo(folder / "BTCUSDT-1m-2025-12.csv")  # opened, it would wait for ever
    report = import_paths([folder, Path("x" * 5_000), Path("a\0b"), folder / "round.zip"], history)
    assert report.taken == 1
    assert len(report.skipped) == 6
    for word in ("{0}{x}.csv", "round.zip", "it is not a file", "xxx…”", "does not exist"):
        assert any(word in reason for reason in report.skipped), word
    assert all(len(reason) < 2_000 and reason.endswith(".") for reason in report.skipped)
