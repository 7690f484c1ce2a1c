"""What every earlier version wrote is read by this one, whole, and written on in today's form."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import earlier_frames
import earlier_profiles
import msgspec
import numpy as np
import pytest
from support.earlier import FRAMES, PROFILES, copy_of, names, tree

from liqdesk import settings
from liqdesk.alerts import AlertBook, AlertStore
from liqdesk.engine.certainty import Kept
from liqdesk.engine.odds import Said
from liqdesk.engine.scoring import Scoring
from liqdesk.formats import HISTORY, marker_of
from liqdesk.history import FORCED, GAIN, ODDS, SCORE, History
from liqdesk.insight.position import Position
from liqdesk.lab.ledger import Ledger, Part
from liqdesk.market import Side
from liqdesk.model.gain import Block
from liqdesk.settings import Settings
from liqdesk.ui import keptlines
from liqdesk.ui.keptlines import KeptLine
from liqdesk.ui.layouts.document import LayoutStore
from liqdesk.ui.position import kept

T0 = earlier_profiles.T0
MINUTE = earlier_profiles.MINUTE
SYMBOL = earlier_profiles.SYMBOL


def tuples(value: Any) -> Any:
    """Return what JSON holds as the program does: its lists are tuples."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


# settings


@pytest.mark.parametrize("name", names("settings"))
def test_every_setting_of_before_is_there(tmp_path: Path, name: str) -> None:
    folder, held = copy_of(name, tmp_path)
    path = folder / "settings.json"
    loaded = settings.load(path)
    assert loaded.notices == ()
    assert {n: getattr(loaded.settings, n) for n in held["settings"]} == {
        n: tuples(v) for n, v in held["settings"].items()
    }
    defaults = Settings()
    assert all(held["settings"][n] != getattr(defaults, n) for n in held["settings"]), "a default shows nothing"
    new = {f.name for f in msgspec.structs.fields(Settings)} - set(held["settings"]) - {"version"}
    assert all(getattr(loaded.settings, n) == getattr(defaults, n) for n in new), "what is new is at its default"

    settings.save(path, loaded.settings)
    written = path.read_bytes()
    assert json.loads(written)["version"] == settings.VERSION
    assert set(json.loads(written)) == {f.name for f in msgspec.structs.fields(Settings)}
    assert settings.load(path) == loaded
    settings.save(path, loaded.settings)
    assert path.read_bytes() == written, "a second time changes nothing"


def test_the_fixtures_are_of_every_set_of_settings_that_there_was() -> None:
    sizes = {len(json.loads((PROFILES / name / "settings.json").read_text("utf-8"))) for name in names("settings")}
    assert sizes >= {23, 24, 25, 26, 28, 30, 32, 36, 39, 44, 45, 46, 47, 50}


# rules, lines, positions, layouts


@pytest.mark.parametrize("name", names("alerts"))
def test_every_rule_of_before_is_there(tmp_path: Path, name: str) -> None:
    folder, held = copy_of(name, tmp_path)
    path = folder / "alerts.json"
    before = json.loads(path.read_text("utf-8"))
    store = AlertStore(path)
    rules = store.load()
    assert store.notices == ()
    assert len(rules) == held["alerts"] == 9
    assert json.loads(msgspec.json.encode(rules)) == before["rules"], "each field of each rule"
    assert [rule.enabled for rule in rules] == [True, False, True, True, True, True, True, True, False]
    assert AlertBook(rules).rules() == rules
    assert store.save(rules)
    assert json.loads(path.read_text("utf-8")) == before
    assert [p.name for p in folder.iterdir() if "broken" in p.name] == []


@pytest.mark.parametrize("name", names("lines"))
def test_every_line_of_before_is_there(tmp_path: Path, name: str) -> None:
    folder, held = copy_of(name, tmp_path)
    path = folder / keptlines.FILE
    before = path.read_bytes()
    found, notice = keptlines.load(path)
    assert notice == ""
    assert found == {
        ("binance", SYMBOL): (KeptLine(68_400.0), KeptLine(61_000.5)),
        ("demo", SYMBOL): (KeptLine(50_000.25),),
        ("127.0.0.1:8080", "ETHUSDT"): (KeptLine(3_100.1),),
    }
    assert sum(map(len, found.values())) == held["lines"]
    keptlines.save(path, found)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", names("positions"))
