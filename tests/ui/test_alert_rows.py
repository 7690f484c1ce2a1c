"""Rules and firings are written whole in the alerts panel, whatever its width: what is painted is what rule and firing say."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import BASE, MARK, RULES, T0, Furnish, frame, shown_column
from support.painted import Watch, faults

from liqdesk.alerts import Fired, FundingBeyond, RuleStatus, Which, ZoneNear, describe, evaluate
from liqdesk.alerts.evaluate import MarketView
from liqdesk.engine.frames import Frame
from liqdesk.engine.pasts import WEEK_MS, Known, PastView, RulePast, watched
from liqdesk.settings import Settings
from liqdesk.ui import present, theme
from liqdesk.ui.panels.alertrows import SWITCHED, Row, places
from liqdesk.ui.panels.alerts import AlertsPanel
from liqdesk.ui.theme import BODY, MEDIUM, apply_theme, text_width

LONG_NAME = "1000SHIBUSDT"
LISTED = (
    *RULES,
    RuleStatus(
        ZoneNear(id="far", symbol=LONG_NAME, within=0.0125, min_medians=2.5, which=Which.SHORT), 31, T0 - 1, T0 + 59_000
    ),
    RuleStatus(FundingBeyond(id="rate", symbol="BTCUSDT", rate=0.0005, either=True), 1_204, T0 - 1, None),
)
HEADLINES = (
    "BTCUSDT is within 1.5 % of a $3.91M long rise that may be chance",
    "BTCUSDT imbalance ±2 % is −70 %",
    f"{LONG_NAME} is within 1.25 % of a $3.91M short zone",
    "BTCUSDT crossed 70,009.5 upwards",
    "BTCUSDT: $5.25M liquidated in 15 min",
    "BTCUSDT funding is −0.0125 %",
)
FIRED = tuple(
    Fired(str(i), words.split()[0].strip(":"), T0 + i * 1_000, words, "", 68_100.0, False)
    for i, words in enumerate(HEADLINES)
)
PAST = PastView(
    None,
    tuple(
        RulePast(watched(s.rule), 1, T0 - WEEK_MS, T0, (Known(T0 - WEEK_MS, T0, 0),), 10_080, more=True) for s in LISTED
    ),
)
SIZES = [(348, False), (276, True), (240, False), (520, False)]  # px at 100 %, compact


@pytest.fixture
def watch() -> Iterator[Watch]:
    with Watch() as one:
        yield one


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> Iterator[AlertsPanel]:
    apply_theme(qapp, "dark", 1.0)
    made = AlertsPanel(Settings())
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    apply_theme(qapp, "dark", 1.0, 100)


def give(panel: AlertsPanel, width: int, compact: bool, of: Frame) -> None:
    panel.set_compact(compact)
    panel.fold(False)
    panel.take(of)
    panel.show_frame(of)
    panel.resize(width, panel.needed())
    QApplication.processEvents()
    panel.resize(width, panel.needed())
    QApplication.processEvents()


def painted(panel: AlertsPanel, watch: Watch) -> list[tuple[float, float, str]]:
    """Return what the list has painted: top and left of each piece, from the top and from the left, and its words."""
    _, parts = watch.grab(panel)
    texts = next(texts for part, texts in parts if part is panel.content)
    return sorted((round(one.box.top()), one.box.left(), one.words) for one in texts)


def inside(pieces: list[tuple[float, float, str]], top: float, high: float) -> list[str]:
    return [words for y, _, words in pieces if top <= y < top + high]


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize(("width", "compact"), SIZES)
def test_every_rule_and_every_firing_is_painted_whole(
    panel: AlertsPanel, watch: Watch, qapp: QApplication, width: int, compact: bool, scale: float
) -> None:
    apply_theme(qapp, "dark", scale)
    of = frame(rules=LISTED, new_fired=FIRED, past=PAST)
    give(panel, round(width * scale), compact, of)
    body = panel.content
    assert faults(panel, watch) == []
    pieces = painted(panel, watch)
    at = body.places
    for row, status, place in zip(body.rows, LISTED, at.rules, strict=True):
        said = inside(pieces, place.top, place.high)
        named = status.rule.symbol == BASE.instrument.symbol
        assert row.words == describe(status.rule) if named else f"{LONG_NAME}: {describe(status.rule)}"
        if place.note:
            said.remove(place.note)
        assert " ".join(said) == row.words
        assert row.note in place.note or place.note == row.past or (row.note in SWITCHED and not place.note)
    for entry, fired, place in zip(body.shown, reversed(FIRED), at.firings, strict=True):
        assert entry.fired is fired
        time, *said = inside(pieces, place.top, place.high)
        assert time == present.clock(fired.time_ms)
        assert " ".join(said) == body.said_of(fired)
        assert fired.headline.endswith(body.said_of(fired))
    assert panel.list.height() == body.high() == at.high
    tops = [one.top for one in (*at.rules, *at.firings)]
    assert tops == sorted(tops)


def test_what_a_zone_rule_says_when_it_fires_is_read_whole_in_the_narrow_column(
    panel: AlertsPanel, watch: Watch
) -> None:
    zone = msgspec.structs.replace(BASE.zones[1], z=1.2)
    rule = ZoneNear(id="zone", symbol="BTCUSDT", within=0.015, min_usd=2e6)
    view = MarketView("BTCUSDT", T0, MARK, None, (zone,), (), None, (), BASE.instrument)
    fired = evaluate(rule, view)
    assert fired is not None
    give(panel, 276, True, frame(new_fired=(fired,)))
    place = panel.content.places.firings[0]
    assert len(place.lines) > 1
    assert inside(painted(panel, watch), place.top, place.high)[1:] == list(place.lines)
    assert " ".join(place.lines) == "within 1.5 % of a $2.84M short rise that may be chance"


def test_the_whole_of_a_row_answers_the_hand(panel: AlertsPanel, qtbot: QtBot) -> None:
    give(panel, 276, True, frame(rules=LISTED, new_fired=FIRED))
    body = panel.content
    place = body.places.rules[4]
    assert len(place.lines) > 1
    last = QPoint(150, round(place.top + place.high - 4))
    assert body._tip(last).startswith(f"{LONG_NAME}: Short zone ≥ 2.5 median zones within 1.25 % of mark")
    with qtbot.waitSignal(body.edit_wanted) as edited:
        qtbot.mouseDClick(body, Qt.MouseButton.LeftButton, pos=last)
    assert edited.args == [LISTED[4].rule]
    firing = body.places.firings[-1]
    with qtbot.waitSignal(body.show_price):
        qtbot.mouseClick(body, Qt.MouseButton.LeftButton, pos=QPoint(150, round(firing.top + firing.high - 4)))
    assert [entry.seen for entry in body.log] == [False] * 5 + [True]


def test_a_list_is_cut_between_rows_and_follows_its_width(panel: AlertsPanel) -> None:
    give(panel, 348, False, frame(rules=LISTED, new_fired=FIRED))
    wide = panel.content.high()
    ends = [one.top + one.high for one in (*panel.content.places.rules, *panel.content.places.firings)]
    for most in range(30, wide, 7):
        panel.limit(most)
        QApplication.processEvents()
        assert panel.list.height() in [*ends, most]
        assert panel.list.height() <= most
        assert panel.content.high() == wide, "the scroll bar breaks no line"
    panel.limit(10_000)
    panel.resize(240, 600)
    QApplication.processEvents()
    assert panel.content.high() > wide
    assert panel.list.height() == panel.content.high()
    panel.resize(348, 600)
    QApplication.processEvents()
    assert panel.list.height() == wide


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_a_note_takes_a_line_of_its_own_before_the_words_break_for_it(qapp: QApplication, scale: float) -> None:
    apply_theme(qapp, "dark", scale)
    row = Row("a", True, "Zone ≥ $2M within 1.5 % of mark", "quiet 23 m", "≥ 10,080 in 7 d")
    for width in range(180, 420, 5):
        at = places([row], [], "", width * scale, compact=False).rules[0]
        assert " ".join(at.lines) == row.words
        assert at.note in ("quiet 23 m", "quiet 23 m · ≥ 10,080 in 7 d")
        lines = len(at.lines) + at.under
        assert at.high == theme.current().px(24) + (lines - 1) * theme.current().px(16)
    assert at.lines == (row.words,)
    assert not at.under
    apply_theme(qapp, "dark", 1.0)


def test_a_number_and_its_unit_are_never_parted(qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.0)
    text = "within 1.5 % of a $3.91M long rise, z < 2, in 60 s, or ≥ 4 min"
    for width in range(40, 400):
        found = theme.lines(text, width)
        if not any(line.endswith("…") for line in found):
            assert " ".join(found) == text
        for line in found:
            assert not line.endswith(("1.5", "60", "<", "≥", "4"))
            assert text_width(line) <= width


def test_a_column_gives_the_wrapped_rows_their_height(furnish: Furnish, qtbot: QtBot, watch: Watch) -> None:
    window = furnish(1_366, 768, text_scale=150)
    window.shell.strip.buttons[0].click()
    window.column.alerts.open_by_hand()
    window.apply(frame(rules=LISTED, new_fired=FIRED, past=PAST))
    window.turns.everything()
    alerts = window.column.alerts
    qtbot.waitUntil(lambda: alerts.isVisible() and not alerts.folded, timeout=2_000)
    qtbot.wait(100)
    wide = alerts.content.width()
    assert all(text_width(x, BODY, MEDIUM) < wide for one in alerts.content.places.rules for x in one.lines)
    assert [one for one in faults(window, watch) if "Alerts" in one] == []
    assert window.column.dock("alerts").height() == alerts.needed()


def test_rules_opened_by_hand_have_the_room_that_folded_orders_leave(qtbot: QtBot, qapp: QApplication) -> None:
    shown = shown_column(qtbot, qapp)
    column = next(shown)
    of = frame(rules=LISTED, new_fired=FIRED, past=PAST)
    column.take(of)
    column.show_frame(of)
    for panel in (column.imbalance, column.alerts):
        panel.open_by_hand()
    folded = 0
    for height in range(300, 760, 10):
        column.resize(column.width(), height)
        qtbot.wait(20)
        if not column.tape.folded or column.alerts.folded:
            continue
        folded += 1
        left = height - sum(dock.panel.needed() + 3 for dock in column.docks) + 3
        high = column.alerts.list.height()
        more = min((cut for cut in column.alerts.content.places.cuts() if cut > high), default=height)
        assert left < more - high, "no row is hidden beside empty room"
    assert folded
    next(shown, None)
