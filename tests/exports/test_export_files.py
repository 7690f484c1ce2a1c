"""What is exported opens in pandas as it is, equals what the model holds, and says on every row what it is of."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from liqdesk.errors import LiqdeskError
from liqdesk.exports import (
    Cancelled,
    Format,
    Origin,
    Sheet,
    bars_sheet,
    forced_sheet,
    map_sheet,
    write,
    zones_sheet,
)
from liqdesk.exports.tables import PLANES, Open
from liqdesk.exports.writing import sentence
from liqdesk.insight import Zone
from liqdesk.market import ForcedOrder, Side
from liqdesk.market.rows import BAR
from liqdesk.model import DensityGrid
from liqdesk.model.axis import ROWS, row_prices
from liqdesk.model.flags import BACK, LIVE

MINUTE = 60_000
T0 = 1_776_206_820_000
DEMO = Origin("BTCUSDT", "built-in market", "DEMO: simulated market, seed 7, not Binance", "S2", T0 + 10 * MINUTE, 0.4)
FORMS = list(Format)


def filled() -> DensityGrid:
    """Return a grid with ten minutes of random columns, five of them live."""
    grid = DensityGrid(((MINUTE, 64), (5 * MINUTE, 32), (30 * MINUTE, 32)))
    rng = np.random.default_rng(3)
    for k in range(10):
        basis = rng.exponential(2e6, (10, ROWS)).astype(np.float32)
        basis[:, rng.random(ROWS) < 0.5] = 0
        number = T0 // MINUTE + k
        grid.rings[0].write(
            number, 700 + k, basis, np.array([0.008, 0.011], np.float32), LIVE if k > 4 else BACK, 67_000.0 + k
        )
    return grid


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)


def said(path: Path) -> dict[str, object]:
    """Return the metadata: beside a CSV, inside a Parquet file."""
    if path.suffix == ".csv":
        text = path.with_name(path.name + ".json").read_text("utf-8")
    else:
        text = pq.read_schema(path).metadata[b"liqdesk"].decode()
    found: dict[str, object] = json.loads(text)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_the_map_equals_the_grid_cell_by_cell(tmp_path: Path, form: Format) -> None:
    grid = filled()
    now = Open(
        T0 + 10 * MINUTE + 20_000, 710, 67_020.0, np.full((10, ROWS), 5.5, np.float32), np.full(5, 0.25, np.float32)
    )
    path = tmp_path / f"map.{form}"
    rows = write(map_sheet(grid, T0, T0 + 11 * MINUTE, now, DEMO), path, form)
    table = read(path)
    assert len(table) == rows
    ring = grid.rings[0]
    for k in range(10):
        column = ring.read(T0 // MINUTE + k)
        assert column is not None
        part = table[table["start_utc_ms"] == T0 + k * MINUTE]
        held = np.flatnonzero(column.usd.any(axis=0))
        assert len(part) == len(held)
        for i, plane in enumerate(PLANES):
            assert part[f"{plane}_usd_per_10bp"].to_numpy() == pytest.approx(column.usd[i, held], rel=1e-12)
        assert part["long_usd_per_10bp"].to_numpy() == pytest.approx(column.usd[:5, held].sum(axis=0), rel=1e-5)
        centres = np.sqrt(part["price_low"] * part["price_high"]).to_numpy()
        assert centres == pytest.approx(row_prices(column.base)[held], rel=1e-12)
        assert set(part["kind"]) == {"live" if k > 4 else "back-computed"}
        assert set(part["mark_price"]) == {67_000.0 + k}
        assert part["prior_share"].between(0, 1).all()
    last = table[table["kind"] == "open"]
    assert len(last) == ROWS
    assert set(last["end_utc_ms"]) == {now.time_ms}
    assert last["prior_share"].to_numpy() == pytest.approx(0.25)


@pytest.mark.parametrize("form", FORMS)
def test_every_row_and_the_metadata_say_what_it_is_of(tmp_path: Path, form: Format) -> None:
    path = tmp_path / f"map.{form}"
    sheet = map_sheet(filled(), T0, T0 + MINUTE, None, DEMO)
    write(sheet, path, form)
    table = read(path)
    assert list(table.columns) == [c.name for c in sheet.all_columns]
    assert set(table["source"]) == {DEMO.source}
    assert set(table["symbol"]) == {"BTCUSDT"}
    assert set(table["model_version"]) == {"S2"}
    assert set(table["as_of_utc_ms"]) == {DEMO.as_of_ms}
    assert set(table["data_age_s"]) == {0.4}
    meta = said(path)
    assert meta["source"] == DEMO.source
    assert meta["time_zone"] == "UTC"
    assert meta["data_age_s"] == 0.4
    assert set(meta["columns"]) == set(table.columns)  # type: ignore[call-overload]
    for name in table.columns:
        if "usd" in name:
            assert "usd" in name.split("_"), "the unit is in the name"


def zone(side: Side, low: float, **fields: object) -> Zone:
    return Zone(side, low, low * 1.01, low * 1.005, 2.5e6, 1e6, 0.02, 1e6, 4e6, 0.3, 2.4, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_zones_forced_orders_and_candles_come_back_as_they_were(tmp_path: Path, form: Format) -> None:
    zones = (zone(Side.SHORT, 68_000.0, age_ms=3.6e6, hour_usd=2e6), zone(Side.LONG, 64_000.0))
    path = tmp_path / f"zones.{form}"
    write(zones_sheet(zones, DEMO), path, form)
    table = read(path)
    assert list(table["side"]) == ["short", "long"]
    assert list(table["usd"]) == [2.5e6, 2.5e6]
    assert list(table["significant"]) == [True, True]
    assert table["age_ms"][0] == 3.6e6
    assert math.isnan(table["age_ms"][1]), "what is not known is an empty cell"
    assert table["growth_1h_usd"][0] == 5e5
    assert table["touch_4h_chance"].isna().all()

    orders = [
        ForcedOrder("BTCUSDT", Side(k % 2), T0 + k, T0 + k + 800, 67_000.1 + k, 66_900.7, 0.123 + k)
        for k in range(12_001)
    ]
    path = tmp_path / f"forced.{form}"
    assert write(forced_sheet(orders, DEMO), path, form) == 12_001
    table = read(path)
    assert list(table["time_utc_ms"]) == [o.time_ms for o in orders]
    assert list(table["usd"]) == [o.usd for o in orders]
    assert list(table["side"]) == [o.side.word for o in orders]

    rows = np.zeros(7, BAR)
    rows["t"] = T0 + MINUTE * np.arange(7)
    rows["open"], rows["high"], rows["low"], rows["close"] = 1.1, 1.3, 1.0, 1.2
    rows["volume"], rows["taker_buy"] = 10.5, 4.25
    path = tmp_path / f"bars.{form}"
    write(bars_sheet(rows, MINUTE, DEMO), path, form)
    table = read(path)
    assert list(table["start_utc_ms"]) == rows["t"].tolist()
    assert list(table["end_utc_ms"]) == (rows["t"] + MINUTE).tolist()
    assert list(table["close"]) == [1.2] * 7
    assert list(table["volume_base"]) == [10.5] * 7


@pytest.mark.parametrize("form", FORMS)
def test_nothing_to_write_is_a_table_without_rows(tmp_path: Path, form: Format) -> None:
    path = tmp_path / f"none.{form}"
    assert write(forced_sheet([], DEMO), path, form) == 0
    assert list(read(path).columns)[:2] == ["time_utc_ms", "side"]


@pytest.mark.parametrize("form", FORMS)
def test_an_end_that_is_asked_for_leaves_nothing_and_keeps_what_was_there(tmp_path: Path, form: Format) -> None:
    path = tmp_path / f"map.{form}"
    path.write_text("older")
    told: list[tuple[int, int]] = []
    with pytest.raises(Cancelled):
        write(
            map_sheet(filled(), T0, T0 + 10 * MINUTE, None, DEMO),
            path,
            form,
            lambda *n: told.append(n),
            lambda: len(told) == 3,
        )
    assert told == [(1, 11), (2, 11), (3, 11)]
    assert path.read_text() == "older"
    assert os.listdir(tmp_path) == [path.name]


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    sheet = forced_sheet([], DEMO)
    with pytest.raises(LiqdeskError) as raised:
        write(sheet, tmp_path / "gone" / "a.csv", Format.CSV)
    assert raised.value.user.endswith("a.csv cannot be written: No such file or directory.")
    full = OSError(errno.ENOSPC, "No space left on device")
    assert sentence(tmp_path / "a.csv", full) == f"The disk is full: nothing was written to {tmp_path}."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real error of a real write: the part file is the device that is always full."""
    made = tmp_path / "made.part"

    def on_full(**_options: object) -> tuple[int, str]:
        made.symlink_to("/dev/full")
        return os.open(made, os.O_WRONLY), str(made)

    monkeypatch.setattr("liqdesk.exports.writing.tempfile.mkstemp", on_full)
    with pytest.raises(LiqdeskError) as raised:
        write(map_sheet(filled(), T0, T0 + 10 * MINUTE, None, DEMO), tmp_path / f"map.{form}", form)
    assert raised.value.user == f"The disk is full: nothing was written to {tmp_path}."
    assert os.listdir(tmp_path) == []


def test_a_cell_is_never_a_formula(tmp_path: Path) -> None:
    hostile = Origin("=1+1", "x", 'NOT BINANCE: a,"b"', "S2", 0, None)
    path = tmp_path / "a.csv"
    order = ForcedOrder("BTCUSDT", Side.LONG, T0, T0, 1.0, 1.0, 1.0)
    write(forced_sheet([order], hostile), path, Format.CSV)
    table = read(path)
    assert table["symbol"][0] == "'=1+1"
    assert table["source"][0] == 'NOT BINANCE: a,"b"'
    assert table["data_age_s"].isna().all()


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liqdesk.exports.writing.importlib.util.find_spec", lambda name: None)
    sheet: Sheet = forced_sheet([], DEMO)
    with pytest.raises(LiqdeskError) as raised:
        write(sheet, tmp_path / "a.parquet", Format.PARQUET)
    assert "pip install" in raised.value.user
    assert os.listdir(tmp_path) == []
