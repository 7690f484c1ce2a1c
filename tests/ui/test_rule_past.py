"""How often a rule would have fired, where the user meets it: exact words, in the dialog while it is edited, and in the list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import BTC, MARK, frame

from liqdesk.alerts import Fired, ForcedBurst, FundingBeyond, ImbalanceBeyond, PriceCrosses, RuleStatus, ZoneNear
from liqdesk.engine.frames import Frame
from liqdesk.engine.pasts import WEEK_MS, AskPast, Known, PastView, RulePast, watched
from liqdesk.settings import Settings
from liqdesk.ui import pastwords
from liqdesk.ui.dialogs.alert import AlertDialog
from liqdesk.ui.dialogs.alertparts import INCOMPLETE
from liqdesk.ui.panels.alerts import AlertsPanel
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window

NOW = 1_776_204_000_000  # 2026-04-14 22:00 UTC
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PRICE = PriceCrosses(id="p", symbol="BTCUSDT", price=68_400.0)
ZONE = ZoneNear(id="z", symbol="BTCUSDT", within=0.01, min_usd=20e6)
TILT = ImbalanceBeyond(id="i", symbol="BTCUSDT", radius=0.02, threshold=0.6)
FUNDING = FundingBeyond(id="f", symbol="BTCUSDT", rate=0.0005)
FORCED = ForcedBurst(id="o", symbol="BTCUSDT", usd=5e6, seconds=60.0)


def fired(time_ms: int, words: str = "BTCUSDT crossed 68,400.0 upwards") -> Fired:
    return Fired("p", "BTCUSDT", time_ms, words, "", 68_400.0, True)


def past(rule: Any = PRICE, known: tuple[tuple[int, int, int], ...] = ((0, WEEK_MS, 0),), **values: Any) -> RulePast:
    """Return a past that ends now; `known` as (ms after its begin, until, step)."""
    begin = NOW - WEEK_MS
    stretches = tuple(Known(begin + a, begin + b, step) for a, b, step in known)
    return RulePast(rule, 1, begin, NOW, stretches, **values)


W = WEEK_MS


@pytest.mark.parametrize(
    ("told", "said", "few", "covered"),
    [
        (past(), "0 times in the last 7 days", "0 in 7 d", "From each mark for 7 d"),
        (past(count=1), "1 time in the last 7 days", "1 in 7 d", "From each mark for 7 d"),
        (
            past(
                known=((0, 5 * DAY, 5 * MINUTE), (5 * DAY, W - 9 * HOUR, MINUTE), (W - 9 * HOUR, W - MINUTE, 0)),
                count=3,
            ),
            "3 times in the last 7 days",
            "3 in 7 d",
            "From each mark for 8 h 59 m, its 1 min candles for 39 h, its 5 min candles for 5 d",
        ),
        (
            past(FORCED, ((W - 9 * HOUR, W, 0),), count=3),
            "Known for the last 9 h only: 3 times",
            "3 in 9 h",
            "From printed orders, a floor; 6 d 15 h were not recorded",
        ),
        (
            past(FORCED, ((0, 3 * DAY, 0), (4 * DAY, W, 0)), count=12),
            "Known for 6 d of the last 7 d: 12 times",
            "12 in 6 d",
            "From printed orders, a floor; 24 h were not recorded",
        ),
        (
            past(FUNDING, ((W - 9 * HOUR, W, MINUTE),), count=5, payments=20),
            "At least 5 times in the last 7 days",
            "≥ 5 in 7 d",
            "From the predicted rate by the minute for 9 h, before that only 20 payments",
        ),
        (
            past(FUNDING, (), payments=21),
            "0 times in the last 7 days, as far as is known",
            "≥ 0 in 7 d",
            "From only 21 payments, the predicted rate is not kept",
        ),
        (
            past(ZONE, ((0, 5 * DAY, 5 * MINUTE), (5 * DAY, W, MINUTE)), count=40, back_ms=6 * DAY + 20 * HOUR),
            "40 times in the last 7 days",
            "40 in 7 d",
            "From the map, 1 min steps for 2 d, 5 min steps for 5 d; 6 d 20 h of it computed afterwards",
        ),
        (
            past(TILT, ((0, W, MINUTE),), count=10_080, more=True),
            "More than 10,080 times in the last 7 days",
            "≥ 10,080 in 7 d",
            "From the map, 1 min steps for 7 d",
        ),
        (
            past(FORCED, (), why="forced orders were not recorded."),
            "Cannot be told: forced orders were not recorded.",
            "",
            "",
        ),
        (past(known=(), share=0.42), "Looking through the last 7 days: 42 %", "", ""),
        (past(known=(), share=0.0), "Looking through the last 7 days…", "", ""),
    ],
)
def test_what_is_said_is_what_is_known(told: RulePast, said: str, few: str, covered: str) -> None:
    assert pastwords.headline(told) == said
    assert pastwords.short(told) == few
    assert pastwords.coverage(told) == covered


def test_times_are_of_the_chosen_zone_also_where_its_hour_comes_twice() -> None:
    """On 25 October 2026 Berlin's clocks go back from 03:00 CEST to 02:00 CET, at 01:00 UTC."""
    at = 1_792_889_999_000  # 00:59:59 UTC
    told = past(last=(fired(at + 2_000), fired(at)), count=2)
    assert [when for when, _ in pastwords.moments(told, "Europe/Berlin")] == [
        "Sun 25 Oct 02:00:01 CET",
        "Sun 25 Oct 02:59:59 CEST",
    ]
    assert pastwords.newest(told, "Europe/Berlin") == "the last on Sun 25 Oct 02:00:01 CET"
    assert pastwords.newest(told, "UTC") == "the last on Sun 25 Oct 01:00:01 UTC"
    assert pastwords.newest(told, "Asia/Kathmandu") == "the last on Sun 25 Oct 06:45:01 UTC+05:45"
    assert pastwords.newest(past(), "UTC") == ""


