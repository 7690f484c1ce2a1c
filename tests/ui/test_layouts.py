"""Layouts on disk: what Qt wrote is read back, what nobody wrote is refused, and nothing is lost."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from liqdesk.errors import InputError, LiqdeskError
from liqdesk.settings import Settings
from liqdesk.ui.layouts import arrangement
from liqdesk.ui.layouts.blob import BlobError, docks_in
from liqdesk.ui.layouts.document import (
    FIRST,
    ChartPlace,
    Layout,
    Layouts,
    LayoutStore,
    checked,
    export,
    good_name,
    import_from,
)
from liqdesk.ui.panels.column import Column
from liqdesk.ui.theme import apply_theme

PLAIN = Layout("Plain")


@pytest.fixture
def column(qtbot: QtBot, qapp: QApplication) -> Column:
    apply_theme(qapp, "dark", 1.0)
    made = Column(Settings(), QWidget())
    qtbot.addWidget(made)
    made.resize(1_500, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


def mixed(column: Column, qtbot: QtBot) -> Layout:
    """Return a layout with a floating, a hidden, a tabbed, a folded and a moved panel."""
    column.dock("funding").setFloating(True)
    column.dock("funding").setGeometry(80, 90, 360, 140)
    column.show_panel("zones", False)
    column.tabifyDockWidget(column.dock("tape"), column.dock("alerts"))
    column.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, column.dock("imbalance"))
    column.imbalance.header.click()
    qtbot.wait(60)
    return arrangement.taken(column, "Mixed")


def described(column: Column) -> dict[str, tuple[object, ...]]:
    return {
        d.name: (
            d.closed,
            d.isFloating(),
            d.panel.folded and d.panel.by_hand,
            None if d.isFloating() else column.dockWidgetArea(d),
            tuple(sorted(o.objectName() for o in column.tabifiedDockWidgets(d))),
            d.geometry().getRect() if d.isFloating() else None,
        )
        for d in column.docks
    }


# what Qt writes


def test_what_qt_writes_is_understood(column: Column, qtbot: QtBot) -> None:
    names = {d.name for d in column.docks}
    assert docks_in(bytes(column.saveState().data())) == dict.fromkeys(names, False)
    layout = mixed(column, qtbot)
    found = docks_in(layout.state_bytes)
    assert set(found) == names
    assert [name for name, floats in found.items() if floats] == ["funding"]
    column.dock("funding").setFloating(False)
    column.splitDockWidget(column.dock("tape"), column.dock("funding"), Qt.Orientation.Horizontal)
    assert set(docks_in(bytes(column.saveState().data()))) == names


def test_every_cut_and_every_changed_byte_is_refused_or_harmless(column: Column, qtbot: QtBot) -> None:
    whole = mixed(column, qtbot).state_bytes
    for end in range(len(whole)):
        with pytest.raises(BlobError):
            docks_in(whole[:end])
    with pytest.raises(BlobError):
        docks_in(whole + b"\0")
    with pytest.raises(BlobError):
        docks_in(b"\0" * 70_000)
    refused = 0
    for at in range(len(whole)):
        for value in (0xFF, 0x7F, whole[at] ^ 1):
            broken = whole[:at] + bytes([value]) + whole[at + 1 :]
            try:
                docks_in(broken)
            except BlobError:
                refused += 1
                continue
            assert column.restoreState(broken) in (True, False)
    assert refused > len(whole)
    arrangement.first(column)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    try:
        docks_in(raw)
    except BlobError:
        return
    assert raw[:4] == b"\0\0\0\xff"


# there and back


def test_an_arrangement_comes_back(column: Column, qtbot: QtBot) -> None:
    layout = mixed(column, qtbot)
    before = described(column)
    assert before["zones"][0]
    assert before["funding"][1]
    arrangement.first(column)
    qtbot.wait(60)
    assert described(column) != before
    assert all(not floats and not closed for closed, floats, *_ in described(column).values())
    assert arrangement.give(column, layout)
    qtbot.wait(60)
    assert described(column) == before


def test_the_first_arrangement_comes_back_to_the_pixel(column: Column, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: column.width_of() == 348)
    qtbot.wait(50)
    before = {d.name: d.geometry().getRect() for d in column.docks}
    mixed(column, qtbot)
    arrangement.first(column)
    qtbot.waitUntil(lambda: {d.name: d.geometry().getRect() for d in column.docks} == before)


def test_a_layout_of_another_text_size_takes_this_one(column: Column, qtbot: QtBot) -> None:
    layout = msgspec.structs.replace(mixed(column, qtbot), scale=0.5, column=200)
    assert arrangement.give(column, layout)
    assert column.dock("funding").size().width() == 720
    qtbot.waitUntil(lambda: column.width_of() == 400)


def test_the_usual_width_of_a_narrow_window_is_not_that_of_a_wide_one(column: Column, qtbot: QtBot) -> None:
    column.set_compact(True)
    qtbot.waitUntil(lambda: column.width_of() == 276)
    layout = arrangement.taken(column, "Narrow")
    assert layout.column == 0
    column.set_compact(False)
    qtbot.waitUntil(lambda: column.width_of() == 348)
    assert arrangement.give(column, layout)
    qtbot.waitUntil(lambda: column.width_of() == 348)
    column.set_width(420)
    qtbot.waitUntil(lambda: column.width_of() == 420)
    assert arrangement.taken(column, "By hand").column == 420


def test_a_floating_panel_of_a_screen_that_is_gone_stands_on_one_that_is_there(column: Column, qtbot: QtBot) -> None:
    layout = mixed(column, qtbot)
    gone = msgspec.structs.replace(layout, floating={"funding": (40_000, 30_000, 360, 140)})
    assert arrangement.give(column, gone)
    screen = column.screen().availableGeometry()
    assert screen.contains(column.dock("funding").geometry())


def test_a_state_that_makes_no_sense_gives_the_first_arrangement(column: Column, qtbot: QtBot) -> None:
    mixed(column, qtbot)
    nonsense = base64.b64encode(b"nonsense").decode()
    assert not arrangement.give(column, Layout("Broken", state=nonsense))
    assert all(not d.closed and not d.isFloating() for d in column.docks)
    assert arrangement.give(column, PLAIN)


# files


def chart(**changes: object) -> ChartPlace:
    return msgspec.structs.replace(ChartPlace((10, 20, 800, 600), group="A", side="short"), **changes)


def test_layouts_are_kept_and_read_back(tmp_path: Path, column: Column, qtbot: QtBot) -> None:
    path = tmp_path / "layouts.json"
    store = LayoutStore(path)
    assert store.load() == Layouts()
    assert store.notices == []
    kept = Layouts().put(
        msgspec.structs.replace(mixed(column, qtbot), charts=(chart(),), group="A", window=(1, 2, 3, 4))
    )
    assert store.save(kept) == ""
    assert kept.current == "Mixed"
    assert json.loads(path.read_text())["version"] == 1
    again = LayoutStore(path)
    assert again.load() == kept
    before = path.stat().st_mtime_ns
    assert again.save(kept) == ""
    assert path.stat().st_mtime_ns == before


def test_names_are_renamed_dropped_and_never_all_gone() -> None:
    three = Layouts().put(Layout("B")).put(Layout("C"))
    assert three.names == (FIRST, "B", "C")
    assert three.current == "C"
    assert three.rename("C", "D").shown.name == "D"
    assert three.drop("C").current == FIRST
    assert three.drop("B").current == "C"
    assert Layouts().drop(FIRST).names == (FIRST,)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"layouts": 7}', b"\xff\xfe", b"[" * 100_000, b"x" * 2_000_000])
def test_a_damaged_file_is_set_aside_with_a_sentence(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "layouts.json"
    path.write_bytes(text)
    store = LayoutStore(path)
    assert store.load() == Layouts()
    assert len(store.notices) == 1
    assert "layouts.json.broken" in store.notices[0]
    assert (tmp_path / "layouts.json.broken").read_bytes() == text
    assert store.save(Layouts().put(Layout("New"))) == ""
    assert LayoutStore(path).load().names == (FIRST, "New")


def test_hostile_layouts_are_left_out_and_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "layouts.json"
    deep = base64.b64encode(bytes.fromhex("000000ff00000000fd00000004") + b"\x7f" * 60_000).decode()
    rows = [
        {"name": "Good"},
        {"name": "Good"},
        {"name": ""},
        {"name": "a\nb\x07"},
        {"name": "x" * 5_000},
        {"name": "State", "state": deep},
        {"name": "Base", "state": "not base64!"},
        {"name": "Type", "floating": 3},
        "no layout",
        {
            "name": "Half",
            "window": [0, 0, 10**9, 10],
            "scale": 1e300,
            "column": -5,
            "group": "Z",
            "floating": {"nobody": [0, 0, 10, 10]},
            "charts": [
                {"rect": [0, 0, 100, 100]},
                {"rect": [0, 0, 0, 100]},
                {"rect": [0, 0, 100, 100], "symbol": "../../etc"},
                {"rect": [0, 0, 100, 100], "candle_ms": 17},
                {"rect": [0, 0, 100, 100], "side": "up"},
                {"rect": [0, 0, 100, 100], "classes": []},
                {"rect": [0, 0, 100, 100], "group": "Q"},
                {"rect": [0, 0, 100, 100], "heat_auto": False, "heat_low_usd": 5.0, "heat_high_usd": 5.0},
            ],
        },
    ]
    path.write_text(json.dumps({"layouts": rows, "current": "nowhere", "version": 1}))
    store = LayoutStore(path)
    found = store.load()
    assert found.names == ("Good", "Half")
    assert found.current == "Good"
    half = found.layouts[1]
    assert (half.window, half.scale, half.column, half.group, half.floating) == (None, 1.0, 0, "", {})
    assert half.charts == (ChartPlace((0, 0, 100, 100)),)
    assert store.notices == ["8 layouts were not usable; the file is kept as layouts.json.broken."]
    assert json.loads((tmp_path / "layouts.json.broken").read_text())["layouts"] == rows


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "layouts.json"
    path.write_text('{"layouts": [{"name": "Theirs"}], "version": 2}')
    store = LayoutStore(path)
    assert store.load() == Layouts()
    assert store.notices[0].startswith("layouts.json was written by a later liqdesk (format 2; this one knows 1).")
    assert store.save(Layouts().put(Layout("Mine"))) == ""
    assert "later liqdesk" in LayoutStore(path).save(Layouts().put(Layout("Mine")))
    assert path.read_text() == '{"layouts": [{"name": "Theirs"}], "version": 2}'
    exported = tmp_path / "theirs.json"
    exported.write_text('{"liqdesk_layout": {"name": "Theirs"}, "version": 2}')
    with pytest.raises(InputError) as e:
        import_from(exported, ())
    assert e.value.user == "theirs.json was written by a later liqdesk (format 2; this one knows 1)."
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["layouts.json", "theirs.json"]


def test_what_a_later_program_added_stays_with_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "layouts.json"
    chart_row = {"rect": [1, 2, 300, 200], "symbol": "ETHUSDT", "glow": 1}
    path.write_text(json.dumps({"layouts": [{"name": "A", "mood": "calm", "charts": [chart_row]}, {"name": "B"}]}))
    store = LayoutStore(path)
    layouts = store.load()
    assert store.save(layouts.put(msgspec.structs.replace(layouts.layouts[0], column=400))) == ""
    kept = json.loads(path.read_text())
    assert kept["layouts"] == [{"name": "A", "column": 400, "charts": [chart_row], "mood": "calm"}, {"name": "B"}]
    assert (kept["version"], kept["current"]) == (1, "A")


def test_nothing_is_written_where_nothing_may_be(tmp_path: Path) -> None:
    path = tmp_path / "layouts.json"
    store = LayoutStore(path, writable=False)
    assert store.save(Layouts().put(Layout("New"))) == ""
    assert not path.exists()
    path.write_bytes(b"{")
    assert store.load() == Layouts()
    assert path.read_bytes() == b"{"
    assert store.notices == ["The layouts file was damaged; the first arrangement is shown."]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    words = LayoutStore(tmp_path / "gone" / "layouts.json").save(Layouts().put(Layout("New")))
    assert words == "The layouts could not be saved (No such file or directory)."


def test_a_layout_goes_to_a_file_and_comes_from_one(tmp_path: Path, column: Column, qtbot: QtBot) -> None:
    layout = msgspec.structs.replace(mixed(column, qtbot), charts=(chart(symbol="ETHUSDT"),))
    path = tmp_path / "desk.json"
    export(path, layout)
    assert import_from(path, ()) == layout
    assert import_from(path, ("Mixed", "Mixed 2")).name == "Mixed 3"
    with pytest.raises(LiqdeskError, match="No such file"):
        import_from(tmp_path / "none.json", ())
    for text in (b"", b"{}", b'{"liqdesk_layout": 3}', b'{"liqdesk_layout": {"name": ""}}', b"[" * 50_000):
        path.write_bytes(text)
        with pytest.raises(LiqdeskError) as e:
            import_from(path, ())
        assert e.value.user.endswith(("holds no layout of liqdesk.", "A layout needs a name."))
    with pytest.raises(LiqdeskError) as failed:
        export(tmp_path / "no folder" / "desk.json", layout)
    assert "could not be written" in failed.value.user


def test_names_are_trimmed_and_long_or_unseen_ones_refused() -> None:
    assert good_name("  Two   screens ") == "Two screens"
    for bad in ("", "   ", "x" * 41, "a\u202eb"):
        with pytest.raises(LiqdeskError):
            good_name(bad)
    with pytest.raises(LiqdeskError):
        checked(Layout("x" * 41))
