"""The legend against the map: the same colours, the same amounts, in either unit."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from liqdesk.settings import OneOf, Settings, declared
from liqdesk.ui import present, ramp
from liqdesk.ui.legend import Legend
from liqdesk.ui.levelslider import groove, tip
from liqdesk.ui.theme import THEMES, apply_theme

COIN = present.measure("coin", "BTC", 67_081.4)


@pytest.fixture
def legend(qtbot: QtBot, qapp: QApplication) -> Iterator[Legend]:
    apply_theme(qapp, "dark", 1.0)
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(700, 60)
    made = Legend(Settings())
    made.setParent(holder)
    made.setGeometry(0, 0, 600, 40)
    holder.show()
    made.show_levels(41_000.0, 190_000.0)
    yield made
    apply_theme(qapp, "dark", 1.0)


@pytest.mark.parametrize("heat_map", ramp.MAPS)
@pytest.mark.parametrize("look", ["dark", "light"])
def test_the_groove_is_painted_with_the_words_of_the_map(heat_map: str, look: str) -> None:
    ground = THEMES[look].chart
    low, high, top, wide = 41_000.0, 190_000.0, 250_000.0, 300
    image = groove(heat_map, ground, wide, low, high, top)
    assert (image.width(), image.height()) == (wide, 2 if heat_map == ramp.SIDED else 1)
    for x in range(wide):
        usd = top * ((x + 0.5) / wide) ** 2
        assert image.pixel(x, image.height() - 1) == ramp.colour_of(usd, low, high, 0.0, heat_map, ground)
        assert image.pixel(x, 0) == ramp.colour_of(usd, low, high, 0.0, heat_map, ground, short=1.0)


def test_the_slider_shows_the_colours_of_its_amounts(legend: Legend) -> None:
    slider = legend.slider
    image = QImage(slider.size(), QImage.Format.Format_RGB32)
    slider.render(image)
    for usd in (70_000.0, 130_000.0, 230_000.0):
        x = round(slider.x_of(usd))
        want = ramp.colour_of(usd, 41_000.0, 190_000.0, 0.0, "ember", THEMES["dark"].chart)
        got = image.pixel(x, 10)
        best = max(abs((got >> s & 255) - (want >> s & 255)) for s in (0, 8, 16))
        assert best <= 4, usd


def test_the_menu_names_every_map_and_takes_one(legend: Legend, qtbot: QtBot) -> None:
    legend.coin = "BTC"
    menu = legend.menu()
    texts = [a.text() for a in menu.actions() if a.text()]
    assert texts == [*(ramp.WORDS[name] for name in ramp.MAPS), "Sizes in USD", "Sizes in BTC"]
    assert [a.text() for a in menu.actions() if a.isChecked()] == [ramp.WORDS["ember"], "Sizes in USD"]
    with qtbot.waitSignal(legend.map_chosen) as chosen:
        menu.actions()[2].trigger()
    assert chosen.args == ["cividis"]
    with qtbot.waitSignal(legend.unit_chosen) as unit:
        menu.actions()[-1].trigger()
    assert unit.args == ["coin"]
    legend.show_settings(Settings(heat_map="cividis"))
    assert legend.state()["legend.map"]["value"] == "cividis"


def test_amounts_are_of_the_chosen_unit_and_stay_the_same_amounts(legend: Legend, qtbot: QtBot) -> None:
    assert legend.state()["legend.low"] == {"text": "41K", "value": 41_000.0}
    slider = legend.slider
    where = slider.x_of(41_000.0) / slider.width()
    assert legend.show_measure(COIN)
    assert not legend.show_measure(COIN)
    assert legend.words.unit == "BTC"
    assert legend.state()["legend.low"] == {"text": "0.611", "value": 41_000.0}
    assert legend.state()["legend.unit"]["text"] == "BTC per 10 bp"
    assert slider.toolTip() == tip(COIN)
    assert "BTC at the current mark" in slider.toolTip()
    top = COIN.of(slider.top)
    assert top == pytest.approx(float(f"{top:.2g}"))
    assert abs(slider.x_of(41_000.0) / slider.width() - where) < 0.1
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Down)
    high = COIN.of(slider.high)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert COIN.of(slider.high) == pytest.approx(float(f"{high:.2g}") + 0.1)
    moved = present.measure("coin", "BTC", 68_000.0)
    legend.show_measure(moved)
    assert moved.of(slider.top) == pytest.approx(top)
    unknown = present.measure("coin", "BTC", float("nan"))
    assert not legend.show_measure(unknown)
    assert legend.show_measure(present.DOLLARS)
    assert legend.state()["legend.low"]["text"] == "41K"


def test_the_settings_offer_the_maps_there_are() -> None:
    values = declared()["heat_map"].values
    assert isinstance(values, OneOf)
    assert values.values == ramp.MAPS == tuple(ramp.WORDS)


def test_settings_of_an_older_file_get_the_default_map() -> None:
    document = {k: v for k, v in msgspec.structs.asdict(Settings()).items() if k not in ("heat_map", "unit")}
    read = msgspec.convert(document, Settings)
    assert (read.heat_map, read.unit) == ("ember", "usd")
