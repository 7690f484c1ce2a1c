"""The funding panel: every figure is the frame's, or follows from it by hand; a contract without funding says so."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import T0, frame

from liqdesk.engine.frames import FundingView
from liqdesk.market import DAY_MS, HOUR_MS
from liqdesk.ui import present
from liqdesk.ui.panels.funding import FundingPanel, columns
from liqdesk.ui.theme import apply_theme

RATES = [1e-4 * (1 + (i % 7) / 3) for i in range(120)]
HISTORY = tuple((T0 - (120 - i) * 8 * HOUR_MS + HOUR_MS, rate) for i, rate in enumerate(RATES))


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> Iterator[FundingPanel]:
    apply_theme(qapp, "dark", 1.0)
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(400, 200)
    made = FundingPanel()
    made.setParent(holder)
    made.setGeometry(0, 0, 348, 130)
    holder.show()
    qtbot.waitExposed(holder)
    yield made
    holder.hide()


def give(panel: FundingPanel, view: FundingView, **more: object) -> dict[str, str]:
    panel.show_frame(frame(funding=view, **more))
    return {name.removeprefix("funding."): str(shown["text"]) for name, shown in panel.state().items()}


def test_every_figure_is_the_frames_or_follows_by_hand(panel: FundingPanel) -> None:
    said = give(panel, FundingView(-2.5e-4, 8, T0 + 90 * 60_000, HISTORY))
    kept = [rate for at, rate in HISTORY if at >= T0 - 30 * DAY_MS]
    assert len(kept) == 90
    z = (-2.5e-4 - statistics.fmean(kept)) / statistics.stdev(kept)
    assert said["z"] == f"z {present.number(z, 1, signed=True)}"
    values = panel.state()["funding.z"]["value"]
    assert values == pytest.approx([90, statistics.fmean(kept) / 8, statistics.stdev(kept) / 8, z])
    assert said["rate"] == "−0.0250 %"
    assert said["payer"] == "shorts pay longs"
    assert said["year"] == "−27.4 % a year"
    assert said["countdown"] == "1:30:00"
    assert said["history"] == "30 d, 90 payments, ±0.0300 %"
    assert said["last"] == f"last paid {present.percent(RATES[-1], 4)}"
    assert panel.state()["funding.history"]["value"] == kept
    assert panel.header.caption == "every 8 h"
    assert panel.header.value == "−0.0250 %   1:30:00"


def test_a_contract_without_funding_says_so_and_takes_less_room(panel: FundingPanel) -> None:
    give(panel, FundingView(1e-4, 8, T0 + 1, HISTORY))
    tall = panel.content.sizeHint().height()
    said = give(panel, FundingView(None, 8, 0, ()))
    assert (said["rate"], said["payer"], said["countdown"], said["interval"]) == (
        "–",
        "no funding on this contract",
        "–",
        "",
    )
    assert "z" not in said
    assert panel.header.value == "no funding on this contract"
    assert panel.content.sizeHint().height() < tall
    prices = replace(frame().prices, mark_ms=0)
    assert give(panel, FundingView(None, 8, 0, ()), prices=prices)["payer"] == "not known yet"


def test_what_is_not_known_is_a_dash(panel: FundingPanel) -> None:
    said = give(panel, FundingView(1e-4, 8, T0 + 1, ()))
    assert said["history"] == "no payments known yet"
    assert (said["last"], said["z"]) == ("", "z –")
    said = give(panel, FundingView(1e-4, 8, T0 + 1, HISTORY[-3:]))
    assert (said["history"], said["z"]) == ("30 d, 3 payments, ±0.0300 %", "z –")
    said = give(panel, FundingView(1e-4, 8, 0, HISTORY))
    assert said["countdown"] == "–", "nothing is due in a history"
    assert panel.state()["funding.countdown"]["value"] is None


def test_a_month_of_hourly_payments_keeps_its_extremes(panel: FundingPanel) -> None:
    values = [1e-5] * 720
    values[100], values[650] = -7e-4, 9e-4
    shown = columns([*values, 2e-5], 150)
    assert len(shown) <= 150
    assert shown[-1] == 2e-5
    assert {-7e-4, 9e-4} <= set(shown)
    assert columns([1.0, 2.0], 150) == [1.0, 2.0]
    hourly = tuple((T0 - (720 - i) * HOUR_MS, rate) for i, rate in enumerate(values))
    plain = tuple((at, 1e-5) for at, _ in hourly)
    give(panel, FundingView(1e-5, 1, T0 + 1, hourly))
    one = panel.content.grab().toImage()
    give(panel, FundingView(1e-5, 1, T0 + 1, plain))
    assert panel.content.grab().toImage() != one
