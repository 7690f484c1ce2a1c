"""The position check as it is typed and read: golden values by the keyboard, sentences for what cannot be, figures of the check alone."""

from __future__ import annotations

import json
import logging
import math
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import BTC, MARK, T0, connection, frame, source, streams, zone

from liqdesk.alerts import Cross, PriceCrosses
from liqdesk.engine.frames import Frame, Prices, PutRule
from liqdesk.insight import Spread
from liqdesk.insight.position import Position, along_leverage, check
from liqdesk.insight.touch import LAW, Calibration
from liqdesk.insight.volatility import HORIZONS_MS
from liqdesk.market import Side
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.position import kept, words
from liqdesk.ui.position.dialog import PositionDialog
from liqdesk.ui.position.lines import LeverageStrip
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window
from liqdesk.venues.binance.brackets import shipped_brackets

TABLE = shipped_brackets().table("BTCUSDT")
CURVES = tuple(
    Calibration(h, *[tuple(law)] * 5, 0, 0, 0, math.nan, math.nan)
    for h, law in zip(HORIZONS_MS, LAW.tolist(), strict=True)
)
ZONES = (zone(Side.LONG, 63_707.0, 64_117.0, 14e6), zone(Side.LONG, 62_317.0, 62_794.0, 28e6))


def market(mark: float = MARK, **fields: object) -> Frame:
    values: dict[str, object] = {
        "prices": Prices(mark + 7, mark, mark, 0.01, T0),
        "brackets": TABLE,
        "spread": Spread(),
        "reach": (0.004, 0.02, 0.04),
        "odds": CURVES,
        "zones": ZONES,
    }
    return frame(**(values | fields))


@pytest.fixture
def card(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[..., PositionDialog]]:
    """Give a function that opens the card of a frame."""
    apply_theme(qapp, "dark", 1.0)
    owner = QWidget()
    qtbot.addWidget(owner)
    owner.resize(1_200, 900)
    owner.show()
    made: list[PositionDialog] = []

    def build(shown: Frame | None = None, **options: str) -> PositionDialog:
        one = PositionDialog(owner, shown or market(), None, **options)
        qtbot.addWidget(one)
        one.open_over()
        qtbot.waitExposed(one)
        made.append(one)
        return one

    yield build
    for one in made:
        one.close()


