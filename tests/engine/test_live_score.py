"""The scale and the score of a running session: what counts, what does not, and that a restart changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support.led import SYMBOL, Led
from support.month import Month

from liqdesk.engine.market_map import MarketMap
from liqdesk.engine.recorder import Recorder
from liqdesk.engine.scales import ScoreStage, SetScale
from liqdesk.engine.scoring import Scoring
from liqdesk.history import GAIN, SCORE, History
from liqdesk.lab.ledger import Part
from liqdesk.lab.verdict import Verdict
from liqdesk.market import DAY_MS, MINUTE_MS, LinkPhase, LinkState
from liqdesk.model import ALL_VENUES_FACTOR, DEFAULT_GAIN
from liqdesk.model.gain import Block
from liqdesk.venues.binance.brackets import shipped_brackets

BACK_DAYS = 3
SEED = 8


@pytest.fixture(scope="module")
def month() -> Month:
    return Month(SEED, days=6)


@pytest.fixture
def start(month: Month) -> int:
    """Return a moment seven hours before a midnight, with three days of back-fill before it."""
    midnight = -(-(month.begin_ms + BACK_DAYS * DAY_MS) // DAY_MS) * DAY_MS
    return midnight - 7 * 60 * MINUTE_MS


@pytest.fixture
def desks(month: Month, tmp_path: Path) -> Iterator[list[Led]]:
    opened: list[Led] = []
    yield opened
    for desk in opened:
        desk.history.close()


def _open(desks: list[Led], month: Month, folder: Path, from_ms: int) -> Led:
    folder.mkdir(exist_ok=True)
    desks.append(Led(month, folder, from_ms))
    return desks[-1]


def test_a_restart_changes_neither_scale_nor_score(month: Month, start: int, tmp_path: Path, desks: list[Led]) -> None:
    until, cut = start + 9 * 60 * MINUTE_MS, start + (7 * 60 + 53) * MINUTE_MS
    whole = _open(desks, month, tmp_path / "whole", start)
    assert whole.scoring.gain_view().default
    assert whole.scoring.gain_view().value == pytest.approx(DEFAULT_GAIN)
    assert whole.scoring.score_view().stage is ScoreStage.WARMING
    whole.catch_up()
    assert whole.scoring.score_view().stage is ScoreStage.LEARNING
    whole.lead(until)
    whole.close()

    first = _open(desks, month, tmp_path / "cut", start)
    first.catch_up()
    first.lead(cut)
    first.close()
    second = _open(desks, month, tmp_path / "cut", cut)
    assert second.scoring.estimate.value == pytest.approx(first.scoring.estimate.value, rel=1e-12)
    second.catch_up()
    second.lead(until)
    second.close()

    ours, theirs = whole.scoring.ledger.totals, second.scoring.ledger.totals
    assert ours.minutes == theirs.minutes == 2 * 60
    assert ours.orders == theirs.orders > 0
    # Candles begin at their own open, live minutes at the last mark: the maps differ by so much, and nothing else does.
    np.testing.assert_allclose(theirs.forecast, ours.forecast, rtol=0.02)
    np.testing.assert_allclose(theirs.score, ours.score, rtol=0.02)
    assert second.scoring.estimate.value == pytest.approx(whole.scoring.estimate.value, rel=0.01)
    assert second.scoring.estimate.minutes == pytest.approx(whole.scoring.estimate.minutes)
    np.testing.assert_array_equal(second.map.gain, np.float32(second.scoring.estimate.value))

    score = whole.scoring.score_view()
    assert score.stage is ScoreStage.SCORING
    assert score.headline.verdict is Verdict.EARLY
    assert (score.headline.days, score.headline.minutes) == (1, 120)
    assert len(score.headline.leads) == len(score.titles) - 1 == 7
    assert score.title(score.headline.leads[0].name) != score.headline.leads[0].name


def test_a_history_shows_what_was_learned_and_scored_until_then(
    month: Month, start: int, tmp_path: Path, desks: list[Led]
) -> None:
    desk = _open(desks, month, tmp_path / "past", start)
    desk.catch_up()
    desk.lead(start + 8 * 60 * MINUTE_MS)
    desk.close()
    desk.history = History.open(tmp_path / "past" / "history.sqlite", tmp_path / "past" / "lock", read_only=True)
    for hours, scored in ((8, 60), (7, 0)):
        until = start + hours * 60 * MINUTE_MS
        table = shipped_brackets().table(SYMBOL)
        past = Scoring(SYMBOL, MarketMap(table, shown=False), Recorder(desk.history), until, live=False)
        past.read_all()
        score = past.score_view()
        assert score.stage is ScoreStage.ENDED
        assert scored - 10 <= score.headline.minutes <= scored, "a part that reaches beyond the moment is left out"
        assert past.ledger.last_ms <= until
        assert past.gain_view().minutes == pytest.approx(hours * 60, rel=0.05)
        past.beat(lambda: True)
        assert not past.naive.steps
    assert past.estimate.value != desk.scoring.estimate.value, "what came later is not looked at"


def test_what_was_printed_is_what_was_learned(month: Month, start: int, tmp_path: Path, desks: list[Led]) -> None:
    desk = _open(desks, month, tmp_path / "one", start)
    desk.lead(start + 45 * MINUTE_MS)
    desk.close()
    history = desk.history = History.open(tmp_path / "one" / "history.sqlite", tmp_path / "one" / "lock")
    blocks = [msgspec.msgpack.decode(r.body, type=Block) for r in history.records(SYMBOL, GAIN)]
    orders, usd = month.printed_by_minute()
    i = int((start - month.begin_ms) // MINUTE_MS)
    assert sum(b.minutes for b in blocks) == 45
    np.testing.assert_allclose(np.sum([b.orders for b in blocks], axis=0), orders[i : i + 45].sum(axis=0))
    np.testing.assert_allclose(np.sum([b.printed for b in blocks], axis=0), usd[i : i + 45].sum(axis=0))
    assert [b.t_ms for b in blocks] == sorted(b.t_ms for b in blocks)
    assert max(b.minutes for b in blocks) <= 10


def test_minutes_that_were_repaired_or_not_listened_to_teach_nothing(
    month: Month, start: int, tmp_path: Path, desks: list[Led]
) -> None:
    desk = _open(desks, month, tmp_path / "two", start)
    desk.catch_up()
    desk.lead(start + 20 * MINUTE_MS)
    desk.lead(start + 30 * MINUTE_MS, live=False)
    desk.recorder.link(LinkState("market", LinkPhase.WAITING))
    desk.lead(start + 40 * MINUTE_MS, listens=False)
    desk.recorder.link(LinkState("market", LinkPhase.OPEN))
    desk.recorder.heard(desk.next_ms + 1, desk.next_ms + 1)
    desk.lead(start + 60 * MINUTE_MS)
    desk.close()
    history = desk.history = History.open(tmp_path / "two" / "history.sqlite", tmp_path / "two" / "lock")
    parts = [msgspec.msgpack.decode(r.body, type=Part) for r in history.records(SYMBOL, SCORE)]
    minutes = (np.concatenate([np.frombuffer(p.t, "<i8") for p in parts]) - start) // MINUTE_MS
    assert minutes.tolist() == [*range(20), *range(41, 60)]
    assert sum(msgspec.msgpack.decode(r.body, type=Block).minutes for r in history.records(SYMBOL, GAIN)) == 39


def test_the_switches_change_what_is_shown_and_not_what_is_learned(
    month: Month, start: int, tmp_path: Path, desks: list[Led]
) -> None:
    desk = _open(desks, month, tmp_path / "three", start)
    desk.lead(start + 120 * MINUTE_MS)
    value = desk.scoring.estimate.value
    usd = desk.map.now(desk.next_ms, desk.map.density.mark).usd.copy()
    desk.scoring.use(SetScale(local_gain=False, all_venues=True))
    assert desk.map.now(desk.next_ms, desk.map.density.mark).usd == pytest.approx(usd * ALL_VENUES_FACTOR, rel=1e-5)
    assert desk.scoring.gain_view().factor == ALL_VENUES_FACTOR
    assert float(desk.map.gain[0]) == pytest.approx(value[0]), "a column keeps the gain of this venue"
    desk.scoring.use(SetScale(local_gain=True, all_venues=False))
    view = desk.scoring.gain_view()
    assert desk.scoring.estimate.value == value
    assert view.long.local != 1.0
    assert float(desk.map.gain[0]) == pytest.approx(value[0] * view.long.local)
    desk.scoring.use(SetScale(local_gain=False, all_venues=False))
    assert desk.map.now(desk.next_ms, desk.map.density.mark).usd == pytest.approx(usd)


@pytest.mark.parametrize(
    "body", [b"\x00", b"\xff\xff", msgspec.msgpack.encode([1, [], 0, [], b"", b"", b"", b"", b"", b""])]
)
def test_records_that_make_no_sense_are_left_out_and_told_of(
    month: Month, start: int, tmp_path: Path, desks: list[Led], body: bytes
) -> None:
    folder = tmp_path / "four"
    folder.mkdir()
    with History.open(folder / "history.sqlite", folder / "lock") as history:
        history.add_record(SYMBOL, GAIN, start - DAY_MS, 1, body)
        history.add_record(SYMBOL, SCORE, start - DAY_MS, 1, body)
    desk = _open(desks, month, folder, start)
    desk.scoring.read_all()
    assert "could not be read" in desk.scoring.score_view().notice
    assert desk.scoring.gain_view().learned == 0.0
    desk.lead(start + 2 * MINUTE_MS)
    assert desk.scoring.gain_view().learned > 0.0
