"""Sizes on the chart in USD and in coins: the same amounts, at the mark, with their unit beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import msgspec
import pytest
from chart_scene import NOW, Scene, panes, scene, settings, zone
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import frame, order

from liqdesk.market import Side
from liqdesk.model import display_bin_of
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.chart import header as header_module
from liqdesk.ui.chart.overlay import PRIOR, PRIOR_SHORT, read
from liqdesk.ui.chart.profile import sums
from liqdesk.ui.chart.zonewords import words
from liqdesk.ui.panels import Column, taperows
from liqdesk.ui.theme import apply_theme, text_width


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


def written(part: object, monkeypatch: pytest.MonkeyPatch, module: object) -> list[str]:
    """Return every text a part of the chart writes when it is painted."""
    texts: list[str] = []
    for name in ("write", "write_haloed"):
        plain = getattr(module, name, None)
        if plain is not None:
            monkeypatch.setattr(
                module,
                name,
                lambda p, rect, text, *rest, plain=plain: (texts.append(text), plain(p, rect, text, *rest)),
            )
    picture = QPixmap(part.size())  # type: ignore[attr-defined]
    part.render(picture)  # type: ignore[attr-defined]
    return texts


def test_the_read_out_says_the_cells_amounts_in_the_chosen_unit(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    mark = market.now.mark
    at = mark * 0.98
    usd = float(market.now.usd[:5, display_bin_of(at) - market.now.base].sum())
    x = int(pane.state.lens.x(NOW + 1_000) / pane.state.lens.width * pane.map.heat.columns.size)
    cell = pane.map.heat.cell(x, at)
    dollars = read(pane.state, at, NOW, cell)
    assert dollars.long == present.usd(usd)
    pane.set_settings(settings(unit="coin"))
    coin = present.measure("coin", "BTC", mark)
    assert pane.state.measure == coin
    coins = read(pane.state, at, NOW, cell)
    assert coins.long == present.size(usd, coin)
    assert float(coins.long) == pytest.approx(usd / mark, rel=6e-3)
    assert coins.long_band != dollars.long_band
    low, high = dollars.long_band.split("–")
    assert coins.long_band == coins.long_band.replace(low, "").replace(high, "")
    assert cell is not None
    assert coins.sum == f"{present.size(cell.to_mark[0], coin)} long"
    assert (coins.price, coins.away, coins.classes, coins.prior) == (
        dollars.price,
        dollars.away,
        dollars.classes,
        dollars.prior,
    )


@pytest.mark.parametrize(("unit", "word"), [("usd", "USD"), ("coin", "BTC")])
def test_every_header_carries_the_unit(
    make: Callable[..., ChartPane], monkeypatch: pytest.MonkeyPatch, unit: str, word: str
) -> None:
    pane = make()
    pane.set_settings(settings(unit=unit))
    pane.refresh()
    texts = written(pane.header, monkeypatch, header_module)
    assert any(text == f"Map: estimated liquidations, {word} per 10 bp" for text in texts)
    assert any(text in (f"{word} per 10 bp", f"{word}/10 bp") for text in texts)
    other = "USD" if word == "BTC" else "BTC"
    assert not any(other in text.replace("BTCUSDT", "") for text in texts)
    pane.pointing.point((400.0, 250.0))
    from liqdesk.ui.chart import overlay as overlay_module

    texts = written(pane.overlay, monkeypatch, overlay_module)
    assert f"{word} per 10 bp, 80 % band" in texts


def test_the_profile_sums_and_ticks_are_in_the_chosen_unit(
    make: Callable[..., ChartPane], market: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from liqdesk.ui.chart import profile as profile_module

    pane = make()
    pane.set_settings(settings(unit="coin"))
    pane.refresh()
    coin = present.measure("coin", "BTC", market.now.mark)
    pane.profile._kept_key = ()
    texts = written(pane.profile, monkeypatch, profile_module)
    found = sums(pane.state, market.now)
    assert found is not None
    assert f"Σ {present.money(float(found.long.max()), coin)}" in texts
    assert f"Σ {present.money(float(found.short.max()), coin)}" in texts
    ticks = [text for text in texts if not text.startswith("Σ")]
    assert ticks
    for text in ticks:
        assert text.replace(".", "").isdigit()
        assert float(text) <= coin.of(found.most) * 1.0001


def test_a_zones_label_says_amount_and_unit(make: Callable[..., ChartPane], market: Scene) -> None:
    mark = market.now.mark
    one = zone(Side.SHORT, mark * 1.010, mark * 1.014, 9.4e5, mark)
    pane = make(zones=(one,))
    assert words(one, pane.state)[3:] == ("$940K", present.size_half(one.low_usd, one.high_usd))
    pane.set_settings(settings(unit="coin"))
    coin = present.measure("coin", "BTC", mark)
    assert words(one, pane.state)[3:] == (
        f"{present.size(one.usd, coin)} BTC",
        present.size_half(one.low_usd, one.high_usd, coin),
    )
    assert pane.gutter.grab().width() > 0


def test_coins_follow_the_mark_and_the_model_stays_in_usd(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    pane.set_settings(settings(unit="coin"))
    pane.refresh()
    at = market.now.mark * 0.98
    before, usd = pane.state.measure, pane.cell_value(NOW + 1_000, at)
    prices = msgspec.structs.replace(market.frame().prices, mark=market.now.mark * 1.1)
    pane.apply(market.frame(serial=2, prices=prices, new_bars=()))
    pane.refresh()
    assert pane.state.measure.worth == pytest.approx(before.worth * 1.1, rel=1e-3)
    assert pane.cell_value(NOW + 1_000, at) == usd
    unknown = msgspec.structs.replace(prices, mark=float("nan"))
    pane.apply(market.frame(serial=3, prices=unknown, new_bars=()))
    assert present.size(5.0, pane.state.measure) == present.UNKNOWN


def test_the_panels_show_the_frames_amounts_in_the_chosen_unit_from_the_start(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.0)
    seen = frame()
    coin = present.measure("coin", seen.instrument.base, seen.prices.mark)
    column = Column(Settings(unit="coin"))
    qtbot.addWidget(column)
    column.resize(348, 900)
    column.show()
    column.take(seen)
    column.show_upper(seen)
    column.show_lower(seen)
    state = column.state()
    assert column.imbalance.header.caption.startswith("est. BTC")
    assert column.zones.header.caption.startswith("est. BTC")
    one, two = seen.imbalance[0], seen.imbalance[1]
    assert state["imbalance.±1%.long"] == {"text": present.size(one.long_usd, coin), "value": one.long_usd}
    assert state["imbalance.±2%.short"] == {"text": present.size(two.short_usd, coin), "value": two.short_usd}
    assert "estimated BTC with 80 % bands" in column.imbalance.content.rows[0].tip
    column.show_settings(Settings(unit="usd"))
    state = column.state()
    assert column.imbalance.header.caption.startswith("est. USD")
    assert column.zones.header.caption.startswith("est. USD")
    assert state["imbalance.±1%.long"]["text"] == present.usd(one.long_usd)


def test_the_tape_leads_with_the_orders_own_coins(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_theme(qapp, "dark", 1.0)
    column = Column(Settings(unit="coin"))
    qtbot.addWidget(column)
    column.resize(400, 1_000)
    column.show()
    seen = frame(new_forced=(order(500_000.0),))
    column.take(seen)
    rows = column.tape.content
    assert rows.units == ("USD", "BTC")
    texts: list[str] = []
    plain = taperows.draw.put

    def put(p: object, x: float, y: float, w: float, h: float, text: str, *rest: object, **more: object) -> None:
        texts.append(text)
        plain(p, x, y, w, h, text, *rest, **more)

    monkeypatch.setattr(taperows.draw, "put", put)
    rows.grab()
    state = column.state()
    quantity, usd = state["tape.0.quantity"]["text"], state["tape.0.usd"]["text"]
    assert texts.index("USD") < texts.index("BTC")
    assert texts.index(usd) < texts.index(quantity), "the coins stand last, where the eye looks for the size"
    texts.clear()
    column.show_settings(Settings(unit="usd"))
    rows.grab()
    assert rows.units == ("BTC", "USD")
    assert texts.index(quantity) < texts.index(usd)
    column.show_settings(Settings(unit="coin", tape_all=True))
    assert rows.units == ("BTC", "USD"), "coins of many contracts cannot be compared"


def test_words_and_figures_of_the_read_out_never_touch(make: Callable[..., ChartPane]) -> None:
    pane = make()
    room = pane.overlay.card_size().width() - 2 * pane.state.theme.px(12)
    for figure in ("mostly, 100 %", "mostly, 60 %", "16 %", "–"):
        taken = text_width(figure, 11, 600)
        words = [w for w in (PRIOR, PRIOR_SHORT) if text_width(w, 11, 500) + taken + 8 <= room]
        assert words, figure


def test_a_narrow_tape_leaves_out_the_quiet_sizes_rather_than_write_over_them(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.0)
    rows = taperows.TapeRows(Settings())
    qtbot.addWidget(rows)
    for wide, there in ((348, True), (276, False)):
        rows.resize(wide, 400)
        at = rows._columns()
        assert math.isfinite(at.quantity) == there
        assert not there or at.end - text_width("999.9K", 12, 700) >= at.quantity + 8
