"""Across threads, signals go only to methods marked @Slot of QObjects: anything else runs in the sender's thread."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.imports import PACKAGE

CONNECTING = ("engine", "app")  # of app, what is connected to a signal of the engine's host
MARKING = ("engine", "app", "ui")
THREADING = ("engine", "app", "net")
PLAIN_THREADS = {"child.py", "sockets.py", "successor.py"}
"""These drain a child's pipe, look a name up and open a connection; all are daemons and touch nothing but what they make."""


class Connect(NamedTuple):
    """One `signal.connect(target)`; `reason` says why it breaks the law, empty where it does not."""

    place: str
    reason: str


def slots_of(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Return the names of methods marked @Slot, and of all other functions and methods."""
    marked, plain = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorated = any(ast.unparse(d).split("(")[0].split(".")[-1] == "Slot" for d in node.decorator_list)
            (marked if decorated else plain).add(node.name)
    return marked, plain


def signals_of(tree: ast.AST) -> set[str]:
    """Return the attributes declared as `name = Signal(...)`."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if ast.unparse(node.value.func).split(".")[-1] == "Signal"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


QT_OWN = {"start", "stop", "quit", "deleteLater", "wake", "emit"}
"""Methods of Qt's own classes; PySide connects them as C++ slots, which respect the receiver's thread."""


def reason_of(target: ast.expr, marked: set[str], signals: set[str]) -> str:
    if isinstance(target, ast.Lambda):
        return "a lambda"
    if isinstance(target, ast.Call):
        return f"the result of a call, {ast.unparse(target.func)}"
    if isinstance(target, ast.Name):
        return f"a free function or variable, {target.id}"
    if isinstance(target, ast.Attribute):
        if target.attr in marked or target.attr in signals or target.attr in QT_OWN - marked:
            return ""
        return f"{ast.unparse(target)}, which no @Slot marks"
    return f"a {type(target).__name__}"


def connects(text: str, place: str, marked: set[str], signals: set[str]) -> Iterator[Connect]:
    for node in ast.walk(ast.parse(text)):
        is_connect = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "connect"
        if is_connect and node.args and (not place.startswith("app") or "host." in ast.unparse(node.func)):
            yield Connect(f"{place}:{node.lineno}", reason_of(node.args[0], marked, signals))


def sources(rooms: tuple[str, ...]) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for room in rooms for path in sorted((PACKAGE / room).rglob("*.py"))}


@functools.cache
def all_connects() -> tuple[Connect, ...]:
    marked: set[str] = set()
    signals: set[str] = set()
    for text in sources(MARKING).values():
        tree = ast.parse(text)
        marked |= slots_of(tree)[0]
        signals |= signals_of(tree)
    return tuple(
        c
        for path, text in sources(CONNECTING).items()
        for c in connects(text, str(path.relative_to(PACKAGE)), marked, signals)
    )


def test_engine_connects_only_slots() -> None:
    wrong = [f"{c.place} connects {c.reason}" for c in all_connects() if c.reason]
    assert not wrong, "\n".join(wrong)


def test_the_scan_sees_connects() -> None:
    assert len(all_connects()) >= 3


def test_no_python_threads_for_live_objects() -> None:
    """QThreads carry the live objects; a plain thread is allowed by name alone."""
    wrong = []
    for path, text in sources(THREADING).items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"threading.Thread", "Thread"}:
                daemon = any(k.arg == "daemon" and ast.unparse(k.value) == "True" for k in node.keywords)
                if not (daemon and path.name in PLAIN_THREADS):
                    wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert not wrong, wrong


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("self.a.connect(self.taken)", False),
        ("self.a.connect(self.b)", False),
        ("self.a.connect(self.b.emit)", False),
        ("self.a.connect(thread.quit)", False),
        ("self.a.connect(lambda x: 1)", True),
        ("self.a.connect(partial(f, 1))", True),
        ("self.a.connect(f)", True),
        ("self.a.connect(self.plain)", True),
        ("self.a.connect(self.plain, Qt.ConnectionType.QueuedConnection)", True),
    ],
)
def test_connect_rule(line: str, wrong: bool) -> None:
    text = f"class A:\n    b = Signal()\n    @Slot()\n    def taken(self): ...\n    def plain(self):\n        {line}\n"
    tree = ast.parse(text)
    found = list(connects(text, "a.py", slots_of(tree)[0], signals_of(tree)))
    assert len(found) == 1
    assert bool(found[0].reason) is wrong