def test_seconds_are_said_only_where_they_are_known() -> None:
    by_candles = past(
        known=((0, W - HOUR, MINUTE), (W - HOUR, W, 0)), last=(fired(NOW - 61_000), fired(NOW - 2 * HOUR))
    )
    assert [when for when, _ in pastwords.moments(by_candles, "UTC")] == [
        "Tue 14 Apr 21:58:59 UTC",
        "Tue 14 Apr 20:00 UTC",
    ]


@pytest.fixture
def dialog(owner: QWidget) -> Iterator[AlertDialog]:
    made = AlertDialog(owner, BTC, MARK, None, "Europe/Berlin")
    made.open_over()
    yield made
    made.reject()


def answer(serial: int, rule: Any, **values: Any) -> PastView:
    return PastView(msgspec.structs.replace(past(rule, **values), serial=serial))


def test_the_dialog_asks_when_typing_pauses_and_shows_only_the_answer_to_what_is_typed(
    dialog: AlertDialog, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(dialog.asked) as first:
        pass
    serial, rule = first.args
    assert isinstance(rule, PriceCrosses)
    assert dialog.past.words == "Looking through the last 7 days…"
    dialog.show_past(answer(serial, rule, count=2, last=(fired(NOW - HOUR), fired(NOW - 2 * HOUR))))
    assert dialog.past.words == "2 times in the last 7 days, the last on Tue 14 Apr 23:00:00 CEST"
    assert dialog.past.note == "From each mark for 7 d"
    asked: list[tuple[int, object]] = []
    dialog.asked.connect(lambda serial, rule: asked.append((serial, rule)))
    dialog.price.selectAll()
    qtbot.keyClicks(dialog.price, "70,000")
    assert dialog.past.words == "Looking through the last 7 days…", "what was told is not of this price"
    dialog.show_past(answer(serial, rule, count=2))
    assert dialog.past.words == "Looking through the last 7 days…", "an answer that comes late"
    qtbot.waitUntil(lambda: bool(asked))
    assert len(asked) == 1, "six keys, one question"
    newest, typed = asked[0]
    assert isinstance(typed, PriceCrosses)
    assert typed.price == 70_000.0
    dialog.show_past(answer(newest, typed))
    assert dialog.past.words == "0 times in the last 7 days"
    assert not dialog.past.link.isVisible(), "there is nothing to list"
    dialog.price.selectAll()
    qtbot.keyClicks(dialog.price, "many")
    assert dialog.past.words == INCOMPLETE
    qtbot.wait(250)
    assert len(asked) == 1, "what is no rule is not asked about"


def test_the_times_are_listed_on_request_and_the_dialog_grows_by_them(dialog: AlertDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.asked) as first:
        pass
    newest = tuple(fired(NOW - k * HOUR) for k in range(8))
    dialog.show_past(answer(*first.args, count=30, last=newest))
    assert dialog.past.rows == ()
    before = dialog.height()
    qtbot.mouseClick(dialog.past.link, Qt.MouseButton.LeftButton)
    assert len(dialog.past.rows) == 8
    assert dialog.past.rows[0] == ("Wed 15 Apr 00:00:00 CEST", "BTCUSDT crossed 68,400.0 upwards")
    assert dialog.height() > before
    assert "Wed 15 Apr 00:00:00 CEST" in dialog.past.accessibleName()
    assert not dialog.past.grab().isNull()
    qtbot.mouseClick(dialog.past.link, Qt.MouseButton.LeftButton)
    assert dialog.height() == before


def test_while_it_is_told_again_the_old_answer_stands(dialog: AlertDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.asked) as first:
        pass
    dialog.show_past(answer(*first.args, count=2))
    dialog._ask()
    serial, rule = dialog._serial, first.args[1]
    dialog.show_past(PastView(RulePast(rule, serial, share=0.3)))
    assert dialog.past.words == "2 times in the last 7 days"
    dialog.show_past(answer(serial, rule, count=3))
    assert dialog.past.words == "3 times in the last 7 days"


def with_rules(**values: Any) -> Frame:
    rules = (
        RuleStatus(PRICE, 2, NOW, None),
        RuleStatus(msgspec.structs.replace(ZONE, enabled=False, sound=False), 0, None, None),
        RuleStatus(FUNDING, 0, None, None),
    )
    return msgspec.structs.replace(frame(), rules=rules, **values)


def test_the_list_says_it_of_each_rule_whether_it_is_on_or_off(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.0)
    panel = AlertsPanel(Settings())
    qtbot.addWidget(panel)
    panel.resize(348, 300)
    panel.show()
    panel.show_frame(with_rules())
    assert [row.past for row in panel.content.rows] == ["", "", ""]
    told = (past(count=3), past(watched(ZONE), count=7, known=((W - 9 * HOUR, W, MINUTE),)))
    panel.show_frame(with_rules(past=PastView(None, told)))
    assert [row.past for row in panel.content.rows] == ["3 in 7 d", "7 in 9 h", ""]
    state = panel.state()
    assert state["alerts.rule.p.past"] == {"text": "3 in 7 d", "value": 3}
    assert state["alerts.rule.z.past"] == {"text": "7 in 9 h", "value": 7}
    assert "alerts.rule.f.past" not in state
    tip = panel.content._tip(QPoint(40, 12))
    assert "3 times in the last 7 days. From each mark for 7 d." in tip
    assert not panel.grab().isNull()


def test_the_window_asks_the_engine_and_ends_the_asking_with_the_card(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 1.0)
    window = Window(Settings(first_run_done=True, sounds=False, timezone="Europe/Berlin"), True)
    window._painted = True
    qtbot.addWidget(window)
    window.shell.show()
    window.apply(with_rules())
    sent: list[object] = []
    window.command.connect(sent.append)
    window.act.alerting.edit_rule(PRICE)
    dialog = window.act.dialog
    assert isinstance(dialog, AlertDialog)
    qtbot.waitUntil(lambda: bool(sent))
    [ask] = sent
    assert isinstance(ask, AskPast)
    assert ask.rule == PRICE
    window.apply(with_rules(past=answer(ask.serial, PRICE, count=4, last=(fired(NOW),))))
    assert dialog.past.words == "4 times in the last 7 days, the last on Wed 15 Apr 00:00:00 CEST"
    dialog.reject()
    assert sent[-1] == AskPast(0, None)
    window.close()