def test_every_position_of_before_is_there(tmp_path: Path, name: str) -> None:
    folder, held = copy_of(name, tmp_path)
    path = folder / kept.FILE
    before = json.loads(path.read_text("utf-8"))
    found, notice = kept.load(path)
    assert notice == ""
    assert found == {
        ("binance", SYMBOL): Position(Side.LONG, 65_000.0, 0.75, 20.0),
        ("binance", "ETHUSDT"): Position(Side.SHORT, 3_200.5, 4.0, 10.0, cross=True, wallet=5_000.0, extra=250.0),
        ("demo", SYMBOL): Position(Side.SHORT, 66_000.0, 1.5, 50.0, extra=10.0),
    }
    assert len(found) == held["positions"]
    kept.save(path, found)
    assert json.loads(path.read_text("utf-8")) == before


@pytest.mark.parametrize("name", names("layouts"))
def test_every_layout_of_before_is_there(tmp_path: Path, name: str) -> None:
    folder, held = copy_of(name, tmp_path)
    path = folder / "layouts.json"
    before = json.loads(path.read_text("utf-8"))
    store = LayoutStore(path)
    found = store.load()
    assert store.notices == []
    assert list(found.names) == held["layouts"] == ["Desk 1", "Scalping", "Zweiter Schirm"]
    assert found.current == before["current"]
    assert json.loads(msgspec.json.encode(found)) == before, "nothing of them was left out"
    scalping = found.named("Scalping")
    assert scalping is not None
    assert scalping.charts
    assert scalping.floating == {"funding": (80, 90, 360, 140)}
    path.unlink()
    assert LayoutStore(path).save(found) == ""
    assert json.loads(path.read_text("utf-8")) == before


# the history


def contents(path: Path) -> dict[str, Any]:
    """Return what SQLite alone finds in a history; the number of all symbols, which version 2 brought, is left out."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM symbol WHERE id = 0")  # not committed
        found = {name: earlier_profiles.digest(db, name) for name in earlier_profiles.TABLES}
        version = dict(db.execute("SELECT name, value FROM meta"))["version"]
        db.rollback()
    return {"version": int(version), "tables": found}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("name", names("history"))
def test_every_row_of_before_is_there(tmp_path: Path, name: str, read_only: bool) -> None:
    folder, held = copy_of(name, tmp_path)
    path = folder / "history.sqlite"
    shutil.copytree(folder, tmp_path / "untouched")
    before = contents(tmp_path / "untouched" / path.name) if held["history"]["version"] == HISTORY else None
    with History.open(path, folder / "lock", read_only=read_only) as history:
        assert history.notices == ()
        assert_rows(history, held["history"]["version"])
    assert marker_of(path) == HISTORY or (read_only and held["history"]["version"] == HISTORY)
    found = contents(path)
    assert found["version"] == HISTORY
    for table, rows in held["history"]["tables"].items():
        if table != "symbol":
            assert found["tables"][table] == rows, table
    assert before is None or found == before

    before_again = data_in(folder)
    with History.open(path, folder / "lock", read_only=read_only) as history:
        assert history.notices == ()
        assert len(history.forced(None)) == 40
    assert data_in(folder) == before_again, "a second start changes nothing"


def data_in(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Return the files that hold something: a reader of SQLite leaves an empty log, and its index, beside what it read."""
    return {n: row for n, row in tree(folder).items() if row[1] and not n.endswith("-shm")}


