"""Rules on disk: saved whole, damaged files kept, bad rules dropped alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from liqdesk.alerts import (
    AlertStore,
    AnyRule,
    Cross,
    ForcedBurst,
    FundingBeyond,
    ImbalanceBeyond,
    PriceCrosses,
    Which,
    ZoneNear,
)
from liqdesk.alerts.store import VERSION

RULES: tuple[AnyRule, ...] = (
    PriceCrosses(id="1", symbol="BTCUSDT", price=68_400.0, direction=Cross.UP),
    ZoneNear(id="2", symbol="币安人生USDT", within=0.015, min_medians=2.0, which=Which.SHORT, enabled=False),
    ImbalanceBeyond(id="3", symbol="BTCUSDT", radius=0.02, threshold=-0.6, sound=False),
    FundingBeyond(id="4", symbol="BTCUSDT", rate=0.0005, either=True, cooldown_s=60.0),
    ForcedBurst(id="5", symbol="BTCUSDT", usd=5e6, seconds=60),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.json"


def test_all_kinds_survive(path: Path) -> None:
    assert AlertStore(path).load() == ()
    assert AlertStore(path).save(RULES)
    store = AlertStore(path)
    assert store.load() == RULES
    assert store.notices == ()
    assert [r["kind"] for r in json.loads(path.read_text("utf-8"))["rules"]] == [
        "price",
        "zone",
        "imbalance",
        "funding",
        "forced",
    ]
    assert os.listdir(path.parent) == ["alerts.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"rules": 5}', b"\xff\xfe\x00", b'{"rules": [}', b"[" * 100_000, b"0" * (5 * 1024 * 1024)],
    ids=["empty", "torn", "list", "number", "bytes", "half", "deep", "huge"],
)
def test_a_damaged_file_is_kept_and_said(path: Path, content: bytes) -> None:
    for name in ("alerts.json.broken", "alerts.json.broken-2"):
        path.write_bytes(content)
        store = AlertStore(path)
        assert store.load() == ()
        assert store.notices == (f"The file of alert rules was not usable; the file is kept as {name}.",)
        assert path.with_name(name).read_bytes() == content
        assert not path.exists()


def test_bad_rules_are_dropped_alone_and_their_text_is_kept(path: Path) -> None:
    good = json.loads(msgspec.json.encode(RULES[0]))
    bad = [
        {**good, "id": "6", "price": -5},
        {**good, "id": "7", "kind": "moon"},
        {**good, "id": "8", "price": "much"},
        {**good, "id": "9", "cooldown_s": 0},
        good | {"symbol": "TWICE"},
        5,
        None,
    ]
    text = json.dumps({"version": 1, "rules": [bad[0], good, *bad[1:]], "later": "field"})
    path.write_text(text)
    store = AlertStore(path)
    assert store.load() == (RULES[0],)
    assert store.notices == ("7 alert rules were not usable; the file is kept as alerts.json.broken.",)
    assert (path.parent / "alerts.json.broken").read_text() == text
    again = AlertStore(path)
    assert again.load() == (RULES[0],)
    assert again.notices == ()


def test_fields_that_a_later_program_added_to_a_rule_are_ignored_and_stay(path: Path) -> None:
    rule = json.loads(msgspec.json.encode(RULES[0])) | {"colour": "red"}
    path.write_text(json.dumps({"rules": [rule], "folder": "mine"}))
    store = AlertStore(path)
    assert store.load() == (RULES[0],)
    louder = msgspec.structs.replace(RULES[0], sound=not RULES[0].sound)
    assert store.save((RULES[1], louder))
    document = json.loads(path.read_text("utf-8"))
    assert document == {
        "version": VERSION,
        "rules": [
            json.loads(msgspec.json.encode(RULES[1])),
            json.loads(msgspec.json.encode(louder)) | {"colour": "red"},
        ],
        "folder": "mine",
    }


def test_a_file_of_a_later_version_is_left_alone(path: Path) -> None:
    path.write_text(json.dumps({"version": VERSION + 1, "rules": []}))
    before = path.read_bytes(), path.stat().st_mtime_ns
    store = AlertStore(path)
    assert store.load() == ()
    assert "alerts.json was written by a later liqdesk (format 2; this one knows 1)" in store.notices[0]
    assert not store.save(RULES)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_what_cannot_be_saved_is_said_until_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    store = AlertStore(folder / "alerts.json")
    assert store.load() == ()
    assert not store.save(RULES)
    assert store.notices == (
        "The alert rules could not be saved (No such file or directory); they hold until liqdesk is closed.",
    )
    folder.mkdir()
    assert store.save(RULES)
    assert store.notices == ()


def test_an_unwritable_store_reads_and_writes_nothing(path: Path) -> None:
    path.write_bytes(b"{")
    store = AlertStore(path, writable=False)
    assert store.load() == ()
    assert store.notices == ("The file of alert rules was not usable.",)
    assert not store.save(RULES)
    assert path.read_bytes() == b"{"


def test_a_folder_in_its_place_is_no_crash(path: Path) -> None:
    path.mkdir()
    store = AlertStore(path)
    assert store.load() == ()
    assert "could not be read" in store.notices[0]
    assert not store.save(RULES)
    assert path.is_dir()
