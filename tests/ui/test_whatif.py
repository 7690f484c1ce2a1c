"""What if price goes there: the card and the lines say what the map and the book of the frame give, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec
import pytest
from chart_scene import Scene, panes, scene, settings
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontInfo
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from test_chart_book import view_of
from test_ruler import drag

from liqdesk.engine.bookview import BookState, BookView
from liqdesk.engine.frames import Frame, Source, SourceKind
from liqdesk.insight.cascade import Assumed, Cascade, cascade
from liqdesk.insight.zones import Zone
from liqdesk.market import Side
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.chart import ChartPane, whatsheet
from liqdesk.ui.chart.whatifwords import COLUMNS, LAW, OFF, OFF_LAW, law, slip_words
from liqdesk.ui.keys import BY_NAME
from liqdesk.ui.panels.whatif import Sheet, WhatIfPanel
from liqdesk.ui.theme import apply_theme, font
from liqdesk.ui.window import Window

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


@pytest.fixture
def pane(make: Callable[..., ChartPane], market: Scene) -> ChartPane:
    """Return a chart with a book of 0.005 BTC a dollar, known to about 0.15 % of mark, and a long zone beneath."""
    made = make()
    mark = market.now.mark
    zone = Zone(Side.LONG, mark * 0.97, mark * 0.975, mark * 0.972, 3e6, 2e6, -0.025, z=3.0)
    made.apply(market.frame(book=view_of(mark, 0.0005), zones=(zone,)))
    made.refresh()
    return made


def shown(pane: ChartPane) -> dict[str, object]:
    found = pane.shown()["whatif"]
    assert isinstance(found, dict)
    return found


def answer(frame: Frame, target: float) -> Cascade:
    now = frame.now
    assert now is not None
    zones = tuple(z for z in frame.zones if z.significant) or frame.zones
    return cascade(now.base, now.usd, frame.prices.mark, target, frame.book.depth, zones, now.shares, frame.spread)


def test_the_card_says_what_the_map_and_the_book_give(pane: ChartPane) -> None:
    frame = pane.state.frame
    assert frame is not None
    mark = frame.prices.mark
    target = round(mark * 0.985, 1)
    assert pane.whatif.show(target)
    pane.refresh()
    said, found = shown(pane), answer(frame, target)
    assert said["answer"] == found
    assert found.fuel_usd > 0
    assert len(found.stops) == 3
    assert said["title"] == f"What if price goes to {present.price(target, 1)}"
    assert said["away"] == f"{present.percent(target / mark - 1, 2)} from mark"
    lines = said["lines"]
    assert isinstance(lines, tuple)
    assert lines[0] == (
        "Longs forced on the way",
        present.usd(found.fuel_usd) + " USD",
        f"{present.size_band(*found.fuel_band)}, 80 % band",
    )
    assert lines[1][1] == "≥ " + present.usd(found.book_usd) + " USD", "the book ends before the target: a floor"
    assert present.price(frame.book.low, 1) in lines[1][2]
    assert lines[2][:2] == ("Next long zone", "3.0M USD")
    rows = said["rows"]
    assert isinstance(rows, tuple)
    assert [row[0] for row in rows] == ["×1", "×½", "×¼"]
    for row, stop in zip(rows, found.stops, strict=True):
        assert len(row) == len(COLUMNS) == len(said["columns"])  # type: ignore[arg-type]
        if math.isfinite(stop.price):
            assert row[1] == "~" + present.price(stop.price, 1), "beyond the known book it is marked so"
            assert row[3] == slip_words(stop.slip)
        else:
            assert row[1] == OFF
        assert row[4] == present.usd(stop.fuel_usd)
        assert row[5] == ("reached" if stop.reaches(found.next_zone) else "not reached")
    sentences = said["sentences"]
    assert isinstance(sentences, tuple)
    assert f"distance^{found.power:.1f}" in sentences[0]
    assert sentences[-1] == LAW
    assert pane.whatif.card.isVisible()
    assert "Stops at" in pane.whatif.card.accessibleDescription()


def test_lines_stand_at_the_target_and_where_price_would_stop(pane: ChartPane) -> None:
    frame = pane.state.frame
    assert frame is not None
    target = round(frame.prices.mark * 1.01, 1)
    pane.whatif.show(target)
    pane.refresh()
    drawn = shown(pane)["drawn"]
    assert isinstance(drawn, list)
    found = answer(frame, target)
    assert found.side is Side.SHORT
    assert drawn[0] == (target, f"what if {present.price(target, 1)} · {present.percent(found.distance, 1)}")
    stops = [stop.price for stop in found.stops if math.isfinite(stop.price)]
    assert {price for price, _ in drawn[1:]} <= set(stops)
    assert all("book stops" in text for _, text in drawn[1:])
    image = pane.plot.grab().toImage()
    y = round(pane.state.lens.y(target))
    pane.whatif.close()
    pane.refresh()
    after = pane.plot.grab().toImage()
    middle = image.width() // 2
    assert image.pixel(middle, y) != after.pixel(middle, y), "a line was there, and is gone"
    assert pane.shown()["whatif"] is None


def test_the_line_is_dragged_with_the_mouse_and_the_map_stands_still(pane: ChartPane) -> None:
    frame = pane.state.frame
    assert frame is not None
    pane.whatif.show(round(frame.prices.mark * 0.99, 1))
    pane.refresh()
    lens = pane.state.lens
    start = round(lens.y(frame.prices.mark * 0.99))
    x = round(lens.width * 0.6)
    drag(pane, QPoint(x, start), QPoint(x, start + 40), NONE)
    assert pane.state.lens == lens, "the drag was the line's"
    target = pane.whatif.target
    assert target is not None
    assert lens.y(target) == pytest.approx(start + 40, abs=1.0)
    assert shown(pane)["answer"] == answer(frame, target)
    assert pane.plot.cursor().shape() == Qt.CursorShape.SizeVerCursor
    drag(pane, QPoint(x, start + 120), QPoint(x, start + 160), NONE)
    assert pane.whatif.target == target, "a drag beside the line moves the view"


def test_arrow_keys_move_the_target_by_steps_of_five_basis_points(pane: ChartPane) -> None:
    frame = pane.state.frame
    assert frame is not None
    target = round(frame.prices.mark * 0.99, 1)
    pane.whatif.show(target)
    QTest.keyClick(pane.whatif.card, Qt.Key.Key_Down)
    assert pane.whatif.target == pytest.approx(target * math.exp(-0.0005), abs=0.06)
    QTest.keyClick(pane.whatif.card, Qt.Key.Key_PageUp)
    assert pane.whatif.target == pytest.approx(target * math.exp(19 * 0.0005), abs=0.12)


def test_it_follows_the_map_and_the_book_and_ends_with_the_symbol(
    pane: ChartPane, market: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = round(market.now.mark * 0.985, 1)
    pane.whatif.show(target)
    before = shown(pane)["answer"]
    monkeypatch.setattr("liqdesk.ui.chart.whatif.PACE_NS", 0)
    thicker = market.frame(book=view_of(market.now.mark, 0.5))
    pane.apply(thicker)
    assert shown(pane)["answer"] == answer(thicker, target)
    assert shown(pane)["answer"] != before
    pane.apply(market.frame(epoch=2))
    assert pane.shown()["whatif"] is None
    assert not pane.whatif.card.isVisible()


def test_without_a_whole_book_the_fuel_is_told_and_why_there_is_no_more(pane: ChartPane, market: Scene) -> None:
    why = "A change of the order book was missed; it is loaded anew."
    frame = market.frame(book=BookView(BookState.LOST, why))
    pane.apply(frame)
    pane.whatif.show(round(market.now.mark * 0.985, 1))
    said = shown(pane)
    assert said["rows"] == ()
    sentences = said["sentences"]
    assert isinstance(sentences, tuple)
    assert sentences[0] == why
    lines = said["lines"]
    assert isinstance(lines, tuple)
    assert lines[0][1] == present.usd(answer(frame, float(str(said["target"]))).fuel_usd) + " USD"
    assert lines[1][1] == "–"


def test_a_book_that_never_takes_it_is_said_to_and_draws_no_stop(pane: ChartPane, market: Scene) -> None:
    pane.apply(market.frame(book=view_of(market.now.mark, 0.00001)))
    pane.whatif.show(round(market.now.mark * 0.98, 1))
    said = shown(pane)
    found = said["answer"]
    assert isinstance(found, Cascade)
    assert math.isnan(found.stops[-1].price)
    rows, sentences = said["rows"], said["sentences"]
    assert isinstance(rows, tuple)
    assert isinstance(sentences, tuple)
    assert rows[-1][1:4] == (OFF, "–", "–")
    assert OFF_LAW in sentences
    drawn = said["drawn"]
    assert isinstance(drawn, list)
    assert len(drawn) == 1 + sum(math.isfinite(stop.price) for stop in found.stops)


def test_sizes_are_in_coins_where_those_are_chosen(pane: ChartPane, market: Scene) -> None:
    pane.set_settings(msgspec.structs.replace(settings(), unit="coin"))
    pane.whatif.show(round(market.now.mark * 0.985, 1))
    said = shown(pane)
    found = said["answer"]
    assert isinstance(found, Cascade)
    lines = said["lines"]
    assert isinstance(lines, tuple)
    assert lines[0][1] == present.size(found.fuel_usd, pane.state.measure) + " BTC"
    assert said["unit"] == "BTC"


def test_a_slip_too_small_for_two_decimals_is_not_called_zero() -> None:
    assert [slip_words(v) for v in (0.0, -2e-5, -4e-4, 0.0123)] == ["0.00 %", "<0.01 %", "−0.04 %", "+1.23 %"]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_word_of_the_card_is_cut_off_or_runs_into_another(pane: ChartPane, market: Scene, theme: str) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app, theme, 1.0)
    for away in (0.985, 0.96, 1.0005, 1.03):
        pane.whatif.show(round(market.now.mark * away, 1))
        card = pane.whatif.card
        text = card.text
        assert text is not None
        inner = card._inner()
        assert whatsheet.needed(text) <= inner
        assert pane.rect().contains(card.geometry())
        assert card.width() >= inner
    apply_theme(app, "dark", 1.0)


# -- in the window -----------------------------------------------------------------------------------------------------


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, market: Scene) -> Iterator[Window]:
    apply_theme(qapp, "dark", 1.0)
    made = Window(Settings(first_run_done=True, sounds=False), True)
    made._painted = True
    qtbot.addWidget(made)
    made.resize(1920, 1080)
    made.show()
    made.shell.show()
    made.load_chart()
    assert made.chart is not None
    made.set_grid(market.grid)
    chart = made.chart
    qtbot.waitUntil(lambda: chart.map.heat.kernels is not None, timeout=60_000)
    made.apply(market.frame(book=view_of(market.now.mark, 0.0005)))
    chart.refresh()
    yield made
    made.close()


def test_button_key_menu_and_escape(window: Window, market: Scene) -> None:
    chart = window.chart
    assert chart is not None
    window.topbar.resize(2_600, window.topbar.height())
    window.topbar.arrange()
    assert window.topbar.whatif.isVisible()
    window.topbar.whatif.click()
    assert chart.whatif.target == pytest.approx(market.now.mark * 0.99, rel=1e-3), "no zone stands out: 1 % below mark"
    window.topbar.whatif.click()
    assert not chart.whatif.open
    chart.pointing.point((400.0, 200.0))
    window.act.press("whatif")
    assert chart.whatif.target == chart.hand.rounded(chart.state.lens.price(200.0))
    chart.pointing.point((400.0, 260.0))
    window.act.press("whatif")
    assert chart.whatif.target == chart.hand.rounded(chart.state.lens.price(260.0)), "another price: it moves there"
    window.act.press("close")
    assert not chart.whatif.open
    menu = chart.pointing.menu_at(market.now.mark * 1.02)
    [action] = [a for a in menu.actions() if a.text().startswith("What if price goes to")]
    action.trigger()
    assert chart.whatif.target == pytest.approx(market.now.mark * 1.02, rel=1e-4)
    assert present.price(float(str(chart.whatif.target)), 1).split(".")[0] in action.text()
    menu.deleteLater()
    assert BY_NAME["whatif"].sequences == ("F",)


def test_without_a_map_it_says_so(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.0)
    made = Window(Settings(first_run_done=True, sounds=False), True)
    made._painted = True
    qtbot.addWidget(made)
    made.shell.show()
    made.act.press("whatif")
    assert "no map yet" in str(made.stage.toast.message)
    made.close()


# -- the panel ---------------------------------------------------------------------------------------------------------


def whatif_panel(window: Window) -> WhatIfPanel:
    panel = window.column.panel("whatif")
    assert isinstance(panel, WhatIfPanel)
    return panel


def test_it_is_said_in_its_panel_while_that_is_seen_and_over_the_chart_else(
    window: Window, market: Scene, qtbot: QtBot
) -> None:
    chart = window.chart
    assert chart is not None
    target = round(market.now.mark * 0.985, 1)
    assert chart.whatif.show(target)
    assert chart.whatif.card.isVisible()
    window.column.show_panel("whatif")
    qtbot.waitUntil(lambda: not chart.whatif.card.isVisible())
    panel = whatif_panel(window)
    assert panel.content.sheet.text == chart.whatif.text, "one answer, wherever it stands"
    assert chart.whatif.target == target
    found = shown(chart)
    state = panel.state()
    assert state["whatif.target"]["text"] == found["title"]
    rows = found["rows"]
    assert isinstance(rows, tuple)
    for row in rows:
        for name, cell in zip(found["columns"][1:], row[1:], strict=True):  # type: ignore[index]
            assert state[f"whatif.{row[0]}.{name}"]["text"] == cell
    assert not panel.content.grab().isNull()
    panel.header.click()
    qtbot.waitUntil(lambda: chart.whatif.card.isVisible())
    panel.header.click()
    qtbot.waitUntil(lambda: not chart.whatif.card.isVisible())
    QTest.keyClick(panel.content.sheet, Qt.Key.Key_Down)
    assert chart.whatif.target == pytest.approx(target * math.exp(-0.0005), abs=0.06)
    assert panel.content.sheet.text == chart.whatif.text
    panel.ask.click()
    assert not chart.whatif.open
    assert panel.content.sheet.text is None
    assert "whatif.target" not in panel.state()
    assert not panel.content.grab().isNull()
    panel.ask.click()
    assert chart.whatif.open
    window.column.show_panel("whatif", False)
    qtbot.waitUntil(lambda: chart.whatif.card.isVisible())


def test_what_is_taken_for_granted_is_chosen_said_and_kept(window: Window, market: Scene) -> None:
    chart = window.chart
    assert chart is not None
    panel = whatif_panel(window)
    chart.whatif.show(round(market.now.mark * 0.985, 1))
    worst = shown(chart)["answer"]
    assert isinstance(worst, Cascade)
    assert worst.assumed == Assumed()
    panel.content.refill.choose(0.25)
    panel.content.follow.choose(0.5)
    assert (window.settings.whatif_refill, window.settings.whatif_follow) == (0.25, 0.5)
    eased = shown(chart)
    found = eased["answer"]
    assert isinstance(found, Cascade)
    assert found.assumed == Assumed(0.25, 0.5)
    sentences = eased["sentences"]
    assert isinstance(sentences, tuple)
    assert sentences[-1] == law(found.assumed)
    assert "under guesses of yours" in sentences[-1]
    assert "new orders take a quarter of them, mark follows last by half" in sentences[-1]
    stops = [(a.price, b.price) for a, b in zip(found.stops, worst.stops, strict=True) if math.isfinite(b.price)]
    assert all(eased_to >= worst_to for eased_to, worst_to in stops)
    assert panel.state()["whatif.refill"]["value"] == 0.25
    window.change(whatif_refill=0.0, whatif_follow=1.0)
    assert shown(chart)["answer"] == worst
    assert panel.content.refill.value == 0.0


@pytest.mark.parametrize("wide", [248, 276, 348, 470, 700, 1_500])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_sheet_breaks_by_its_width_and_cuts_nothing(
    pane: ChartPane, market: Scene, wide: int, scale: float
) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app, "light", scale)
    pane.whatif.show(round(market.now.mark * 0.985, 1))
    sheet = Sheet()
    sheet.resize(round(wide * scale), 40)
    sheet.show_text(pane.whatif.text)
    sheet.resize(round(wide * scale), sheet.high())
    image = sheet.grab().toImage()
    ground = image.pixel(image.width() - 1, image.height() - 1)
    margin = round(4 * scale)
    for y in range(image.height()):
        for x in [*range(margin), *range(image.width() - margin, image.width())]:
            assert image.pixel(x, y) == ground, f"ink at the edge: {x}, {y}"
    assert all(image.pixel(x, image.height() - 2) == ground for x in range(image.width())), "nothing runs out below"
    apply_theme(app, "dark", 1.0)


def test_the_button_stands_in_the_bar_of_a_wide_window_live_or_not(window: Window) -> None:
    window.resize(1920 if QFontInfo(font()).family() == "Inter" else 2300, 1058)  # other letters are wider
    frame = window.frame
    assert frame is not None
    for source in (frame.source, Source(SourceKind.DEMO, "built-in", 7, 20.0)):
        window.topbar.show_frame(msgspec.structs.replace(frame, source=source))
        for button in window.topbar.spare:
            assert button.isVisible()
        placed = sorted((w.geometry().left(), w.geometry().right()) for w in window.topbar.children() if w.isVisible())  # type: ignore[attr-defined]
        assert all(a[1] < b[0] for a, b in pairwise(placed)), "nothing stands over another"
