"""A venue that says nonsense, and a profile that cannot be kept: the stream goes on, the map goes on, and it is said and counted."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hostile_relay import HostileRelay
from pytestqt.qtbot import QtBot
from support import leaks
from support.exchange import Exchange
from support.watched import Watched, orders

from liqdesk.alerts import PriceCrosses
from liqdesk.app.choices import Choices
from liqdesk.app.preparing import prepare
from liqdesk.engine.frames import Health, PutRule
from liqdesk.history import History

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
START = "2026-03-02T08:00:00+00:00"
MINUTE = 60_000


@pytest.fixture(scope="module")
def market() -> Iterator[Exchange]:
    """One market for the tests that leave it as they find it."""
    one = Exchange(seed=19, speed=30, start=START)
    leaks.lasting_children.add(one.pid)
    yield one
    leaks.lasting_children.discard(one.pid)
    one.close()


@pytest.fixture
def watch(qtbot: QtBot) -> Iterator[Callable[..., Watched]]:
    opened: list[Watched] = []

    def open_on(rest: str, stream: str, folder: Path, **more: bool) -> Watched:
        opened.append(Watched(orders(rest, stream, folder, **more)))
        return opened[-1]

    yield open_on
    for one in opened:
        one.close()


def columns(engine: Watched, first: int, last: int) -> np.ndarray:
    assert engine.grid is not None
    read = [engine.grid.ring(MINUTE).read(number) for number in range(first, last + 1)]
    assert all(column is not None for column in read)
    return np.stack([column.basis for column in read if column is not None])


def live_from(engine: Watched) -> int:
    """Return the first minute that was lived through rather than loaded, once there is one."""
    engine.until(
        lambda: engine.last_number() > 0 and live_first(engine) <= engine.last_number(), 40, "a minute is live"
    )
    return live_first(engine)


def live_first(engine: Watched) -> int:
    assert engine.last is not None
    return engine.last.published[0].live_from


def garbled(engine: Watched) -> int:
    return 0 if engine.last is None else engine.last.garbled


def fresh(engine: Watched) -> bool:
    return engine.last is not None and engine.last.connection.health is Health.FRESH


def test_nonsense_between_true_frames_changes_nothing(
    exchange: Callable[..., Exchange], watch: Callable[..., Watched], tmp_path: Path
) -> None:
    market = exchange(seed=17, speed=30, start=START)
    with HostileRelay(market.rest, market.stream) as relay:
        relay.hostile = True
        for _ in range(8):
            plain = watch(market.rest, market.stream, tmp_path, record=False)
            troubled = watch(relay.rest, relay.stream, tmp_path, record=False)
            plain.until_loaded()
            troubled.until_loaded(90)
            if live_from(plain) == live_from(troubled):
                break
            plain.close()  # a minute that is a candle to one and trades to the other lies beside price in another way
            troubled.close()
        assert live_from(plain) == live_from(troubled), "both begin to be live with the same minute"
        assert relay.sent["answers"] > 3, "pages were spoilt while it loaded"
        start = max(plain.last_number(), troubled.last_number())
        troubled.until(lambda: troubled.last_number() >= start + 2, 40, "columns grow in spite of it")
        relay.say(b'{"stream":"btcusdt@aggTrade","data":{"x":"' + b"y" * 9_000_000 + b'"}}')
        troubled.until(lambda: troubled.last_number() >= start + 4, 40, "columns grow after an oversized message")
        relay.cut()
        wanted = max(plain.last_number(), troubled.last_number()) + 3
        troubled.until(lambda: troubled.last_number() >= wanted, 60, "columns grow after a torn frame")
        plain.until(lambda: plain.last_number() >= wanted, 20, "the plain twin gets there too")
        troubled.until(lambda: fresh(troubled), 20, "it is fresh")
        assert garbled(plain) == 0
        assert garbled(troubled) > relay.sent["frames"] // 3
        assert relay.sent["again"] > 100
        mine, theirs = columns(troubled, start - 30, wanted), columns(plain, start - 30, wanted)
        big = theirs > 1e-6 * theirs.max()
        np.testing.assert_allclose(mine[big], theirs[big], rtol=5e-3)
        assert troubled.last is not None
        assert troubled.last.gaps == ()
        assert troubled.last.ledger is not None
        assert troubled.last.ledger.audit_error < 1e-9
        forced = [(f.symbol, f.side, f.time_ms, f.quantity, f.limit_price) for f in troubled.forced]
        assert len(forced) == len(set(forced)), "no forced order is counted twice"
        troubled.close()


def test_marks_and_open_interest_that_cannot_be_sweep_nothing_and_are_counted(
    market: Exchange, watch: Callable[..., Watched], tmp_path: Path
) -> None:
    with HostileRelay(market.rest, market.stream) as relay:
        troubled = watch(relay.rest, relay.stream, tmp_path, record=False)
        troubled.until_loaded()
        assert troubled.last is not None
        before = troubled.last.open_interest
        relay.leaping = True
        start = troubled.last_number()
        troubled.until(lambda: troubled.last_number() >= start + 3, 60, "columns grow in spite of it")

        def counts() -> dict[str, int]:
            assert troubled.last is not None
            return {odd.kind: odd.count for odd in troubled.last.quality}

        both = {"mark leap", "interest leap"}
        troubled.until(lambda: both <= counts().keys() and counts()["mark leap"] > 5, 60, "both are counted")
        mass = columns(troubled, start, start + 3).sum(axis=(1, 2))
        assert mass == pytest.approx(mass[0], rel=0.05), "marks half as high again would have swept most of it"
        assert troubled.last.open_interest == pytest.approx(before, rel=0.05)


@pytest.mark.expects_log("the history is damaged")
def test_damaged_files_are_kept_and_told_and_the_stream_goes_on(
    market: Exchange, watch: Callable[..., Watched], tmp_path: Path
) -> None:
    rubbish = b'{"rules": [{"kind": "price", \xff\xfe' * 40
    history = tmp_path / f"history-{market.rest.removeprefix('http://').replace(':', '_')}.sqlite"
    files = [tmp_path / "settings.json", tmp_path / "alerts.json", history]
    for path in files:
        path.write_bytes(rubbish)
    prepared = prepare(Choices(profile=str(tmp_path)))
    assert [n for n in prepared.notices if "settings file was damaged" in n]
    engine = watch(market.rest, market.stream, tmp_path)
    engine.until_loaded()
    assert engine.last is not None
    said = " ".join(engine.last.notices)
    assert "file of alert rules was not usable; the file is kept as alerts.json.broken" in said
    assert "history file was damaged" in said
    for path in files:
        assert path.with_name(path.name + ".broken").read_bytes() == rubbish
    number = engine.last_number()
    engine.command(PutRule(PriceCrosses(id="new", symbol="BTCUSDT", price=1.0)))
    engine.until(lambda: engine.last_number() >= number + 1, 20, "columns grow")
    engine.until(lambda: (tmp_path / "alerts.json").exists(), 5, "new rules are kept")
    engine.close()
    host = market.rest.removeprefix("http://")
    with History.open(history, tmp_path / "lock", origin=host) as kept:
        assert len(kept.bars("BTCUSDT", MINUTE, False, 0, 2**62)) > 2_000


def test_a_profile_that_cannot_be_written_is_told_and_the_stream_goes_on(
    market: Exchange, watch: Callable[..., Watched], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    folder = tmp_path / "file" / "profile"
    prepared = prepare(Choices(profile=str(folder)))
    assert not prepared.writable
    assert "cannot be written" in " ".join(prepared.notices)
    engine = watch(market.rest, market.stream, folder)
    engine.until_loaded()
    number = engine.last_number()
    engine.command(PutRule(PriceCrosses(id="new", symbol="BTCUSDT", price=1.0)))
    engine.until(lambda: engine.last_number() >= number + 1, 20, "columns grow")

    def told(words: str) -> bool:
        return engine.last is not None and words in " ".join(engine.last.notices)

    engine.until(lambda: told("alert rules could not be saved"), 20, "the rule is not kept, which is said")
    assert told("nothing is recorded")
    assert engine.last is not None
    assert [status.rule.id for status in engine.last.rules] == ["new"], "it holds until the window closes"


def fill(path: Path) -> None:
    """Write a file until the disk is full."""
    with path.open("wb", buffering=0) as f, contextlib.suppress(OSError):
        while f.write(bytes(65_536)):
            pass
    assert os.statvfs(path).f_bavail == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of 24 MB; needs a system that lets a test mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "liqdesk-test", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk")
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no small disk here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_what_came_is_written_when_there_is_room(
    market: Exchange,
    watch: Callable[..., Watched],
    small_disk: Path,
    allow_log: Callable[[str], None],
) -> None:
    allow_log("the history cannot be written")
    ballast = small_disk / "ballast"
    engine = watch(market.rest, market.stream, small_disk)
    engine.until(lambda: engine.last is not None, 20, "the history is open")
    fill(ballast)
    engine.until_loaded()
    engine.until(lambda: engine.last is not None and "disk is full" in " ".join(engine.last.notices), 20, "it is said")
    number = engine.last_number()
    engine.command(PutRule(PriceCrosses(id="new", symbol="BTCUSDT", price=1.0)))
    engine.until(lambda: engine.last_number() >= number + 2, 30, "columns grow on a full disk")
    assert fresh(engine)
    ballast.unlink()
    engine.until(lambda: engine.last is not None and not engine.last.notices, 60, "there is room again")
    assert (small_disk / "alerts.json").exists()
    engine.close()
    host = market.rest.removeprefix("http://")
    with History.open(next(small_disk.glob("history-*.sqlite")), small_disk / "lock", origin=host) as kept:
        live = kept.marks("BTCUSDT", 0, 2**62)
        assert len(live) > 60
        assert len(kept.bars("BTCUSDT", MINUTE, False, 0, 2**62)) > 2_000
