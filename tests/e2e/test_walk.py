"""Everything that opens over the window is opened, looked at and closed by `liqdesk check`: nothing that is added can be forgotten."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot
from support.desk import Desk
from support.exchange import Exchange
from support.waiting import pause

import liqdesk.ui
from liqdesk.ui import theme
from liqdesk.ui.chart.floating import FloatingCard
from liqdesk.ui.chart.goto import GotoField
from liqdesk.ui.keys import KEYS
from liqdesk.ui.walk import Opening, Walk, floating, openings

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True),
]
UI = Path(liqdesk.ui.__file__).parent
NOT_PRESSED = {
    "quit": "ends the window",
    "market": "goes to another market",
}
MAKERS = {
    "Menu",
    "QMenu",
    "QDialog",
    "QFileDialog",
    "QMessageBox",
    "QInputDialog",
    "QErrorMessage",
    "QProgressDialog",
    "QWizard",
}
OF_ITS_OWN = re.compile(r"WindowType\.(Window|Dialog|Popup|Tool|Sheet|Drawer)\b")
ELSEWHERE = {
    ("tray.py", "__init__"): "the menu of the tray's icon stands over no window",
    ("panels/rules.py", "rule_menu"): "is there only where there is a rule",
}


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, exchange: Callable[..., Exchange], tmp_path: Path) -> Iterator[Desk]:
    theme.apply_theme(qapp, "dark", 1.0)
    one = Desk(exchange(seed=17, speed=20, start="2026-03-11T15:00:00+00:00"), tmp_path)
    try:
        one.until(lambda: whole(one), 150, "a whole map")
        one.until(lambda: one.window.column.zones.content.zones, 30, "zones")
        yield one
    finally:
        one.close()


def whole(desk: Desk) -> bool:
    frame = desk.frame
    return frame is not None and frame.progress is None and frame.now is not None and desk.window.chart_painted


def classes() -> set[type[QWidget]]:
    """Return every class of the window's room that opens by itself: dialogs, menus, floating cards, windows and popups."""
    for module in pkgutil.walk_packages(liqdesk.ui.__path__, "liqdesk.ui."):
        importlib.import_module(module.name)
    found = {
        kind
        for name, module in sys.modules.items()
        if name.startswith("liqdesk.ui")
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, QWidget) and kind.__module__ == name
    }
    opens = {
        kind
        for kind in found
        if issubclass(kind, (QDialog, QMenu, FloatingCard, GotoField)) or OF_ITS_OWN.search(inspect.getsource(kind))
    }
    return {kind for kind in opens if not any(kind in other.__mro__[1:] for other in opens)}


def makers() -> set[tuple[str, str]]:
    """Return the functions of the window's room that make a menu or a dialog of Qt's own, by file and name."""
    found = set()
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                calls = {ast.unparse(one.func).split(".")[-1] for one in ast.walk(node) if isinstance(one, ast.Call)}
                if calls & MAKERS:
                    found.add((path.relative_to(UI).as_posix(), node.name))
    return found


class Called:
    """Notes which functions of the window's room are called while it is entered."""

    def __init__(self) -> None:
        self._codes: set[CodeType] = set()

    def __enter__(self) -> Called:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            self._codes.add(frame.f_code)

    @property
    def names(self) -> set[tuple[str, str]]:
        files = [(Path(code.co_filename), code.co_name) for code in self._codes]
        return {(path.relative_to(UI).as_posix(), name) for path, name in files if path.is_relative_to(UI)}


def test_everything_that_opens_is_opened_and_closed(desk: Desk) -> None:
    walk = Walk(desk.window, openings(desk.window, True))
    ended: list[bool] = []
    walk.finished.connect(lambda: ended.append(True))
    with Called() as called:
        walk.begin()
        desk.until(lambda: ended, 120, f"the walk ends; so far {walk.opened}")
    assert walk.troubles == []
    assert {key.name for key in KEYS if key.opens} <= set(walk.opened)
    assert len(walk.opened) == len(set(walk.opened))
    window = type(desk.window)
    forgotten = {kind.__name__ for kind in classes() - walk.seen - {window}}
    assert forgotten == set(), "no command opens these: give them a line in `openings` of liqdesk/ui/walk.py"
    unmade = makers() - called.names - ELSEWHERE.keys()
    assert unmade == set(), "what these make is never opened: give it a line in `openings` of liqdesk/ui/walk.py"
    assert makers() >= ELSEWHERE.keys()
    assert floating(desk.window) == set()


def test_a_command_that_opens_something_says_so(desk: Desk) -> None:
    for key in KEYS:
        if key.opens or key.name in NOT_PRESSED:
            continue
        desk.window.act.press(key.name)
        pause(60)
        opened = {type(widget).__name__ for widget in floating(desk.window)}
        assert opened == set(), f"“{key.name}” opens these: say opens=True in its line of liqdesk/ui/keys.py"


def test_what_does_not_open_close_or_show_is_told(desk: Desk, allow_log: Callable[[str], None]) -> None:
    allow_log("the broken one")

    class Stubborn(QDialog):
        def reject(self) -> None:
            pass

    def fail() -> None:
        raise LookupError("no such thing")

    stubborn, bare = Stubborn(desk.window), QDialog(desk.window)
    walk = Walk(
        desk.window,
        [
            Opening("the absent one", lambda: None),
            Opening("the one of nothing", lambda: False),
            Opening("the broken one", fail),
            Opening("the stubborn one", stubborn.open),
            Opening("the bare one", bare.open),
        ],
    )
    walk.longest_s = 0.5
    ended: list[bool] = []
    walk.finished.connect(lambda: ended.append(True))
    walk.begin()
    desk.until(lambda: ended, 20, "the walk ends")
    assert walk.opened == ["the bare one"]
    assert walk.absent == ["the one of nothing"]
    assert [trouble for trouble in walk.troubles if "stubborn one” shows" not in trouble] == [
        "“the absent one” did not open.",
        "“the broken one” failed: no such thing",
        "“the stubborn one” did not close.",
        "“the bare one” shows nothing.",
    ]
    assert floating(desk.window) == set()
