"""Contracts followed beside the main one: from the same source, in the same thread, recorded once, gone with a word."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot
from support import leaks
from support.exchange import Exchange
from support.watched import orders

from liqdesk.engine.beside import MOST, Beside, CloseBeside, Companions, OpenBeside, TellBeside
from liqdesk.engine.frames import Frame, RetryNow, SetSymbol, SourceKind
from liqdesk.engine.host import Host
from liqdesk.engine.scales import SetScale
from liqdesk.engine.whys import AskWhy
from liqdesk.history import EVERY_SYMBOL, FORCED, History
from liqdesk.market import MINUTE_MS

pytestmark = pytest.mark.timeout(300)
WAIT_MS = 150_000


class Window(QObject):
    """Takes what the engine says as a window does."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.frame: Frame | None = None
        self.beside: dict[str, Beside] = {}
        self.grids: dict[str, list[object]] = {}
        self.forced: set[tuple[object, ...]] = set()
        host.frame.connect(self.on_frame)
        host.beside.connect(self.on_beside)
        host.start()

    @Slot(object)
    def on_frame(self, frame: Frame) -> None:
        self.frame = frame
        self.forced |= {(o.symbol, o.time_ms, o.side, o.price, o.quantity) for o in frame.new_forced}
        self.host.taken()

    @Slot(object)
    def on_beside(self, beside: Beside) -> None:
        self.beside[beside.symbol] = beside
        if beside.grid is not None:
            self.grids.setdefault(beside.symbol, []).append(beside.grid)
        self.host.command(TellBeside(beside.symbol))

    def loaded(self, symbol: str = "") -> bool:
        frame = self.beside[symbol].frame if symbol in self.beside else None if symbol else self.frame
        return frame is not None and frame.now is not None and frame.progress is None


def frames(window: Window, qtbot: QtBot) -> None:
    """Wait until frames have come that were made after whatever was commanded before."""
    assert window.frame is not None
    serial = window.frame.serial + 3
    qtbot.waitUntil(lambda: window.frame.serial >= serial, timeout=20_000)


Make = Callable[..., Window]


@pytest.fixture
def make(tmp_path: Path, qtbot: QtBot) -> Iterator[Make]:
    made: list[Window] = []

    def window(rest: str, stream: str, **changes: object) -> Window:
        given = msgspec.structs.replace(orders(rest, stream, tmp_path, "BTCUSDT", record=True), **changes)
        made.append(Window(Host(given)))
        return made[-1]

    yield window
    for one in made:
        one.host.stop()


def test_two_contracts_come_from_one_venue_and_are_recorded_once(
    exchange: Callable[..., Exchange], make: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    market = exchange(seed=7, speed=20)
    window = make(market.rest, market.stream)
    window.host.command(OpenBeside("ETHUSDT"))
    qtbot.waitUntil(lambda: window.loaded() and window.loaded("ETHUSDT"), timeout=WAIT_MS)
    main, other = window.frame, window.beside["ETHUSDT"].frame
    assert main is not None
    assert (main.instrument.symbol, other.instrument.symbol) == ("BTCUSDT", "ETHUSDT")
    assert other.source == main.source
    assert other.epoch > 1_000_000 > main.epoch
    assert 0 < other.prices.mark < main.prices.mark / 2
    assert len(window.grids["ETHUSDT"]) == 1
    row = other.now.base + 300
    window.host.command(TellBeside("ETHUSDT", AskWhy(9, other.epoch, row, 0, (5, 10, 25, 50, 100), None, None)))
    answers: list[object] = []

    def answered() -> bool:
        why = window.beside["ETHUSDT"].frame.why
        if why is not None:
            answers.append(why)
        return bool(answers)

    qtbot.waitUntil(answered, timeout=20_000)
    start = main.venue_ms
    qtbot.waitUntil(lambda: window.frame.venue_ms > start + 4 * MINUTE_MS and bool(window.forced), timeout=120_000)
    window.host.command(CloseBeside("ETHUSDT"))
    frames(window, qtbot)
    window.beside.clear()
    qtbot.wait(300)
    assert window.beside == {}
    window.host.stop()
    (path,) = tmp_path.glob("history-*.sqlite")
    history = History.open(path, tmp_path / "lock", origin=main.source.host, read_only=True)
    try:
        for symbol in ("BTCUSDT", "ETHUSDT"):
            rows = history.bars(symbol, MINUTE_MS, True)
            assert (rows["t"] >= start - MINUTE_MS).sum() >= 2, symbol
        found = history.forced(None)
        keys = [(o.symbol, o.time_ms, o.side, o.price, o.quantity) for o in found]
        assert len(keys) == len(set(keys))
        assert window.forced <= set(keys)
        spans = history.coverage(EVERY_SYMBOL, FORCED, start, start + 4 * MINUTE_MS)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    finally:
        history.close()


def test_the_built_in_market_is_shared(make: Make, qtbot: QtBot) -> None:
    before = leaks.live_children()
    window = make("https://fapi.binance.com", "wss://fstream.binance.com", demo=True, demo_speed=20.0, record=False)
    for symbol in ("ETHUSDT", "SOLUSDT"):
        window.host.command(OpenBeside(symbol))
    qtbot.waitUntil(lambda: window.loaded("ETHUSDT") and window.loaded("SOLUSDT"), timeout=WAIT_MS)
    assert {b.frame.source.kind for b in window.beside.values()} == {SourceKind.DEMO}
    assert len(leaks.live_children() - before) == 1
    first = window.beside["ETHUSDT"].frame.epoch
    window.host.command(SetSymbol("ETHUSDT"))  # the main one shows it now
    qtbot.waitUntil(
        lambda: window.loaded() and window.frame.instrument.symbol == "ETHUSDT" and window.loaded("SOLUSDT"),
        timeout=WAIT_MS,
    )
    window.beside.clear()
    qtbot.waitUntil(lambda: "SOLUSDT" in window.beside, timeout=20_000)
    qtbot.wait(300)
    assert "ETHUSDT" not in window.beside
    window.host.command(SetSymbol("BTCUSDT"))
    qtbot.waitUntil(lambda: window.loaded("ETHUSDT"), timeout=WAIT_MS)
    assert window.beside["ETHUSDT"].frame.epoch > first
    window.host.command(TellBeside("ETHUSDT", RetryNow()))
    children = leaks.live_children() - before
    window.host.stop()
    assert not leaks.live_children() & children


def test_no_more_than_a_few_are_wanted() -> None:
    given = orders("http://127.0.0.1:9", "ws://127.0.0.1:9", Path(os.devnull), "BTCUSDT", record=False)
    companions = Companions(given, SetScale(False, False), lambda _: None)
    for symbol in ("A", "B", "B", "C"):
        companions.obey(OpenBeside(symbol))
    assert companions._wanted == ["A", "B"]
    assert len(companions._wanted) == MOST
    companions.obey(CloseBeside("A"))
    companions.obey(CloseBeside("nobody"))
    companions.obey(TellBeside("nobody", RetryNow()))
    companions.obey(OpenBeside("C"))
    assert companions._wanted == ["B", "C"]
    assert companions.symbols == ()
