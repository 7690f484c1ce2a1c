"""Sounds go through a player of the system, one at a time, and never hold the window up."""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from liqdesk.paths import resource
from liqdesk.ui.sound import SOUNDS, Player, player_commands

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows plays without a process")


def script(folder: Path, name: str, text: str) -> list[str]:
    path = folder / name
    path.write_text(text)
    return [sys.executable, str(path)]


@pytest.mark.parametrize("name", SOUNDS)
def test_every_sound_is_a_short_quiet_wave(name: str) -> None:
    with wave.open(str(resource(f"sounds/{name}.wav"))) as sound:
        assert sound.getnchannels() == 1
        assert 0.2 < sound.getnframes() / sound.getframerate() < 1.5
        frames = memoryview(sound.readframes(sound.getnframes())).cast("h")
    assert 0.2 < max(abs(v) for v in frames) / 32_768 < 0.5


def test_the_player_gets_the_file_and_is_waited_for(qtbot: QtBot, tmp_path: Path) -> None:
    out = tmp_path / "played"
    command = script(tmp_path, "good.py", f"import sys; open({str(out)!r}, 'a').write(sys.argv[1] + '\\n')")
    player = Player(commands=[command])
    player.play("zone")
    player.play("price")  # asked for while one plays: left out
    qtbot.waitUntil(lambda: not player.busy, timeout=10_000)
    played = out.read_text().split()
    assert [Path(p).name for p in played] == ["zone.wav"]
    assert player.beeps == 0


def test_a_player_that_fails_gives_way_to_the_next_and_then_to_a_beep(qtbot: QtBot, tmp_path: Path) -> None:
    out = tmp_path / "played"
    bad = script(tmp_path, "bad.py", "raise SystemExit(1)")
    good = script(tmp_path, "good.py", f"import sys; open({str(out)!r}, 'a').write('x')")
    player = Player(commands=[[str(tmp_path / "missing")], bad, good])
    player.play("price")
    qtbot.waitUntil(lambda: out.exists() and not player.busy, timeout=10_000)
    assert player.beeps == 0
    alone = Player(commands=[bad])
    alone.play("price")
    qtbot.waitUntil(lambda: alone.beeps == 1, timeout=10_000)
    assert not alone.busy


def test_closing_ends_what_plays(qtbot: QtBot, tmp_path: Path) -> None:
    player = Player(commands=[script(tmp_path, "long.py", "import time; time.sleep(60)")])
    player.play("price")
    assert player.busy
    player.close()
    player.close()
    assert not player.busy


def test_players_are_named_by_system() -> None:
    assert player_commands("some other system") == []
    assert all(Path(command[0]).is_absolute() for command in player_commands())
