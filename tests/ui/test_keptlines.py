"""Lines that stay: drawn, moved, dropped, kept over a restart, and never lost to a damaged file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from chart_scene import Scene, panes, rule, scene
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from test_ruler import drag

from liqdesk.engine.frames import Source, SourceKind
from liqdesk.errors import NewerError
from liqdesk.market import Instrument
from liqdesk.settings import Settings
from liqdesk.ui import keptlines, present
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.chart.kept import kept_at
from liqdesk.ui.chart.marks import line_tags
from liqdesk.ui.chart.menu import ChartMenu
from liqdesk.ui.keptlines import KeptLine
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window

BTC = ("binance", "BTCUSDT")


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / keptlines.FILE
    assert keptlines.load(path) == ({}, "")
    lines = {BTC: (KeptLine(68_400.0), KeptLine(61_000.5)), ("demo", "BTCUSDT"): (KeptLine(50_000.0),), ("x", "Y"): ()}
    keptlines.save(path, lines)
    assert keptlines.load(path) == ({key: kept for key, kept in lines.items() if kept}, "")
    assert msgspec.json.decode(path.read_bytes())["version"] == keptlines.VERSION


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"version": 1, "lines": 3}', b"\xff\xfe", b"[" * 100_000],
)
def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / keptlines.FILE
    path.write_bytes(content)
    found, notice = keptlines.load(path)
    assert found == {}
    assert notice == "The file of your lines was damaged; it is kept as lines.json.broken."
    assert (tmp_path / "lines.json.broken").read_bytes() == content
    assert keptlines.load(path) == ({}, "")


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / keptlines.FILE
    content = b'{"version": 2, "lines": {"binance": {"BTCUSDT": [{"slope": 1.5}]}}}'
    path.write_bytes(content)
    found, notice = keptlines.load(path)
    assert found == {}
    assert notice.startswith("lines.json was written by a later liqdesk (format 2; this one knows 1).")
    with pytest.raises(NewerError):
        keptlines.save(path, {BTC: (KeptLine(5.0),)})
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_what_a_later_program_added_stays_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / keptlines.FILE
    path.write_bytes(b'{"lines": {"binance": {"BTCUSDT": [{"price": 5.0, "colour": "red"}, {"price": 6.0}]}}}')
    found, notice = keptlines.load(path)
    assert notice == ""
    keptlines.save(path, {**found, BTC: (KeptLine(7.0), *found[BTC])})
    lines = msgspec.json.decode(path.read_bytes())["lines"]["binance"]["BTCUSDT"]
    assert lines == [{"price": 7.0}, {"price": 5.0, "colour": "red"}, {"price": 6.0}]


def test_lines_that_make_no_sense_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / keptlines.FILE
    many = [{"price": 100.0 + i} for i in range(keptlines.MOST_LINES + 5)]
    document = {
        "version": 1,
        "lines": {"binance": {"A": [{"price": -1.0}, {"price": 1e300}, {"price": 5.0}], "B": many}},
    }
    path.write_bytes(msgspec.json.encode(document))
    found, notice = keptlines.load(path)
    assert found["binance", "A"] == (KeptLine(5.0),)
    assert len(found["binance", "B"]) == keptlines.MOST_LINES
    assert notice == "7 of your lines made no sense and are left out."


def test_a_line_is_added_at_the_crosshair_moved_by_a_drag_and_dropped(
    make: Callable[..., ChartPane], market: Scene, qtbot: QtBot
) -> None:
    pane = make(rules=(rule(market.now.mark * 1.01),))
    said: list[tuple[object, tuple[KeptLine, ...]]] = []
    pane.hand.lines_changed.connect(lambda key, lines: said.append((key, lines)))
    pane.pointing.point((400.0, 250.0))
    price = pane.hand.pointed_price()
    assert price is not None
    assert pane.hand.add_line(price)
    pane.refresh()
    (line,) = pane.state.kept
    assert said == [(BTC, (line,))]
    assert abs(pane.state.lens.y(line.price) - 250.0) < 1.0
    assert pane.shown()["kept"] == [line.price]
    assert line.price == round(line.price, 1)
    tags = line_tags(pane.state)
    away = present.percent(line.price / market.now.mark - 1, 1)
    assert f"line · {away}" in [tag.text for tag in tags]
    assert sum(tag.bell for tag in tags) == 1
    assert present.price(line.price, 1) in [text for _, text, *_ in pane.axis.tags()]
    assert kept_at(pane.state, 254.0) == line
    assert kept_at(pane.state, 262.0) is None
    pane.hand._point((400.0, 251.0))
    assert pane.plot.cursor().shape() == Qt.CursorShape.SizeVerCursor
    pane.hand._point((400.0, 300.0))
    assert pane.plot.cursor().shape() == Qt.CursorShape.CrossCursor
    before = pane.state.lens
    drag(pane, QPoint(400, 250), QPoint(430, 330), Qt.KeyboardModifier.NoModifier)
    assert pane.state.lens.t0 == before.t0, "the chart stands still while a line is moved"
    (moved,) = pane.state.kept
    assert abs(pane.state.lens.y(moved.price) - 330.0) < 1.0
    assert len(said) == 2, "said once, when the hand lets go"
    assert said[-1] == (BTC, (moved,))
    menu = ChartMenu(pane.state, pane.state.lens.price(331.0), pane)
    dropped: list[KeptLine] = []
    menu.drop_line.connect(dropped.append)
    next(a for a in menu.actions() if a.text().startswith("Drop the line at")).trigger()
    assert dropped == [moved]
    pane.hand.remove_line(moved)
    assert pane.state.kept == ()
    assert said[-1] == (BTC, ())


def test_lines_belong_to_their_contract_and_market(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    pane.hand.show_lines({BTC: (KeptLine(67_000.0),), ("demo", "BTCUSDT"): (KeptLine(66_000.0),)})
    assert pane.state.kept == (KeptLine(67_000.0),)
    pane.apply(market.frame(serial=2, source=Source(SourceKind.DEMO, "demo", 7), new_bars=()))
    assert pane.state.kept == (KeptLine(66_000.0),)
    other = Instrument("ETHUSDT", "ETH", "USDT", 0.01, 0.001)
    pane.apply(market.frame(serial=3, instrument=other, new_bars=()))
    assert pane.state.kept == ()


def test_a_contract_has_room_for_so_many_lines(make: Callable[..., ChartPane]) -> None:
    pane = make()
    pane.hand.show_lines({BTC: tuple(KeptLine(60_000.0 + i) for i in range(keptlines.MOST_LINES))})
    assert not pane.hand.add_line(67_000.0)
    assert len(pane.state.kept) == keptlines.MOST_LINES


def test_lines_are_there_after_a_restart(qtbot: QtBot, qapp: QApplication, market: Scene, tmp_path: Path) -> None:
    apply_theme(qapp, "dark", 1.0)

    def opened() -> Window:
        window = Window(Settings(first_run_done=True, sounds=False), True, str(tmp_path))
        window._painted = True
        qtbot.addWidget(window)
        window.resize(1600, 900)
        assert window.shell.parent() is window
        window.show()
        window.load_chart()
        window.act.charting.lining.load()
        window.apply(market.frame())
        assert window.chart is not None
        window.chart.refresh()
        return window

    first = opened()
    assert first.chart is not None
    first.act.press("line")
    assert first.chart.state.kept == ()
    first.chart.pointing.point((400.0, 250.0))
    first.act.press("line")
    (line,) = first.chart.state.kept
    first.chart.state.ruler = None
    first.close()
    second = opened()
    assert second.chart is not None
    assert second.chart.state.kept == (line,)
    second.chart.pointing.point((400.0, second.chart.state.lens.y(line.price)))
    second.act.press("line_delete")
    assert second.chart.state.kept == ()
    second.close()
    assert keptlines.load(tmp_path / keptlines.FILE) == ({}, "")
