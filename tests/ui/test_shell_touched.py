"""Touch odds in words, in the zones' table, and on their tags."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import ZONES, frame, shown_column

from liqdesk.insight import Calibration, Chance
from liqdesk.insight.touch import KNOTS, LAW
from liqdesk.insight.volatility import HORIZONS_MS
from liqdesk.ui import touched
from liqdesk.ui.panels.column import Column

CHANCE = Chance((0.123, 0.312, 1.0), (0.101, 0.281, 1.0), (0.142, 0.338, 1.0))


def curve(h: int, cases: int = 1_392, back: int = 1_392, brier: float = 0.1214) -> Calibration:
    law = tuple(LAW[h].tolist())
    came = tuple(p * 0.95 for p in law)
    return Calibration(HORIZONS_MS[h], law, law, law, law, came, cases, 29, back, brier, 0.1312)


CURVES = tuple(curve(h) for h in range(3))


@pytest.fixture
def column(qtbot: QtBot, qapp: QApplication) -> Iterator[Column]:
    yield from shown_column(qtbot, qapp)


@pytest.mark.parametrize(
    ("odds", "words"),
    [
        (0.0, "<1 %"),
        (0.004, "<1 %"),
        (0.006, "1 %"),
        (0.314, "31 %"),
        (0.994, "99 %"),
        (0.9999, ">99 %"),
        (1.0, "100 %"),
        (math.nan, "–"),
    ],
)
def test_odds_never_say_never(odds: float, words: str) -> None:
    assert touched.percent(odds) == words


def test_a_tip_says_all_horizons_where_odds_come_from_and_how_they_held() -> None:
    words = touched.tip(CHANCE, CURVES)
    assert "within 1 h 12 % [10–14 %] · 4 h 31 % [28–34 %] · 24 h 100 % (80 % interval)" in words
    assert "no drift, and the map has no part in them" in words
    assert (
        "1,392 half hours in 29 days, all computed afterwards from candles. 4 h odds of 27 % came 25 % of the time"
        in words
    )
    assert "squared error 0.121, always the average 0.131" in words
    assert touched.tip(None, CURVES) == touched.tip(CHANCE, ()) == "Touch odds: not known yet"
    assert "200 of them computed afterwards" in touched.record(curve(1, back=200))
    assert "none computed afterwards" in touched.record(curve(1, back=0))
    assert touched.record(curve(0, cases=0)) == "No record yet of how 1 h odds have held."
    assert "squared" not in touched.record(curve(1, brier=math.nan))
    assert KNOTS[touched.NEAR] == 1.0


@pytest.mark.parametrize("compact", [False, True])
def test_the_table_shows_the_odds_within_four_hours(column: Column, qtbot: QtBot, compact: bool) -> None:
    column.set_compact(compact)
    zones = tuple(msgspec.structs.replace(z, touch=CHANCE) for z in ZONES)
    one = frame(zones=zones, odds=CURVES)
    column.take(one)
    column.show_frame(one)
    column.grab()
    assert [row.touch for row in column.zones.content.rows] == ["31 %"] * len(ZONES)
    assert column.state()["zones.0.touch"] == {
        "text": "31 %",
        "value": [list(CHANCE.odds), list(CHANCE.low), list(CHANCE.high)],
    }
    assert column.state()["touch.4h.record"]["value"] == [1_392, 29, 1_392, 0.1214, 0.1312]
    body = column.zones.content
    top = round(body._tops()[0])

    def pointed() -> bool:
        # The pointer may stand there already, and one that does not move says nothing.
        qtbot.mouseMove(body, QPoint(60, top + 6))
        qtbot.mouseMove(body, QPoint(61, top + 9))
        return "4 h 31 % [28–34 %]" in body.toolTip()

    qtbot.waitUntil(pointed)
    column.show_frame(frame())
    assert {row.touch for row in column.zones.content.rows} == {"–"}
    assert "zones.0.touch" not in column.state()