def type_into(field: QWidget, text: str) -> None:
    """Type as a hand does: all that stood there goes."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)


def fill(dialog: PositionDialog, side: Side, entry: str, size: str, leverage: str) -> None:
    dialog.form.side.setFocus()
    QTest.keyClick(dialog.form.side, Qt.Key.Key_Right if side is Side.SHORT else Qt.Key.Key_Left)
    type_into(dialog.form.entry, entry)
    type_into(dialog.form.size_field, size)
    type_into(dialog.form.leverage, leverage)


def text(dialog: PositionDialog, name: str) -> str:
    return str(dialog.state()[name]["text"])


@pytest.mark.parametrize(
    ("side", "entry", "size", "leverage", "price", "bracket"),
    [
        (Side.LONG, "83000", "1", "20", 79166.6667, 1),
        (Side.SHORT, "83,000", "1", "20x", 86802.7888, 1),
        (Side.LONG, "83000", "10", "50", 81721.1877, 3),
        (Side.SHORT, "83000", "10", "50", 84262.2951, 3),
        (Side.LONG, "83k", "0.01", "100", 82500.0, 1),
        (Side.LONG, "83000", ".01", "150", 82777.7778, 1),
        (Side.SHORT, "83000", "100", "25", 85584.1584, 4),
        (Side.LONG, "83000", "1", "1", None, None),
    ],
)
def test_golden_values_typed_by_keyboard(
    card: Callable[..., PositionDialog],
    side: Side,
    entry: str,
    size: str,
    leverage: str,
    price: float | None,
    bracket: int | None,
) -> None:
    dialog = card(market(83_000.0))
    fill(dialog, side, entry, size, leverage)
    assert dialog.check is not None, dialog.advice.words
    assert dialog.check.bracket == bracket
    assert dialog.state()["liquidation"]["value"] == (None if price is None else pytest.approx(price, abs=5e-5))
    assert text(dialog, "liquidation") == ("none" if price is None else present.price(price, 1))
    assert text(dialog, "brackets") == "brackets of 2 Jul 2026"


def test_every_figure_is_the_check_of_what_is_typed(card: Callable[..., PositionDialog]) -> None:
    shown = market()
    dialog = card(shown)
    fill(dialog, Side.LONG, "66,210", "0.8", "25")
    now = shown.now
    assert now is not None
    typed = Position(Side.LONG, 66_210.0, 0.8, 25.0)
    found = check(typed, TABLE, MARK, now.base, now.usd, now.shares, ZONES, Spread(), shown.reach, CURVES)
    assert dialog.check == found
    assert found.touch is not None and found.edge is not None and found.clearing is not None  # noqa: PT018
    assert text(dialog, "liquidation") == "63,816.9"
    assert text(dialog, "away") == present.percent(found.away) == "−4.9 %"
    assert text(dialog, "bankruptcy") == "63,561.6"
    assert text(dialog, "profit") == "+691.20 USDT"
    assert text(dialog, "margin") == "2,119 USDT"
    half = present.size_half(found.before_low, found.before_high)
    assert text(dialog, "before") == f"${present.usd(found.before)} {half}"
    assert text(dialog, "near") == f"${present.usd(found.near)}"
    assert text(dialog, "rank") == f"${present.usd(found.here)} · above {found.rank * 100:.0f} % of rows"  # type: ignore[operator]
    assert text(dialog, "edge") == "inside 63,707–64,117"
    assert text(dialog, "touch").startswith(f"{found.touch.odds[1] * 100:.0f} %".replace("0 %", "<1 %"))
    lower = found.clearing.leverage
    assert f"{lower}x puts it at {present.price(found.clearing.price, 1)}" in text(dialog, "advice")
    assert found.clearing.cost == pytest.approx(66_210 * 0.8 * (1 / (lower or 0) - 1 / 25))
    assert f"Costs {words.money(found.clearing.cost, 'USDT')} more margin." in text(dialog, "advice")
    assert dialog.form.own.text() == "2,118.72"
    values = {name: row["value"] for name, row in dialog.state().items()}
    assert values["before"] == found.before
    assert values["near"] == found.near
    assert values["rank"] == found.rank
    assert values["touch"] == found.touch.odds[1]
    assert values["profit"] == pytest.approx(0.8 * (MARK - 66_210))


def test_what_is_no_zone_is_called_a_rise_that_may_be_chance(card: Callable[..., PositionDialog]) -> None:
    dialog = card(
        market(zones=(zone(Side.LONG, 63_707.0, 64_117.0, 14e6, z=1.2), zone(Side.SHORT, 63_700.0, 63_900.0, 1e6)))
    )
    fill(dialog, Side.LONG, "66,210", "0.8", "25")
    assert text(dialog, "edge") == "no zone"
    expected = (
        "No significant long zone stands on the map now. It lies on a rise that may be chance: 63,707–64,117, $14.0M."
    )
    assert text(dialog, "advice") == expected
    dialog.show_frame(market(zones=(zone(Side.LONG, 60_000.0, 60_500.0, 14e6),)))
    assert text(dialog, "edge") == "60,500.0 · −5.2 %"
    assert text(dialog, "advice").startswith("Clear of long zones by 5.2 %.")


def test_the_figures_follow_the_mark_and_the_next_epoch_closes_the_card(card: Callable[..., PositionDialog]) -> None:
    dialog = card()
    fill(dialog, Side.SHORT, "66,210", "0.8", "25")
    assert text(dialog, "profit") == "−691.20 USDT"
    dialog.show_frame(market(66_000.0))
    assert text(dialog, "profit") == "+168.00 USDT"
    dialog.show_frame(market(80_000.0))
    assert dialog.check is not None
    assert dialog.check.gone
    assert "would be gone" in text(dialog, "advice")
    assert not dialog.show_it.isEnabled()
    dialog.show_frame(market(epoch=2))
    assert not dialog.isVisible()


def test_sizes_are_in_coins_where_that_is_chosen(card: Callable[..., PositionDialog]) -> None:
    dialog = card(unit="coin")
    fill(dialog, Side.LONG, "66,210", "0.8", "25")
    assert dialog.check is not None
    m = present.measure("coin", "BTC", MARK)
    assert text(dialog, "near") == f"{present.size(dialog.check.near, m)} BTC"
    assert text(dialog, "before").startswith(f"{present.size(dialog.check.before, m)} BTC ±")


def test_a_mark_that_is_not_current_is_said(card: Callable[..., PositionDialog]) -> None:
    dialog = card()
    fill(dialog, Side.LONG, "66,210", "0.8", "25")
    assert not dialog.advice.wrong
    dialog.show_frame(market(connection=connection("stale"), streams=streams(41.0)))
    assert "Nothing here is current: the mark is 41 s old." in text(dialog, "advice")
    assert dialog.advice.wrong
    dialog.show_frame(market())
    assert "current" not in text(dialog, "advice")


def test_leverage_and_margin_are_two_ways_to_say_one_thing(card: Callable[..., PositionDialog]) -> None:
    dialog = card()
    fill(dialog, Side.LONG, "60000", "1", "20")
    assert dialog.form.own.text() == "3,000"
    type_into(dialog.form.own, "4000")
    assert dialog.form.leverage.text() == "15"
    by_margin = dialog.state()["liquidation"]["value"]
    type_into(dialog.form.leverage, "15")
    assert dialog.state()["liquidation"]["value"] == by_margin
    type_into(dialog.form.extra, "1000")
    solved = check(Position(Side.LONG, 60_000.0, 1.0, 15.0, extra=1_000.0), TABLE, MARK)
    assert dialog.state()["liquidation"]["value"] == solved.liquidation
    dialog.form.mode.setCurrentIndex(1)
    assert dialog.check is None
    assert not dialog.form.extra.isEnabled()
    type_into(dialog.form.own, "9000")
    crossed = check(Position(Side.LONG, 60_000.0, 1.0, 15.0, cross=True, wallet=9_000.0), TABLE, MARK)
    assert dialog.state()["liquidation"]["value"] == crossed.liquidation


@pytest.mark.parametrize(
    ("typed", "field", "part"),
    [
        (("abc", "1", "10", "0"), "entry", "The entry “abc” is not a number."),
        (("-5", "1", "10", "0"), "entry", "The entry must be a price above zero."),
        (("60000", "0", "10", "0"), "size_field", "The size must be an amount of BTC above zero."),
        (("60000", "0.0001", "10", "0"), "size_field", "The smallest size is 0.001 BTC."),
        (("60000", "1", "0.5", "0"), "leverage", "The leverage must be 1x or more"),
        (("60000", "10", "120", "0"), "leverage", "600K USDT can have at most 100x (brackets of 2 Jul 2026)."),
        (("60000", "0.01", "151", "0"), "leverage", "600 USDT can have at most 150x"),
        (("60000", "1000000", "1", "0"), "size_field", "At most 1.80B USDT can be held in BTCUSDT."),
        (("60000", "1", "10", "-1"), "extra", "The extra margin cannot be negative."),
    ],
)
def test_what_cannot_be_is_said_and_outlined(
    card: Callable[..., PositionDialog], typed: tuple[str, str, str, str], field: str, part: str
) -> None:
    dialog = card()
    fill(dialog, Side.LONG, *typed[:3])
    type_into(dialog.form.extra, typed[3])
    assert part in text(dialog, "advice")
    assert dialog.advice.wrong
    assert getattr(dialog.form, field).property("invalid") == "true"
    assert dialog.check is None
    assert text(dialog, "liquidation") == present.UNKNOWN
    assert not dialog.show_it.isEnabled()
    assert not dialog.alert.isEnabled()
    fill(dialog, Side.LONG, "60000", "1", "10")
    type_into(dialog.form.extra, "0")
    assert not dialog.advice.wrong
    assert getattr(dialog.form, field).property("invalid") == "false"


def test_a_wallet_below_the_maintenance_margin_is_refused(card: Callable[..., PositionDialog]) -> None:
    dialog = card()
    fill(dialog, Side.SHORT, "60000", "1", "10")
    dialog.form.mode.setCurrentIndex(1)
    type_into(dialog.form.own, "100")
    assert "less than the 240.00 USDT it must keep" in text(dialog, "advice")
    type_into(dialog.form.own, "-3")
    assert "The wallet must be an amount of USDT above zero." in text(dialog, "advice")


def test_the_strip_shows_the_maps_rows_at_each_leverage(card: Callable[..., PositionDialog]) -> None:
    shown = market()
    dialog = card(shown)
    fill(dialog, Side.LONG, "66,210", "0.8", "25")
    strip, now = dialog.strip, shown.now
    assert now is not None
    assert strip.leverages[0] == pytest.approx(5.0)
    assert strip.leverages[-1] == pytest.approx(150.0)
    prices, usd = along_leverage(
        Position(Side.LONG, 66_210.0, 0.8, 25.0), TABLE, strip.leverages, MARK, now.base, now.usd
    )
    assert strip.usd.tolist() == pytest.approx(usd.tolist(), nan_ok=True)
    assert strip.mine == 25.0
    assert dialog.check is not None
    assert dialog.check.clearing is not None
    assert strip.better == dialog.check.clearing.leverage
    at = strip.leverages.searchsorted(25.0)
    said = strip.tip_at(strip.x_of(float(strip.leverages[at])))
    assert present.price(float(prices[at]), 1) in said
    assert present.usd(float(usd[at])) in said
    fill(dialog, Side.LONG, "66,210", "2000", "10")  # 132M: the bracket of 10x
    assert strip.leverages[-1] == pytest.approx(10.0)
    assert LeverageStrip.samples(5).size == 0


@pytest.mark.parametrize(("side", "direction"), [(Side.LONG, Cross.DOWN), (Side.SHORT, Cross.UP)])
def test_the_alert_stands_one_per_cent_before(
    card: Callable[..., PositionDialog], qtbot: QtBot, side: Side, direction: Cross
) -> None:
    dialog = card()
    fill(dialog, side, "67000", "0.5", "10")
    assert dialog.check is not None
    assert dialog.check.liquidation is not None
    with qtbot.waitSignal(dialog.alert_wanted) as caught:
        dialog.alert.setFocus()
        QTest.keyClick(dialog.alert, Qt.Key.Key_Return)
    price, way = caught.args
    assert price == round(dialog.check.liquidation * (1.01 if side is Side.LONG else 0.99), 1)
    assert way is direction
    fill(dialog, side, "67000", "0.5", "120")  # nearer than 1 % already
    assert not dialog.alert.isEnabled()


# the window: where it is kept, and where it is not


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Callable[..., Window]]:
    apply_theme(qapp, "dark", 1.0)
    made: list[Window] = []

    def build(writable: bool = True) -> Window:
        one = Window(Settings(first_run_done=True, sounds=False), writable, str(tmp_path))
        one._painted = True
        qtbot.addWidget(one)
        made.append(one)
        one.resize(1_700, 950)
        assert one.shell.parent() is one
        one.act.mine.load()
        one.show()
        one.activateWindow()
        qtbot.waitUntil(one.isActiveWindow)
        return one

    yield build
    for one in made:
        one.close()


def checked(w: Window) -> PositionDialog:
    QTest.keyClick(w, Qt.Key.Key_O)
    dialog = w.act.dialog
    assert isinstance(dialog, PositionDialog)
    return dialog


def test_a_position_is_kept_for_its_owner_alone_by_market_and_contract(
    window: Callable[..., Window], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    w = window()
    w.apply(market())
    dialog = checked(w)
    fill(dialog, Side.LONG, "66,210.7", "0.813", "25")
    assert "readable by you alone" in dialog.kept_note
    assert words.PRIVATE in dialog.kept_note
    dialog.show_it.click()
    path = tmp_path / kept.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    stored = json.loads(path.read_bytes())["positions"]
    assert stored["binance"]["BTCUSDT"]["entry"] == 66_210.7
    assert "66210.7" not in json.dumps(w.state())
    assert "0.813" not in json.dumps(w.state())
    assert not any(n in r.getMessage() for r in caplog.records for n in ("66210", "66,210", "0.813"))
    w.apply(market(epoch=2, source=source("demo")))  # simulated prices are not those it was entered at
    other = checked(w)
    assert other.form.size_field.text() == ""
    other.reject()
    w.close()
    again = window()
    again.apply(market())
    back = checked(again)
    assert back.form.size_field.text() == "0.813"
    assert back.form.entry.text() == "66,210.7"
    assert back.remove is not None
    back.remove.click()
    assert json.loads(path.read_bytes())["positions"] == {}


def test_a_read_only_profile_lets_one_use_it_unsaved_and_says_so(window: Callable[..., Window], tmp_path: Path) -> None:
    w = window(writable=False)
    w.apply(market())
    dialog = checked(w)
    assert "read-only: the position is gone when it closes" in dialog.kept_note
    fill(dialog, Side.LONG, "66,210", "0.8", "25")
    dialog.show_it.click()
    assert not (tmp_path / kept.FILE).exists()
    assert list(w.act.mine.positions) == [("binance", "BTCUSDT")]
    assert w.stage.toast.message is not None
    assert "read-only" in w.stage.toast.message.facts
    assert checked(w).form.size_field.text() == "0.8"


def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path) -> None:
    path = tmp_path / kept.FILE
    assert kept.load(path) == ({}, "")
    path.write_text('{"positions": {"binance": {"BTC')
    path.chmod(0o644)
    found, notice = kept.load(path)
    assert not found
    assert "kept as positions.json.broken" in notice
    good = Position(Side.SHORT, 10.0, 2.0, 5.0)
    kept.save(path, {("binance", "ETHUSDT"): good, ("demo", "ETHUSDT"): good})
    raw = msgspec.json.decode(path.read_bytes())
    raw["positions"]["demo"]["ETHUSDT"]["quantity"] = -1
    path.write_bytes(msgspec.json.encode(raw))
    path.chmod(0o644)
    found, notice = kept.load(path)
    assert found == {("binance", "ETHUSDT"): good}
    assert "1 of your positions made no sense" in notice
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_alert_becomes_a_rule_of_the_engine(window: Callable[..., Window], qtbot: QtBot) -> None:
    w = window()
    w.apply(market())
    dialog = checked(w)
    fill(dialog, Side.LONG, "66,210", "0.8", "10")
    price = dialog.alert_price()
    with qtbot.waitSignal(w.command) as caught:
        dialog.alert.click()
    (sent,) = caught.args
    assert isinstance(sent, PutRule)
    assert isinstance(sent.rule, PriceCrosses)
    assert (sent.rule.symbol, sent.rule.price, sent.rule.direction, sent.rule.enabled) == (
        BTC.symbol,
        price,
        Cross.DOWN,
        True,
    )
    assert dialog.isVisible()


def test_before_brackets_are_known_nothing_opens(window: Callable[..., Window]) -> None:
    w = window()
    w.apply(market(brackets=None))
    QTest.keyClick(w, Qt.Key.Key_O)
    assert w.act.dialog is None
    assert w.stage.toast.message is not None
