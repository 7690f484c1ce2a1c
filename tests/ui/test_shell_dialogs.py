"""The cards: what is typed becomes a rule or settings, or a sentence says why not."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import BTC, MARK, ZONES, busy, frame

from liqdesk.alerts import AnyRule, Cross, ForcedBurst, FundingBeyond, ImbalanceBeyond, PriceCrosses, Which, ZoneNear
from liqdesk.market import Instrument, Ticker
from liqdesk.model.quality import Oddity
from liqdesk.paths import resource
from liqdesk.ui import streams as words
from liqdesk.ui.dialogs.alert import AlertDialog
from liqdesk.ui.dialogs.fields import number_from, plain
from liqdesk.ui.dialogs.help import FirstRun, HelpDialog, KeyTable
from liqdesk.ui.dialogs.reading import ReadingCard
from liqdesk.ui.dialogs.streams import Hours, StreamsDialog
from liqdesk.ui.dialogs.symbols import SymbolSearch, matches, why_not
from liqdesk.ui.keys import WITH_THE_MOUSE
from liqdesk.ui.theme import apply_theme


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("68,400.5", 68_400.5),
        (" −0.05 ", -0.05),
        ("20M", 20e6),
        ("1.5 k", 1_500.0),
        ("$3b", 3e9),
        ("1 000 000", 1e6),
        (".5", 0.5),
        ("", None),
        ("abc", None),
        ("1.2.3", None),
        ("nan", None),
        ("1e999", None),
        ("--1", None),
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str, value: float | None) -> None:
    assert number_from(typed) == value


@given(st.floats(min_value=-1e12, max_value=1e12, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-9))
def test_what_a_field_is_filled_with_reads_back(value: float) -> None:
    back = number_from(plain(value))
    assert back is not None
    assert math.isclose(back, value, rel_tol=1e-8, abs_tol=1e-12)


RULES = [
    PriceCrosses(id="r", symbol="BTCUSDT", price=68_400.5, direction=Cross.DOWN, cooldown_s=60.0, sound=False),
    ZoneNear(id="r", symbol="BTCUSDT", within=0.015, min_usd=20e6, which=Which.LONG),
    ZoneNear(id="r", symbol="BTCUSDT", within=0.01, min_medians=3.0),
    ImbalanceBeyond(id="r", symbol="BTCUSDT", radius=0.05, threshold=-0.6),
    FundingBeyond(id="r", symbol="BTCUSDT", rate=0.0005, either=True, cooldown_s=123.0),
    ForcedBurst(id="r", symbol="BTCUSDT", usd=5e6, seconds=90.0, which=Which.SHORT),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: type(r).__name__)
def test_every_kind_of_rule_survives_the_dialog(owner: QWidget, qtbot: QtBot, rule: AnyRule) -> None:
    dialog = AlertDialog(owner, BTC, MARK, rule)
    dialog.open_over()
    assert not dialog.preview.wrong
    assert dialog.preview.words
    with qtbot.waitSignal(dialog.saved) as saved:
        qtbot.mouseClick(dialog.save_on, Qt.MouseButton.LeftButton)
    back = saved.args[0]
    assert type(back) is type(rule)
    for name in rule.__struct_fields__:
        wanted, got = getattr(rule, name), getattr(back, name)
        assert got == (pytest.approx(wanted) if isinstance(wanted, float) else wanted), name


def test_each_kind_can_be_made_from_nothing(owner: QWidget, qtbot: QtBot) -> None:
    dialog = AlertDialog(owner, BTC, MARK)
    dialog.open_over()
    made = []
    for i in range(dialog.kind.count()):
        dialog.kind.setCurrentIndex(i)
        rule, wrong = dialog.rule()
        assert not wrong
        made.append(rule)
    assert [type(r) for r in made] == [PriceCrosses, ZoneNear, ImbalanceBeyond, FundingBeyond, ForcedBurst]
    assert len({dialog.rule()[0].id, AlertDialog(owner, BTC, MARK).rule()[0].id}) == 2  # type: ignore[union-attr]
    dialog.reject()


def test_a_wrong_number_is_said_and_cannot_be_saved(owner: QWidget, qtbot: QtBot) -> None:
    dialog = AlertDialog(owner, BTC, MARK)
    dialog.open_over()
    field = dialog.price
    field.selectAll()
    qtbot.keyClicks(field, "many")
    assert dialog.preview.wrong
    assert "“many” is not a number" in dialog.preview.words
    assert field.property("invalid") == "true"
    assert not dialog.save_on.isEnabled()
    field.selectAll()
    qtbot.keyClicks(field, "-5")
    assert dialog.preview.wrong
    assert not dialog.save_off.isEnabled()
    field.selectAll()
    qtbot.keyClicks(field, "70,000")
    assert not dialog.preview.wrong
    with qtbot.waitSignal(dialog.saved) as saved:
        qtbot.mouseClick(dialog.save_off, Qt.MouseButton.LeftButton)
    assert saved.args[0].enabled is False
    assert saved.args[0].price == 70_000.0


def test_a_zone_on_the_chart_starts_a_rule_that_holds_for_it(owner: QWidget) -> None:
    dialog = AlertDialog(owner, BTC, MARK)
    dialog.start_zone(ZONES[2])
    rule, wrong = dialog.rule()
    assert not wrong
    assert isinstance(rule, ZoneNear)
    assert rule.which is Which.LONG
    assert rule.min_usd is not None
    assert rule.min_usd <= ZONES[2].usd
    dialog.start_price(61_234.56, 1)
    rule, _ = dialog.rule()
    assert isinstance(rule, PriceCrosses)
    assert rule.price == 61_234.6


def test_a_rule_can_be_deleted_from_its_dialog(owner: QWidget, qtbot: QtBot) -> None:
    dialog = AlertDialog(owner, BTC, MARK, RULES[0])
    dialog.open_over()
    with qtbot.waitSignal(dialog.dropped) as dropped:
        dialog._delete()
    assert dropped.args == ["r"]


def test_the_card_of_the_streams_shows_what_the_frame_holds(owner: QWidget) -> None:
    one = busy()
    dialog = StreamsDialog(owner, one)
    dialog.open_over()
    rows = {row[0].text: [cell.text for cell in row] for row in dialog.streams.rows}
    assert rows["mark"] == ["mark", "0.3 s", "1.0/s", "84 ms", "1", "2 m", "0", "market"]
    assert rows["book"] == ["book", "12 s", "2.0/s", "101 ms", "0", "–", "1,234", "public"]
    assert rows["contracts"][1:4] == ["–", "0.0/s", "–"]
    assert len(rows) == len(one.streams)
    links = {row[0].text: [cell.text for cell in row] for row in dialog.links.rows}
    assert links["market"][1:7] == ["open", "92/s", "88 ms", "19 h", "2", "1"]
    assert links["public"][1:5] == ["waiting", "0.0/s", "91 ms", "–"]
    assert links["public"][7] == "wss://fstream.binance.com/public/stream"
    assert [cell.text for cell in dialog.rest.rows[0]][1:5] == ["212 of 2,400/min", "84 ms", "1,204", "2"]
    said = " ".join(cell.text for cell in dialog.notes)
    for part in ("btcusdt@kline_1m", "was cut", "socks5h://me@10.0.0.1:1080"):
        assert part in said
    state = words.numbers(one)
    for s in one.streams:
        assert state[f"stream.{s.name}"]["value"] == s.age_s
        assert state[f"stream.{s.name}.rate"] == {"text": rows[s.name][2], "value": s.rate}
        assert state[f"stream.{s.name}.latency"] == {"text": rows[s.name][3], "value": s.latency_ms}
        assert state[f"stream.{s.name}.gaps"] == {"text": rows[s.name][4], "value": s.gaps}
        assert state[f"stream.{s.name}.gap_length"] == {"text": rows[s.name][5], "value": s.gap_ms}
        assert state[f"stream.{s.name}.thinned"] == {"text": rows[s.name][6], "value": s.dropped}
    for link in one.links:
        assert state[f"link.{link.name}.endpoint"] == {"text": links[link.name][7], "value": link.endpoint}
        assert state[f"link.{link.name}.losses"]["value"] == link.losses
    assert state["rest.weight"] == {"text": "212 of 2,400/min", "value": 212}


def test_the_streams_card_tells_what_cannot_be_by_the_hour(owner: QWidget) -> None:
    hours = (1,) * 23 + (7,)
    one = frame(quality=(Oddity("interest beyond volume", 30, hours, frame().venue_ms - 120_000, True),))
    dialog = StreamsDialog(owner, one)
    said = next(cell for cell in dialog.notes if "Impossible" in cell.text)
    assert said.text == (
        "Impossible data: open interest changed by more than was traded, 30 in 24 h, clipped; the last 2 min ago"
    )
    assert said.token == "demo"
    (bars,) = dialog.findChildren(Hours)
    assert bars.counts == list(hours)
    assert not bars.grab().isNull()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_nothing_in_the_card_of_the_streams_is_clipped_but_an_address(
    owner: QWidget, qapp: QApplication, scale: float
) -> None:
    apply_theme(qapp, "dark", scale)
    dialog = StreamsDialog(owner, busy())
    dialog.open_over()
    for table in (dialog.streams, dialog.links, dialog.rest):
        assert table.width() >= table.minimumSizeHint().width()
        assert table.height() == table.sizeHint().height()
        assert table.geometry().right() < dialog._body.width()  # which is scrolled where the screen is narrower
    dialog.reject()
    apply_theme(qapp, "dark", 1.0)


def test_the_card_of_the_streams_follows_frames_and_its_columns_stand_still(owner: QWidget) -> None:
    dialog = StreamsDialog(owner, busy())
    dialog.open_over()
    wide = dialog.streams.sizeHint().width()
    dialog.show_frame(frame())
    assert dialog.streams.sizeHint().width() == wide
    assert [row[0].text for row in dialog.streams.rows] == [s.name for s in frame().streams]
    assert dialog.links.isHidden()
    assert dialog.rest.isHidden()
    assert dialog.notes == ()
    dialog.show_frame(busy())
    assert dialog.links.isVisible()
    dialog.reject()


def test_help_says_what_the_mouse_does_and_where_the_keys_are(owner: QWidget) -> None:
    dialog = HelpDialog(owner, "S2", "2 Jul 2026", "profile folder", lambda name: {"keys": "F12"}.get(name, ""))
    (table,) = dialog.findChildren(KeyTable)
    for hand, does in WITH_THE_MOUSE:
        assert f"{hand}: {does}" in table.accessibleName()
    assert dialog.keys.text() == "Every key, and changing them (F12)"
    assert dialog.method.text() == "How the map is made, in full"


def test_help_says_what_is_assumed_and_what_is_a_floor(owner: QWidget) -> None:
    """No venue publishes leverage or positions, and forced orders are a sample: nothing here may sound like more."""
    dialog = HelpDialog(owner, "S2", "2 Jul 2026")
    said = " ".join(one.text() for one in dialog.findChildren(QLabel))
    for part in (
        "It is an estimate.",
        "No venue publishes positions",
        "five assumed leverages",
        "their sum is a floor",
    ):
        assert part in said
    assert "total liquidations" not in said.lower()


def test_the_first_note_is_over_however_it_is_closed(owner: QWidget, qtbot: QtBot) -> None:
    for close in ("accept", "reject"):
        note = FirstRun(owner, "profile folder")
        note.open_over()
        with qtbot.waitSignal(note.begun):
            getattr(note, close)()


def instrument(symbol: str, **fields: object) -> Instrument:
    return Instrument(symbol, symbol.removesuffix("USDT"), "USDT", 0.1, 0.001, **fields)  # type: ignore[arg-type]


LISTED = (
    instrument("ETHUSDT"),
    instrument("BTCUSDT"),
    instrument("ETHFIUSDT"),
    instrument("TSLAUSDT", contract_type="TRADIFI_PERPETUAL"),
    instrument("BTCUSDT_260626", contract_type="CURRENT_QUARTER"),
    instrument("OLDUSDT", status="SETTLING"),
    instrument("../x"),
)
TICKERS = {s: Ticker(s, 0, 2.0, 1.0, 0, 0, 0, v) for s, v in (("BTCUSDT", 9e9), ("ETHUSDT", 5e9), ("ETHFIUSDT", 1e7))}


def test_search_finds_by_text_then_turnover_and_marks_what_has_no_map() -> None:
    assert [i.symbol for i in matches(LISTED, TICKERS, "")][:3] == ["BTCUSDT", "ETHUSDT", "ETHFIUSDT"]
    assert [i.symbol for i in matches(LISTED, TICKERS, "eth")] == ["ETHUSDT", "ETHFIUSDT"]
    assert [i.symbol for i in matches(LISTED, TICKERS, "btc/usdt")] == ["BTCUSDT", "BTCUSDT_260626"]
    reasons = {i.symbol: why_not(i) for i in LISTED}
    assert reasons["BTCUSDT"] == ""
    assert "no map" in reasons["TSLAUSDT"]
    assert "no map" in reasons["BTCUSDT_260626"]
    assert "settling" in reasons["OLDUSDT"]


def test_favourites_come_first_but_for_the_one_that_is_named_outright() -> None:
    listed = tuple(instrument(s) for s in ("BTCUSDT", "ETHUSDT", "ETHWUSDT", "SOLUSDT"))
    volumes = {"BTCUSDT": 9.0, "ETHUSDT": 8.0, "ETHWUSDT": 1.0, "SOLUSDT": 2.0}
    tickers = {s: Ticker(s, 0, 1.0, 1.0, 1.0, 1.0, 1.0, v) for s, v in volumes.items()}
    starred = ("SOLUSDT", "ETHWUSDT")
    assert [i.symbol for i in matches(listed, tickers, "", starred)] == ["SOLUSDT", "ETHWUSDT", "BTCUSDT", "ETHUSDT"]
    assert [i.symbol for i in matches(listed, tickers, "eth", starred)] == ["ETHUSDT", "ETHWUSDT"]
    assert [i.symbol for i in matches(listed, tickers, "et", starred)] == ["ETHWUSDT", "ETHUSDT"]


@pytest.mark.qt_log_ignore("^This plugin does not support")  # popups, on the offscreen platform
def test_a_star_is_pressed_by_mouse_and_key_and_never_chooses(owner: QWidget, qtbot: QtBot) -> None:
    search = SymbolSearch(owner)
    search.set_instruments(tuple(instrument(s) for s in ("BTCUSDT", "ETHUSDT", "SOLUSDT")))
    chosen: list[str] = []
    search.chosen.connect(chosen.append)
    search.open_under(owner, "BTCUSDT")
    with qtbot.waitSignal(search.starred) as caught:
        qtbot.keyClick(search.field, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert caught.args == ["BTCUSDT"]
    with qtbot.waitSignal(search.starred) as caught:
        qtbot.mouseClick(search.list, Qt.MouseButton.LeftButton, pos=QPoint(18, 24 + 26 + 13))
    assert caught.args == ["ETHUSDT"]
    assert not chosen
    assert search.isVisible()
    search.set_favourites(("SOLUSDT",))
    assert next(i.symbol for i in search.list.found) == "BTCUSDT"  # nothing jumps under the hand
    search.open_under(owner, "BTCUSDT")
    assert next(i.symbol for i in search.list.found) == "SOLUSDT"
    search.hide()


@pytest.mark.qt_log_ignore("^This plugin does not support")  # popups, on the offscreen platform
def test_the_keyboard_chooses_a_contract_and_never_one_without_a_map(owner: QWidget, qtbot: QtBot) -> None:
    search = SymbolSearch(owner)
    search.set_tickers(dict(TICKERS))
    search.set_instruments(LISTED)
    search.open_under(owner, "BTCUSDT")
    chosen: list[str] = []
    search.chosen.connect(chosen.append)
    qtbot.keyClicks(search.field, "tsla")
    qtbot.keyClick(search.field, Qt.Key.Key_Return)
    assert chosen == []
    search.field.clear()
    search._filter()
    qtbot.keyClick(search.field, Qt.Key.Key_Down)
    qtbot.keyClick(search.field, Qt.Key.Key_Return)
    assert chosen == ["ETHUSDT"]
    assert search.isHidden()


def test_the_methodology_is_read_inside_the_program(owner: QWidget, qtbot: QtBot) -> None:
    """The text in docs/ as it stands: every heading is in the contents, a click goes there, and nothing is opened outside."""
    source = resource("methodology.md").read_text(encoding="utf-8")
    headings = [line.lstrip("# ") for line in source.splitlines() if re.match(r"##? ", line)]
    card = ReadingCard(owner)
    card.open_over()
    assert card.contents.model().stringList() == headings  # type: ignore[attr-defined]
    assert all(h in card.text.toPlainText() for h in headings)
    card.text.verticalScrollBar().setValue(0)
    card.contents.clicked.emit(card.contents.model().index(len(headings) - 2, 0))
    assert card.text.verticalScrollBar().value() > 0
    assert not card.text.openLinks()
    card.reject()


def test_a_methodology_that_is_missing_says_so(owner: QWidget) -> None:
    card = ReadingCard(owner, "no-such-file.md")
    assert "missing; install it again" in card.text.toPlainText()
    card.reject()
