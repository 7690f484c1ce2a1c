"""`liqdesk export`: from a history to files that pandas opens, or a sentence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from commands import liqdesk, sentence
from support.scored import T0, fill, liquidated, print_orders

from liqdesk.history import History
from liqdesk.lab.swept import steps_of
from liqdesk.market import DAY_MS

DAYS = 4
pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    with History.open(folder / "history.sqlite", folder / "lock") as history:
        fill(history, "BTCUSDT", DAYS, 1)
        t, usd = liquidated(steps_of(history, "BTCUSDT"))
        print_orders(history, "BTCUSDT", t, usd, 90_000.0)
    return folder


def held(profile: Path) -> History:
    return History.open(profile / "history.sqlite", profile / "lock", origin="binance", read_only=True)


def test_forced_orders_and_candles_are_those_of_the_history(profile: Path, tmp_path: Path) -> None:
    out = tmp_path / "forced.parquet"
    done = liqdesk("export", "--what", "forced", "--out", out, "--profile", profile)
    assert done.returncode == 0, done
    table = pd.read_parquet(out)
    with held(profile) as history:
        orders = history.forced("BTCUSDT")
        bars = history.bars("BTCUSDT", 15 * 60_000, False, T0 + DAY_MS, T0 + 2 * DAY_MS)
    assert len(orders) > 10
    assert done.stdout.startswith(f"{len(orders):,} rows of BTCUSDT forced written to")
    assert list(table["time_utc_ms"]) == [o.time_ms for o in orders]
    assert list(table["usd"]) == [o.usd for o in orders]
    assert set(table["source"]) == {"HISTORY: Binance data as recorded or imported, not live"}
    out = tmp_path / "bars.csv"
    day = ["--bars", "15m", "--from", "2025-12-02", "--to", "2025-12-03"]
    done = liqdesk("export", "--what", "bars", "--out", out, "--profile", profile, *day)
    assert done.returncode == 0, done
    table = pd.read_csv(out)
    assert list(table["start_utc_ms"]) == bars["t"].tolist()
    assert list(table["close"]) == bars["close"].tolist()


def test_the_map_and_its_zones_are_computed_without_a_window(profile: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.parquet"
    done = liqdesk("export", "--what", "map", "--out", out, "--profile", profile)
    assert done.returncode == 0, done
    table = pd.read_parquet(out)
    assert set(table["kind"]) <= {"back-computed", "open"}
    assert (table["long_usd_per_10bp"] + table["short_usd_per_10bp"] > 0).all()
    assert (table["price_high"] > table["price_low"]).all()
    last = table[table["kind"] == "open"]
    below = last[last["price_high"] < last["mark_price"].iloc[0]]
    assert (below["short_usd_per_10bp"] == 0).all(), "shorts are liquidated above the mark"
    out = tmp_path / "zones.csv"
    done = liqdesk("export", "--what", "zones", "--out", out, "--profile", profile)
    assert done.returncode == 0, done
    zones = pd.read_csv(out)
    assert {"side", "usd", "touch_4h_chance", "source"} <= set(zones.columns)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--out", "a.xlsx"], "must end in .csv or .parquet"),
        (["--out", "nowhere/a.csv"], "does not exist"),
        (["--out", "a.csv", "--symbol", "ETHUSDT"], "holds no candles of that length of ETHUSDT"),
        (["--out", "a.csv", "--from", "2025-12-03", "--to", "2025-12-02"], "--from must lie before --to"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence(
    profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], part: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = liqdesk("export", "--what", "bars", *words, "--profile", profile)
    assert part in sentence(done, done.returncode)
    assert done.returncode in (2, 4)


def test_a_venue_is_not_exported(profile: Path, tmp_path: Path) -> None:
    done = liqdesk("--demo", "export", "--what", "map", "--out", tmp_path / "a.csv", "--profile", profile)
    assert "leave out --demo" in sentence(done, 2)