def assert_rows(history: History, version: int) -> None:
    """Hold what the history itself gives out against what was put in."""
    bars = history.bars(SYMBOL, MINUTE, False)
    assert bars["t"].tolist() == [T0 + MINUTE * i for i in range(earlier_profiles.BARS)]
    assert bars["volume"].min() > 0
    assert len(history.bars(SYMBOL, MINUTE, True)) == earlier_profiles.BARS
    assert len(history.bars(SYMBOL, 5 * MINUTE, False)) == earlier_profiles.BARS // 5
    interest = history.open_interest(SYMBOL)
    assert len(interest) == 24
    assert np.isnan(interest["usd"]).sum() == 8
    assert history.marks(SYMBOL)["mark"][:3].tolist() == [67_000.0, 67_000.25, 67_000.5]
    assert len(history.marks(SYMBOL)) == 180
    assert history.volume_at_price(SYMBOL)["quantity"].sum() == pytest.approx(2 * (3 * 12.25 + 12))
    forced = history.forced(None)
    assert {o.symbol for o in forced} == {SYMBOL, "ETHUSDT", "币安人生USDT"}
    assert forced[0].side is Side.SHORT
    assert (forced[0].price, forced[0].limit_price, forced[0].quantity) == (67_000.0, 66_950.0, 0.125)
    assert [row["rate"] for row in history.funding(SYMBOL)] == [0.0001, 0.0002]
    assert history.gains(SYMBOL)["long"].tolist() == [0.11, 1.11]
    assert [g.reason for g in history.gaps(SYMBOL) if g.stream == "trades"] == ["the link was lost"] * 2
    if version == 1:
        assert history.coverage(SYMBOL, FORCED) == []
        return
    half = earlier_profiles.BARS // 2 * MINUTE
    assert history.coverage(SYMBOL, FORCED) == [(T0, T0 + 30 * MINUTE), (T0 + half, T0 + half + 30 * MINUTE)]
    assert [(p.first_id, p.last_id) for p in history.unfinished(SYMBOL)] == [(10, 40), (11, 41)]
    if version < 3:
        assert history.records(SYMBOL, SCORE) == []
        return
    said = [msgspec.msgpack.decode(r.body, type=Said) for r in history.records(SYMBOL, ODDS)]
    assert [(s.back, s.mark, s.reach) for s in said] == [
        (part, 67_000.5, (0.004, 0.008, 0.019)) for part in (False, True)
    ]


@pytest.mark.parametrize("name", names("history"))
def test_a_recording_of_before_is_opened_by_name_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    folder, held = copy_of(name, tmp_path)
    with closing(sqlite3.connect(folder / "history.sqlite")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (folder / "history.sqlite-wal").unlink(missing_ok=True)
    tape = folder / "tape.liqdesk"
    (folder / "history.sqlite").rename(tape)
    before = tree(folder)
    with History.of_file(tape) as history:
        assert history.notices == ()
        assert history.mapped() == (SYMBOL,)
        assert_rows(history, held["history"]["version"])
    assert tree(folder) == before


@pytest.mark.parametrize("name", [n for n in names("history") if n >= "20261126-054241"])
def test_scale_certainty_and_score_of_before_go_on(tmp_path: Path, name: str) -> None:
    folder, _ = copy_of(name, tmp_path)
    with History.open(folder / "history.sqlite", folder / "lock", read_only=True) as history:
        blocks = [msgspec.msgpack.decode(r.body, type=Block) for r in history.records(SYMBOL, GAIN)]
        assert [b.swept for b in blocks] == [(1e6, 2e6)] * 2
        certainty = [msgspec.msgpack.decode(r.body, type=Kept) for r in history.records(SYMBOL, "certainty")]
        assert [(c.orders, c.lump_usd, c.hours) for c in certainty] == [(40, 9_000.0, 7), (41, 9_000.0, 7)]
        parts = [msgspec.msgpack.decode(r.body, type=Part) for r in history.records(SYMBOL, SCORE)]
        ledger = Ledger(parts[0].maps)
        assert [ledger.restore(part) for part in parts] == [True, True]
        assert ledger.last_ms == T0 + (earlier_profiles.BARS // 2 + 12) * MINUTE
        assert ledger.maps == scoring_of(history).ledger.maps, "today's score takes them in"


def scoring_of(history: History) -> Scoring:
    from liqdesk.engine.market_map import MarketMap
    from liqdesk.engine.recorder import Recorder
    from liqdesk.venues.binance.brackets import shipped_brackets

    market_map = MarketMap(shipped_brackets().table(SYMBOL))
    scoring = Scoring(SYMBOL, market_map, Recorder(history), T0 + 300 * MINUTE)
    scoring.read_all()
    assert scoring.notice == ""
    assert scoring.ledger.last_ms == T0 + (earlier_profiles.BARS // 2 + 12) * MINUTE
    assert scoring.estimate.orders == pytest.approx(16.0, rel=0.05)
    assert market_map.identified.orders == 41
    return scoring


# recorded frames


@pytest.mark.parametrize(
    "name", [p.name for p in sorted(FRAMES.iterdir()) if p.name not in ("manifest.json", "README.md")]
)
def test_recorded_frames_of_every_form_are_read_as_ever(name: str) -> None:
    held = json.loads((FRAMES / "manifest.json").read_text("utf-8"))
    assert earlier_frames.read(FRAMES / name) == held[name]
