"""Every number of the panels equals what the frame holds, as its words and as its raw value."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import BTC, MARK, RULES, T0, fired, frame, order, shown_column

from liqdesk.engine.frames import FundingView, Prices
from liqdesk.insight.imbalance import Imbalance
from liqdesk.market import Side
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.panels import Column
from liqdesk.ui.panels.taperows import KEPT
from liqdesk.ui.theme import apply_theme, current


@pytest.fixture
def column(qtbot: QtBot, qapp: QApplication) -> Iterator[Column]:
    yield from shown_column(qtbot, qapp)


def give(column: Column, **fields: object) -> dict[str, dict[str, object]]:
    one = frame(**fields)
    column.take(one)
    column.show_frame(one)
    column.grab()
    return column.state()


def test_imbalance_shows_each_radius(column: Column) -> None:
    state = give(column)
    assert state["imbalance.±1%.long"] == {"text": "2.9M", "value": 2_900_000.0}
    assert state["imbalance.±2%.short"] == {"text": "40.9M", "value": 40.9e6}
    assert state["imbalance.±5%.ratio"]["text"] == "+43 %"
    assert state["imbalance.±5%.ratio"]["value"] == pytest.approx((114.8 - 46) / (114.8 + 46))
    assert state["ledger.long.share"]["text"] == "1.2 %"
    assert state["ledger.long.share"]["value"] == pytest.approx(61.3e6 / 5.18e9)
    assert state["ledger.short.not_liquidatable"] == {"text": "5.13B", "value": 5.13e9}
    assert state["scale"] == {"text": "scale: default", "value": 0.0083}
    assert "0.0083" in column.imbalance.badge.toolTip()


def test_nothing_known_is_said_not_invented(column: Column) -> None:
    nan = float("nan")
    state = give(
        column,
        imbalance=(Imbalance(0.01, 0.0, 0.0),),
        zones=(),
        ledger=None,
        now=None,
        rules=(),
        prices=Prices(nan, nan, nan, nan, 0),
        funding=FundingView(None, 8, 0, ()),
    )
    assert state["imbalance.±1%.ratio"]["text"] == present.UNKNOWN
    assert not any(name.startswith("ledger.") for name in state)
    assert state["zones.count"]["value"] == 0
    assert state["zones.mark"]["text"] == present.UNKNOWN
    assert state["funding.rate"]["text"] == present.UNKNOWN
    assert state["funding.countdown"]["text"] == present.UNKNOWN


def test_funding_says_who_pays_and_what_it_is_a_year(column: Column) -> None:
    state = give(column)
    assert state["funding.rate"]["text"] == "−0.0005 %"
    assert state["funding.payer"]["text"] == "shorts pay longs"
    assert state["funding.year"]["value"] == pytest.approx(-5e-6 * 3 * 365)
    assert state["funding.countdown"] == {"text": "1:12:47", "value": 4_367_000}
    history = state["funding.history"]["value"]
    assert isinstance(history, list)
    assert len(history) == 24
    assert give(column, funding=FundingView(3e-4, 4, T0 - 5, ()))["funding.payer"]["text"] == "longs pay shorts"
    assert column.state()["funding.countdown"]["text"] == "0:00:00"
    assert column.state()["funding.interval"]["text"] == "every 4 h"


def test_zones_stand_by_price_with_mark_between(column: Column) -> None:
    state = give(column)
    assert state["zones.0.range"]["text"] == "69,998–70,622"
    assert state["zones.0.usd"] == {"text": "2.6M", "value": 2_610_000.0}
    assert [state[f"zones.{i}.side"]["text"] for i in range(3)] == ["short", "short", "long"]
    assert state["zones.2.distance"]["text"] == "−4.4 %"
    body = column.zones.content
    tops = body._tops()
    assert tops[1] < body._mark_top() < tops[2]


def point_until(qtbot: QtBot, body: QWidget, at: QPoint, words: str) -> None:
    """Move the pointer to and fro at a place until the tip there says so: a single move is lost while a window comes up."""

    def told() -> bool:
        qtbot.mouseMove(body, at)
        qtbot.mouseMove(body, at + QPoint(1, 1))
        return words in body.toolTip()

    qtbot.waitUntil(told)


def test_zones_carry_bands_and_rises_are_not_called_zones(column: Column, qtbot: QtBot) -> None:
    state = give(column)
    assert state["zones.0.band"] == {"text": "±1.8M", "value": [2_610_000.0 * 0.4, 2_610_000.0 * 1.8]}
    assert state["zones.0.z"] == {"text": "3.1", "value": 3.1}
    assert state["zones.0.prior"]["text"] == "25 %"
    assert state["zones.note"]["value"] == 3
    whole = column.zones.content.sizeHint().height()
    one, two, three = frame().zones
    state = give(column, zones=(one, msgspec.structs.replace(two, z=1.99), three))
    assert column.zones.header.value == "2 zones"
    assert state["zones.note"] == {"text": "grey may be chance (z < 2)", "value": 2}
    assert column.zones.content.sizeHint().height() > whole
    state = give(column, zones=tuple(msgspec.structs.replace(z, z=0.7) for z in frame().zones))
    assert column.zones.header.value == "none significant"
    assert state["zones.note"] == {"text": "none significant: grey may be chance (z < 2)", "value": 0}
    body = column.zones.content
    point_until(qtbot, body, QPoint(60, round(body._tops()[1] + 8)), "80 % band $1.1M–5.1M")
    assert "may be chance" in body.toolTip()
    assert "80 % band $1.1M–5.1M" in body.toolTip()
    assert "25 % of it is set by the assumed distances" in body.toolTip()
    assert give(column, zones=())["zones.note"]["text"] == "no significant zone"


def test_imbalance_says_its_interval_and_the_balance_its_conflict(column: Column, qtbot: QtBot) -> None:
    state = give(column)
    assert state["imbalance.±1%.interval"] == {"text": "−91 % to −42 %", "value": [-0.91, -0.42]}
    body = column.imbalance.content
    point_until(qtbot, body, QPoint(60, 12), "80 % interval −91 % to −42 %")
    assert "longs 2.9M (1.1M–5.2M)" in body.toolTip()
    point_until(qtbot, body, QPoint(60, body.height() - 6), "Not liquidatable: the rest of open interest")
    assert [row.interval for row in body.rows[:2]] == ["−91 … −42 %", "+21 … +78 %"]
    assert "ledger.conflict" not in state
    column.imbalance.show_settings(Settings(unit="coin"))
    assert column.state()["imbalance.±1%.long"]["text"] == present.number(2_900_000.0 / 67_070.0, 1)
    assert column.imbalance.header.caption == "est. BTC around mark"
    column.imbalance.show_settings(Settings())
    low = body.high()
    held = frame().ledger
    assert held is not None
    state = give(column, ledger=msgspec.structs.replace(held, clamped=True))
    assert state["ledger.conflict"]["text"] == "scale conflict: the map holds more than open interest"
    assert body.high() > low


def test_units_stay_in_a_compact_window(column: Column) -> None:
    column.set_compact(True)
    give(column)
    assert column.imbalance.header.caption == "est. USD"
    assert column.zones.header.caption == "est. USD, touch in 4 h"


def test_a_zone_row_asks_for_its_price_and_its_alert(column: Column, qtbot: QtBot) -> None:
    give(column)
    body = column.zones.content
    middle = QPoint(60, round(body._tops()[2] + 8))
    with qtbot.waitSignal(body.show_price) as asked:
        qtbot.mouseClick(body, Qt.MouseButton.LeftButton, pos=middle)
    assert asked.args == [frame().zones[2].peak]


def test_tape_takes_each_order_of_its_symbol_once_newest_first(column: Column) -> None:
    give(column, new_forced=(order(20_000.0, T0), order(50_000.0, T0 + 1), order(9e6, T0 + 2, symbol="ETHUSDT")))
    state = give(column, serial=2, new_forced=(order(30_000.0, T0 + 3, Side.SHORT), order(9_999.0, T0 + 4)))
    assert state["tape.count"]["value"] == 3
    assert [state[f"tape.{i}.usd"]["text"] for i in range(3)] == ["30.0K", "50.0K", "20.0K"]
    assert state["tape.0.side"]["text"] == "short"
    assert state["tape.0.price"]["text"] == "67,000.0"
    assert state["tape.0.time"]["text"] == present.clock(T0 + 3)
    column.show_settings(Settings(tape_min_usd=5_000.0, timezone="Asia/Kathmandu"))
    state = column.state()
    assert state["tape.count"]["value"] == 4
    assert state["tape.0.time"]["text"] == present.clock(T0 + 4, "Asia/Kathmandu")


def test_tape_scrolls_and_stays_where_it_is_when_new_orders_come(column: Column, qtbot: QtBot) -> None:
    give(column, new_forced=tuple(order(20_000.0 + i, T0 + i) for i in range(300)))
    body = column.tape.content
    body.setFocus()
    qtbot.keyClick(body, Qt.Key.Key_PageDown)
    before = body.shown[0]
    assert before.time_ms < T0 + 299
    give(column, serial=2, new_forced=(order(90_000.0, T0 + 999),))
    assert body.shown[0] == before
    qtbot.keyClick(body, Qt.Key.Key_Home)
    assert body.shown[0].time_ms == T0 + 999


def test_tape_is_bounded(column: Column) -> None:
    for k in range(5):
        give(column, serial=k, new_forced=tuple(order(20_000.0, T0 + k * 1000 + i) for i in range(1_000)))
    assert column.tape.content.count == KEPT < 5_000


def test_a_new_epoch_forgets_the_old_market(column: Column) -> None:
    give(column, new_forced=(order(20_000.0),))
    state = give(column, epoch=2)
    assert state["tape.count"]["value"] == 0


def test_rules_are_described_switched_and_counted(column: Column, qtbot: QtBot) -> None:
    state = give(column)
    assert str(state["alerts.rule.zone"]["text"]).endswith("quiet 15 m")
    assert state["alerts.rule.zone"]["value"] == 2
    assert str(state["alerts.rule.burst"]["text"]).endswith("off")
    body = column.alerts.content
    with qtbot.waitSignal(body.switched) as switched:
        qtbot.mouseClick(body, Qt.MouseButton.LeftButton, pos=QPoint(20, current().px(4) + 12))
    assert switched.args[0].id == "up"
    assert switched.args[0].enabled is False
    body.setFocus()
    qtbot.keyClick(body, Qt.Key.Key_Down)
    with qtbot.waitSignal(body.edit_wanted) as edited:
        qtbot.keyClick(body, Qt.Key.Key_Return)
    assert edited.args == [RULES[1].rule]
    with qtbot.waitSignal(body.drop_wanted) as dropped:
        qtbot.keyClick(body, Qt.Key.Key_Delete)
    assert dropped.args == ["zone"]


def test_firings_are_logged_and_unseen_until_looked_at(column: Column, qtbot: QtBot) -> None:
    counts: list[int] = []
    column.alerts.unseen_changed.connect(counts.append)
    give(column, new_fired=(fired("up", T0 - 5_000), fired("zone", T0)))
    state = give(column, serial=2)
    assert state["alerts.log.0"] == {"text": "near a zone (zone)", "value": T0}
    assert state["alerts.log.1"]["value"] == T0 - 5_000
    body = column.alerts.content
    y = round(body.places.firings[0].top + 8)
    with qtbot.waitSignal(body.show_price) as shown:
        qtbot.mouseClick(body, Qt.MouseButton.LeftButton, pos=QPoint(150, y))
    assert shown.args == [68_100.0]
    column.alerts.mark_seen()
    assert counts == [2, 1, 0]


def test_panels_repaint_only_when_their_words_change(column: Column, monkeypatch: pytest.MonkeyPatch) -> None:
    give(column)
    painted: list[str] = []
    for panel in (column.imbalance, column.funding, column.zones):
        name = panel.header.text()
        monkeypatch.setattr(panel.content, "update", lambda *_area, name=name: painted.append(name), raising=False)
    column.show_frame(frame(serial=2))
    assert painted == []
    column.show_frame(frame(serial=3, prices=Prices(67_081.4, MARK + 0.1, 67_070.0, 0.0224, T0)))
    assert painted == ["Zones"]


def test_a_folded_panel_carries_its_value_and_a_hand_s_choice_stays(column: Column, qtbot: QtBot) -> None:
    give(column)
    column.set_compact(True)
    assert column.funding.folded
    assert column.funding.header.value == "−0.0005 %   1:12:47"
    assert not column.imbalance.folded
    qtbot.mouseClick(column.funding.header, Qt.MouseButton.LeftButton)
    assert not column.funding.folded
    column.set_compact(False)
    column.set_compact(True)
    assert not column.funding.folded


@pytest.mark.parametrize("height", [420, 560, 700, 1000])
@pytest.mark.parametrize("compact", [False, True])
def test_no_panel_is_squeezed_below_what_it_shows(column: Column, qtbot: QtBot, height: int, compact: bool) -> None:
    column.set_compact(compact)
    column.resize(column.width(), height)
    give(column, new_fired=tuple(fired("up", T0 + i) for i in range(9)))
    docks = column.docks[:4]
    least = sum(panel.needed() for panel in (column.imbalance, column.zones)) + 3 * 26 + 4 * 3 + 32 + 24 + 4 * 21
    if least <= height:
        qtbot.waitUntil(lambda: all(d.height() >= min(d.panel.needed(), 26 + 60) for d in docks), timeout=2_000)
        qtbot.waitUntil(lambda: column.dock("zones").height() == column.zones.needed(), timeout=2_000)
        assert column.dock("imbalance").height() == column.imbalance.needed()
        assert column.tape.content.rows_in_view() >= 3


def test_large_text_still_fits(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "light", 2.0)
    made = Column(Settings(theme="light"))
    qtbot.addWidget(made)
    made.set_compact(False)
    assert made.sizeHint().width() == 696
    one = frame()
    made.take(one)
    made.show_frame(one)
    assert not made.grab().isNull()
    assert math.isclose(made.imbalance.content.high() / 2, 24 * 3 + 8 + 20 + 16 + 66, abs_tol=2)
    apply_theme(qapp, "dark", 1.0)
    assert BTC.symbol == one.instrument.symbol


def test_forced_orders_are_called_a_floor_wherever_they_are_listed(column: Column) -> None:
    give(column, new_forced=(order(2e6), order(3e6, T0 - 1_000)))
    assert "a floor" in column.tape.header.caption
    assert "their sum is a floor, never the whole" in column.tape.content.toolTip()
