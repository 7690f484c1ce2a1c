"""The chart in a real window off-screen: what it says in each state, and what mouse and keys do."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
from chart_scene import LIVE_MINUTES, NOW, Scene, order, panes, price, rule, scene, settings, zone
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontInfo, QImage, QPainter, QPixmap, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from liqdesk.engine.frames import Bars, Connection, GapView, Health, Prices, Progress, Source, SourceKind, StreamStatus
from liqdesk.insight import Chance, Spread, band_of
from liqdesk.insight.touch import calibrate, cases_of
from liqdesk.insight.volatility import MarkPath
from liqdesk.market import MINUTE_MS, ForcedOrder, Side
from liqdesk.model import cell_share
from liqdesk.model.candles import CANDLE
from liqdesk.ui import present, theme, touched
from liqdesk.ui.chart import ChartPane, gutter
from liqdesk.ui.chart.candles import blocks, paint, shape
from liqdesk.ui.chart.gutter import Label, labels
from liqdesk.ui.chart.header import candle_words, stale_words, title
from liqdesk.ui.chart.layers import Layer, radii
from liqdesk.ui.chart.menu import ChartMenu
from liqdesk.ui.chart.overlay import read
from liqdesk.ui.chart.paint import guarded, write
from liqdesk.ui.chart.places import SLIM_GUTTER
from liqdesk.ui.chart.profile import sums
from liqdesk.ui.chart.scale import Lens, log_from_price
from liqdesk.ui.chart.series import Series
from liqdesk.ui.chart.zonewords import Line, Word, forms, height, lines, room, words
from liqdesk.ui.condition import condition
from liqdesk.ui.theme import DARK

HOUR = 60 * MINUTE_MS


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


def wheel(pane: ChartPane, at: QPoint, turns: int, modifiers: Qt.KeyboardModifier) -> None:
    viewport = pane.plot.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(0, 0),
        QPoint(0, 120 * turns),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)
    pane.refresh()


def pixel(pane: ChartPane, x: float, y: float) -> QColor:
    return QColor(pane.plot.grab().toImage().pixel(round(x), round(y)))


def test_parts_stand_as_designed(make: Callable[..., ChartPane]) -> None:
    pane = make()
    widths = [w.width() for w in (pane.plot, pane.gutter, pane.axis, pane.profile)]
    assert widths == [1_500 - 208 - 80 - 160, 208, 80, 160]
    assert (pane.header.height(), pane.time_axis.height(), pane.plot.y()) == (24, 22, 24)
    assert pane.plot.geometry().right() + 1 == pane.gutter.x()
    assert pane.profile.geometry().right() + 1 == 1_500
    small = make(1_087, 660, 1_366)
    assert [w.width() for w in (small.gutter, small.axis, small.profile)] == [190, 76, 100]


def test_the_view_follows_the_market_and_holds_the_candles(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    lens = pane.state.lens
    assert lens.t1 - lens.t0 == 12 * HOUR
    assert NOW < lens.t1 < NOW + 10 * MINUTE_MS
    assert lens.low < pane.state.candles["low"].min()
    assert lens.high > pane.state.candles["high"].max()
    assert np.all(pane.state.candles["span"] == 5 * MINUTE_MS)
    pane.apply(market.frame(serial=2, venue_ms=NOW + 5 * MINUTE_MS, new_bars=()))
    pane.refresh()
    assert pane.state.lens.t1 == lens.t1 + 5 * MINUTE_MS


def test_interval_and_window(make: Callable[..., ChartPane]) -> None:
    pane = make()
    pane.set_interval(15 * MINUTE_MS)
    pane.set_window(24 * HOUR)
    pane.refresh()
    assert pane.state.lens.t1 - pane.state.lens.t0 == 24 * HOUR
    assert np.all(pane.state.candles["span"] == 15 * MINUTE_MS)
    assert title(pane.state) == "BTCUSDT perp · Binance · 15m"
    pane.set_settings(settings(timezone="Asia/Tokyo", bubble_min_usd=1.0))
    assert pane.state.settings.candle_ms == 15 * MINUTE_MS
    assert pane.state.zone == "Asia/Tokyo"


def test_wheel_zooms_time_and_with_control_price(make: Callable[..., ChartPane]) -> None:
    pane = make()
    before = pane.state.lens
    wheel(pane, QPoint(300, 200), 2, Qt.KeyboardModifier.NoModifier)
    after = pane.state.lens
    assert after.t1 - after.t0 < before.t1 - before.t0
    assert pane.state.auto_price
    held = pane.state.lens.price(200)
    wheel(pane, QPoint(300, 200), 2, Qt.KeyboardModifier.ControlModifier)
    zoomed = pane.state.lens
    assert zoomed.y1 - zoomed.y0 < after.y1 - after.y0
    assert zoomed.price(200) == pytest.approx(held, rel=1e-6)
    assert (zoomed.t0, zoomed.t1) == (after.t0, after.t1)
    assert not pane.state.auto_price
    pane.reset_price()
    pane.refresh()
    assert pane.state.auto_price


def test_drag_pans_and_double_click_returns(make: Callable[..., ChartPane], qtbot: QtBot) -> None:
    pane = make()
    before = pane.state.lens
    viewport = pane.plot.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    for step in range(1, 9):
        qtbot.mouseMove(viewport, QPoint(400 + 30 * step, 300 + 5 * step))
        qtbot.wait(5)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(640, 340))
    pane.refresh()
    panned = pane.state.lens
    assert panned.t1 < before.t1 - HOUR
    assert panned.t1 - panned.t0 == pytest.approx(before.t1 - before.t0)
    assert panned.y1 > before.y1
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    pane.refresh()
    assert pane.state.lens == before


def test_keys_drive_the_view(make: Callable[..., ChartPane], qtbot: QtBot) -> None:
    pane = make()
    before = pane.state.lens
    qtbot.keyClick(pane, Qt.Key.Key_Left)
    pane.refresh()
    assert pane.state.lens.t1 == pytest.approx(before.t1 - 0.1 * (before.t1 - before.t0))
    qtbot.keyClick(pane, Qt.Key.Key_Home)
    qtbot.keyClick(pane, Qt.Key.Key_Plus)
    pane.refresh()
    assert pane.state.lens.t1 - pane.state.lens.t0 == pytest.approx(0.8 * 12 * HOUR)
    assert pane.state.lens.t1 == pytest.approx(before.t1, abs=MINUTE_MS)
    qtbot.keyClick(pane, Qt.Key.Key_Minus)
    qtbot.keyClick(pane, Qt.Key.Key_Up)
    pane.refresh()
    assert not pane.state.auto_price


def test_a_price_out_of_view_can_be_shown(make: Callable[..., ChartPane]) -> None:
    pane = make()
    lens = pane.state.lens
    target = lens.high * 1.03
    pane.show_price(target)
    pane.refresh()
    assert pane.state.lens.high > target
    assert pane.state.lens.low == pytest.approx(lens.low)
    assert (pane.state.lens.t0, pane.state.lens.t1) == (lens.t0, lens.t1)


def test_the_crosshair_reads_the_cell_under_it(make: Callable[..., ChartPane], qtbot: QtBot, market: Scene) -> None:
    pane = make(height=1_000)
    lens = pane.state.lens
    at = QPoint(round(lens.x(NOW - 40 * MINUTE_MS)), round(lens.y(market.now.mark * 0.989)))
    qtbot.mouseMove(pane.plot.viewport(), QPoint(3, 3))
    qtbot.mouseMove(pane.plot.viewport(), at)
    qtbot.waitUntil(lambda: pane.state.hover == (at.x(), at.y()))
    reading = pane.overlay.reading
    assert reading is not None
    here = lens.price(at.y() + 0.5)
    assert reading.price == present.price(here, 1)
    assert reading.away == present.percent(here / market.now.mark - 1, 2) + " from mark"
    cell = pane.map.heat.cell(at.x(), here)
    assert cell is not None
    assert reading.long == present.usd(float(cell.planes[:5].sum()))
    assert reading.short == present.usd(float(cell.planes[5:].sum())) == "0"
    assert reading.when.endswith("UTC · 1m cell")
    assert reading.sum == present.usd(cell.to_mark[0]) + " long"
    assert sum(reading.shares) == pytest.approx(1.0)
    longs = np.concatenate([cell.planes[:5], np.zeros(5)])
    share = float(cell_share(longs, cell.shares))
    low, high = (float(v) for v in band_of(float(longs.sum()), share, Spread()))
    assert reading.long_band == present.size_band(low, high)
    assert reading.short_band == ""
    assert reading.prior.endswith(present.percent(share, 0, signed=False))
    assert reading.prior.startswith("mostly") == (share > 0.5)
    value = pane.cell_value(lens.time(at.x() + 0.5), here)
    assert value == pytest.approx(float(cell.planes.sum()), rel=1e-5)
    card = pane.overlay.card_rect()
    assert not card.contains(QPointF(at))
    assert card.top() > at.y()  # below price: the card opens away from it
    letters = dict(candle_words(pane.state))
    moment = lens.time(at.x())
    row = next(c for c in pane.state.candles if c["t"] <= moment < c["t"] + c["span"])
    assert letters["C"] == present.price(float(row["close"]), 1)
    assert pane.overlay.isVisible()
    pane.plot.pointed.emit(None)
    assert pane.overlay.isHidden()
    assert pane.overlay.reading is None


def test_the_card_flips_rather_than_cover_the_newest_candles(make: Callable[..., ChartPane]) -> None:
    pane = make()
    lens = pane.state.lens
    newest = lens.x(float(pane.state.candles["t"][-20]))
    for x in (newest - 40.0, lens.width - 10.0):
        pane.plot.pointed.emit((x, 300.0))
        assert pane.overlay.card_rect().right() < x
    pane.plot.pointed.emit((200.0, lens.height - 20.0))
    assert pane.overlay.card_rect().bottom() < lens.height - 20


def test_a_side_switched_off_is_said_to_be_off(make: Callable[..., ChartPane]) -> None:
    pane = make()
    pane.set_selection({25}, "long")
    cell = pane.map.heat.cell(600, pane.state.mark * 0.98)
    reading = read(pane.state, pane.state.mark * 0.98, NOW - HOUR, cell)
    assert reading.short == "off"
    assert reading.classes == "25× 100 %"
    empty = read(pane.state, 1.0, NOW - HOUR, None)
    assert (empty.long, empty.classes) == ("–", "no estimate here")


def test_demo_wears_its_ribbon_and_accent(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make(source=Source(SourceKind.DEMO, "127.0.0.1:5000", 7, 20.0))
    assert pane.ribbon.isVisible()
    assert pane.ribbon.text == "DEMO  ·  simulated market, not Binance  ·  seed 7  ·  20× speed"
    assert pane.plot.y() == 24 + 26
    assert pane.axis.tags()[0][2] == DARK.demo
    assert "Binance" not in title(pane.state)
    image = pane.ribbon.grab().toImage()
    assert QColor(image.pixel(image.width() // 2 - 190, 3)).name().upper() == DARK.demo
    pane.apply(market.frame(serial=2, new_bars=()))
    pane.refresh()
    assert pane.ribbon.isHidden()
    assert pane.plot.y() == 24
    assert pane.axis.tags()[0][2] == DARK.live


def test_other_sources_are_never_called_live(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make(source=Source(SourceKind.CUSTOM, "example.net:8443"))
    assert pane.ribbon.text == "NOT BINANCE  ·  example.net:8443"
    assert "example.net:8443" in title(pane.state)
    pane.apply(market.frame(serial=2, source=Source(SourceKind.HISTORY, ""), new_bars=()))
    pane.refresh()
    assert pane.ribbon.text == f"HISTORY  ·  to {present.iso_minute(NOW)}, nothing is live"
    assert not pane.state.live


def test_stale_loses_hue_and_offers_one_button(make: Callable[..., ChartPane], qtbot: QtBot, market: Scene) -> None:
    lost = Connection(Health.STALE, None, "Connection reset by the venue.", 8.0, 2, ())
    pane = make(connection=lost, streams=(StreamStatus("mark", 41.2, 5.0, 0.0, 0),))
    assert pane.banner.isVisible()
    assert pane.banner.words() == (
        "No mark price for 41 s. Nothing below is current.",
        "Connection reset by the venue. Attempt 3 in 8 s.",
    )
    pixels = pane.plot.heat.pixels
    parts = [((pixels >> s) & 255).astype(int) for s in (16, 8, 0)]
    assert np.max(np.max(parts, axis=0) - np.min(parts, axis=0)) <= 12
    assert pane.axis.tags()[0][2] == DARK.text3
    with qtbot.waitSignal(pane.retry):
        qtbot.mouseClick(pane.banner.button, Qt.MouseButton.LeftButton)
    pane.apply(market.frame(serial=2, new_bars=()))
    pane.refresh()
    assert pane.banner.isHidden()
    parts = [((pane.plot.heat.pixels >> s) & 255).astype(int) for s in (16, 8, 0)]
    assert np.max(np.max(parts, axis=0) - np.min(parts, axis=0)) > 60


def test_a_feed_that_never_spoke_is_told_from_one_that_stopped(market: Scene) -> None:
    down = Connection(Health.DOWN, None, "", None, 0, ())
    assert stale_words(market.frame(connection=down)) == (
        "No mark price yet. Nothing below is current.",
        "The connection is lost.",
    )


def test_the_card_of_a_stale_feed_says_nothing_twice(market: Scene) -> None:
    sentence = "No mark price for 41 s. Nothing below is current. The venue sends nothing."
    stale = Connection(Health.STALE, None, sentence, 8.0, 2, ())
    head, tail = stale_words(market.frame(connection=stale))
    assert head.endswith("Nothing below is current.")
    assert tail == "The venue sends nothing. Attempt 3 in 8 s."


@pytest.mark.parametrize("left", [0.2, 7.1, 7.5, 7.9, 12.0])
def test_card_and_pill_count_the_same_seconds(market: Scene, left: float) -> None:
    down = market.frame(connection=Connection(Health.DOWN, None, "The line is cut.", left, 2, ()))
    assert stale_words(down)[1] == f"The line is cut. Attempt 3 in {math.ceil(left)} s."
    assert condition(down).text.endswith(f"retry in {math.ceil(left)} s")


def test_loading_says_which_page(make: Callable[..., ChartPane]) -> None:
    pane = make(progress=Progress(3, 12, "Loading 15m candles, page 3 of 12"))
    image = pane.header.grab().toImage()
    edge = image.width() - pane.header.profile_width
    line = [QColor(image.pixel(x, image.height() - 1)).name().upper() == DARK.text2 for x in range(edge)]
    assert sum(line) == pytest.approx(edge / 4, abs=2)


def inner(widget: QWidget) -> np.ndarray:
    """Return a widget's pixels without the rules at its sides."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    return pixels[:, 1:-1].copy()


