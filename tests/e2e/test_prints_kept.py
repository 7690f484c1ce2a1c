"""Printed liquidations are never given back: what one run recorded is in the next one's series, and what it missed is a gap."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from support.exchange import Exchange
from support.waiting import pause
from support.watched import Watched, orders

from liqdesk.engine.frames import Frame, SetSymbol
from liqdesk.engine.series import SeriesView
from liqdesk.history import History
from liqdesk.market import DAY_MS, MINUTE_MS, ForcedOrder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def view(engine: Watched) -> SeriesView:
    assert engine.last is not None
    assert engine.last.series is not None
    return engine.last.series


def by_minute(orders_: list[ForcedOrder]) -> dict[int, tuple[float, float]]:
    found: dict[int, list[float]] = {}
    for one in orders_:
        if one.symbol == "BTCUSDT":
            found.setdefault(one.time_ms // MINUTE_MS * MINUTE_MS, [0.0, 0.0])[one.side] += one.usd
    return {t: (v[0], v[1]) for t, v in found.items()}


def held(series: SeriesView) -> dict[int, tuple[float, float]]:
    return {t: (long, short) for t, long, short in np.concatenate(series.liquidations).tolist()}


def same_as_recorded(series: SeriesView, folder: Path, origin: str, until_ms: int) -> None:
    """Hold a series against the file, which is complete: of an order that comes as the symbol changes no frame may tell."""
    path = next(folder.glob("history*.sqlite"))
    with contextlib.closing(History.open(path, folder / "lock", origin=origin, read_only=True)) as history:
        wanted = by_minute(history.forced("BTCUSDT", 0, until_ms))
    found = {t: sides for t, sides in held(series).items() if t < until_ms}
    assert found.keys() == wanted.keys()
    for t, sides in wanted.items():
        assert found[t] == pytest.approx(sides)


def test_what_was_recorded_before_a_restart_is_there_after_it(
    qapp: QApplication, exchange: Callable[..., Exchange], tmp_path: Path
) -> None:
    market = exchange(seed=7, speed=40, start="2026-03-09T09:00:00+00:00")
    origin = f"127.0.0.1:{market.port}"
    first = Watched(orders(market.rest, market.stream, tmp_path))
    try:
        first.until_loaded(120)
        first.until(lambda: len(by_minute(first.forced)) >= 2, 90, "liquidations were printed")
        first.command(SetSymbol("ETHUSDT"))  # and back: the record of all symbols goes on meanwhile
        first.until(lambda: _symbol(first.last) == "ETHUSDT" and first.last.progress is None, 60, "the other symbol")  # type: ignore[union-attr]
        pause(1_000)
        first.command(SetSymbol("BTCUSDT"))
        first.until(lambda: _symbol(first.last) == "BTCUSDT" and first.last.series is not None, 60, "the first again")  # type: ignore[union-attr]
        before = by_minute(first.forced)
        first.until(lambda: set(before) <= set(held(view(first))), 30, "what was recorded is read")
        since = view(first).forced_from_ms
        first_end = max(by_minute(first.forced))
        series = view(first)
    finally:
        first.close()
    taken = list(first.forced)
    assert len(by_minute(taken)) >= 2
    same_as_recorded(series, tmp_path, origin, first_end)
    assert since is not None
    pause(1_500)  # a minute of the market that nobody hears

    second = Watched(orders(market.rest, market.stream, tmp_path))
    try:
        second.until_loaded(120)
        second.until(lambda: set(by_minute(taken)) <= set(held(view(second))), 30, "what was recorded is read")
        second.until(lambda: view(second).forced_gaps, 30, "the gap is known")
        second.until(lambda: view(second).day.missing_ms > 20_000, 30, "the day says what it misses")
        series = view(second)
        assert series.forced_from_ms == since
        assert second.last is not None
        minutes = np.concatenate(series.liquidations)  # all of them within the day
        assert second.last.venue_ms - int(minutes["t"][0]) < DAY_MS
        assert series.day.long_usd == pytest.approx(minutes["long"].sum())
        assert series.day.short_usd == pytest.approx(minutes["short"].sum())
        assert series.day.from_ms == since
        assert not series.day.whole
        assert any(b > first_end for _, b in series.forced_gaps)
    finally:
        second.close()
    same_as_recorded(series, tmp_path, origin, int(minutes["t"][-1]))


def _symbol(frame: Frame | None) -> str:
    return frame.instrument.symbol if frame is not None else ""
