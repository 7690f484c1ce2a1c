"""The panes beneath the chart in a real window off-screen: what they say against what the model holds, and what hands do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
from chart_scene import NOW, Scene, panes, scene, settings
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from liqdesk.engine.frames import Bars, Connection, FundingView, GapView, Health
from liqdesk.engine.gathering import MINUTE_USD
from liqdesk.engine.series import DayForced, SeriesView
from liqdesk.insight.rsi import rsi
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.market.rows import FUNDING, INTEREST
from liqdesk.settings import PANES
from liqdesk.ui import present
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.chart.panes.subpane import SubPane

FIVE = 5 * MINUTE_MS
SINCE = NOW - 9 * HOUR_MS
GAP = (NOW - 4 * HOUR_MS, NOW - 3 * HOUR_MS)
ALL = tuple(PANES)


def traded(market: Scene) -> np.ndarray:
    """The scene's candles with a volume and a takers' part that differ from minute to minute."""
    rows = market.bars.copy()
    chance = np.random.default_rng(2)
    rows["volume"] = chance.uniform(5, 50, len(rows))
    rows["taker_buy"] = rows["volume"] * chance.uniform(0.3, 0.7, len(rows))
    return rows


def view(seed: int = 3, whole: bool = False) -> SeriesView:
    chance = np.random.default_rng(seed)
    t = NOW - 30 * HOUR_MS - NOW % FIVE + np.arange(0, 30 * HOUR_MS, FIVE)
    interest = np.zeros(len(t), INTEREST)
    interest["t"], interest["contracts"] = t, 80_000 + np.cumsum(chance.normal(0, 30, len(t)))
    interest["usd"] = interest["contracts"] * 67_000.0
    rates = np.zeros(50, FUNDING)
    rates["t"], rates["rate"] = NOW - np.arange(50)[::-1] * MINUTE_MS, 1e-4 + chance.normal(0, 2e-5, 50)
    minutes = np.zeros(400, MINUTE_USD)
    minutes["t"] = np.sort(chance.choice(np.arange(SINCE, NOW, MINUTE_MS), 400, replace=False)) // MINUTE_MS * MINUTE_MS
    minutes["long"], minutes["short"] = chance.lognormal(11, 1, 400), chance.lognormal(11, 1, 400)
    minutes["long"][::3], minutes["short"][1::3] = 0.0, 0.0
    day = DayForced(7.9e6, 16.9e6, SINCE, GAP[1] - GAP[0])
    if whole:
        day = DayForced(7.9e6, 16.9e6, NOW - DAY_MS, 0)
    return SeriesView(interest, rates, (minutes[:390], minutes[390:]), SINCE, (GAP,), day)


def funding() -> FundingView:
    history = tuple((NOW - (k * 8 + 3) * HOUR_MS, 1e-5 * (k + 1) * (-1) ** k) for k in range(20, -1, -1))
    return FundingView(-2.5e-5, 8, NOW + 5 * HOUR_MS, history)


@pytest.fixture(scope="module")
def market() -> Scene:
    found = scene()
    found.bars = traded(found)
    return found


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    """Make charts that keep what is chosen on them, as a window does, with every pane shown."""
    building = panes(qtbot, market)
    build = next(building)

    def whole(window: int = 1_920, shown: tuple[str, ...] = ALL, **changes: object) -> ChartPane:
        width, height = (1_500, 1_000) if window >= 1_600 else (1_087, 700)
        chart = build(width, height, window, **{"series": view(), "funding": funding(), **changes})
        chart.set_settings(settings(panes=shown))
        chart.panes.chosen.connect(lambda fields: keep(chart, **fields))
        chart.refresh()
        return chart

    yield whole
    next(building, None)


def keep(chart: ChartPane, **fields: object) -> None:
    chart.set_settings(msgspec.structs.replace(chart.state.settings, **fields))
    chart.refresh()


def words(chart: ChartPane, name: str) -> dict[str, dict[str, object]]:
    return chart.shown()["panes"][name]["words"]  # type: ignore[index,no-any-return]


def at(chart: ChartPane, name: str, time_ms: float) -> list[str]:
    return [text for _, text in chart.panes.panes[name].tag_rows(time_ms)]


# -- figures -------------------------------------------------------------------------------------------------------------


def test_liquidations_are_the_sums_of_their_minutes_by_candle(make: Callable[..., ChartPane]) -> None:
    chart = make()
    held = np.concatenate(view().liquidations)
    candles = chart.state.candles
    long, short = [], []
    for row in candles:
        inside = held[(held["t"] >= row["t"]) & (held["t"] < row["t"] + row["span"])]
        long.append(inside["long"].sum())
        short.append(inside["short"].sum())
        if row["t"] >= SINCE:
            middle = float(row["t"]) + FIVE / 2
            assert at(chart, "liquidations", middle) == [present.usd(short[-1]), present.usd(long[-1])]
    assert sum(long) + sum(short) == pytest.approx(held["long"].sum() + held["short"].sum())
    pane = chart.panes.panes["liquidations"]
    assert (pane.course.high, pane.course.low) == pytest.approx((max(short), -max(long)))
    assert pane.shown()["scale"] == [present.usd(max(short)), present.usd(max(long)), "0"]
    up, down = pane.course.marks
    assert (up.ink, down.ink) == ("short", "long")
    np.testing.assert_allclose(up.top, short)  # type: ignore[union-attr]
    np.testing.assert_allclose(down.top, np.negative(long))  # type: ignore[union-attr]


def test_the_days_liquidations_say_since_when_they_are_a_floor(make: Callable[..., ChartPane], market: Scene) -> None:
    chart = make()
    told = words(chart, "liquidations")
    assert told["24 h short"] == {"text": "16.9M", "value": 16.9e6}
    assert told["24 h long"] == {"text": "7.9M", "value": 7.9e6}
    assert list(told)[2] == f"a floor since {present.hour_minute(SINCE)}"
    assert "a floor: the venue prints one order per second" in str(chart.panes.panes["liquidations"].note)
    for day, remark in (
        (DayForced(1.0, 2.0, NOW - DAY_MS, HOUR_MS), "1 h missing"),
        (DayForced(1.0, 2.0, NOW - DAY_MS, 0), "a floor"),
    ):
        chart.apply(market.frame(serial=2, series=msgspec.structs.replace(view(), day=day)))
        chart.refresh()
        assert list(words(chart, "liquidations"))[2] == remark
    nothing = msgspec.structs.replace(view(), forced_from_ms=None, forced_gaps=(), day=DayForced(0.0, 0.0, None, 0))
    chart.apply(market.frame(serial=3, series=nothing))
    chart.refresh()
    told = words(chart, "liquidations")
    assert told["24 h short"]["text"] == told["24 h long"]["text"] == "–"
    assert at(chart, "liquidations", NOW - HOUR_MS) == ["–"]


def test_open_interest_is_the_newest_sample_and_its_change_over_a_day(make: Callable[..., ChartPane]) -> None:
    chart = make()
    rows = view().interest
    told = words(chart, "interest")
    now = float(rows["usd"][-1])
    then = float(rows["usd"][rows["t"] <= rows["t"][-1] - DAY_MS][-1])
    assert told["now"] == {"text": present.usd(now), "value": now}
    assert told["24 h"]["text"] == present.percent(now / then - 1, 1)
    lens = chart.state.lens
    for k in (5, 50, 100):
        t = int(rows["t"][-k])
        assert t > lens.t0
        assert at(chart, "interest", t + 60_000) == [present.usd(float(rows["usd"][-k]))]
    assert at(chart, "interest", float(rows["t"][-1]) + HOUR_MS) == ["–"]  # nothing is known so long after


def test_open_interest_without_a_value_is_valued_at_its_candle(make: Callable[..., ChartPane], market: Scene) -> None:
    blank = view()
    blank.interest["usd"] = math.nan
    chart = make(series=blank)
    candles = chart.state.candles
    row, sample = candles[-20], blank.interest[blank.interest["t"] >= candles[-20]["t"]][0]
    assert sample["t"] < row["t"] + row["span"]
    assert at(chart, "interest", float(sample["t"])) == [present.usd(float(sample["contracts"] * row["close"]))]


def test_cvd_is_the_sum_of_taker_buys_less_sells_from_the_left_edge(make: Callable[..., ChartPane]) -> None:
    chart = make()
    candles = chart.state.candles
    buys, sells = candles["taker_buy"], candles["volume"] - candles["taker_buy"]
    price = (candles["high"] + candles["low"] + candles["close"]) / 3
    sums = np.cumsum((buys - sells) * price)
    for i in (0, 17, len(candles) - 1):
        assert at(chart, "cvd", float(candles["t"][i]) + 1) == [present.usd(float(sums[i]), signed=True)]
    assert words(chart, "cvd")["now"]["value"] == pytest.approx(sums[-1])
    book = chart.series.book.bars(MINUTE_MS, NOW - DAY_MS, NOW + 1)
    assert len(book) == 24 * 60 + 1 - (NOW % MINUTE_MS > 0)
    mean = (book["high"] + book["low"] + book["close"]) / 3
    day = float(((2 * book["taker_buy"] - book["volume"]) * mean).sum())
    assert words(chart, "cvd")["24 h"]["value"] == pytest.approx(day)
    keep(chart, unit="coin")
    assert words(chart, "cvd")["now"]["value"] == pytest.approx(float((buys - sells).sum()), abs=1e-6)
    assert chart.panes.panes["cvd"].note.endswith("BTC")
    lens = chart.state.lens
    chart.plot.pan(lens.width / 4, 0)
    chart.refresh()
    moved = chart.state.candles
    net = float((2 * moved["taker_buy"] - moved["volume"]).sum())
    assert "now" not in words(chart, "cvd")
    assert words(chart, "cvd")["in view"]["value"] == pytest.approx(net, abs=1e-6)
    assert words(chart, "volume")["5m"]["value"] == pytest.approx(
        float(candles["volume"][-1])
    )  # the open candle's still


def test_volume_is_the_candles(make: Callable[..., ChartPane]) -> None:
    chart = make()
    row = chart.state.candles[-1]
    usd = float(row["volume"] * (row["high"] + row["low"] + row["close"]) / 3)
    assert words(chart, "volume")["5m"] == {"text": present.usd(usd), "value": pytest.approx(usd)}
    keep(chart, unit="coin")
    assert words(chart, "volume")["5m"]["value"] == pytest.approx(float(row["volume"]))
    book = chart.series.book.bars(MINUTE_MS, NOW - DAY_MS, NOW + 1)
    assert words(chart, "volume")["24 h"]["value"] == pytest.approx(float(book["volume"].sum()))


def test_funding_tells_settled_rates_and_the_predicted_one(make: Callable[..., ChartPane]) -> None:
    chart = make()
    f = funding()
    told = words(chart, "funding")
    assert told["now"]["text"] == "−0.0025 %"
    assert told["year"]["text"] == present.percent(-2.5e-5 * 3 * 365, 1)
    (paid_ms, rate), (before_ms, _) = f.history[-1], f.history[-2]
    assert at(chart, "funding", paid_ms - 1) == at(chart, "funding", before_ms + 1) == [present.percent(rate, 4)]
    assert at(chart, "funding", paid_ms + 1) == ["–"]  # not settled, and not seen yet
    last = view().rates[-1]
    assert at(chart, "funding", float(last["t"])) == [present.percent(float(last["rate"]), 4)]
    without = make(funding=FundingView(None, 8, 0, ()), series=msgspec.structs.replace(view(), rates=view().rates[:0]))
    assert words(without, "funding")["now"]["text"] == "–"
    assert without.panes.panes["funding"].kind.waiting() == "no funding on this contract"


def test_rsi_is_wilders_over_all_candles_and_goes_on_with_the_open_one(
    make: Callable[..., ChartPane], market: Scene
) -> None:
    chart = make()
    held = chart.series.book.series(FIVE, 0, NOW + FIVE)
    held = held[held["span"] == FIVE]
    values, _ = rsi(held["close"].astype(np.float64))
    told = words(chart, "rsi")
    assert told["now"]["value"] == pytest.approx(values[-1])
    assert told["closed"]["value"] == pytest.approx(values[-2])
    assert told["now"]["text"] == f"{values[-1]:.1f}"
    for k in (2, 40, 100):
        assert at(chart, "rsi", float(held["t"][-k]) + 1) == [f"{values[-k]:.1f}"]
    row = market.bars[-1:].copy()
    row["close"] += 300.0
    row["high"] = row["close"]
    chart.apply(market.frame(serial=2, series=view(), new_bars=(Bars(MINUTE_MS, row),)))
    chart.refresh()
    closes = held["close"].astype(np.float64)
    closes[-1] = row["close"][0]
    assert words(chart, "rsi")["now"]["value"] == pytest.approx(rsi(closes)[0][-1])


# -- the view ------------------------------------------------------------------------------------------------------------


def test_heights_and_columns_are_the_designs(make: Callable[..., ChartPane]) -> None:
    chart = make(shown=PANES[:4])
    heights = [pane.height() for pane in chart.panes.shown_panes]
    assert heights == [60, 60, 60, 60]
    assert chart.panes.y() == chart.plot.geometry().bottom() + 1
    assert chart.time_axis.y() == chart.panes.geometry().bottom() + 1
    assert [p.kind.name for p in chart.panes.shown_panes] == list(PANES[:4])
    first = chart.panes.shown_panes[0]
    assert (first.axis_left, first.profile_left) == (chart.axis.x(), chart.profile.x())
    small = make(window=1_366, shown=PANES[:4])
    assert [pane.height() for pane in small.panes.shown_panes] == [54, 54, 20, 20]  # CVD and funding fold to a line
    assert small.state.compact
    assert words(small, "liquidations").keys() >= {"short", "long"}


def test_panes_fold_before_the_plot_is_too_low(make: Callable[..., ChartPane]) -> None:
    chart = make()
    chart.resize(1_500, 480)
    chart.refresh()
    folded = [pane.folded for pane in chart.panes.shown_panes]
    assert folded == sorted(folded)
    assert folded[-1]
    assert chart.plot.height() >= 190
    chart.resize(1_500, 1_000)
    chart.refresh()
    assert not any(pane.folded for pane in chart.panes.shown_panes)


def wheel(pane: SubPane, x: int) -> None:
    spot = QPointF(x, 30)
    none, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton
    glob = QPointF(pane.mapToGlobal(spot.toPoint()))
    event = QWheelEvent(spot, glob, QPoint(), QPoint(0, 240), buttons, none, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(pane, event)


def test_time_is_linked_both_ways(make: Callable[..., ChartPane], qtbot: QtBot) -> None:
    chart = make()
    pane = chart.panes.panes["interest"]
    before = chart.state.lens
    wheel(pane, 300)
    chart.refresh()
    zoomed = chart.state.lens
    assert zoomed.t1 - zoomed.t0 < before.t1 - before.t0
    rows = view().interest
    for name in ("plot", "pane"):
        lens = chart.state.lens
        if name == "plot":
            chart.plot.pan(-120, 0)
        else:
            qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(500, 40))
            for x in range(510, 641, 10):
                qtbot.mouseMove(pane, QPoint(x, 40))
            qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(640, 40))
        chart.refresh()
        now = chart.state.lens
        assert now.t0 != lens.t0
        assert (now.t1 - now.t0) == pytest.approx(lens.t1 - lens.t0)
        curve = pane.course.marks[0]
        inside = rows[(rows["t"] >= now.t0) & (rows["t"] < now.t1)]
        assert set(inside["t"].tolist()) <= set(curve.columns[0].tolist())
        assert same(pane.picture.pixmap.toImage(), pane.picture.whole().toImage())
    qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(500, 40))
    chart.refresh()
    assert chart.state.lens.t1 - chart.state.lens.t0 == before.t1 - before.t0


def test_the_crosshair_passes_through_all_panes(make: Callable[..., ChartPane], qtbot: QtBot) -> None:
    chart = make()
    pane, x = chart.panes.panes["cvd"], 700
    qtbot.mouseMove(pane, QPoint(10, 40))
    qtbot.mouseMove(pane, QPoint(x, 40))
    qtbot.waitUntil(lambda: chart.state.hover is not None and chart.state.hover[0] == x)
    overlay = chart.overlay
    assert overlay.isVisible()
    assert overlay.reading is None  # no price is pointed at
    cells = overlay._cells()
    assert len(cells) == len(ALL)
    moment = chart.state.lens.time(x)
    for name, (cell, tags) in zip(ALL, cells, strict=True):
        one = chart.panes.panes[name]
        assert [text for _, text in tags] == at(chart, name, moment)
        top = one.y() + chart.panes.y() - chart.overlay.y()
        assert top <= cell.top() < cell.bottom() <= top + one.height()
        assert all(cell.contains(rect.toAlignedRect()) for rect, _ in tags)
    image = overlay.grab().toImage()
    bottom = chart.time_axis.y() - overlay.y()
    lit = [y for y in range(bottom) if image.pixelColor(x, y).alpha() > 100]
    assert len(lit) == bottom  # from the top of the plot to the time axis
    assert overlay._time_tag().top() == bottom + 2
    qtbot.mouseMove(chart.plot.viewport(), QPoint(300, 200))
    qtbot.waitUntil(lambda: chart.overlay.reading is not None)
    assert [text for _, tags in overlay._cells() for _, text in tags] == [
        text for name in ALL for text in at(chart, name, chart.state.lens.time(300))
    ]
    keep(chart, folded=("cvd",))
    assert len(overlay._cells()) == len(ALL) - 1
    chart.panes.panes["interest"].pointed.emit(None)
    assert chart.state.hover is None
    assert not overlay.isVisible()


def test_gaps_are_hatched_through_all_panes_and_those_of_prints_in_theirs_alone(
    make: Callable[..., ChartPane],
) -> None:
    hole = GapView(NOW - 7 * HOUR_MS, NOW - 6 * HOUR_MS, "trades", "the venue could not give it back")
    chart = make(gaps=(hole,))
    lens = chart.state.lens
    shared = (round(lens.x(hole.from_ms)), round(lens.x(hole.to_ms)))
    prints = (round(lens.x(GAP[0])), round(lens.x(GAP[1])))
    before = (0, round(lens.x(SINCE)))
    for name in ALL:
        found = {(x0, x1) for x0, x1, _ in chart.panes.panes[name].picture._hatches}
        assert found == ({shared, prints, before} if name == "liquidations" else {shared})
    said = [text for _, _, text in chart.panes.panes["liquidations"].picture._hatches]
    assert f"not recorded before {present.date(SINCE)}" in said
    assert "1 h not recorded" in said
    assert chart.state.gaps == (hole,)  # the map knows nothing of the others
    keep(chart, show_gaps=False)
    assert chart.panes.panes["cvd"].picture._hatches == ()


# -- folding and choosing ------------------------------------------------------------------------------------------------


def test_a_click_on_the_title_folds_and_opens(make: Callable[..., ChartPane], qtbot: QtBot) -> None:
    chart = make(shown=PANES[:4])
    plot = chart.plot.height()
    pane = chart.panes.panes["cvd"]
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(60, 8))
    assert chart.state.settings.folded == ("cvd",)
    assert (pane.folded, pane.height(), chart.plot.height()) == (True, 20, plot + 40)
    assert pane.tag_rows(NOW - HOUR_MS) == []
    assert words(chart, "cvd")["now"]["text"] != "–"  # the live value stays
    painted = pane.picture.painted
    for _ in range(5):
        pane.sync()
    assert pane.picture.painted == painted  # and nothing else is painted
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(60, 8))
    assert chart.state.settings.folded == ()
    assert not pane.folded
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(400, 40))
    assert not pane.folded  # only the title folds


def test_which_are_shown_and_their_order_are_chosen_in_the_menu(make: Callable[..., ChartPane]) -> None:
    chart = make(shown=PANES[:4])

    def pick(name: str, text: str) -> None:
        menu = chart.panes.menu(name)
        action = next(a for a in menu.actions() if a.text() == text)
        assert action.isEnabled()
        action.trigger()
        menu.deleteLater()

    pick("cvd", "Move up")
    assert chart.state.settings.panes == ("liquidations", "cvd", "interest", "funding")
    assert chart.panes.panes["cvd"].y() < chart.panes.panes["interest"].y()
    pick("cvd", "RSI")
    pick("", "Volume")
    pick("", "Funding")
    assert chart.state.settings.panes == ("liquidations", "cvd", "interest", "volume", "rsi")
    assert [name for name, pane in chart.panes.panes.items() if pane.isVisible()] == [
        name for name in PANES if name != "funding"
    ]
    pick("volume", "Fold Volume")
    assert chart.panes.panes["volume"].folded
    pick("", "The usual panes")
    assert chart.state.settings.panes == PANES[:4]
    chart.panes.toggle("rsi")  # as its key does: what is not shown comes
    assert chart.state.settings.panes[-1] == "rsi"
    assert not chart.panes.panes["rsi"].folded
    keep(chart, panes=())
    assert chart.panes.height() == 0 or not chart.panes.shown_panes
    assert chart.time_axis.y() == chart.plot.geometry().bottom() + 1


# -- painting ------------------------------------------------------------------------------------------------------------


def same(a: QImage, b: QImage) -> bool:
    assert a.size() == b.size()
    one, two = (
        np.frombuffer(i.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint32).copy() for i in (a, b)
    )
    return np.array_equal(one & 0xFFFFFF, two & 0xFFFFFF)


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_painted_in_parts_equals_one_painted_at_once(
    make: Callable[..., ChartPane], market: Scene, seed: int
) -> None:
    chart = make()
    chance = np.random.default_rng(seed)
    held = view()
    interest, rates, (minutes, tail) = held.interest, held.rates, held.liquidations
    wide = chart.plot.width()
    parts = 0
    for serial in range(2, 50):
        bar = chart.series.book.bars(MINUTE_MS, NOW - 3 * MINUTE_MS, NOW + 1)[-1:].copy()
        if chance.random() < 0.2:
            bar = chart.series.book.bars(MINUTE_MS, NOW - HOUR_MS, NOW - 50 * MINUTE_MS)[:1].copy()  # a late one
        bar["close"] += chance.uniform(-40, 40)
        bar["high"], bar["low"] = np.maximum(bar["high"], bar["close"]), np.minimum(bar["low"], bar["close"])
        bar["volume"] *= chance.uniform(0.9, 1.2)
        bar["taker_buy"] = bar["volume"] * chance.uniform(0.2, 0.8)
        if chance.random() < 0.5:
            step = np.array([(interest["t"][-1] + 20_000, 80_000 + chance.normal(0, 300), 0.0)], INTEREST)
            step["usd"] = step["contracts"] * 67_000
            interest = np.concatenate([interest, step])
        if chance.random() < 0.5:
            rates = np.concatenate([rates, np.array([(rates["t"][-1] + 9_000, chance.normal(1e-4, 5e-5))], FUNDING)])
        if chance.random() < 0.5:
            tail = tail.copy()
            tail["short"][-1 if chance.random() < 0.7 else 0] += chance.lognormal(11, 1)
        now = msgspec.structs.replace(held, interest=interest, rates=rates, liquidations=(minutes, tail))
        before = {name: pane.picture.painted for name, pane in chart.panes.panes.items()}
        frame = market.frame(serial=serial, series=now, funding=funding(), new_bars=(Bars(MINUTE_MS, bar),))
        chart.apply(frame)
        chart.refresh()
        for name, pane in chart.panes.panes.items():
            parts += 0 < pane.picture.painted - before[name] < wide
            assert same(pane.picture.pixmap.toImage(), pane.picture.whole().toImage()), (serial, name)
    assert parts > 60  # most of them were parts


def test_nothing_is_painted_where_nothing_changed(make: Callable[..., ChartPane], market: Scene) -> None:
    chart = make()
    frame = market.frame(serial=2, series=view(), funding=funding(), new_bars=())
    chart.apply(frame)
    chart.refresh()
    painted = {name: pane.picture.painted for name, pane in chart.panes.panes.items()}
    for serial in range(3, 8):
        chart.apply(msgspec.structs.replace(frame, serial=serial))
        chart.refresh()
    assert {name: pane.picture.painted for name, pane in chart.panes.panes.items()} == painted


def test_loading_and_emptiness_are_said(make: Callable[..., ChartPane], market: Scene) -> None:
    connecting = Connection(Health.LOADING, None, "Asking the venue.", None, 0, ())
    chart = make(series=None, new_bars=(), connection=connecting)
    empty = [pane for pane in chart.panes.shown_panes if pane.kind.name != "funding"]
    assert {pane.kind.waiting() for pane in empty} == {"loading"}
    assert all(pane.shown()["scale"] == [] for pane in empty)
    assert list(words(chart, "cvd")) == ["now", "24 h"]
    chart.apply(market.frame(serial=2, new_bars=()))
    chart.refresh()
    assert chart.panes.panes["cvd"].kind.waiting() == "nothing in this stretch of time"
    assert all(entry["text"] == "–" for entry in words(chart, "interest").values())
    assert all(entry["text"] == "–" for entry in words(chart, "rsi").values())
