import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.market.rows import BAR
from liqdesk.model import CANDLE, SPANS, CandleBook

T0 = 1_764_547_200_000
FIVE, QUARTER = 5 * MINUTE_MS, 15 * MINUTE_MS


def minutes(n: int, t0: int = T0, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = np.zeros(n, dtype=BAR)
    rows["t"] = t0 + np.arange(n) * MINUTE_MS
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, n)))
    rows["close"] = close
    rows["open"] = np.concatenate([[100.0], close[:-1]])
    rows["high"] = np.maximum(rows["open"], close) * 1.001
    rows["low"] = np.minimum(rows["open"], close) * 0.999
    rows["volume"] = rng.uniform(1, 5, n)
    rows["taker_buy"] = rows["volume"] * 0.4
    return rows


def merged(rows: np.ndarray, span: int) -> np.ndarray:
    out = []
    for start in np.unique(rows["t"] // span * span):
        part = rows[rows["t"] // span * span == start]
        out.append(
            (
                start,
                part["open"][0],
                part["high"].max(),
                part["low"].min(),
                part["close"][-1],
                part["volume"].sum(),
                part["taker_buy"].sum(),
            )
        )
    return np.array(out, dtype=BAR)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SPANS), st.integers(0, 700), st.integers(1, 700), st.integers(0, 40))
def test_fine_bars_make_every_span(span, start, length, seed):
    rows = minutes(1_000, seed=seed)
    book = CandleBook()
    book.update(MINUTE_MS, rows)
    t0, t1 = T0 + start * MINUTE_MS, T0 + (start + length) * MINUTE_MS
    got = book.series(span, t0, t1)
    expected = merged(rows, span)
    if len(expected) > 1 and expected["t"][0] < rows["t"][0]:
        expected = expected[1:]  # its beginning is not held
    expected = expected[(expected["t"] + span > t0) & (expected["t"] < t1)]
    assert got.dtype == CANDLE
    assert (got["span"] == span).all()
    assert len(got) == len(expected)
    for name in ("t", "open", "high", "low", "close"):
        assert np.array_equal(got[name], expected[name])
    assert np.allclose(got["volume"], expected["volume"])
    assert np.allclose(got["taker_buy"], expected["taker_buy"])


def test_coarse_bars_come_with_their_own_span_where_nothing_finer_is():
    rows = minutes(180)
    book = CandleBook()
    book.update(QUARTER, merged(rows[:60], QUARTER))
    book.update(FIVE, merged(rows[60:120], FIVE))
    book.update(MINUTE_MS, rows[120:])
    ones = book.series(MINUTE_MS, T0, T0 + 3 * HOUR_MS)
    assert ones["span"].tolist() == [QUARTER] * 4 + [FIVE] * 12 + [MINUTE_MS] * 60
    assert ones["volume"].sum() == pytest.approx(rows["volume"].sum())
    fives = book.series(FIVE, T0, T0 + 3 * HOUR_MS)
    assert fives["span"].tolist() == [QUARTER] * 4 + [FIVE] * 24
    hours = book.series(HOUR_MS, T0, T0 + 3 * HOUR_MS)
    assert hours["span"].tolist() == [HOUR_MS] * 3
    assert np.allclose(hours["volume"], merged(rows, HOUR_MS)["volume"])
    assert np.array_equal(hours["high"], merged(rows, HOUR_MS)["high"])


def test_the_oldest_candle_is_whole_or_the_only_one():
    """What is held seldom begins at midnight: the first day would have a wrong open, high and low."""
    midnight = T0 // DAY_MS * DAY_MS + DAY_MS
    rows = minutes(40 * 60, midnight - 5 * HOUR_MS)
    book = CandleBook()
    book.update(MINUTE_MS, rows[: 4 * 60])
    alone = book.series(DAY_MS, 0, midnight + 9 * DAY_MS)
    assert alone["t"].tolist() == [midnight - DAY_MS]
    book.update(MINUTE_MS, rows[4 * 60 :])
    days = book.series(DAY_MS, 0, midnight + 9 * DAY_MS)
    assert days["t"].tolist() == [midnight, midnight + DAY_MS]
    assert days["span"].tolist() == [DAY_MS, DAY_MS]
    assert days["open"][0] == rows["open"][5 * 60]
    assert days["high"][0] == rows["high"][5 * 60 : 29 * 60].max()
    assert days["low"][1] == rows["low"][29 * 60 :].min()
    assert days["volume"].sum() == pytest.approx(rows["volume"][5 * 60 :].sum())
    halves = book.series(12 * HOUR_MS, 0, midnight + 9 * DAY_MS)
    assert halves["t"].tolist() == [midnight + k * 12 * HOUR_MS for k in range(3)]
    gap = CandleBook()
    gap.update(MINUTE_MS, rows[: 5 * 60])
    gap.update(MINUTE_MS, rows[8 * 60 :])
    holed = gap.series(DAY_MS, midnight, midnight + 9 * DAY_MS)
    assert holed["t"].tolist() == [
        midnight,
        midnight + DAY_MS,
    ]  # a hole is no edge: its candle is made of what there is


