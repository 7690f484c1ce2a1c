"""The window as a process: however it ends, nothing of it stays behind, and what was to be kept is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from pytestqt.qtbot import QtBot
from support.family import children, words
from support.program import Program, write_settings
from support.xserver import XServer

from liqdesk import logs, settings
from liqdesk.alerts import AlertStore, PriceCrosses
from liqdesk.app.choices import Choices
from liqdesk.app.desk import Desk
from liqdesk.app.preparing import Start
from liqdesk.history.lock import Lock
from liqdesk.ui.window import Window

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
MAP_S = 90.0
END_S = 10.0


def until(holds: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Run:
    """A window on the built-in market, with a folder for whatever it makes for a while."""

    def __init__(self, folder: Path, env: dict[str, str], *words: str) -> None:
        self.folder, self.profile, self.passing = folder, folder / "profile", folder / "passing"
        self.passing.mkdir(exist_ok=True)
        self.program = Program.liqdesk(["--demo", "--seed", "3", *words], folder, {**env, "TMPDIR": str(self.passing)})

    def market(self) -> psutil.Process:
        """Return the exchange that the window has started."""
        found: list[psutil.Process] = []

        def started() -> bool:
            found[:] = [child for child in children(self.program.pid) if "exchange" in words(child)]
            return bool(found)

        until(started, 30, "the exchange is started")
        return found[0]

    def ended(self) -> int:
        """Wait until it has ended by itself and return its exit code."""
        until(lambda: not self.program.alive(), END_S, "the window closes")
        return self.program.close()

    def hold_nothing_left(self, market: psutil.Process) -> None:
        until(lambda: not market.is_running(), END_S, f"the exchange {market} has ended")
        until(lambda: not list(self.passing.iterdir()), END_S, f"left: {list(self.passing.rglob('*'))}")
        Lock(self.profile / "lock", self.profile / "settings.json").release()
        assert "Traceback" not in self.program.errors()
        assert "did not end" not in self.program.errors()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(*words: str, env: dict[str, str] | None = None) -> Run:
        runs.append(Run(tmp_path, dict(os.environ) if env is None else env, *words))
        return runs[-1]

    yield begin
    for run in runs:
        if run.program.alive():
            run.program.kill()


def test_asked_to_end_it_leaves_nothing_and_keeps_what_was_set(start: Callable[..., Run], tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    write_settings(profile, theme="light", window_ms=86_400_000)
    rule = PriceCrosses(id="r", symbol="BTCUSDT", price=1.0)
    assert AlertStore(profile / "alerts.json").save([rule])
    run = start()
    run.program.wait_for("map_ready", MAP_S)
    market = run.market()
    assert list(run.passing.iterdir()), "a simulated past is kept only while it runs"
    assert run.program.close() == 0
    assert run.program.errors() == ""
    run.hold_nothing_left(market)
    kept = settings.load(profile / "settings.json")
    assert kept.notices == ()
    assert (kept.settings.theme, kept.settings.window_ms, kept.settings.demo_seed) == ("light", 86_400_000, 7)
    assert kept.settings.window_geometry
    assert AlertStore(profile / "alerts.json").load() == (rule,)


def test_asked_to_end_while_it_loads_with_a_question_open(start: Callable[..., Run], tmp_path: Path) -> None:
    write_settings(tmp_path / "profile", first_run_done=False)
    run = start()
    run.program.wait_for("first_paint", MAP_S)
    market = run.market()
    time.sleep(0.5)  # the first-run note is up, the market is being made
    os.kill(run.program.pid, signal.SIGINT)
    assert run.ended() == 0
    run.hold_nothing_left(market)


def test_a_second_window_only_reads_and_a_killed_one_takes_its_market_along(
    start: Callable[..., Run], tmp_path: Path, qtbot: QtBot
) -> None:
    profile = tmp_path / "profile"
    write_settings(profile)
    run = start()
    run.program.wait_for("map_ready", MAP_S)
    before = (profile / "settings.json").read_bytes()
    choices = Choices(profile=str(profile), rest_url="http://127.0.0.1:1", stream_url="ws://127.0.0.1:1")
    window = Window()
    desk = Desk(window, Start.of(choices))
    try:
        desk.furnish()
        window.show()
        desk.join()
        said = [str(shown["text"]) for name, shown in window.state().items() if name.startswith("notice.")]
        assert any("Another liqdesk is using the profile" in words for words in said), said
        assert not window.profile_writable
        window.change(theme="light")
        desk.keep(msgspec.structs.replace(window.settings, symbol="ETHUSDT"))
    finally:
        desk.close()
        logs.close()
    assert (profile / "settings.json").read_bytes() == before
    assert not (profile / "alerts.json").exists()
    market = run.market()
    run.program.kill()
    until(lambda: not market.is_running(), 5, "the exchange ends by itself")
    Lock(profile / "lock", profile / "settings.json").release()


@pytest.mark.xcb
def test_closed_by_its_title_bar_on_a_real_display(start: Callable[..., Run], tmp_path: Path, xserver: XServer) -> None:
    write_settings(tmp_path / "profile")
    run = start(env=xserver.env)
    run.program.wait_for("map_ready", MAP_S)
    market = run.market()
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--pid", str(run.program.pid)],
        env=xserver.env, capture_output=True, text=True, check=True, timeout=20,
    ).stdout.split()  # fmt: skip
    assert found
    subprocess.run(
        ["xdotool", "windowactivate", "--sync", found[-1], "key", "alt+F4"], env=xserver.env, check=True, timeout=20
    )
    assert run.ended() == 0
    assert run.program.errors() == ""
    run.hold_nothing_left(market)
    assert settings.load(tmp_path / "profile" / "settings.json").settings.window_geometry


def test_signals_of_every_kind_are_given_back(qtbot: QtBot) -> None:
    from liqdesk.app.interrupts import Interrupts

    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    with Interrupts() as interrupts:
        heard: list[int] = []
        interrupts.asked.connect(lambda: heard.append(1))
        assert interrupts.exit_code == 0
        signal.raise_signal(signal.SIGTERM)
        qtbot.waitUntil(lambda: heard == [1])
        assert (interrupts.number, interrupts.exit_code) == (signal.SIGTERM, 143)
    assert {n: signal.getsignal(n) for n in before} == before
    assert signal.set_wakeup_fd(-1) == -1
