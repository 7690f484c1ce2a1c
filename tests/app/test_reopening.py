"""A recording on the command line: which words open one, on which contract, and what is said of one that is unfit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from commands import liqdesk, sentence

from liqdesk.app.arguments import with_open
from liqdesk.app.choices import Choices
from liqdesk.app.preparing import Start
from liqdesk.cli import RUN
from liqdesk.errors import InputError
from liqdesk.history import History
from liqdesk.market.rows import BAR, INTEREST

T0 = 1_780_315_200_000


def tape(path: Path, *symbols: str, origin: str = "binance") -> Path:
    history = History.open(path, path.with_name("lock"), origin=origin)
    for symbol in symbols:
        bars = [(T0 + 60_000 * n, 100.0, 102.0, 99.0, 101.0, 5.0, 2.0) for n in range(30)]
        history.add_bars(symbol, 60_000, False, np.array(bars, BAR))
        history.add_open_interest(symbol, np.array([(T0, 1_000.0, np.nan)], INTEREST))
    history.commit()
    history.close()
    return path


def test_a_file_in_the_place_of_a_command_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tape").touch()
    (tmp_path / "record").touch()
    for words in (["tape"], ["/a/b"], ["none.liqdesk", "--symbol", "ETHUSDT"], ["./record"]):
        assert with_open(words, RUN) == ["open", *words]
    for words in ([], ["record"], ["recrod"], ["--demo"], ["--symbol", "tape"], ["open", "tape"]):
        assert with_open(words, RUN) == words


def test_a_recording_is_shown_with_its_own_contract_and_keeps_nothing(tmp_path: Path) -> None:
    file = tape(tmp_path / "x.liqdesk", "ETHUSDT", "SOLUSDT")
    profile = str(tmp_path / "profile")
    start = Start.of(Choices(profile=profile, recording=file))
    assert (start.orders.symbol, start.prepared.settings.symbol) == ("ETHUSDT", "ETHUSDT")
    assert start.orders.recording == file
    assert start.orders.from_history
    assert (start.orders.record, start.orders.demo, start.prepared.writable) == (False, False, False)
    assert start.prepared.notices == (
        "This window shows the recording x.liqdesk. Nothing in it is live, and nothing changed in it is kept.",
    )
    assert Start.of(Choices(profile=profile, recording=file, symbol="SOLUSDT")).orders.symbol == "SOLUSDT"
    with pytest.raises(InputError) as refused:
        Start.of(Choices(profile=profile, recording=file, symbol="BTCUSDT"))
    assert refused.value.user == f"{file} does not hold BTCUSDT; it holds ETHUSDT, SOLUSDT."


def test_the_contract_of_the_settings_is_shown_where_it_is_held(tmp_path: Path) -> None:
    file = tape(tmp_path / "x.liqdesk", "ADAUSDT", "BTCUSDT")
    assert Start.of(Choices(profile=str(tmp_path / "p"), recording=file)).orders.symbol == "BTCUSDT"


def test_a_recording_without_candles_is_refused(tmp_path: Path) -> None:
    file = tape(tmp_path / "x.liqdesk")
    with pytest.raises(InputError) as refused:
        Start.of(Choices(profile=str(tmp_path / "p"), recording=file))
    assert refused.value.user == f"{file} holds no candles with open interest, so there is no map of it."


@pytest.mark.e2e
def test_an_unfit_file_is_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    profile = ["--profile", str(tmp_path / "profile")]
    assert sentence(liqdesk(text, *profile), 2) == f"{text} is not a recording of liqdesk."
    assert sentence(liqdesk("open", tmp_path / "none", *profile), 2) == f"{tmp_path / 'none'} does not exist."
    assert "leave out --demo" in sentence(liqdesk("--demo", "open", text), 2)
    assert "invalid choice" in sentence(liqdesk("recrod"), 2)
