"""Snapshots against venues that refuse, that are not there, and against the built-in market."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answering import answering, http
from commands import liqdesk, sentence
from support import leaks

from liqdesk.errors import VenueError
from liqdesk.net.rest import Rest
from liqdesk.venues.binance import DEFAULT

pytestmark = pytest.mark.e2e
DEMO_START_MS = 1_780_315_200_000
PNG = b"\x89PNG\r\n\x1a\n"
SIZE = (1000, 640)


class Started:
    """A snapshot that runs while other tests do."""

    def __init__(self, folder: Path, *words: str) -> None:
        folder.mkdir()
        self.folder, self.out, self.report = folder, folder / "map.png", folder / "map.json"
        self.profile = folder / "profile"
        files = ["--out", str(self.out), "--report", str(self.report), "--profile", str(self.profile)]
        command = [sys.executable, "-m", "liqdesk", "snapshot", *files, "--size", "1000x640", *words]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        leaks.lasting_children.add(self._process.pid)
        self._done: subprocess.CompletedProcess[str] | None = None

    def done(self) -> subprocess.CompletedProcess[str]:
        if self._done is None:
            out, errors = self._process.communicate(timeout=110)
            leaks.lasting_children.discard(self._process.pid)
            self._done = subprocess.CompletedProcess(self._process.args, self._process.returncode, out, errors)
        return self._done

    def state(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.report.read_text("utf-8"))
        return read

    def close(self) -> None:
        if self._done is None:
            self._process.kill()
            self.done()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("snapshots")


@pytest.fixture(scope="module")
def silent(folder: Path) -> Iterator[Started]:
    """A snapshot of a venue that takes connections and never answers."""
    with answering(None) as address:
        one = Started(folder / "silent", "--rest-url", address, "--stream-url", address.replace("http", "ws"))
        yield one
        one.close()


@pytest.fixture(scope="module")
def reachable() -> bool:
    """Tell whether Binance answers this machine, asked as the program would."""
    rest = Rest(DEFAULT.rest, timeout=5, connect_timeout=5)
    try:
        rest.get("/fapi/v1/time")
    except VenueError:
        return False
    finally:
        rest.close()
    return True


@pytest.fixture(scope="module")
def twins(folder: Path, reachable: bool) -> Iterator[tuple[Started, Started]]:
    """Two snapshots of the built-in market with the same seed; the second falls back on it where there is no network."""
    words = ["--seed", "5", "--settle", "1", "--window", "1d"]
    pair = Started(folder / "one", *words, "--demo"), Started(folder / "two", *words, *["--demo"] * reachable)
    yield pair
    for one in pair:
        one.close()


@pytest.mark.usefixtures("silent", "twins")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http(451, "{}"), "does not serve the place you connect from (HTTP 451)"),
        (http(403, "<html>Forbidden</html>"), "refuses this network (HTTP 403)"),
        (http(429, "{}", "Retry-After: 61"), "asked less often (HTTP 429); next try in 61 s"),
        (
            http(418, '{"code":-1003,"msg":"banned"}', "Retry-After: 600"),
            "shut out this address for a while (HTTP 418)",
        ),
        (http(500, "oops"), "has a fault of its own (HTTP 500)"),
        (http(200, "<!doctype html><title>Sign in</title>"), "answered something else than the venue would"),
        (http(302, "", "Location: http://127.0.0.1:1/"), "need a sign-in page first"),
        (b"", "was cut"),
        (b"\x00\xff not http at all\r\n\r\n", "127.0.0.1"),
    ],
    ids=["451", "403", "429", "418", "500", "html", "moved", "nothing", "garbage"],
)
def test_a_venue_that_refuses_is_told_in_a_sentence(answer: bytes, words: str, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    with answering(answer) as address:
        done = liqdesk(
            "snapshot", "--out", out, "--profile", tmp_path / "profile", "--rest-url", address, "--stream-url",
            address.replace("http", "ws"), seconds=60,
        )  # fmt: skip
    assert words in sentence(done, 5)
    assert not out.exists()


def test_a_venue_that_never_answers_is_given_up(silent: Started) -> None:
    assert "does not answer" in sentence(silent.done(), 5)
    assert not silent.out.exists()


def test_a_snapshot_of_the_built_in_market_is_whole_and_leaves_nothing_else(twins: tuple[Started, Started]) -> None:
    one = twins[0]
    done = one.done()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert one.out.read_bytes().startswith(PNG)
    assert int.from_bytes(one.out.read_bytes()[16:20], "big") == SIZE[0]
    assert int.from_bytes(one.out.read_bytes()[20:24], "big") == SIZE[1]
    state = one.state()
    frame = state["frame"]
    assert frame["source"] == "demo"
    assert frame["venue_ms"] >= DEMO_START_MS
    assert frame["model_version"].startswith("S2")
    assert abs(frame["audit_error"]) < 1e-9
    assert "simulated" in state["connection"]["text"]
    assert "DEMO" in state["chart.ribbon"]["text"]
    assert state["window"]["value"] == 86_400_000
    assert state["price.last"]["value"] > 0
    assert state["zones.count"]["value"] == sum(k.endswith(".usd") and k.startswith("zones.") for k in state)
    for name in ("long.liquidatable", "long.not_liquidatable", "short.liquidatable", "short.not_liquidatable"):
        assert state[f"ledger.{name}"]["value"] > 0
    for name in ("±1%", "±2%", "±5%"):
        assert -1 <= state[f"imbalance.{name}.ratio"]["value"] <= 1
    assert state["funding.rate"]["value"] is not None
    assert state["stream.mark"]["value"] < 10
    assert not list(one.folder.rglob("*.sqlite*"))
    assert not list(one.profile.iterdir())


def test_a_seed_makes_the_same_picture_again(twins: tuple[Started, Started]) -> None:
    """Frames come every 60 ms or so: the two pictures are of the same minute, not of the same millisecond."""
    for one in twins:
        one.done()
    a, b = (one.state() for one in twins)
    apart_s = abs(a["frame"]["venue_ms"] - b["frame"]["venue_ms"]) / 1000
    assert apart_s < 30
    near = 1e-4 * (1 + apart_s)
    assert a["frame"]["mark"] == pytest.approx(b["frame"]["mark"], rel=near)
    assert a["frame"]["open_interest"] == pytest.approx(b["frame"]["open_interest"], rel=near)
    assert a["funding.history"] == b["funding.history"]
    assert a["chart.levels"]["value"] == pytest.approx(b["chart.levels"]["value"], rel=0.1)
    assert a["legend.low"]["value"] == a["chart.levels"]["value"][0]
    assert a["legend.high"]["value"] == a["chart.levels"]["value"][1]
    assert a["zones.count"] == b["zones.count"]
    for i in range(a["zones.count"]["value"]):
        assert a[f"zones.{i}.side"] == b[f"zones.{i}.side"]
        assert a[f"zones.{i}.range"]["value"] == pytest.approx(b[f"zones.{i}.range"]["value"], rel=near)
        assert a[f"zones.{i}.usd"]["value"] == pytest.approx(b[f"zones.{i}.usd"]["value"], rel=0.05)
    for name in ("±2%", "±5%"):
        assert a[f"imbalance.{name}.ratio"]["value"] == pytest.approx(b[f"imbalance.{name}.ratio"]["value"], abs=0.02)


def test_without_a_network_the_built_in_market_stands_in(twins: tuple[Started, Started], reachable: bool) -> None:
    """Needs a machine from which Binance cannot be reached; where it can, there is nothing to fall back from."""
    if reachable:
        pytest.skip("Binance can be reached from here")
    one = twins[1]
    done = one.done()
    said = done.stderr.strip().splitlines()
    assert done.returncode == 5
    assert len(said) == 1
    assert said[0].startswith("liqdesk: ")
    assert "fapi.binance.com" in said[0]
    assert said[0].endswith("The picture shows the built-in market.")
    assert one.out.read_bytes().startswith(PNG)
    state = one.state()
    assert state["frame"]["source"] == "demo"
    assert "DEMO" in state["chart.ribbon"]["text"]
    assert any("fapi.binance.com" in str(value["text"]) for name, value in state.items() if name.startswith("notice."))
