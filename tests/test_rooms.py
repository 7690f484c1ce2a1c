"""The rooms of the program and the one direction in which they may import each other."""

from __future__ import annotations

import ast

import pytest
from support.imports import PACKAGE, ROOT, Import, all_imports, imports_of, modules

TABLE = (
    {"errors"},
    {"market", "clock", "paths", "formats", "collector"},
    {"venues", "model", "history", "simulator", "settings", "logs", "about"},
    {"net", "insight", "crash"},
    {"lab", "alerts", "exports"},
    {"engine"},
    {"ui"},
    {"app"},
    {"cli"},
)
ENTRIES = {"liqdesk", "liqdesk.__main__"}
ONLY_IN = {
    "PySide6.QtWidgets": {"liqdesk.ui"},
    "PySide6.QtGui": {"liqdesk.ui"},
    "PySide6.QtSvg": {"liqdesk.ui"},
    "pyqtgraph": {"liqdesk.ui"},
    "PySide6": {"liqdesk.engine", "liqdesk.ui", "liqdesk.app"},
    "websocket": {"liqdesk.net"},
    "requests": {"liqdesk.net"},
    "aiohttp": {"liqdesk.simulator"},
    "numba": {"liqdesk.model", "liqdesk.lab", "liqdesk.ui.chart", "liqdesk.simulator"},
    "sqlite3": {"liqdesk.history", "liqdesk.formats"},
}
MAX_LINES = 350


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def rank_of(room: str) -> int:
    for rank, rooms in enumerate(TABLE):
        if room in rooms:
            return rank
    raise LookupError(f"room {room!r} is not in the table")


def breaks_direction(edge: Import) -> bool:
    """Return whether an import inside the program points right, or sideways into another room of the same brace."""
    if not edge.target.startswith("liqdesk.") or edge.importer in ENTRIES:
        return False
    mine, theirs = room_of(edge.importer), room_of(edge.target)
    return mine != theirs and rank_of(theirs) >= rank_of(mine)


def breaks_library_law(edge: Import) -> bool:
    """Return whether a library is imported outside the rooms it belongs to; the longest name that matches decides."""
    for library in sorted(ONLY_IN, key=len, reverse=True):
        if edge.target == library or edge.target.startswith(library + "."):
            return not any(edge.importer == r or edge.importer.startswith(r + ".") for r in ONLY_IN[library])
    return False


def words(edges: list[Import]) -> str:
    return "\n".join(f"{e.importer}:{e.line} imports {e.target}" for e in edges)


def test_every_module_is_in_a_known_room() -> None:
    unknown = []
    for name in modules():
        if name not in ENTRIES:
            try:
                rank_of(room_of(name))
            except LookupError as e:
                unknown.append(f"{name}: {e}")
    assert not unknown, "\n".join(unknown)


def test_imports_point_left() -> None:
    wrong = [edge for edge in all_imports() if breaks_direction(edge)]
    assert not wrong, words(wrong)


def test_libraries_stay_in_their_rooms() -> None:
    wrong = [edge for edge in all_imports() if breaks_library_law(edge)]
    assert not wrong, words(wrong)


def test_simulator_is_a_second_reading() -> None:
    wrong = [e for e in all_imports() if room_of(e.importer) == "simulator" and room_of(e.target) == "venues"]
    assert not wrong, words(wrong)


def test_the_scan_sees_something() -> None:
    edges = [e for e in all_imports() if e.target.startswith("liqdesk.") and room_of(e.importer) != room_of(e.target)]
    assert len(edges) > 60
    assert {room_of(e.importer) for e in edges} >= {"venues", "insight", "engine"}
    assert any(not e.at_start for e in edges), "imports inside functions are not seen"


@pytest.mark.parametrize(
    ("importer", "text", "wrong"),
    [
        ("liqdesk.market.units", "from liqdesk.engine import frames", True),
        ("liqdesk.market.units", "def f():\n    import liqdesk.ui.theme", True),
        ("liqdesk.market.units", "if TYPE_CHECKING:\n    from liqdesk.net.rest import Rest", True),
        ("liqdesk.model.grid", "from liqdesk.history import History", True),
        ("liqdesk.model.grid", "from ..history import History", True),
        ("liqdesk.model.grid", "from .axis import bin_of", False),
        ("liqdesk.engine.host", "from liqdesk.market import Trade", False),
        ("liqdesk.__main__", "from liqdesk.cli import main", False),
    ],
)
def test_direction_rule(importer: str, text: str, wrong: bool) -> None:
    edges = imports_of(importer, text)
    assert edges
    assert any(breaks_direction(e) for e in edges) is wrong


@pytest.mark.parametrize(
    ("importer", "text", "wrong"),
    [
        ("liqdesk.engine.host", "from PySide6.QtCore import QThread", False),
        ("liqdesk.engine.host", "from PySide6.QtWidgets import QLabel", True),
        ("liqdesk.model.grid", "import PySide6", True),
        ("liqdesk.ui.panels.tape", "import numba", True),
        ("liqdesk.ui.chart.kernels", "import numba", False),
        ("liqdesk.engine.poll", "import requests.adapters", True),
        ("liqdesk.engine.poll", "import requests_like", False),
    ],
)
def test_library_rule(importer: str, text: str, wrong: bool) -> None:
    edges = imports_of(importer, text)
    assert edges
    assert any(breaks_library_law(e) for e in edges) is wrong


def test_heavy_libraries_stay_off_the_start_path() -> None:
    """Follow what is imported before the window is painted, through the program's own modules."""
    edges = [e for e in all_imports() if e.at_start]
    seen: set[str] = set()
    queue = ["liqdesk.cli", "liqdesk.app.desk", "liqdesk.ui.application", "liqdesk.ui.window", "liqdesk.logs"]
    heavy = []
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        parent = name.rpartition(".")[0]
        if parent:
            queue.append(parent)
        for edge in edges:
            if edge.importer == name:
                if edge.target.startswith("liqdesk"):
                    queue.append(edge.target)
                elif edge.target.split(".")[0] in {"numba", "pyqtgraph", "aiohttp", "requests", "websocket"}:
                    heavy.append(edge)
    assert len(seen) > 20
    assert not heavy, words(heavy)


def test_every_package_states_its_law() -> None:
    silent = []
    for folder in sorted({PACKAGE, *(p.parent for p in PACKAGE.rglob("*.py"))}):
        init = folder / "__init__.py"
        text = ast.get_docstring(ast.parse(init.read_text("utf-8"))) if init.exists() else None
        if not text:
            silent.append(str(init.relative_to(ROOT)))
    assert not silent, f"without a docstring: {silent}"


def test_modules_are_short() -> None:
    sizes = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules().items()}
    long = {name: size for name, size in sizes.items() if size > MAX_LINES}
    assert not long, f"over {MAX_LINES} lines: {long}"


def test_no_packaging_package() -> None:
    """A package of that name would shadow the one that the installers use."""
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_table_is_the_map_in_the_docstring() -> None:
    import liqdesk

    assert liqdesk.__doc__ is not None
    drawn = " ".join(liqdesk.__doc__.split("errors <", 1)[1].split())
    rooms = [{w.strip() for w in part.strip(" {}").split(",")} for part in drawn.split("<")]
    assert [{"errors"}, *rooms] == list(TABLE)
