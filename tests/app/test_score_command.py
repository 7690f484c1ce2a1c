"""`liqdesk score`: from a history and a truth to a table and a page, and a sentence for whatever stands in the way."""

from __future__ import annotations

import gzip
import json
import socket
from pathlib import Path

import numpy as np
import pytest
from support.scored import BAR_MS, T0, fill, liquidated, print_orders, write_truth

from liqdesk.cli import main
from liqdesk.history import History
from liqdesk.lab.swept import steps_of
from liqdesk.market import DAY_MS

DAYS = 14


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a profile of three contracts: BTCUSDT with a truth in a file, ETHUSDT with printed orders, SOLUSDT bare."""
    folder = tmp_path_factory.mktemp("score")
    (folder / "profile").mkdir()
    with History.open(folder / "profile" / "history.sqlite", folder / "profile" / "lock") as history:
        for seed, symbol in enumerate(("BTCUSDT", "ETHUSDT", "SOLUSDT")):
            fill(history, symbol, DAYS, seed)
        t, usd = liquidated(steps_of(history, "BTCUSDT"))
        write_truth(folder / "truth.csv", t, usd)
        t, usd = liquidated(steps_of(history, "ETHUSDT"))
        late = t >= T0 + 2 * DAY_MS
        print_orders(history, "ETHUSDT", t[late], usd[late], 90_000.0)
    return folder


def score(place: Path, *words: object) -> int:
    return main(["score", "--profile", str(place / "profile"), *map(str, words)])


def test_a_truth_in_a_file_gives_a_table_and_three_files(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "reports"
    assert score(place, "--truth", place / "truth.csv", "--report", out) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith(
        f"BTCUSDT: {(DAYS - 3) * 48} bars of 30 min on {DAYS - 3} days, 2025-12-04 to 2025-12-14 (UTC);"
    )
    assert "according to truth.csv." in said.out
    assert "Industry lines, exact margin, with 125x" in said.out
    assert "conditional on the path" in said.out
    assert sorted(p.name for p in out.iterdir()) == ["score.csv", "score.html", "score.json"]
    body = json.loads((out / "score.json").read_text())
    (found,) = body["scores"]
    assert found["maps"][0]["name"] == "engine"
    assert len(found["maps"]) == 8
    assert found["maps"][0]["d2"] > 0.4
    assert body["command"].startswith("liqdesk score --symbol BTCUSDT --bars 30m --truth ")
    packed = tmp_path / "truth.gz"
    packed.write_bytes(gzip.compress((place / "truth.csv").read_bytes()))
    page = tmp_path / "one.html"
    assert score(place, "--truth", packed, "--report", page, "--workers", "1") == 0
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert capsys.readouterr().out.splitlines()[1:10] == said.out.splitlines()[1:10]


def test_the_record_is_the_truth_where_no_file_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score(place, "--symbol", "ETHUSDT") == 0
    said = capsys.readouterr().out
    assert f"{(DAYS - 5) * 48} bars" in said
    assert "the forced orders recorded from the venue, at most one a second" in said


def test_several_contracts_are_scored_together(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = f"BTCUSDT={place / 'truth.csv'}"
    table = tmp_path / "all.csv"
    assert (
        score(place, "--symbol", "BTCUSDT", "ETHUSDT", "btcusdt", "--truth", truth, "--report", table, "--bars", "1h")
        == 2
    )
    assert "line 3: no bar of 1 h opens at" in capsys.readouterr().err
    assert (
        score(place, "--symbol", "BTCUSDT", "ETHUSDT", "btcusdt", "--truth", truth, "--report", table, "--workers", 1)
        == 0
    )
    said = capsys.readouterr().out
    assert said.count("This map  ") == 2
    assert len(table.read_text().splitlines()) == 17


def test_the_swept_mass_alone_is_written_as_ever(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pred.csv"
    assert score(place, "--swept", out, "--from", "2025-12-03", "--to", "2025-12-05") == 0
    assert capsys.readouterr().out == f"96 bars written to {out}\n"
    rows = np.loadtxt(out, delimiter=",", skiprows=1)
    assert rows[:, 0].tolist() == (T0 + 2 * DAY_MS + np.arange(96) * BAR_MS).tolist()
    assert score(place, "--swept", out, "--truth", place / "truth.csv") == 0
    said = capsys.readouterr().out
    assert f"{DAYS * 48} bars written to {out}" in said
    assert "BTCUSDT: " in said


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["--symbol", "SOLUSDT"], 4, "No forced orders of SOLUSDT were recorded over a whole bar of 30 min"),
        (["--truth", "TRUTH", "--symbol", "BTCUSDT", "ETHUSDT"], 2, "say which one a file is of: --truth BTCUSDT=FILE"),
        (["--truth", "TRUTH", "--bars", "5m"], 2, "ask for bars of that length"),
        (["--symbol", "ETHUSDT", "--bars", "1m"], 2, "at least 5 min"),
        (["--truth", "TRUTH", "--to", "2025-12-05"], 4, "a score needs 2 at least"),
        (["--truth", "TRUTH", "--from", "2026-02-01"], 4, "0 days of BTCUSDT can be judged"),
        (["--truth", "TRUTH", "--to", "2025-11-01"], 4, "no 1, 5 or 15 minute candles"),
        (["--truth", "no.csv"], 2, "no.csv cannot be read"),
        (["--truth", "TRUTH", "--report", "report.txt"], 2, "must end in .html, .csv, .json, or be a folder"),
        (
            ["--truth", "TRUTH", "--report", "no/where/report.html"],
            2,
            "The folder of no/where/report.html does not exist",
        ),
        (["--truth", "TRUTH", "--report", "no/where/folder"], 2, "cannot be made"),
        (["--swept", "a.csv", "--symbol", "BTCUSDT", "ETHUSDT"], 2, "--swept takes one --symbol"),
        (["--symbol", "../x"], 2, "is not a symbol"),
        (
            ["--truth", "TRUTH", "--dask", "tcp://127.0.0.1:PORT"],
            2,
            "No Dask scheduler can be reached at tcp://127.0.0.1:",
        ),
        (["--truth", "TRUTH", "--dask", "nonsense://x"], 2, "No Dask scheduler can be reached at nonsense://x"),
    ],
)
def test_whatever_stands_in_the_way_is_said_in_a_sentence(
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("liqdesk.lab.workers.CONNECT_S", 2)
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = str(unheard.getsockname()[1])
        given = [w.replace("TRUTH", str(place / "truth.csv")).replace("PORT", port) for w in words]
        assert score(place, *given) == code
    said = capsys.readouterr()
    assert why in said.err
    assert said.err.startswith("liqdesk: ")
    assert said.err.count("\n") == 1
    assert said.out == ""
