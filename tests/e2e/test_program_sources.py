"""One engine through many symbols and sources: nothing piles up, and a venue that is away is offered again when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot
from support.exchange import Exchange
from support.family import children, words
from support.watched import Watched, orders

from liqdesk.engine.frames import Health, RetryNow, SetSymbol, SourceKind, UseDemo, UseLive
from liqdesk.engine.listening import SWITCHED
from liqdesk.errors import VenueError
from liqdesk.history import FORCED, History
from liqdesk.history.coverage import joined
from liqdesk.net.rest import Rest
from liqdesk.venues.binance import DEFAULT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
START = "2026-03-02T08:00:00+00:00"
SYMBOLS = ("ETHUSDT", "BTCUSDT")


@pytest.fixture
def watch(qtbot: QtBot) -> Iterator[Callable[..., Watched]]:
    opened: list[Watched] = []

    def open_on(rest: str, stream: str, folder: Path, **more: bool) -> Watched:
        opened.append(Watched(orders(rest, stream, folder, **more)))
        return opened[-1]

    yield open_on
    for one in opened:
        one.close()


def epoch(engine: Watched) -> int:
    return 0 if engine.last is None else engine.last.epoch


def sentence(engine: Watched) -> str:
    return "" if engine.last is None else engine.last.connection.sentence


def market_children() -> list[psutil.Process]:
    """Return the exchanges that an engine of this process started."""
    return [c for c in children() if "--parent" in words(c)]


def held() -> tuple[int, int]:
    """Return how many threads and descriptors this process has."""
    me = psutil.Process()
    return me.num_threads(), me.num_fds()


def test_switching_symbols_and_sources_leaves_nothing_behind(
    exchange: Callable[..., Exchange], watch: Callable[..., Watched], tmp_path: Path
) -> None:
    market = exchange(seed=23, speed=10, start=START)
    engine = watch(market.rest, market.stream, tmp_path)
    engine.until_loaded()
    threads, descriptors = held()
    for i in range(20):
        before = epoch(engine)
        engine.command(SetSymbol(SYMBOLS[i % 2]))
        engine.until(lambda before=before: epoch(engine) > before, 20, "the next symbol is opened")
        if i % 5 == 0:
            engine.until(lambda: engine.last is not None and engine.last.progress is not None, 40, "it loads")
    engine.command(SetSymbol("NOSUCHUSDT"))
    engine.until(lambda: "NOSUCHUSDT is not listed" in sentence(engine), 20, "a symbol that is not there is told")
    engine.command(RetryNow())
    engine.command(SetSymbol("BTCUSDT"))
    for i in range(5):
        before = epoch(engine)
        engine.command(UseDemo() if i % 2 == 0 else UseLive())
        engine.until(lambda before=before: epoch(engine) > before, 20, "the other source is opened")
        if i == 0:
            engine.until(market_children, 10, "the built-in market is started")
    assert engine.kind is SourceKind.DEMO
    before = epoch(engine)
    engine.command(UseLive())
    engine.until(lambda: epoch(engine) > before, 20, "the venue is opened")
    engine.until_loaded()
    assert engine.kind is SourceKind.CUSTOM
    assert engine.last is not None
    assert engine.last.instrument.symbol == "BTCUSDT"
    engine.until(
        lambda: held()[0] <= threads and held()[1] <= descriptors, 15, f"{held()} back to {threads, descriptors}"
    )
    assert not market_children()
    # Of the forced orders every moment since the first session is covered or missing, whatever was shown.
    path = tmp_path / f"history-127.0.0.1_{market.port}.sqlite"
    with History.open(path, tmp_path / "nobody", origin=f"127.0.0.1:{market.port}", read_only=True) as history:
        covered, gaps = history.coverage("BTCUSDT", FORCED), history.gaps("BTCUSDT")
    assert covered
    assert {g.stream for g in gaps} == {FORCED}
    assert SWITCHED in {g.reason for g in gaps}
    assert len(joined([*covered, *((g.from_ms, g.to_ms) for g in gaps)])) == 1


def test_a_built_in_market_that_dies_is_started_again(
    watch: Callable[..., Watched], tmp_path: Path, allow_log: Callable[[str], None]
) -> None:
    allow_log("the built-in market ended by itself")
    engine = watch("http://127.0.0.1:1", "ws://127.0.0.1:1", tmp_path)
    engine.until(
        lambda: engine.last is not None and engine.last.connection.health is Health.DOWN, 20, "nobody is there"
    )
    assert engine.last is not None
    assert "Nothing answers" in engine.last.connection.sentence
    engine.command(UseDemo())
    engine.until(lambda: engine.kind is SourceKind.DEMO, 20, "the built-in market is chosen")
    engine.until(lambda: engine.last is not None and engine.last.progress is not None, 60, "it serves")
    before = epoch(engine)
    killed = market_children()[0]
    killed.kill()
    engine.until(lambda: epoch(engine) > before, 20, "it is noticed")
    engine.until_loaded()
    assert [c.pid for c in market_children()] != [killed.pid]
    assert engine.kind is SourceKind.DEMO


def test_binance_out_of_reach_is_stood_in_for_and_offered_again(watch: Callable[..., Watched], tmp_path: Path) -> None:
    """Needs a machine from which Binance cannot be reached; where it can, there is nothing to fall back from."""
    rest = Rest(DEFAULT.rest, timeout=5, connect_timeout=5)
    try:
        rest.get("/fapi/v1/time")
        pytest.skip("Binance can be reached from here")
    except VenueError:
        pass
    finally:
        rest.close()
    engine = watch(DEFAULT.rest, DEFAULT.stream, tmp_path)
    engine.until(lambda: engine.kind is SourceKind.DEMO, 30, "the built-in market stands in")
    assert engine.last is not None
    assert "fapi.binance.com" in engine.last.source.note
    engine.until(lambda: engine.last is not None and engine.last.live_offer is not None, 5, "the venue is offered")
    offer = engine.last.live_offer
    assert offer is not None
    assert not offer.reachable
    assert "fapi.binance.com" in offer.sentence
    waits = set()
    deadline = time.monotonic() + 12

    def counted_down() -> bool:
        assert engine.last is not None
        offer = engine.last.live_offer
        if offer is not None and offer.retry_in_s is not None:
            waits.add(round(offer.retry_in_s))
        return len(waits) >= 4 or time.monotonic() > deadline

    engine.until(counted_down, 15, "the wait is counted down")
    assert len(waits) >= 4
    engine.until_loaded()
    assert not any(tmp_path.glob("history-*")), "a simulated market leaves no history"
    before = epoch(engine)
    engine.command(UseLive())
    engine.until(lambda: epoch(engine) >= before + 2, 30, "it is tried, and stood in for once more")
    assert engine.kind is SourceKind.DEMO
