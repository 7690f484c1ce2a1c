"""Questions about cells of a map, answered from the steps that made it."""

from __future__ import annotations

import time

import msgspec
import numpy as np
import pytest
from support.month import START_MS, Month

from liqdesk.alerts import AlertBook
from liqdesk.engine.explain import Explaining, explain
from liqdesk.engine.opening import Orders
from liqdesk.engine.past import Past
from liqdesk.engine.session import Session
from liqdesk.engine.whys import AskWhy, Empty, Why
from liqdesk.history import History
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.model import bins_of, display_bin_of, price_of_display_bin
from liqdesk.venues.binance import Binance
from liqdesk.venues.binance.brackets import shipped_brackets

ALL = (5, 10, 25, 50, 100)
DAYS = 3


@pytest.fixture(scope="module")
def month() -> Month:
    return Month(4, days=DAYS)


@pytest.fixture(scope="module")
def past(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The session of a history: days of a simulated market in bars of a minute, the last of them with volume at price."""
    folder = tmp_path_factory.mktemp("past")
    with History.open(folder / "history.sqlite", folder / "lock", origin="binance") as history:
        history.add_bars("BTCUSDT", MINUTE_MS, False, month.bars)
        history.add_bars("BTCUSDT", MINUTE_MS, True, month.mark_bars)
        history.add_open_interest("BTCUSDT", month.interest)
        for bar in month.bars[-400:]:
            bins = np.unique(bins_of(np.linspace(bar["low"], bar["high"], 20)))
            share = float(bar["volume"]) / len(bins)
            history.add_volume_at_price("BTCUSDT", int(bar["t"]), bins, np.full(len(bins), share))
        history.commit()
    venue = Binance().endpoints("http://127.0.0.1:9", "ws://127.0.0.1:9")
    source = Past(Orders("BTCUSDT", venue, folder, False, from_history=True), AlertBook(), shipped_brackets())
    source.start()
    assert source.error is None, source.error
    deadline = time.monotonic() + 60
    while source.session is None or not source.session.loaded or source.session.now is None:
        assert time.monotonic() < deadline
        source.beat(time.monotonic_ns())
    return source.session


def ask(row: int, side: int | None = None, **more: object) -> AskWhy:
    return msgspec.structs.replace(AskWhy(1, 1, row, side, ALL), **more)


def hold(why: Why) -> None:
    """Hold an answer against itself: what the map shows is the sum of everything that is said to stand."""
    assert why.trouble == ""
    assert why.stands_usd == pytest.approx(why.usd, rel=5e-4, abs=0.02)
    assert sum(why.by_class) == pytest.approx(why.stands_usd, rel=1e-9)
    assert sum(why.by_age) == pytest.approx(why.stands_usd, rel=1e-9)
    assert 0 <= why.low_usd <= why.usd <= why.high_usd
    assert 0 <= why.prior_share <= 1
    assert why.put_usd == pytest.approx(why.decayed_usd + why.swept_usd + why.stands_usd, rel=1e-9)
    listed = 0.0
    for cause in why.causes:
        assert cause.put_usd == pytest.approx(cause.decayed_usd + cause.swept_usd + cause.stands_usd, rel=1e-6)
        assert cause.from_ms < cause.to_ms <= why.as_of_ms
        assert cause.traded_usd > 0
        assert 0.2 <= cause.leverage_share <= 1
        assert (cause.entry > why.low) is (why.side == 0)
        listed += cause.stands_usd
    assert listed <= why.stands_usd * (1 + 1e-9)
    assert [c.stands_usd for c in why.causes] == sorted((c.stands_usd for c in why.causes), reverse=True)


def test_the_density_now_is_explained_as_it_is_shown(past: Session) -> None:
    here = display_bin_of(past.prices.mark)
    hot = 0
    for away in (-180, -60, -25, -9, -3, 0, 2, 6, 18, 44, 150):
        why = explain(past, ask(here + away))
        hold(why)
        now = past.now
        assert now is not None
        assert why.as_of_ms == now.time_ms
        assert why.mark == now.mark
        shown = now.usd.reshape(2, 5, -1)[:, :, here + away - now.base]
        assert why.usd == pytest.approx(float(shown[why.side].sum()), rel=1e-6)
        assert np.allclose(why.by_class, shown[why.side], rtol=1e-5, atol=1e-6)
        assert why.low < price_of_display_bin(here + away) < why.high
        if away:
            assert why.side == (away > 0)
        hot += bool(why.causes)
    assert hot >= 6


def test_frozen_columns_are_explained_as_they_stood(past: Session) -> None:
    hot = 0
    for ring, back in zip(past.map.grid.rings, (700, 130, 40), strict=True):
        for number in (ring.last - back, ring.last - 1):
            column = ring.read(number)
            assert column is not None
            at = display_bin_of(column.mark)
            for away in (-70, -14, -4, 3, 22, 90):
                why = explain(past, ask(at + away, None, span_ms=ring.span_ms, number=number))
                hold(why)
                shown = column.usd.reshape(2, 5, -1)[int(away > 0), :, at + away - column.base]
                assert why.usd == pytest.approx(float(shown.sum()), rel=1e-6)
                assert why.as_of_ms == (number + 1) * ring.span_ms
                hot += bool(why.causes)
    assert hot > 20


def test_only_the_chosen_classes_count(past: Session) -> None:
    row = display_bin_of(past.prices.mark * 0.97)
    whole = explain(past, ask(row))
    one = explain(past, ask(row, classes=(25,)))
    hold(one)
    assert one.usd == pytest.approx(whole.by_class[2], rel=1e-5)
    assert [v > 0 for v in one.by_class] == [False, False, True, False, False]
    assert {cause.leverage for cause in one.causes} == {25}


def test_figures_of_all_venues_are_explained_in_the_same_unit(past: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    row, ring = display_bin_of(past.prices.mark * 0.97), past.map.grid.rings[0]
    plain = [explain(past, ask(row)), explain(past, ask(row, span_ms=ring.span_ms, number=ring.last - 9))]
    monkeypatch.setattr(past.map, "factor", 4.4)
    scaled = [explain(past, ask(row)), explain(past, ask(row, span_ms=ring.span_ms, number=ring.last - 9))]
    monkeypatch.undo()
    past.view()
    for one, more in zip(plain, scaled, strict=True):
        hold(more)
        assert more.usd == pytest.approx(4.4 * one.usd, rel=1e-6)
        assert more.causes[0].stands_usd == pytest.approx(4.4 * one.causes[0].stands_usd, rel=1e-6)
        assert more.causes[0].traded_usd == one.causes[0].traded_usd


def test_an_empty_row_says_why(past: Session) -> None:
    row = display_bin_of(past.prices.mark)
    assert explain(past, ask(row + 20, 0)).empty is Empty.HERE
    assert explain(past, ask(row - 20, 1)).empty is Empty.HERE
    assert explain(past, ask(row - 20, classes=())).empty is Empty.NOTHING
    assert explain(past, ask(row - 20)).empty is None


def test_a_swept_row_says_when(past: Session, month: Month) -> None:
    """Just below a price that has been lower: longs were swept there, and nobody entered so near since."""
    ring, lows, found = past.map.grid.rings[0], month.mark_bars, 0
    for number in range(ring.last - 600, ring.last):
        column = ring.read(number)
        assert column is not None
        why = explain(past, ask(display_bin_of(column.mark) - 1, 0, span_ms=MINUTE_MS, number=number))
        if why.empty is not Empty.SWEPT:
            continue
        found += 1
        assert why.swept_ms is not None
        assert not why.causes
        at = int(np.searchsorted(lows["t"], why.swept_ms - MINUTE_MS))
        assert why.swept_ms <= why.as_of_ms
        assert float(lows["low"][at]) <= why.high, "price was there in that minute"
    assert found > 5


def test_what_cannot_be_answered_is_a_sentence(past: Session) -> None:
    row = display_bin_of(past.prices.mark)
    assert "no longer kept" in explain(past, ask(row, span_ms=MINUTE_MS, number=5)).trouble
    assert "40 %" in explain(past, ask(row + 401)).trouble


def test_the_newest_question_is_answered_once(past: Session) -> None:
    asked = Explaining()
    row = display_bin_of(past.prices.mark * 0.98)
    assert asked.answer(past, 1) is None
    asked.ask(ask(row, serial=1))
    asked.ask(ask(row, serial=2))
    why = asked.answer(past, 1)
    assert why is not None
    assert why.ask.serial == 2
    assert asked.answer(past, 1) is None
    asked.ask(ask(row, epoch=1))
    assert asked.answer(past, 2) is None, "a question about what is no longer shown"
    asked.ask(ask(row))
    assert asked.answer(None, 1) is None


def test_the_record_holds_what_was_loaded(past: Session) -> None:
    record = past.map.record
    assert record is not None
    assert len(record) == DAYS * 1_440
    assert record.from_ms == START_MS - DAYS * DAY_MS
    assert record.nbytes < 2e6
