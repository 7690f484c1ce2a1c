"""A contract whose funding interval changes while the window is open: what the window shows follows the venue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.exchange import Exchange
from test_window_truth import Desk

from liqdesk.ui import present, theme

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
START = dt.datetime(2026, 3, 9, 9, 0, tzinfo=dt.UTC)
HOUR_MS = 3_600_000
SYMBOL = "1000PEPEUSDT"
SPEED = 120


def ms(**later: int) -> int:
    return round((START + dt.timedelta(**later)).timestamp() * 1000)


def told(market: Exchange) -> dict[str, Any]:
    with requests.get(f"{market.rest}/fapi/v1/fundingInfo", timeout=10) as answer:
        return next(row for row in answer.json() if row["symbol"] == SYMBOL)


def test_the_countdown_and_the_year_follow_a_shorter_interval(
    qtbot: QtBot, qapp: QApplication, exchange: Callable[..., Exchange], tmp_path: Path
) -> None:
    """At 9:25 from every four hours, next at noon, to every hour, next at ten."""
    theme.apply_theme(qapp, "dark", 1.0)
    market = exchange(seed=5, speed=SPEED, start=START.isoformat())
    desk = Desk(market, tmp_path, SYMBOL)

    def shown() -> tuple[object, ...]:
        state = desk.window.state()
        return tuple(state[f"funding.{name}"]["text"] for name in ("interval", "countdown", "year"))  # type: ignore[index]

    def hold(hours: int, next_ms: int) -> None:
        desk.until(lambda: shown()[0] == f"every {hours} h", 5, "shown by the panel, which follows a little later")
        assert desk.frame is not None
        funding = desk.frame.funding
        assert (funding.interval_h, funding.next_ms) == (hours, next_ms)
        assert funding.rate is not None
        _, countdown, year = shown()
        value = desk.window.state()["funding.countdown"]["value"]  # type: ignore[index]
        assert value == pytest.approx(next_ms - desk.frame.venue_ms, abs=2_000 * SPEED), "panels follow a little later"
        assert countdown == present.countdown(value)
        yearly = desk.window.state()["funding.year"]["value"]  # type: ignore[index]
        assert yearly == pytest.approx(funding.rate * 8_766 / hours, rel=1e-2)
        assert str(year).endswith("a year")

    try:
        desk.until(
            lambda: desk.frame is not None and desk.frame.progress is None and desk.frame.funding.interval_h == 4,
            60,
            "loaded",
        )
        assert desk.frame is not None
        assert desk.frame.venue_ms < ms(minutes=25), "loaded before the change"
        hold(4, ms(hours=3))
        assert told(market)["fundingIntervalHours"] == 4
        desk.until(
            lambda: desk.frame is not None and desk.frame.funding.next_ms == ms(hours=1),
            60,
            "the next payment is earlier",
        )
        desk.until(lambda: shown()[0] == "every 1 h", 10, "the interval is asked for at once")
        hold(1, ms(hours=1))
        row = told(market)
        assert (row["fundingIntervalHours"], row["updateTime"]) == (1, ms(minutes=25))
        desk.until(
            lambda: desk.frame is not None and desk.frame.funding.next_ms == ms(hours=2), 90, "it is paid at ten"
        )
        desk.until(
            lambda: desk.frame is not None and [t // HOUR_MS for t, _ in desk.frame.funding.history][-1:] == [ms(hours=1) // HOUR_MS],
            10, "the payment is known",
        )  # fmt: skip
    finally:
        desk.close()
