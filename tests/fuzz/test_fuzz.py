"""The short form: a fixed seed, a few dozen cases of every door. `make fuzz` goes on for as long as it is told."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import corpus
import fuzz
import msgspec
import pytest
import targets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutate import case
from worker import Order

from liqdesk.errors import InputError, LiqdeskError
from liqdesk.venues.binance import archive

CASES = 60
MB = 1_000_000
NAME = "BTCUSDT-15m-2026-03"
short = settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@pytest.mark.timeout(240)
def test_no_door_lets_anything_but_its_own_words_out(tmp_path: Path) -> None:
    command = [sys.executable, str(Path(__file__).with_name("fuzz.py")), "--cases", str(CASES), "--seconds", "150"]
    done = subprocess.run(
        [*command, "--seed", "1", "--out", str(tmp_path)],
        stdin=subprocess.DEVNULL, capture_output=True, check=False, encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    ran = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in done.stdout.splitlines()}
    assert ran == {target.name: CASES for target in targets.all_targets([(b"", b"")] * 2)}, done.stdout
    assert len(ran) == 13
    assert list(tmp_path.iterdir()) == []


def test_a_case_is_its_seed_and_its_number() -> None:
    samples = [b'{"e":"kline","k":{"o":"1.0"}}', b"a,b\n1,2\n", bytes(range(256))]
    made = [case(7, "codec", number, samples) for number in range(300)]
    assert made == [case(7, "codec", number, samples) for number in range(300)]
    assert len(set(made)) > 250
    assert made != [case(8, "codec", number, samples) for number in range(300)]


def test_what_escapes_is_found_and_saved(tmp_path: Path) -> None:
    """A program with a hole: the worker meets what its door does not foresee, a file outside, and an end without a word."""
    hole = tmp_path / "hole.py"
    hole.write_text(
        "import os, sys\n"
        f"sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path(__file__).parent)]!r}\n"
        "import targets, worker\n"
        "def codec(data, folder):\n"
        "    if len(data) % 7 == 1: raise KeyError('hole')\n"
        "def rest(data, folder):\n"
        f"    open({str(tmp_path / 'outside')!r}, 'w').close()\n"
        "def words(data, folder):\n"
        "    bytes(400_000_000)\n"
        "def alerts(data, folder):\n"
        "    os._exit(3)\n"
        "targets.codec, targets.rest, targets.words, targets.alerts_file = codec, rest, words, alerts\n"
        "worker.main()\n"
    )
    run = fuzz.Run(_order(tmp_path, ["codec", "rest", "words", "alerts"], 30), tmp_path)
    run.worker = hole
    run.go()
    found = {failure.target: failure.what for failure in run.failures}
    assert found["codec"] == "KeyError: 'hole'"
    assert found["rest"].startswith("touched: open")
    assert found["words"].startswith("memory: 400,0")
    assert found["alerts"] == "crash: exit code 3"
    fuzz.save(run, tmp_path / "out")
    for failure in run.failures:
        saved = tmp_path / "out" / f"{failure.target}-1-{failure.number}.bin"
        assert saved.read_bytes() == case(1, failure.target, failure.number, [b"seed"])


def _order(folder: Path, only: list[str], cases: int) -> Order:
    (folder / "profiles").mkdir()
    names = [t.name for t in targets.all_targets([(b"", b"")] * 2)]
    samples = {name: [b"seed"] for name in names}
    return Order(1, only, {}, cases, 60.0, str(folder / "profiles"), samples, [(b"", b"")] * 2)


def peak_of(work: Callable[[], object], *kinds: type[LiqdeskError]) -> int:
    """Return the bytes that were held at most while something ran."""
    tracemalloc.start()
    try:
        with targets.refusing(*kinds):
            work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


DENSE = {
    "lists": b"[" * 100_000,
    "objects": b'{"a":' * 50_000,
    "data": b'{"stream":"x","data":' * 10_000,
    "empty rows": b"[" + b"{}," * 19_000 + b"{}]",
    "zeros": b"[" + b"0," * 300_000 + b"0]",
    "levels": b'{"lastUpdateId":1,"asks":[],"bids":[' + b"[1,1]," * 20_000 + b"[1,1]]}",
    "depth": b'{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":1,"pu":1,"a":[],"b":['
    + b"[1,1]," * 20_000
    + b"[1,1]]}",
    "bars": b"[" + b"[1,1,1,1,1,1,1,1,1,1]," * 8_000 + b"[2,1,1,1,1,1,1,1,1,1]]",
    "marks": b"[" + b'{"e":"24hrMiniTicker","E":1,"s":"A","c":1,"o":1,"h":1,"l":1,"v":1,"q":1},' * 3_000 + b"0]",
    "one text": b'{"e":"' + b"x" * 1_000_000 + b'"}',
    "one number": b'{"id":' + b"9" * 1_000_000 + b"}",
}


@pytest.mark.parametrize("what", DENSE)
def test_memory_grows_with_the_size_of_an_answer_alone(what: str, tmp_path: Path) -> None:
    data = DENSE[what]
    for door in (targets.codec, targets.rest):
        assert peak_of(lambda door=door: door(data, tmp_path)) < 120 * len(data) + MB  # type: ignore[misc]


def bomb(text: bytes, **header: int) -> bytes:
    """Return a zip whose directory says other things of its member than are true."""
    packed = bytearray(corpus.zipped(f"{NAME}.csv", text))
    at = packed.rfind(b"PK\x01\x02")
    for name, offset in (("compressed", 20), ("size", 24)):
        if name in header:
            packed[at + offset : at + offset + 4] = header[name].to_bytes(4, "little")
    return bytes(packed)


BOMBS: Sequence[tuple[str, Callable[[], bytes]]] = (
    ("sixteen megabytes of rows", lambda: bomb(b"1,1,1,1,1,1,1,1,1,1,1,1\n" * 650_000)),
    ("a first line of commas", lambda: bomb(b"," * 12_000_000)),
    ("no line end", lambda: bomb(b"1" * 12_000_000)),
    ("line ends", lambda: bomb(b"\n" * 12_000_000)),
    ("says it is small", lambda: bomb(b"1," * 12_000_000, size=100)),
    ("says it is packed badly", lambda: bomb(b"1\n" * 12_000_000, compressed=1 << 30, size=1 << 31)),
    ("says it is huge", lambda: bomb(b"1\n", size=0xFFFFFFFE)),
)


@pytest.mark.parametrize(("what", "make"), BOMBS, ids=[what for what, _ in BOMBS])
def test_a_zip_takes_no_more_memory_than_a_part_of_it_needs(what: str, make: Callable[[], bytes]) -> None:
    data = make()
    taken = peak_of(lambda: archive.parse(f"{NAME}.zip", data), InputError)
    assert taken < 120 * len(data) + 80 * MB, f"{taken:,} bytes"


@pytest.mark.parametrize(
    "member", ["../x.csv", "/x.csv", "..\\x.csv", "C:\\x.csv", "a/../../x.csv", ".x.csv", "\0.csv"]
)
def test_names_in_a_zip_lead_nowhere(member: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "a" / "b"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    content = corpus.archives()[0][1]
    targets.imports(f"{NAME}.zip\n".encode() + corpus.zipped(member, content), work)
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")}
    assert left <= {"a", "a/b", "a/b/lock", "a/b/history.sqlite"}
    assert os.listdir(tmp_path) == ["a"]


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["BTCUSDT", "SELL", "1m", "0.1"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["e", "E", "s", "p", "T", "o", "k", "b", "a", "data", "stream", "id", "error", "code", "msg", "result", "st", "bks"]
)
TAGS = st.sampled_from(
    ["aggTrade", "markPriceUpdate", "forceOrder", "kline", "24hrMiniTicker", "contractInfo", "depthUpdate"]
)
frames = st.dictionaries(KEYS, json_like, max_size=10) | st.fixed_dictionaries(
    {"e": TAGS}, optional={"o": st.dictionaries(KEYS, json_like)}
)


@short
@given(document=frames | st.lists(frames, max_size=3) | json_like, cut=st.integers(0, 3))
def test_any_document_is_decoded_or_refused(document: object, cut: int) -> None:
    data = msgspec.json.encode(document) if cut else repr(document).encode("utf-8", "surrogatepass")
    for door in (targets.codec, targets.rest):
        door(data[: len(data) - cut + 1], Path())


@short
@given(
    text=st.text(max_size=60) | st.from_regex(r"(https?|wss?)://[^ ]{0,30}", fullmatch=True) | st.binary(max_size=60)
)
def test_any_text_is_a_symbol_an_address_or_refused(text: str | bytes) -> None:
    targets.words(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text, Path())


WORDS = [
    "--seed", "--speed", "--out", "--to", "--size", "--port", "--", "score", "import", "exchange", "snapshot",
    "-1", "1e999", "nan", "２", "0x10", "2026-13-40", "+", "9" * 5_000,
]  # fmt: skip


@short
@given(words=st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=6))
def test_any_command_line_is_read_or_refused(words: list[str]) -> None:
    targets.command_line("\n".join(words).encode("utf-8", "surrogatepass"), Path())


@short
@given(
    name=st.text(max_size=30),
    rows=st.lists(st.lists(st.floats() | st.integers() | st.text(max_size=5), max_size=13), max_size=5),
)
def test_any_table_is_read_or_refused(name: str, rows: list[list[object]]) -> None:
    text = "\n".join(",".join(map(str, row)) for row in rows).encode("utf-8", "surrogatepass")
    for stem in (
        f"{NAME}.csv",
        "BTCUSDT-aggTrades-2026-03.csv",
        "BTCUSDT-metrics-2026-03.csv",
        f"{name}.csv".replace("\n", ""),
    ):
        targets.archive_file(stem.encode("utf-8", "surrogatepass") + b"\n" + text, Path())
