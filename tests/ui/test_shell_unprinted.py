"""The tape's two lines of what was printed and what was not, and the particulars of one order."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import T0, frame, shown_column

from liqdesk.insight import Prints, Rule, Study, study
from liqdesk.market import DAY_MS, ForcedOrder, Side
from liqdesk.ui.panels.column import Column
from liqdesk.ui.panels.unprinted import lines_of, order_tip, rule_sentence, tip_of
from liqdesk.ui.theme import SMALL, current, text_width
from liqdesk.venues.binance.brackets import shipped_brackets

TABLE = shipped_brackets().table("BTCUSDT")


@pytest.fixture
def column(qtbot: QtBot, qapp: QApplication) -> Iterator[Column]:
    yield from shown_column(qtbot, qapp)


def looked_through(count: int, covered_ms: int = DAY_MS) -> Study:
    """Study prints in busy minutes, every second with one, their sizes growing with the rush as maxima do."""
    rng = np.random.default_rng(4)
    seconds = np.sort(rng.choice(covered_ms // 1_000, count, replace=False))
    usd = rng.lognormal(8, 1, count)
    t = T0 - covered_ms + seconds * 1_000
    return study(Prints(t, usd, (np.arange(count) % 2).astype(np.int8), ((T0 - covered_ms, T0),)), T0)


def test_the_lines_say_a_floor_and_an_estimate_in_two_digits() -> None:
    found = looked_through(2_000, DAY_MS // 2)
    told = found.unprinted
    assert told is not None
    told = msgspec.structs.replace(
        told, printed=(900_000.0, 340_000.0), hidden=(700_123.0, 237_456.0), total_low=712_345.0, total_high=1_234_567.0
    )
    found = msgspec.structs.replace(found, unprinted=told)
    first, second = lines_of(found, compact=False)
    assert first == "24 h: printed $1.2M, a floor · 12.0 h listened"
    assert second == "about $940K [710K–1.2M] was not printed (estimate)"
    assert lines_of(found, compact=True)[1] == "about $940K [710K–1.2M] not printed (est.)"
    assert "longs: $900K was printed, about $700K [" in tip_of(found)
    assert "shorts: $340K was printed, about $240K [" in tip_of(found)


def test_which_rule_is_said_with_its_record() -> None:
    found = looked_through(200)
    for rule, words in (
        (
            Rule.LARGEST,
            "the documents say the largest; 1,204 prints in 7 days agree (log likelihood ratio +130 nats, 95 % +90 to +180)",
        ),
        (Rule.LATEST, "1,204 prints in 7 days speak for the latest (log"),
        (None, "1,204 prints in 7 days cannot tell yet"),
    ):
        test = msgspec.structs.replace(found.test, rule=rule, ratio=130.2, low=90.1, high=180.4, prints=1_204)
        assert words in rule_sentence(msgspec.structs.replace(found, test=test, record_ms=7 * DAY_MS))


def test_an_order_tells_the_mark_that_triggered_it() -> None:
    order = ForcedOrder("BTCUSDT", Side.LONG, T0, T0 + 1_008, 82_651.9, 82_338.3, 0.190)
    words = order_tip(order, TABLE, frame().instrument)
    assert "long liquidated, filled at 82,651.9" in words
    assert "Trigger: mark 82,669.0, reconstructed" in words
    assert "limit 82,338.3, the bankruptcy price, and the maintenance rate of 0.40 %" in words
    assert "Trigger" not in order_tip(order, None, frame().instrument)
    short = ForcedOrder("BTCUSDT", Side.SHORT, T0, T0 + 1_008, 82_651.9, 82_338.3, 10.0)
    assert "bracket 3" in order_tip(short, TABLE, frame().instrument)


@pytest.mark.parametrize("compact", [False, True])
def test_the_lines_stand_under_the_rows_whole_and_with_their_tips(column: Column, compact: bool) -> None:
    found = looked_through(2_000)
    order = ForcedOrder("BTCUSDT", Side.LONG, T0, T0 + 1_008, 82_651.9, 82_338.3, 0.190)
    shown = msgspec.structs.replace(frame(), new_forced=(order,), study=found, brackets=TABLE)
    column.set_compact(compact)
    column.take(shown)
    column.show_frame(shown)
    body = column.tape.content
    assert body.rows_in_view() >= 3
    room = column.width() - 2 * current().px(10)
    assert all(text_width(line, SMALL) <= room for line in body.lines)
    assert "Which one" in body.tip_at(body.height() - 5)
    assert "Trigger: mark" in body.tip_at(30)
    assert "a floor, never the whole" in body.tip_at(5)
    state = column.state()
    assert state["tape.unprinted"]["text"] == body.lines[1]
    assert state["tape.rule"]["value"][1] == 2_000  # type: ignore[index]
    before = body.rows_in_view()
    column.take(msgspec.structs.replace(frame(), study=None))
    assert body.lines == ("", "")
    assert body.rows_in_view() > before


def test_too_few_prints_are_said_to_be_too_few(column: Column) -> None:
    found = looked_through(12)
    column.take(msgspec.structs.replace(frame(), study=found))
    assert column.tape.content.lines == ("12 of 800 prints on record", "too few to estimate what was not printed")
    assert "cannot tell yet" in column.tape.content.tip_at(column.tape.content.height() - 1)