def test_an_empty_plot_says_what_it_waits_for(make: Callable[..., ChartPane], market: Scene) -> None:
    unknown = Prices(math.nan, math.nan, math.nan, math.nan, 0)
    pane = make(
        epoch=3,
        new_bars=(),
        now=None,
        published=(),
        prices=unknown,
        progress=Progress(0, 30, "Loading 15m candles, page 1 of 30"),
    )
    assert pane.state.note == "Loading 15m candles, page 1 of 30"
    middle = inner(pane.plot)[pane.plot.height() // 2 - 8 : pane.plot.height() // 2 + 8]
    assert len(np.unique(middle)) > 8, "it is read in the middle"
    assert len(np.unique(inner(pane.axis))) == 1, "no price is known: none is named"
    pane.pointing.point((40.0, 60.0))
    assert pane.hand.pointed_price() is None
    pane.plot.pan(0.0, 40.0)
    pane.plot.zoom_price(0.5, 60.0)
    pane.refresh()
    assert not pane.state.lens.valid, "no price range comes from dragging"
    assert not pane.map.dirty, "what is below waits for no picture"
    pane.apply(market.frame(epoch=3, serial=2, published=()))
    pane.refresh()
    assert pane.state.note == ""
    assert len(np.unique(inner(pane.axis))) > 8
    assert pane.hand.pointed_price() is not None


def test_a_stretch_without_candles_keeps_the_prices_and_another_market_does_not(
    make: Callable[..., ChartPane], market: Scene
) -> None:
    pane = make()
    lens = pane.state.lens
    away = 400 * lens.width  # far before the oldest candle, as far as it goes
    pane.plot.pan(away, 0.0)
    pane.refresh()
    assert not len(pane.state.candles)
    assert (pane.state.lens.y0, pane.state.lens.y1) == (lens.y0, lens.y1)
    unknown = Prices(math.nan, math.nan, math.nan, math.nan, 0)
    pane.apply(market.frame(epoch=9, serial=1, new_bars=(), now=None, published=(), prices=unknown))
    pane.refresh()
    assert not pane.state.lens.valid


def test_alert_lines_have_a_tag_and_come_back_at_the_axis(make: Callable[..., ChartPane], market: Scene) -> None:
    at = market.now.mark * 1.011
    pane = make(rules=(rule(at), rule(at, id="b", enabled=False), rule(at, id="c", symbol="ETHUSDT")))
    assert len(pane.state.alerts) == 1
    assert present.price(at, 1) in [text for _, text, *_ in pane.axis.tags()]
    y = round(pane.state.lens.y(at))
    near = pixel(pane, 12, y)
    assert near != pixel(pane, 12, y - 30)
    tick = pane.gutter.grab().toImage().pixel(pane.gutter.width() - 2, y)
    assert QColor(tick).name().upper() == DARK.text1


def test_tags_never_overlap(make: Callable[..., ChartPane], market: Scene) -> None:
    m = market.now.mark
    pane = make(rules=tuple(rule(m * (1 + d), id=str(d)) for d in (0.0002, 0.0004, -0.0003, 0.0006)))
    tags = pane.axis.tags()
    assert tags[0][1] == present.price(m + 3.0, 1)
    assert tags[0][0] == pytest.approx(pane.state.lens.y(m + 3.0))
    rows = sorted(t[0] for t in tags)
    assert all(b - a >= 18.0 for a, b in itertools.pairwise(rows))


def test_gutter_labels_the_largest_zones_apart(make: Callable[..., ChartPane], market: Scene) -> None:
    m = market.now.mark
    zones = tuple(
        zone(Side.SHORT if k > 0 else Side.LONG, m * (1 + k * 0.0016), m * (1 + k * 0.0016) + 60, 1e5 * abs(k), m)
        for k in (12, 11, 10, 9, 8, 7, -7, -8, -9, -10, -11)
    )
    pane = make(zones=zones)
    found = labels(pane.state, pane.gutter.height())
    assert len(found) == 8
    assert {abs(f.zone.usd) for f in found} == {f.usd for f in sorted(zones, key=lambda z: -z.usd)[:8]}
    rows = [f.centre for f in found]
    assert all(b - a >= 36 - 1e-6 for a, b in itertools.pairwise(rows))
    assert all(f.top <= pane.state.lens.y(f.zone.peak) <= f.bottom for f in found)
    text = words(zones[0], pane.state)
    assert text == (
        present.price_range(zones[0].low, zones[0].high, 1),
        present.percent(zones[0].distance),
        "short",
        "$1.2M",
        "±840K",
    )
    risen = tuple(msgspec.structs.replace(z, z=1.2) if z.usd > 9e5 else z for z in zones)
    sure = labels(make(zones=risen).state, pane.gutter.height())
    assert sum(f.zone.significant for f in sure) == 6, "what is significant is named before what is larger"
    pane.set_selection({5, 10, 25, 50, 100}, "long")
    assert {f.zone.side for f in labels(pane.state, pane.gutter.height())} == {Side.LONG}
    small = make(1_087, 660, 1_366, zones=zones)
    assert len(labels(small.state, small.gutter.height())) == 6


def test_a_label_tells_its_touch_odds(make: Callable[..., ChartPane], market: Scene) -> None:
    m = market.now.mark
    chance = Chance((0.12, 0.31, 0.62), (0.1, 0.28, 0.58), (0.14, 0.34, 0.66))
    one = msgspec.structs.replace(zone(Side.SHORT, m * 1.01, m * 1.02, 5.1e6, m), touch=chance)
    curves = calibrate(cases_of((), MarkPath(0, np.zeros(0), np.zeros(0), np.zeros(0))))
    pane = make(zones=(one,), odds=curves)
    centre = labels(pane.state, pane.gutter.height())[0].centre
    words = pane.gutter.tip_at(centre + 3)
    assert "1 h 12 % [10–14 %] · 4 h 31 % [28–34 %] · 24 h 62 % [58–66 %]" in words
    assert pane.gutter.tip_at(centre + 200) == gutter.TIP
    assert pane.gutter.tip_at(centre) == words
    with_odds = pane.gutter.grab().toImage()
    plain = make(zones=(msgspec.structs.replace(one, touch=None),)).gutter.grab().toImage()
    assert with_odds != plain


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5])
def test_words_of_a_gutter_label_never_touch(
    make: Callable[..., ChartPane], market: Scene, monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    """In whatever font this machine has, at the compact width, everything is said: in a third line where two have no room."""
    written: list[tuple[float, float, float]] = []  # row, left and right of the words
    said: list[str] = []

    def spy(p: QPainter, rect: QRectF, text: str, ink: str, size: int, weight: int, align: str = "left") -> None:
        width = theme.text_width(text, size, weight)
        left = rect.right() - width if align == "right" else rect.left()
        written.append((rect.top(), left, left + width))
        said.append(text)
        write(p, rect, text, ink, size, weight, align)

    monkeypatch.setattr(gutter, "write", spy)
    one = zone(Side.LONG, 118_418.0, 119_287.0, 3.6e9, market.now.mark)
    one = msgspec.structs.replace(one, touch=Chance((0.12, 0.31, 0.62), (0.1, 0.28, 0.58), (0.14, 0.34, 0.66)))
    pane = make(1_087, 660, 1_366, zones=(one,))
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_theme(app, "dark", scale)
    QApplication.sendEvent(pane, QEvent(QEvent.Type.PaletteChange))
    label = Label(one, 100.0, 160.0, 130.0, lines([one], pane.state, room(pane.gutter.width(), True))[0])
    count = len(label.said)
    picture = QPixmap(pane.gutter.size())
    painter = QPainter(picture)
    pane.gutter._label(painter, label)
    painter.end()
    assert set(words(one, pane.state)) < set(said)
    assert len(said) == 6
    assert said[-1] == "touch 4 h 31 %"
    assert len({row for row, _, _ in written}) == count
    assert max(row for row, _, _ in written) + 15 * scale <= 130.0 + height(count) / 2
    assert pane.gutter.width() == round(190 * scale)
    for row, left, right in written:
        assert 0 <= left < right <= pane.gutter.width()
        for other, begin, end in written:
            assert (row, left, right) == (other, begin, end) or row != other or right <= begin or end <= left
    theme.apply_theme(app, "dark", 1.0)


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("odds", [0.001, 0.02, 0.28, 0.999])
def test_odds_in_a_label_are_never_without_their_word(
    make: Callable[..., ChartPane], market: Scene, scale: float, odds: float
) -> None:
    """In a gutter of any width that there is: range, distance, size and odds are those of the zone, and all of them have room."""
    m = market.now.mark
    chance = Chance((0.0, odds, 1.0), (0.0, 0.0, 1.0), (0.0, 1.0, 1.0))
    one = msgspec.structs.replace(zone(Side.SHORT, m * 1.01, m * 1.02, 5.1e6, m), touch=chance)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    pane = make(zones=(one,))
    theme.apply_theme(app, "dark", scale)
    whole = f"touch 4 h {touched.percent(odds)}"
    span, away, side, usd, band = words(one, pane.state)
    left_out = []
    ours = (
        QFontInfo(theme.font(11)).family().startswith("Inter")
    )  # a wider one stands in for it where it is not installed
    for width in range(SLIM_GUTTER, 209, 4):
        wide = room(round(width * scale), width < 208)
        found = lines([one], pane.state, wide)[0]
        assert all(line.wide() <= wide for line in found), width
        said = [word.text for line in found for word in (*line.left, *line.right)]
        hours = any(all(line.wide() <= wide for line in form) for form in forms(one, pane.state)[:3])
        assert said[-1] == (whole if hours or said[-1] == whole else f"touch {touched.percent(odds)}"), width
        assert said[-1] == whole or width < 180 or not ours, width
        assert {away, usd} <= set(said)
        size = [Word(side, "side", 11, 600), Word(usd, "plain", 11, 600)]
        assert side in said or (Line(tuple(size), ()).wide() > wide and "S" in said), (
            "the letter for want of room alone"
        )
        left_out.append({span, band} - set(said))
    assert not any(left_out[-8:])
    none = msgspec.structs.replace(one, touch=None)
    assert "touch" not in str(lines([none], pane.state, wide))
    small = msgspec.structs.replace(one, usd=1e3, touch=Chance((0.0, 0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 1.0, 1.0)))
    for width in range(SLIM_GUTTER, 209, 4):
        both = lines([one, small], pane.state, room(round(width * scale), width < 208))
        assert ["4 h" in str(label) for label in both] in ([True, True], [False, False]), "labels stay alike"
        shapes = [[(len(line.left), len(line.right)) for line in label] for label in both]
        assert shapes[0] == shapes[1]
    theme.apply_theme(app, "dark", 1.0)


def test_labels_that_have_no_room_over_one_another_are_the_smallest(
    make: Callable[..., ChartPane], market: Scene
) -> None:
    m = market.now.mark
    zones = tuple(zone(Side.SHORT, m * (1 + k * 0.002), m * (1 + k * 0.002) + 60, 1e5 * k, m) for k in range(2, 10))
    chance = Chance((0.1, 0.3, 0.6), (0.1, 0.2, 0.5), (0.2, 0.4, 0.7))
    pane = make(zones=tuple(msgspec.structs.replace(z, touch=chance) for z in zones))
    lens = pane.state.lens
    for tall in range(60, pane.gutter.height() + 1, 20):
        seen = sorted(z.usd for z in pane.state.zones if lens.y(z.low) > 2 and lens.y(z.high) < tall - 2)
        found = labels(pane.state, tall, pane.gutter.width())
        high = height(3)
        assert len(found) == min(len(seen), max(1, int((tall + 2) // (high + 4))))
        assert [len(one.said) for one in found] == [3] * len(found)
        assert not found or found[0].centre - high / 2 >= 1
        assert not found or found[-1].centre + high / 2 <= tall - 1
        assert all(b.centre - a.centre >= high + 4 - 1e-6 for a, b in itertools.pairwise(found))
        assert sorted(one.zone.usd for one in found) == seen[len(seen) - len(found) :]
    assert len(found) == 8


def test_profile_adds_up_what_the_frame_holds(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    found = sums(pane.state, market.now)
    assert found is not None
    now = market.now
    first = found.first_bin - now.base
    count = found.classes.shape[1]
    both = now.usd[:5] + now.usd[5:]
    assert np.allclose(found.classes, both[:, first : first + count], rtol=1e-6)
    assert found.long[0] == pytest.approx(float(now.usd[:5, first : first + count].sum()), rel=1e-5)
    assert found.short[-1] == pytest.approx(float(now.usd[5:, first : first + count].sum()), rel=1e-5)
    assert np.all(np.diff(found.long) <= 1e-6)
    assert np.all(np.diff(found.short) >= -1e-6)
    assert pane.shown()["profile_long_usd"] == pytest.approx(found.long[0])
    pane.set_selection({100}, "short")
    pane.refresh()
    alone = sums(pane.state, market.now)
    assert alone is not None
    assert not alone.classes[:4].any()
    assert not alone.long.any()


def test_the_menu_offers_alerts(make: Callable[..., ChartPane], qtbot: QtBot, market: Scene) -> None:
    m = market.now.mark
    here = zone(Side.SHORT, m * 1.010, m * 1.014, 9e5, m)
    pane = make(zones=(here,))
    menu = pane.pointing.menu_at(m * 1.012)
    texts = [a.text() for a in menu.actions() if a.text()]
    assert texts[0] == f"Alert when price crosses {present.price(round(m * 1.012), 0)}"
    assert texts[1].startswith("Alert near this zone, ")
    assert texts[2] == f"What if price goes to {present.price(round(m * 1.012), 0)}"
    assert texts[3].startswith("Set my position here, ")
    assert texts[4] == f"Keep a line at {present.price(round(m * 1.012), 0)}"
    assert texts[5] == "Reset view"
    with qtbot.waitSignal(pane.alert_price) as asked:
        menu.actions()[0].trigger()
    assert asked.args == [float(round(m * 1.012))]
    with qtbot.waitSignal(pane.alert_zone) as asked:
        menu.actions()[1].trigger()
    assert asked.args == [here]
    assert len([a for a in pane.pointing.menu_at(m * 1.02).actions() if a.text()]) == 5
    menu.deleteLater()


def test_right_click_opens_the_menu(
    make: Callable[..., ChartPane], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QPoint] = []
    monkeypatch.setattr(ChartMenu, "popup", lambda menu, at: opened.append(at))
    pane = make()
    viewport = pane.plot.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.RightButton, pos=QPoint(300, 200))
    qtbot.waitUntil(lambda: len(opened) == 1)
    assert opened == [viewport.mapToGlobal(QPoint(300, 200))]


def test_bubbles_grow_with_the_root_of_usd_and_stand_beside_the_candle(
    make: Callable[..., ChartPane], market: Scene
) -> None:
    assert radii(np.array([0.0, 5e6, 9e9])).tolist() == [1.5, 11.0, 11.0]
    small, twice = radii(np.array([2e5, 8e5])).tolist()
    assert twice == pytest.approx(2 * small)
    moment = NOW - 3 * HOUR
    mid = price(moment)
    forced = (
        order(Side.SHORT, moment, mid, 2e6),
        order(Side.LONG, moment, mid, 8e5),
        order(Side.LONG, moment, mid, 149_000.0),
        order(Side.LONG, moment, mid, 9e6, "ETHUSDT"),
    )
    pane = make(new_forced=forced)
    discs = pane.plot.bubbles.placed()
    assert [round(r, 3) for _, _, r, _ in discs] == [round(r, 3) for r in radii(np.array([2e6, 8e5])).tolist()]
    candle = next(c for c in pane.state.candles if c["t"] <= moment < c["t"] + c["span"])
    lens = pane.state.lens
    for x, y, r, side in discs:
        assert x == pytest.approx(lens.x(moment))
        if side == Side.SHORT:
            assert y + r < lens.y(float(candle["high"]))
        else:
            assert y - r > lens.y(float(candle["low"]))
    big = next(d for d in discs if d[3] == Side.SHORT)
    assert _near(pixel(pane, big[0], big[1]), DARK.short, 26)
    pane.set_settings(settings(bubble_min_usd=1.0))
    assert len(pane.plot.bubbles.placed()) == 3


def test_gaps_are_hatched_and_carry_no_heat(make: Callable[..., ChartPane], market: Scene) -> None:
    gap = GapView(NOW - 6 * HOUR, NOW - 5 * HOUR, "trades", "no trades")
    pane = make(gaps=(gap,))
    lens = pane.state.lens
    x0, x1 = round(lens.x(gap.from_ms)) + 2, round(lens.x(gap.to_ms)) - 2
    image = pane.plot.grab().toImage()
    y = round(lens.y(market.now.mark * 1.022))
    inside = {QColor(image.pixel(x, y)).lightness() for x in range(x0, x1)}
    assert max(inside) < 60
    assert len(inside) > 1  # hairlines, not a flat block


def test_back_computed_rule_is_drawn_to_its_tick(make: Callable[..., ChartPane]) -> None:
    pane = make()
    x = round(pane.state.lens.x(NOW - LIVE_MINUTES * MINUTE_MS))
    assert pixel(pane, x - 40, 0).name().upper() == DARK.text2
    assert pixel(pane, x - 1, 5).name().upper() == DARK.text2
    assert pixel(pane, x + 40, 0).name().upper() != DARK.text2


def test_candles_are_drawn_with_their_ring(make: Callable[..., ChartPane]) -> None:
    pane = make()
    s = pane.state
    found = shape(s.candles, s.lens, s.settings.candle_ms)
    tall = [i for i in range(20, len(s.candles) - 20) if found.bottom[i] - found.top[i] >= 5]
    ups = [i for i in tall if found.up[i]]
    downs = [i for i in tall if not found.up[i]]
    assert ups
    assert downs
    image = pane.plot.grab().toImage()
    for group, body in ((ups[:6], DARK.up), (downs[:6], DARK.down)):
        for i in group:
            x, y = int(found.centre[i]), int((found.top[i] + found.bottom[i]) / 2)
            assert QColor(image.pixel(x, y)).name().upper() == body


@pytest.mark.parametrize(("days", "most"), [(0.4, 1.0), (2.0, 3.0), (6.0, 1.5)])
def test_pitch_decides_between_candles_bars_and_a_line(days: float, most: float) -> None:
    rows = np.zeros(int(days * 288), CANDLE)
    rows["t"] = np.arange(len(rows)) * 300_000
    rows["span"] = 300_000
    rows["open"], rows["close"], rows["high"], rows["low"] = 100.0, 101.0, 102.0, 99.0
    view = Lens(0.0, days * 86_400_000, log_from_price(95.0), log_from_price(106.0), 600.0, 300.0)
    made = shape(rows, view, 300_000)
    assert np.all(made.body % 2 == 1)
    assert np.all(made.top < made.bottom)
    picture = QPixmap(600, 300)
    picture.fill(QColor("#FF0000"))
    painter = QPainter(picture)
    paint(painter, [made], [blocks(made, DARK, False)], DARK)
    painter.end()
    image = picture.toImage()
    high = round(view.y(102.0))
    columns = sum(QColor(image.pixel(x, high + 1)).name().upper() == DARK.up for x in range(600))
    if made.pitch < 1.5:
        assert columns == 0  # a close line touches no high
        middle = round(view.y(101.0))
        assert _near(QColor(image.pixel(300, middle)), DARK.up, 60)
    elif made.pitch < 3.0:
        assert columns == len(rows)
        assert QColor(image.pixel(int(made.centre[50]), round(view.y(100.5)))).name().upper() == DARK.up
    else:
        assert columns == len(rows)
        left = int(made.centre[5] - (made.body[5] - 1) / 2)
        assert QColor(image.pixel(left, int(made.top[5]) + 1)).name().upper() == DARK.up


def test_newest_candle_moves_with_its_bars(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    row = market.bars[-1:].copy()
    row["close"] += 25.0
    row["high"] += 50.0
    frame = market.frame(serial=2)
    pane.apply(msgspec.structs.replace(frame, new_bars=(msgspec.structs.replace(frame.new_bars[0], rows=row),)))
    pane.refresh()
    assert pane.state.candles["close"][-1] == row["close"][0]
    assert dict(candle_words(pane.state))["C"] == present.price(float(row["close"][0]), 1)


def test_hidden_it_rests(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    pane.hide()
    version = pane.map.version
    pane.apply(market.frame(serial=2, new_bars=()))
    assert not pane._timer.isActive()
    assert pane.map.version == version


def test_nothing_is_painted_anew_when_nothing_changed(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    version = pane.map.version
    for serial in range(2, 6):
        pane.apply(market.frame(serial=serial, new_bars=()))
        pane.refresh()
    assert pane.map.version == version


@pytest.mark.expects_log("one_that_breaks failed")
def test_a_paint_that_breaks_is_logged_once_and_contained() -> None:
    calls: list[int] = []

    @guarded
    def one_that_breaks() -> None:
        calls.append(1)
        raise ValueError("broken")

    one_that_breaks()
    one_that_breaks()
    assert len(calls) == 2


def test_layers_guard_themselves_before_data() -> None:
    assert all(hasattr(cls.paint, "__wrapped__") for cls in (Layer,))


def _near(a: QColor, b: str, slack: int) -> bool:
    c = QColor(b)
    return math.dist((a.red(), a.green(), a.blue()), (c.red(), c.green(), c.blue())) <= slack


def test_candles_patched_at_the_end_equal_candles_made_anew(market: Scene) -> None:
    patched, bars = Series(), market.bars
    span = (5 * MINUTE_MS, float(NOW - 6 * HOUR), float(NOW + HOUR))
    patched.update((Bars(MINUTE_MS, bars[:-20]),))
    first = patched.rows(*span)
    assert patched.rows(*span) is first
    for i in range(len(bars) - 20, len(bars)):
        half = bars[i : i + 1].copy()
        half["close"] = half["open"]
        for rows in (half, bars[i : i + 1]):
            patched.update((Bars(MINUTE_MS, rows),))
            whole = Series()
            whole.update((Bars(MINUTE_MS, bars[:i]), Bars(MINUTE_MS, rows)))
            assert np.array_equal(patched.rows(*span), whole.rows(*span))
    late = bars[-100:-99].copy()
    late["high"] += 500.0
    patched.update((Bars(MINUTE_MS, late),))
    assert patched.rows(*span)["high"].max() == late["high"][0]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_painted_in_parts_equals_what_is_painted_at_once(
    make: Callable[..., ChartPane], market: Scene, qtbot: QtBot, seed: int
) -> None:
    """The pixels on the screen, after many partial repaints at odd moments, against the same window painted in one go."""
    pane = make(window=1_500)
    chance = np.random.default_rng(seed)
    screen = pane.screen()
    mark = market.now.mark
    steady = mark
    parts = (pane.plot.viewport(), pane.gutter, pane.profile, pane.axis, pane.header)
    for serial in range(2, 60):
        bar = market.bars[-1:].copy()
        bar["close"] += chance.uniform(-60, 60)
        bar["high"], bar["low"] = np.maximum(bar["high"], bar["close"]), np.minimum(bar["low"], bar["close"])
        bars = (Bars(MINUTE_MS, bar),) if chance.random() < 0.4 else ()
        now = msgspec.structs.replace(market.now, usd=market.now.usd * np.float32(chance.uniform(0.5, 1.5)))
        printed: tuple[ForcedOrder, ...] = ()
        if chance.random() < 0.3:  # now and then one that comes late
            at, side = NOW - int(chance.integers(0, 2) * chance.integers(40 * MINUTE_MS)), Side(int(chance.integers(2)))
            printed = (order(side, at, mark, float(chance.uniform(2e5, 6e6))),)
        one = market.frame(
            serial=serial, new_bars=bars, now=now if chance.random() < 0.4 else market.now, new_forced=printed
        )
        last = float(mark + chance.uniform(-120, 120))
        pane.apply(msgspec.structs.replace(one, prices=msgspec.structs.replace(one.prices, last=last)))
        for _ in range(int(chance.integers(0, 3))):
            part = parts[int(chance.integers(len(parts)))]
            x, y = int(chance.integers(part.width())), int(chance.integers(part.height()))
            part.repaint(x, y, int(chance.integers(1, 200)), int(chance.integers(1, 200)))
        if chance.random() < 0.5:  # the price is back before anything was brought up to date
            pane.apply(msgspec.structs.replace(one, prices=msgspec.structs.replace(one.prices, last=steady)))
        else:
            steady = last
        if chance.random() < 0.6:
            pane.refresh()
            QApplication.processEvents()
    pane.refresh()
    QApplication.processEvents()
    seen = screen.grabWindow(pane.window().winId()).toImage()
    pane.window().repaint()
    for part in pane.window().findChildren(QWidget):
        if part.isVisible():
            part.repaint()
    fresh = screen.grabWindow(pane.window().winId()).toImage()
    assert not seen.isNull()
    assert differing(seen, fresh) == []


def differing(a: QImage, b: QImage) -> list[tuple[int, int]]:
    """Return some (x, y) where two pictures differ."""
    assert a.size() == b.size()
    one, two = (
        np.frombuffer(i.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint32).reshape(i.height(), -1)
        for i in (a, b)
    )
    return [(int(x), int(y)) for y, x in np.argwhere(one != two)[:5]]


def test_the_parts_around_the_plot_take_turns_and_none_is_left_behind(
    make: Callable[..., ChartPane], market: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = make()
    done: list[str] = []
    for name in ("header", "gutter", "axis", "time_axis", "corner"):
        part = getattr(pane, name)
        monkeypatch.setattr(part, "sync", lambda name=name, sync=part.sync: (done.append(name), sync())[1])
    panes = pane.panes.sync
    monkeypatch.setattr(pane.panes, "sync", lambda *a: (done.append("panes"), panes(*a))[1])
    pane.apply(market.frame(serial=2, new_bars=()))
    beats = []
    for _ in range(20):
        done.clear()
        pane._bring(True)
        beats.append(tuple(done))
        if not pane._waiting:
            break
    assert {name for beat in beats for name in beat} == {"header", "gutter", "axis", "time_axis", "corner", "panes"}
    assert all(len(set(beat) - {"axis"}) <= 2 for beat in beats)
    pane.apply(market.frame(serial=3, new_bars=()))
    pane._everything()  # what the user did shows everywhere at once
    done.clear()
    pane._bring(True)
    assert set(done) == {"header", "gutter", "axis", "time_axis", "corner", "panes"}
