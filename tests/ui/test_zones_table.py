"""The zones' table: every column says what the frame holds, columns come and go by width, any of them sorts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import MARK, frame, zone

from liqdesk import insight
from liqdesk.insight import Chance
from liqdesk.insight.depth import InTheWay
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, Side
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.panels import zonerows
from liqdesk.ui.panels.zonerows import COLUMNS, IMPORTANT, IMPORTANT_COMPACT, age, columns_for, grown, order
from liqdesk.ui.panels.zones import ZonesPanel
from liqdesk.ui.theme import apply_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # menus off-screen


def told(side: Side, low: float, high: float, usd: float, **more: object) -> object:
    return replace(zone(side, low, high, usd), **more)


ODDS = Chance((0.03, 0.31, 0.62), (0.01, 0.28, 0.58), (0.05, 0.34, 0.66))
ZONES = (
    told(
        Side.SHORT,
        69_998.4,
        70_622.2,
        2_610_000.0,
        age_ms=26 * HOUR_MS,
        hour_usd=2_500_000.0,
        cohorts=(0, 1, 2),
        score=71,
    ),
    told(
        Side.SHORT,
        67_953.0,
        68_389.0,
        2_840_000.0,
        age_ms=40 * MINUTE_MS,
        hour_usd=0.0,
        cohorts=(2, 2, 2),
        score=99,
        touch=ODDS,
    ),
    told(Side.LONG, 63_707.0, 64_116.0, 1_400_000.0, hour_usd=1_750_000.0),
    told(Side.LONG, 61_000.0, 61_900.0, 4_400_000.0, age_ms=9.96 * DAY_MS, cohorts=(0, 0, 0), score=5, z=1.2),
)


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> Iterator[ZonesPanel]:
    apply_theme(qapp, "dark", 1.0)
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(1_200, 400)
    made = ZonesPanel()
    made.setParent(holder)
    made.setGeometry(0, 0, 1_150, 320)
    holder.show()
    holder.activateWindow()
    qtbot.waitExposed(holder)
    made.show_frame(frame(zones=ZONES))
    yield made
    holder.hide()


def column(panel: ZonesPanel, name: str) -> list[str]:
    state = panel.state()
    return [str(state[f"zones.{i}.{name}"]["text"]) for i in range(len(panel.content.rows))]


def test_every_column_says_what_the_frame_holds(panel: ZonesPanel) -> None:
    body = panel.content
    assert list(body.columns) == [c.name for c in COLUMNS], "there is room for all"
    assert column(panel, "rank") == ["3", "2", "4", "1"]
    assert column(panel, "range") == ["69,998–70,622", "67,953–68,389", "63,707–64,116", "61,000–61,900"]
    assert column(panel, "side") == ["short", "short", "long", "long"]
    assert column(panel, "usd") == ["2.6M", "2.8M", "1.4M", "4.4M"]
    assert column(panel, "band") == [present.size_half(z.low_usd, z.high_usd) for z in ZONES]
    assert column(panel, "distance") == [present.percent(z.distance, 1) for z in ZONES]
    assert column(panel, "age") == ["26 h", "40 min", "–", "10 d"]
    assert column(panel, "growth") == ["+110K", "+2.8M", "−350K", "–"]
    assert column(panel, "share") == ["+4 %", "–", "−20 %", "–"], "what grew from nothing grew by no per cent"
    assert column(panel, "touch1") == ["–", "3 %", "–", "–"]
    assert [row.touch for row in body.rows] == ["–", "31 %", "–", "–"]
    assert column(panel, "touch24") == ["–", "62 %", "–", "–"]
    assert column(panel, "depth") == ["–", "–", "–", "–"], "this frame has no book"
    ways = (InTheWay(312_400.0, False, 68_500.0), InTheWay(1_250_000.0, True, 67_953.0, 3e6, False), None, None)
    panel.show_frame(frame(zones=ZONES, in_the_way=ways))
    assert column(panel, "depth") == ["≥312K", "1.2M", "–", "–"]
    assert "At least $312K rests in the book before it; the visible book ends before its far edge." in body._sentence(0)
    assert "$1.2M rests in the book before it, $3.0M up to its far edge." in body._sentence(1)
    assert column(panel, "cohorts") == ["· ○ ●", "● ● ●", "–", "· · ·"]
    state = panel.state()
    for i, z in enumerate(ZONES):
        assert state[f"zones.{i}.age"]["value"] == z.age_ms
        assert state[f"zones.{i}.growth"]["value"] == z.growth_usd
        assert state[f"zones.{i}.cohorts"]["value"] == list(z.cohorts)
    assert state["zones.1.touch"]["value"] == [list(ODDS.odds), list(ODDS.low), list(ODDS.high)]


def test_cohorts_are_those_of_the_insight() -> None:
    assert zonerows.COHORTS == insight.COHORTS


def test_words_of_age_and_growth() -> None:
    said = {
        None: "–",
        math.nan: "–",
        1_000: "1 min",
        59 * MINUTE_MS: "59 min",
        60 * MINUTE_MS: "1 h",
        47 * HOUR_MS: "47 h",
        2 * DAY_MS: "2.0 d",
        9.9 * DAY_MS: "9.9 d",
        31 * DAY_MS: "31 d",
    }
    assert {ms: age(ms) for ms in said} == said
    assert [grown(v) for v in (None, math.inf, 0.0, 0.042, -0.5, 9.0, 30.0)] == [
        "–",
        "–",
        "0 %",
        "+4 %",
        "−50 %",
        "+900 %",
        ">+999 %",
    ]


def test_columns_come_and_go_by_width_in_their_order_of_importance(panel: ZonesPanel) -> None:
    rows = panel.content.rows
    assert sorted(IMPORTANT) == sorted(IMPORTANT_COMPACT) == sorted(c.name for c in COLUMNS)
    for compact, importance in ((False, IMPORTANT), (True, IMPORTANT_COMPACT)):
        before, was_word = 0, False
        for width in range(200, 1_300, 7):
            found = columns_for(width, compact, rows)
            assert set(found) == set(importance[: len(found)])
            word = "side" in found and found["side"][1] - found["side"][0] > 20
            if word == was_word:  # a word where there was a letter may take a column's room
                assert len(found) >= before, "more room, no fewer columns"
            before, was_word = len(found), word
            assert list(found) == [c.name for c in COLUMNS if c.name in found]
            if width >= 276:
                assert max(right for _, right in found.values()) <= width - 10 + 1e-6
            for (_, right), (left, _) in itertools.pairwise(found.values()):
                assert right < left
        assert len(found) == len(COLUMNS)
    # What the design asks of the column as it stands: the plain width keeps ±, the compact one may lose it.
    assert {"range", "usd", "band", "distance", "touch"} <= set(columns_for(348, False, rows))
    assert {"range", "side", "usd", "distance", "touch"} <= set(columns_for(276, True, rows))
    left, right = columns_for(1_150, False, rows)["touch"]
    assert zonerows.words_over("touch", right - left) == "Touch 4 h"
    left, right = columns_for(276, True, rows)["touch"]
    assert zonerows.words_over("touch", right - left) in ("Touch", "Touch 4 h")
    figures = columns_for(348, False, rows)
    assert max(right for _, right in figures.values()) == pytest.approx(338), "figures end at the right edge"


def test_a_click_on_a_word_sorts_and_the_mark_row_keeps_its_place_by_price(panel: ZonesPanel, qtbot: QtBot) -> None:
    body = panel.content
    tops = body._tops()
    assert tops[1] < body._mark_top() < tops[2]

    def press(name: str) -> None:
        left, right = body.columns[name]
        qtbot.mouseClick(body, Qt.MouseButton.LeftButton, pos=QPoint(round((left + right) / 2), 10))

    press("usd")
    assert column(panel, "usd") == ["4.4M", "2.8M", "2.6M", "1.4M"]
    assert body._mark_top() < body._tops()[0]
    assert panel.header.caption == "est. USD, largest, by USD, falling"
    press("usd")
    assert column(panel, "usd") == ["1.4M", "2.6M", "2.8M", "4.4M"]
    press("usd")
    assert body.sort == ("range", True)
    assert column(panel, "range")[0] == "69,998–70,622"
    press("age")
    assert column(panel, "age") == ["10 d", "26 h", "40 min", "–"]
    press("age")
    assert column(panel, "age") == ["40 min", "26 h", "10 d", "–"], "what is not known comes last either way"
    press("range")
    press("range")
    assert column(panel, "range")[0] == "61,000–61,900"
    assert body._tops()[1] < body._mark_top() < body._tops()[2]


def test_every_column_sorts_by_its_raw_values(panel: ZonesPanel) -> None:
    rows = panel.content.rows
    for name in (c.name for c in COLUMNS):
        for falling in (True, False):
            place = order(rows, name, falling)
            assert sorted(place) == list(range(len(rows)))
    assert order(rows, "distance", False) == [1, 0, 2, 3], "nearest first, whichever side"
    assert order(rows, "band", True) == [3, 1, 0, 2]
    assert order(rows, "side", True) == [0, 1, 2, 3]
    assert order(rows, "cohorts", True) == [1, 0, 3, 2]
    assert order(rows, "growth", False) == [2, 0, 1, 3]
    assert order(rows, "rank", False) == [3, 1, 0, 2]


def test_keys_sort_and_choose_rows(panel: ZonesPanel, qtbot: QtBot) -> None:
    body = panel.content
    body.setFocus()
    QTest.keyClick(body, Qt.Key.Key_Right)
    assert body.sort == ("side", True)
    QTest.keyClick(body, Qt.Key.Key_Right)
    assert body.sort == ("usd", True)
    QTest.keyClick(body, Qt.Key.Key_Space)
    assert body.sort == ("usd", False)
    QTest.keyClick(body, Qt.Key.Key_Left)
    QTest.keyClick(body, Qt.Key.Key_Left)
    assert body.sort == ("range", True)
    QTest.keyClick(body, Qt.Key.Key_Down)
    QTest.keyClick(body, Qt.Key.Key_Down)
    with qtbot.waitSignal(body.show_price) as asked:
        QTest.keyClick(body, Qt.Key.Key_Return)
    assert asked.args == [ZONES[1].peak]
    assert "67,953–68,389" in body.accessibleDescription()
    QTest.keyClick(body, Qt.Key.Key_Up)
    QTest.keyClick(body, Qt.Key.Key_Up)
    with qtbot.waitSignal(body.show_price) as asked:
        QTest.keyClick(body, Qt.Key.Key_Return)
    assert asked.args == [ZONES[0].peak]


def test_a_right_click_offers_an_alert_on_the_zone(panel: ZonesPanel, qtbot: QtBot) -> None:
    body = panel.content
    body.sort_by("usd", True)
    asked: list[object] = []
    body.alert_wanted.connect(asked.append)
    at = QPoint(60, round(body._tops()[0] + 8))
    QApplication.sendEvent(body, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, body.mapToGlobal(at)))
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    next(a for a in menu.actions() if a.text().startswith("Alert")).trigger()
    menu.close()
    assert asked == [ZONES[3]]


def test_tips_say_what_stands_in_a_row_and_over_a_column(panel: ZonesPanel, qtbot: QtBot) -> None:
    body = panel.content
    words = body._sentence(1)
    assert "Half of it was opened within 40 min; +2.8M (–) within the hour, at today's scale" in words
    assert "its peak stands out in what was opened within 12h, 1d, 1w; confluence 99 of 100" in words
    assert "1 h 3 %" not in words, "no record of odds in this frame"
    assert "no cohort alone; confluence 5 of 100" in body._sentence(3)
    left, _ = body.columns["growth"]
    for x in (left + 3, left + 4):
        qtbot.mouseMove(body, QPoint(round(x), 9))
    qtbot.waitUntil(lambda: "at today's scale" in body.toolTip())
    assert "Click: sort by it" in body.toolTip()


def test_sizes_follow_the_unit(panel: ZonesPanel) -> None:
    panel.show_settings(Settings(unit="coin"))
    coins = 4_400_000.0 / float(f"{MARK:.4g}")
    assert column(panel, "usd")[3] == present.number(coins, 1)
    assert panel.content._word("usd", 100) == "BTC"
    assert panel.header.caption.startswith("est. BTC")
    assert "$" not in panel.content._sentence(0).split("\n")[1]
    panel.show_settings(Settings(unit="usd"))
    assert column(panel, "usd")[3] == "4.4M"


def test_the_picture_follows_sort_and_width(panel: ZonesPanel) -> None:
    body = panel.content
    first = body.grab().toImage()
    body.sort_by("usd", True)
    second = body.grab().toImage()
    assert second != first
    panel.setFixedWidth(348)
    panel.layout().activate()  # type: ignore[union-attr]
    assert set(body.columns) == set(IMPORTANT[: len(body.columns)])
    assert "growth" not in body.columns
    assert body.grab().toImage() != second
