"""The tape's filters: what is let through, kept in the settings, and said where nothing is."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shell_frames import BTC, T0, Furnish, frame

from liqdesk.market import ForcedOrder, Instrument, Side, Universe
from liqdesk.settings import load, save
from liqdesk.ui import present
from liqdesk.ui.panels.tape import FLOOR, FLOOR_SHORT, TapePanel
from liqdesk.ui.panels.tapefilter import least_words
from liqdesk.ui.window import Window

PEPE = Instrument("1000PEPEUSDT", "1000PEPE", "USDT", 0.0000001, 1.0)


def orders(count: int = 300, seed: int = 2) -> tuple[ForcedOrder, ...]:
    rng = random.Random(seed)
    made = []
    for i in range(count):
        symbol, price = rng.choice((("BTCUSDT", 67_000.0), ("1000PEPEUSDT", 0.0123456), ("NEWUSDT", 1.2345678)))
        usd = math.exp(rng.uniform(math.log(200), math.log(2e6)))
        made.append(ForcedOrder(symbol, rng.choice(list(Side)), T0 + i, T0 + i + 900, price, price * 0.99, usd / price))
    return tuple(made)


@pytest.fixture
def make(furnish: Furnish) -> Callable[..., Window]:
    def window(wide: int = 1_920, **settings: object) -> Window:
        one = furnish(wide, active=True, **settings)
        one.set_universe(Universe(T0, (BTC, PEPE)))
        one.apply(frame(new_forced=orders()))
        return one

    return window


def listed(w: Window) -> list[tuple[int, str, str]]:
    content = w.column.tape.content
    content._offset = 0
    out = []
    while True:
        out += [(o.time_ms, o.side.word, o.symbol) for o in content.shown]
        before = content._offset
        content._scroll(before + content.rows_in_view())
        if content._offset == before or not content.rows_in_view():
            break
    return list(dict.fromkeys(out))


def expected(w: Window) -> list[tuple[int, str, str]]:
    s = w.settings
    found = [
        (o.time_ms, o.side.word, o.symbol)
        for o in orders()
        if o.usd >= s.tape_min_usd and s.tape_side in ("both", o.side.word) and (s.tape_all or o.symbol == "BTCUSDT")
    ]
    return found[::-1]


def press_size(w: Window, words: str) -> None:
    menu = w.column.tape.filter.sizes()
    assert [a.text() for a in menu.actions() if a.isChecked()] == [least_words(w.settings.tape_min_usd)]
    next(a for a in menu.actions() if a.text() == words).trigger()
    menu.deleteLater()


def test_every_filter_shows_exactly_what_it_lets_through(make: Callable[..., Window], qtbot: QtBot) -> None:
    w = make()
    panel = w.column.tape
    assert isinstance(panel, TapePanel)
    assert listed(w) == expected(w)
    for size in ("any size", "≥ $1K", "≥ $100K"):
        press_size(w, size)
        assert panel.filter.size_button.text() == size == least_words(w.settings.tape_min_usd)
        for side in ("long", "both", "short"):
            panel.filter.side.choose(side)
            for everything in (True, False):
                panel.filter.scope.choose(everything)
                assert (w.settings.tape_side, w.settings.tape_all) == (side, everything)
                assert listed(w) == expected(w)
                assert w.state()["tape.count"]["value"] == len(expected(w))  # type: ignore[index]
    before = len(expected(w))
    w.apply(
        frame(serial=2, new_forced=(orders()[0], msgspec.structs.replace(orders()[0], symbol="BTCUSDT", quantity=9.0)))
    )
    assert panel.content.count in (before, before + 1)


def test_orders_that_come_later_pass_the_same_filter(make: Callable[..., Window]) -> None:
    w = make(tape_side="short", tape_all=True, tape_min_usd=50e3)
    content = w.column.tape.content
    before = content.count
    one = ForcedOrder("1000PEPEUSDT", Side.SHORT, T0 + 999, T0 + 999, 0.0123, 0.0124, 6e6)
    late = (one, msgspec.structs.replace(one, side=Side.LONG), msgspec.structs.replace(one, quantity=1e6))
    w.apply(frame(serial=2, new_forced=late))
    assert content.count == before + 1
    assert content.shown[0] == one


def test_rows_of_all_contracts_name_theirs_with_its_own_decimals(make: Callable[..., Window]) -> None:
    w = make(tape_all=True, tape_min_usd=0.0)
    w.apply(frame(serial=2))
    state = w.state()
    seen = set()
    for i, order in enumerate(w.column.tape.content.shown):
        decimals = {"BTCUSDT": 1, "1000PEPEUSDT": 7}.get(order.symbol)
        text = present.price(order.price, decimals) if decimals is not None else f"{order.price:,.6g}"
        assert state[f"tape.{i}.price"]["text"] == text  # type: ignore[index]
        names = {"BTCUSDT": "BTC", "1000PEPEUSDT": "1000PEPE"}
        assert state[f"tape.{i}.contract"]["text"] == names.get(order.symbol, order.symbol)  # type: ignore[index]
        assert state[f"tape.{i}.usd"]["value"] == order.usd  # type: ignore[index]
        seen.add(order.symbol)
    assert len(seen) == 3


def test_the_filter_is_kept_over_a_restart(make: Callable[..., Window], qtbot: QtBot, tmp_path: Path) -> None:
    w = make()
    press_size(w, "≥ $250K")
    w.column.tape.filter.side.setFocus()
    QTest.keyClick(w.column.tape.filter.side, Qt.Key.Key_Left)
    w.column.tape.filter.scope.choose(True)
    save(tmp_path / "s.json", w.settings)
    again = load(tmp_path / "s.json")
    assert not again.notices
    kept = again.settings
    assert (kept.tape_min_usd, kept.tape_side, kept.tape_all) == (250e3, "long", True)
    other = make(tape_min_usd=kept.tape_min_usd, tape_side=kept.tape_side, tape_all=kept.tape_all)
    panel = other.column.tape
    assert (panel.filter.size_button.text(), panel.filter.side.value, panel.filter.scope.value) == (
        "≥ $250K",
        "long",
        True,
    )
    assert listed(other) == expected(other)


@pytest.mark.parametrize("wide", [1_920, 1_366])
def test_that_it_is_a_floor_stands_there_at_any_width_and_filter(
    make: Callable[..., Window], qtbot: QtBot, wide: int
) -> None:
    w = make(wide)
    panel = w.column.tape
    for everything in (False, True):
        panel.filter.scope.choose(everything)
        header = panel.header
        assert (header.caption, header.short) == (FLOOR, FLOOR_SHORT)
    inside = panel.filter.rect()
    for widget in (
        panel.filter.size_button,
        panel.filter.side,
        panel.filter.side_menu,
        panel.filter.scope,
        panel.filter.scope_menu,
    ):
        assert widget.isHidden() or inside.contains(widget.geometry())
    assert panel.filter.side.isHidden() is not panel.filter.side_menu.isHidden()
    assert panel.filter.scope.isHidden() is not panel.filter.scope_menu.isHidden()


def test_an_empty_tape_says_what_it_would_show(make: Callable[..., Window]) -> None:
    w = make(tape_side="long", tape_min_usd=1e9)
    assert w.column.tape.content.sieve.nothing("BTC") == "no long order of $1B or more in BTC printed yet"
    assert w.column.tape.content.count == 0
    w.change(tape_side="both", tape_all=True, tape_min_usd=0.0)
    assert w.column.tape.content.sieve.nothing("BTC") == "no order in any contract printed yet"
