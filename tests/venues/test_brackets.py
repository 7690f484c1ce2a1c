import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from liqdesk.errors import InputError
from liqdesk.market import Bracket, BracketTable, ContractChange, Side, liquidation_price
from liqdesk.venues.binance.brackets import GENERIC, expand, read_brackets, shipped_brackets


def test_the_shipped_table_names_its_date_and_source() -> None:
    brackets = shipped_brackets()
    table = brackets.table("BTCUSDT")
    assert brackets.as_of == table.as_of == "2026-07-02"
    assert table.source == "Binance leverage and margin tiers"
    assert len(brackets.symbols) == 808


def test_the_shipped_btc_brackets() -> None:
    table = shipped_brackets().table("BTCUSDT")
    assert len(table.brackets) == 12
    assert table.brackets[0] == Bracket(0, 300_000, 0.004, 0, 150)
    assert table.brackets[4] == Bracket(12_000_000, 70_000_000, 0.02, 132_000, 25)
    assert table.brackets[-1] == Bracket(1_200_000_000, 1_800_000_000, 0.5, 421_482_000, 1)
    solved = liquidation_price(Side.SHORT, 83000, 100, 332_000, table)
    assert solved is not None
    assert solved[0] == pytest.approx(85584.1584, abs=5e-5)


def test_margin_is_continuous_at_every_edge_of_every_symbol() -> None:
    brackets = shipped_brackets()
    for symbol in brackets.symbols:
        rows = brackets.table(symbol).brackets
        assert rows[0].floor == rows[0].cum == 0
        for a, b in pairwise(rows):
            assert b.floor == a.cap < b.cap
            assert a.rate < b.rate
            assert a.max_leverage > b.max_leverage
            assert a.cap * a.rate - a.cum == pytest.approx(b.floor * b.rate - b.cum, rel=1e-9, abs=1e-6)


def test_a_symbol_without_brackets_gets_the_generic_ones_labelled() -> None:
    table = shipped_brackets().table("NEWUSDT")
    assert (table.symbol, table.source) == ("NEWUSDT", GENERIC)
    assert (table.lowest_rate, table.max_leverage) == (0.015, 50)


def test_news_patch_one_symbol_and_leave_the_rest() -> None:
    before = shipped_brackets()
    fresh = BracketTable("BTCUSDT", (Bracket(0, 1000, 0.01, 0, 20),), "2026-11-20", "Binance !contractInfo")
    after = before.patched(ContractChange("BTCUSDT", 1, "TRADING", fresh))
    assert after.table("BTCUSDT") == fresh
    assert after.table("ETHUSDT") == before.table("ETHUSDT")
    assert before.table("BTCUSDT").as_of == "2026-07-02"
    assert after.patched(ContractChange("ETHUSDT", 1, "SETTLING", None)) is after
    assert "NEWUSDT" in after.patched(ContractChange("NEWUSDT", 1, "TRADING", fresh)).symbols


def test_floors_and_cums_follow_from_caps_and_rates() -> None:
    assert expand([(100, 0.01, 50), (300, 0.02, 20)]) == (
        Bracket(0, 100, 0.01, 0, 50),
        Bracket(100, 300, 0.02, 1.0, 20),
    )


@pytest.mark.data
def test_every_number_equals_the_source(data_dir: Path) -> None:
    source = json.loads(gzip.decompress((data_dir / "brackets/binance_leverage_tiers.json.gz").read_bytes()))
    brackets = shipped_brackets()
    checked = 0
    for name, rows in source.items():
        pair, _, settle = name.partition(":")
        expiry = settle.partition("-")[2]
        table = brackets.table(pair.replace("/", "") + (f"_{expiry}" if expiry else ""))
        assert table.source != GENERIC
        for row, bracket in zip(rows, table.brackets, strict=True):
            info = row["info"]
            assert (bracket.floor, bracket.cap) == (float(info["notionalFloor"]), float(info["notionalCap"]))
            assert (bracket.rate, bracket.max_leverage) == (info["maintMarginRatio"], info["initialLeverage"])
            assert bracket.cum == pytest.approx(info["cum"], rel=1e-9, abs=1e-6)
            checked += 1
    assert checked == 6576


@pytest.mark.parametrize(
    "changes",
    [
        {"tables": []},
        {"generic": -1},
        {"symbols": {"BTCUSDT": 9}},
        {"tables": [[]]},
        {"tables": [[[100, 1.0, 50]]]},  # a rate at which a long is never solvent
        {"tables": [[[100, 0.01, 0]]]},
        {"tables": [[[0, 0.01, 50]]]},
        {"tables": [[[200, 0.01, 50], [100, 0.02, 20]]]},
        {"tables": [[[100, 0.02, 50], [200, 0.01, 20]]]},
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    good = {
        "source": "s",
        "as_of": "2026-07-02",
        "generic": 0,
        "tables": [[[100, 0.01, 50]]],
        "symbols": {"BTCUSDT": 0},
    }
    path = tmp_path / "brackets.json"
    path.write_text(json.dumps(good))
    assert read_brackets(path).table("BTCUSDT").lowest_rate == 0.01
    path.write_text(json.dumps(good | changes))
    with pytest.raises(InputError, match="brackets") as error:
        read_brackets(path)
    assert error.value.user.endswith("install it again.")


@pytest.mark.parametrize(
    "content", [b"", b"\xed\xa0\x80", b'{"source":"\xff"}', b"[" * 100_000, b'{"tables":' * 50_000]
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "brackets.json"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_brackets(path)