def test_a_whole_coarse_bar_beats_finer_ones_with_holes():
    rows = minutes(15)
    book = CandleBook()
    book.update(MINUTE_MS, rows[np.arange(15) != 7])
    assert book.series(QUARTER, T0, T0 + QUARTER)["volume"][0] == pytest.approx(
        rows["volume"].sum() - rows["volume"][7]
    )
    book.update(QUARTER, merged(rows, QUARTER))
    assert book.series(QUARTER, T0, T0 + QUARTER)["volume"][0] == pytest.approx(rows["volume"].sum())


def test_an_open_candle_is_updated_in_place_and_old_ones_leave():
    book = CandleBook()
    assert book.newest_ms == -1
    assert len(book.series(MINUTE_MS, T0, T0 + HOUR_MS)) == 0
    row = minutes(1)
    book.update(MINUTE_MS, row)
    row["close"] = 101.5
    book.update(MINUTE_MS, row[0])
    assert book.series(MINUTE_MS, T0, T0 + MINUTE_MS)["close"].tolist() == [101.5]
    book.update(MINUTE_MS, minutes(2_880, T0 + MINUTE_MS))
    assert len(book.bars(MINUTE_MS, 0, T0 + 9 * DAY_MS)) == 2_880
    assert book.newest_ms == T0 + 2_880 * MINUTE_MS
    book.update(MINUTE_MS, row)  # older than the ring holds: left out
    assert book.bars(MINUTE_MS, 0, T0 + MINUTE_MS).size == 0
    book.clear()
    assert book.newest_ms == -1


def test_what_is_not_kept_is_refused():
    book = CandleBook()
    with pytest.raises(ValueError, match="not kept"):
        book.update(HOUR_MS, minutes(1))
    with pytest.raises(ValueError, match="grid"):
        book.update(FIVE, minutes(2))
    with pytest.raises(ValueError, match="not offered"):
        book.series(123, 0, 1)


def test_bars_that_leave_a_short_ring_live_on_in_the_longer_ones() -> None:
    """A program that runs on must not lose the candles between the end of its 1 min ring and the loaded 5 min bars."""
    book = CandleBook()
    start = 1_780_012_800_000 // (15 * MINUTE_MS) * 15 * MINUTE_MS
    count = 3 * 24 * 60
    rows = np.zeros(count, BAR)
    rows["t"] = start + np.arange(count) * MINUTE_MS
    rows["open"] = rows["close"] = 100.0 + np.arange(count)
    rows["high"], rows["low"] = rows["open"] + 1, rows["open"] - 1
    rows["volume"], rows["taker_buy"] = 2.0, 1.0
    for i in range(0, count, 7):
        book.update(MINUTE_MS, rows[i : i + 7])
    end = start + count * MINUTE_MS
    quarters = book.series(15 * MINUTE_MS, start, end)
    assert quarters["t"].tolist() == list(range(start, end, 15 * MINUTE_MS))
    assert (quarters["volume"] == 30.0).all()
    assert (quarters["taker_buy"] == 15.0).all()
    assert quarters["open"][0] == 100.0
    assert quarters["close"][0] == 114.0
    assert (quarters["high"][0], quarters["low"][0]) == (115.0, 99.0)
    oldest = book.series(MINUTE_MS, start, start + 60 * MINUTE_MS)
    assert (oldest["span"] == 5 * MINUTE_MS).all()
    assert len(oldest) == 12


def test_an_unfinished_interval_is_not_folded() -> None:
    book = CandleBook()
    start = 1_780_012_800_000 // (15 * MINUTE_MS) * 15 * MINUTE_MS
    rows = np.zeros(4, BAR)
    rows["t"] = start + np.arange(4) * MINUTE_MS
    for name in ("open", "high", "low", "close"):
        rows[name] = 5.0
    book.update(MINUTE_MS, rows)
    assert len(book.bars(5 * MINUTE_MS, start, start + DAY_MS)) == 0
    assert (book.series(MINUTE_MS, start, start + DAY_MS)["span"] == MINUTE_MS).all()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SPANS),
    st.integers(1, 400),
    st.sets(st.integers(0, 399), max_size=3),
    st.sets(st.integers(0, 399), max_size=3),
    st.sampled_from((FIVE, QUARTER)),
)
def test_the_open_candle_is_the_one_of_the_series(span, count, missing, coarse, coarser):
    rows = minutes(count)
    book = CandleBook()
    book.update(MINUTE_MS, rows[[i for i in range(count) if i not in missing or not i]])
    held = merged(rows, coarser)
    for i in coarse:
        book.update(coarser, held[i % len(held) : i % len(held) + 1])
    everything = book.series(span, T0 - DAY_MS, T0 + 2 * DAY_MS)
    for start in everything["t"][-3:].tolist():
        found = book.open_candle(span, start)
        if found is not None:
            assert found.tolist() == book.series(span, start, T0 + 2 * DAY_MS).tolist()


def test_the_open_candle_comes_the_short_way_while_minutes_are_whole():
    rows = minutes(203)
    book = CandleBook()
    for row in rows:
        book.update(MINUTE_MS, row)
    for span in SPANS:
        start = int(rows["t"][-1]) // span * span
        assert book.open_candle(span, start) is not None
