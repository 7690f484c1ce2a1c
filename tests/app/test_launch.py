"""What stands before the first paint: choices from the command line and the environment, and a glance at the settings file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from liqdesk import settings
from liqdesk.app.choices import Choices
from liqdesk.app.launch import _Launch
from liqdesk.errors import InputError
from liqdesk.settings import Settings
from liqdesk.ui.skeleton import LARGEST, Look, look_of
from liqdesk.ui.theme import DARK, LIGHT
from liqdesk.ui.window import Window


def test_options_stand_over_the_environment() -> None:
    environ = {"LIQDESK_SYMBOL": "ETHUSDT", "LIQDESK_REST_URL": "", "LIQDESK_STREAM_URL": "ws://[::1]:9", "HOME": "/"}
    assert Choices().named(environ) == {"symbol": "ETHUSDT", "stream_url": "ws://[::1]:9"}
    assert Choices().named({"LIQDESK_PROXY_URL": "http://p:1"}) == {"proxy_url": "http://p:1"}
    assert Choices(proxy_url="").named({"LIQDESK_PROXY_URL": "http://p:1"}) == {"proxy_url": ""}
    assert Choices(symbol="", rest_url="http://[::1]").named(environ) == {
        "symbol": "", "rest_url": "http://[::1]", "stream_url": "ws://[::1]:9",
    }  # fmt: skip
    assert Choices(demo=True, seed=3).named({}) == {}
    assert set(Choices(symbol="A", rest_url="B", stream_url="C").named({})) <= set(Settings.__struct_fields__)


def test_a_glance_sees_what_the_settings_say(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    assert look_of(path) == Look(Settings().theme, Settings().window_geometry)
    settings.save(path, Settings(theme="light", window_geometry="AdnQywADAAA="))
    assert look_of(path) == Look("light", "AdnQywADAAA=")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 50_000, b'{"theme": "pink", "window_geometry": 4}',
        b'{"theme": ["dark"]}', b'{"theme": "light"}' + b" " * LARGEST,
    ],
)  # fmt: skip
def test_a_glance_at_a_damaged_file_sees_the_default(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    assert look_of(path) == Look()
    assert path.read_bytes() == content, "a glance changes nothing"
    assert look_of(tmp_path) == Look(), "a folder is no file"


@pytest.mark.parametrize(("theme", "tokens"), [("dark", DARK), ("light", LIGHT)])
def test_the_skeleton_has_the_colours_of_its_theme(qtbot: QtBot, theme: str, tokens: object) -> None:
    window = Window(look=Look(theme))
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    image = window.grab().toImage()
    w, h = image.width(), image.height()
    for x, y, token in (
        (5, 5, "panel"),
        (5, h - 5, "panel"),
        (w - 5, h // 2, "panel"),
        (5, h // 2, "chart"),
        (5, 41, "window"),
    ):
        assert image.pixelColor(x, y) == QColor(getattr(tokens, token)), (x, y)
    assert window.chart is None
    window.close()


def test_a_window_that_cannot_be_furnished_closes_and_keeps_the_reason(qtbot: QtBot) -> None:
    window = Window(look=Look())
    qtbot.addWidget(window)
    launch = _Launch(window, Choices(symbol="../x"), None)
    window.first_painted.connect(launch.furnish)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert isinstance(launch.error, InputError)
    assert "is not a symbol" in launch.error.user
    launch.close()


def test_no_import_is_searched_for_features_and_what_is_slow_comes_after_the_first_paint(tmp_path: Path) -> None:
    text = """
import builtins, json, sys
from liqdesk.app.choices import Choices
from liqdesk.app.launch import open_window
seen = {}
import liqdesk.ui.window as module
def note(event, **values):
    slow = ("liqdesk.settings", "liqdesk.engine", "liqdesk.ui.shell", "msgspec", "subprocess", "numpy", "numba", "requests")
    seen[event] = [name for name in slow if name in sys.modules]
    print(json.dumps([seen, builtins.__import__.__name__]))
    sys.stdout.flush()
    import os
    os._exit(0)
module.note = note
open_window(Choices(profile=sys.argv[1], demo=True))
"""
    done = subprocess.run(
        [sys.executable, "-c", text, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout) == [{"first_paint": []}, "__lazy_import__"]
