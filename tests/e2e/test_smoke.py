"""The smoke test of what is packed: it passes on the source, and it fails, in a sentence, for all that it is there to find."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PySide6.QtGui import QColor, QImage
from support.xserver import missing

from liqdesk.ui.ramp import EMBER
from liqdesk.ui.theme import DARK

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
ROOT = Path(__file__).resolve().parents[2]
NAMES = ("surroundings", "runs", "seen", "xdisplay", "smoke")


@pytest.fixture(scope="module")
def packing() -> Iterator[dict[str, ModuleType]]:
    """Return the modules of the smoke test by name; they import each other as scripts of one folder do."""
    sys.path.insert(0, str(ROOT / "packaging"))
    try:
        yield {name: __import__(name) for name in NAMES}
    finally:
        sys.path.remove(str(ROOT / "packaging"))
        for name in NAMES:
            sys.modules.pop(name, None)


@pytest.fixture
def around(packing: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(packing["surroundings"], "GONE_S", 0.5)
    watched = tmp_path / "program"
    watched.mkdir()
    (watched / "library").write_text("as it was")
    one = packing["surroundings"].Surroundings(watched=[watched], extra=["COLOUR=green"])
    yield one
    one.close()
    assert not one.base.exists()


def python(packing: dict[str, ModuleType], around: Any, code: str) -> Any:
    """Return a program that runs a line of Python, whatever is asked of it, as a smoke test sees it."""
    return packing["smoke"].Smoke([sys.executable, "-c", code], around, None)


@pytest.mark.skipif(missing() is not None, reason="the window is looked at on a screen")
def test_the_source_passes(tmp_path: Path) -> None:
    kernels, kept = os.environ["NUMBA_CACHE_DIR"], tmp_path / "kept"
    script = [sys.executable, str(ROOT / "packaging" / "smoke.py"), "--short", "--screen", "need"]
    options = ["--kernels", kernels, "--env", f"PYTHONPATH={ROOT}", "--keep", str(kept)]
    done = subprocess.run(
        [*script, *options, sys.executable, "-m", "liqdesk"], capture_output=True, text=True, check=False, timeout=170
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "shows the market on xcb: good" in done.stdout
    assert "smoke: all good" in done.stdout
    picture = QImage(str(kept / "screen.png"))
    assert picture.width() >= 800
    assert picture.pixelColor(1, 1).name() != QColor(0, 0, 0).name()


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "packaging" / "smoke.py"), "--screen", "none", str(tmp_path / "absent")]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert f"answers: {tmp_path / 'absent'} cannot be started: No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_colours_are_the_programs_own(packing: dict[str, ModuleType]) -> None:
    seen = packing["seen"]
    assert f"#{seen.AMBER:06X}" == DARK.demo
    assert (f"#{seen.UP:06X}", f"#{seen.DOWN_OUTLINE:06X}") == (DARK.up, DARK.down_outline)
    assert tuple(f"#{one:06X}" for one in seen.EMBER) == EMBER[2:]


def test_pictures_are_read_pixel_by_pixel(packing: dict[str, ModuleType], tmp_path: Path) -> None:
    """Held against Qt, which wrote the file with every filter that PNG has."""
    seen, image = packing["seen"], QImage(97, 61, QImage.Format.Format_RGB32)
    want: dict[int, int] = {}
    for y in range(61):
        for x in range(97):
            colour = (x * 2 << 16 | y * 4 << 8 | (x * y) % 256) if y % 3 else (x * 7919 + y * 104_729) % 0x1000000
            image.setPixel(x, y, 0xFF000000 | colour)
            want[colour] = want.get(colour, 0) + 1
    path = tmp_path / "a.png"
    assert image.save(str(path), "PNG")  # type: ignore[call-overload]
    assert seen.from_png(path) == (97, 61, want)
    pixels = bytes(image.constBits())
    assert seen.from_screen(97, 61, pixels) == (97, 61, want)
    path.write_bytes(seen.png(97, 61, pixels))
    assert seen.from_png(path) == (97, 61, want)
    path.write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match="no PNG"):
        seen.from_png(path)


def test_a_picture_of_something_else_is_told(packing: dict[str, ModuleType]) -> None:
    seen = packing["seen"]
    told = seen.troubles(seen.from_screen(300, 200, bytes(300 * 200 * 4)), 1366, 768)
    assert told[0] == "it is 300x200 instead of 1366x768"
    assert told[1] == "it has only 1 colours"
    assert [one.split(":")[0] for one in told[2:]] == [
        "the amber ribbon of a market that is not live",
        "rising candles",
        "falling candles",
        "the map",
        "the map's shades",
    ]
    assert not seen.is_ember(0x0B0E16)
    assert not seen.is_ember(0x48C6F2)
    assert seen.is_ember(0xEF6461)


def test_a_program_begins_in_an_empty_home(packing: dict[str, ModuleType], around: Any) -> None:
    code = "import os, tempfile; print(os.path.expanduser('~'), tempfile.gettempdir(), os.getcwd(), *sorted(os.environ), sep='\\n')"
    home, passing, work, *names = python(packing, around, code).run().out.splitlines()
    assert (home, passing, work) == (str(around.home), str(around.passing), str(around.work))
    assert "COLOUR" in names
    assert not {"PYTHONPATH", "NUMBA_CACHE_DIR", "XDG_DATA_HOME", "QT_QPA_PLATFORM"} & set(names)
    assert around.strays() == []


def test_files_outside_the_profile_are_named(packing: dict[str, ModuleType], around: Any, tmp_path: Path) -> None:
    code = (
        "import pathlib, os; home = pathlib.Path.home(); (home / '.config').mkdir(); (home / '.config' / 'x').touch();"
        "own = home / '.local' / 'share' / 'liqdesk'; own.mkdir(parents=True); (own / 'settings.json').touch();"
        f"pathlib.Path({str(tmp_path / 'program' / 'library')!r}).write_text('changed'); pathlib.Path('core').touch()"
    )
    smoke = python(packing, around, code)
    smoke.run()
    assert sorted(around.strays()) == sorted(
        [
            f"{tmp_path / 'program' / 'library'} was changed",
            f"{around.home / '.config'} was made",
            f"{around.home / '.config' / 'x'} was made",
            f"{around.work / 'core'} was made",
        ]
    )
    with pytest.raises(packing["surroundings"].FaultError, match="4 outside profile and cache"):
        smoke.leaves_nothing()


def test_a_process_that_is_left_is_named_however_deep_it_lies(packing: dict[str, ModuleType], around: Any) -> None:
    sleeper = f"import subprocess, sys; subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(60)'], start_new_session=True)"
    smoke = python(packing, around, f"import subprocess; subprocess.run([{sys.executable!r}, '-c', {sleeper!r}])")
    smoke.run()
    with pytest.raises(packing["surroundings"].FaultError, match=r"still running: \d+ .*time\.sleep\(60\)"):
        smoke.leaves_nothing()
    around.close()
    assert around.living() == {}


def test_what_a_program_says_and_how_it_ends_is_held(
    packing: dict[str, ModuleType], around: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault, quiet = packing["surroundings"].FaultError, packing["runs"].quiet
    with pytest.raises(fault, match=r"“a b” ended with 3 instead of 0 and said: no map"):
        python(packing, around, "import sys; sys.exit(print('no map', file=sys.stderr) or 3)").run("a", "b")
    with pytest.raises(fault, match="Traceback"):
        python(packing, around, "raise SystemError").run(code=1)
    with pytest.raises(fault, match=r"waited 0\.2 s in vain until “x” ends; it said: nothing"):
        python(packing, around, "import time; time.sleep(60)").run("x", seconds=0.2)
    until = time.monotonic() + 5
    while around.living() and time.monotonic() < until:
        time.sleep(0.05)
    assert around.living() == {}, "what was waited for in vain is ended"
    quiet("This plugin does not support raise()\n")
    with pytest.raises(fault, match=r"1 lines on standard error: qt\.qpa: no such plugin"):
        quiet("\nqt.qpa: no such plugin\n")
    smoke = python(packing, around, "")
    with pytest.raises(fault, match="no log in the profile"):
        smoke.logs_no_trouble()
    log = around.own_folders()[0] / "liqdesk.log"
    log.parent.mkdir(parents=True)
    log.write_text("2026-11-26T12:00:00.000Z INFO    liqdesk: fine\n2026-11-26T12:00:01.000Z WARNING liqdesk: odd\n")
    with pytest.raises(fault, match=r"the log holds 1 warnings: .* odd"):
        smoke.logs_no_trouble()
    smoke.step("logs", smoke.logs_no_trouble)
    assert smoke.faults[0].startswith("logs: the log holds 1 warnings")
    assert "smoke: logs: FAULT" in capsys.readouterr().out
