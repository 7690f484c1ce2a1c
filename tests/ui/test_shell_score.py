"""Scale and score in the window: the words of the status bar and the card at every stage, and the switches."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from shell_frames import frame

from liqdesk.engine.scales import GainView, ScoreStage, ScoreView, SideGain
from liqdesk.lab.ledger import Ledger, Minutes
from liqdesk.lab.verdict import Headline, headline
from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.settings import Settings
from liqdesk.ui import scores
from liqdesk.ui.dialogs.score import ScoreDialog
from liqdesk.ui.statusbar import StatusBar
from liqdesk.ui.theme import DARK, apply_theme

T0 = 1_772_409_600_000  # a Monday, 00:00 UTC
MAPS = ("engine", "uniform", "range_volume")
TITLES = (("engine", "This map"), ("uniform", "Flat ±6 %, emptied by price"), ("range_volume", "Range × volume"))
LONG = SideGain(0.0081, 0.0070, 0.0094, 0.93, 1.0)
SHORT = SideGain(0.0079, 0.0068, 0.0092, 0.91, 1.0)
SCALE = GainView(LONG, SHORT, False, False, False, 1.0, 4.4, 0.0083, 5_610.0, 84.2e6, 12_700.0, T0)


def ledger(days: int, order: tuple[int, ...] = (0, 1, 2), rate: float = 0.4) -> Headline:
    """Return the score of a real ledger in which map 0 knows where orders come, 1 nearly and 2 not."""
    rng = np.random.default_rng(1)
    made = Ledger(MAPS)
    for day in range(days):
        true = rng.exponential(1.0, (480, 2)) * (rng.random((480, 2)) < 0.5)
        mass = np.stack([true, true * rng.lognormal(0, 0.4, true.shape), rng.permutation(true)], axis=1)[:, list(order)]
        orders = rng.poisson(rate * true)
        t = T0 + day * DAY_MS + np.arange(480) * MINUTE_MS
        m = Minutes(t, *(a.astype(np.float32) for a in (mass, np.ones((480, 2)), orders, orders * 1e4)))
        while not made.prepare(int(t[0])):
            pass
        made.observe(m)
    return headline(made)


GOOD = ledger(16)
BAD = ledger(16, (1, 0, 2))
EARLY = ledger(4)
FEW = ledger(16, rate=0.005)
NONE = headline(Ledger(MAPS))


def view(head: Headline, stage: ScoreStage = ScoreStage.SCORING) -> ScoreView:
    return ScoreView(stage, 1.0, head, TITLES)


def words(head: Headline, length: int = 0, stage: ScoreStage = ScoreStage.SCORING, scale: GainView = SCALE) -> str:
    shown = frame(
        score=view(head, stage), scale=scale, gain=scale.value, gain_default=scale.default, model_version="S2.1"
    )
    return "".join(part for part, _, _ in scores.line(shown, length))


def test_the_line_says_scale_and_score_and_gives_way_in_order() -> None:
    best = GOOD.best
    assert best is not None
    lead = f"{best.value:+.2f} ± {(best.high - best.low) / 2:.2f} nats/order"
    counts = f"{GOOD.orders:,} orders, {GOOD.days} days"
    assert words(GOOD) == (
        f"model S2.1 · scale learned ×0.0080 [0.0069–0.0093] · {lead} over uniform + depletion · {counts}"
    )
    assert words(GOOD, 2) == f"model S2.1 · scale learned ×0.0080 · {lead} over uniform + depletion"
    assert words(GOOD, 3) == f"S2.1 · ×0.0080 · {lead}"
    lengths = [len(words(GOOD, n)) for n in range(5)]
    assert lengths == sorted(lengths, reverse=True)


def test_early_worse_and_all_venues_are_said() -> None:
    assert words(EARLY).endswith(f"too early to score: 3 of 14 days, {EARLY.orders:,} orders")
    assert FEW.orders < 300
    assert words(FEW).endswith(f"too early to score: {FEW.days} of 14 days, {FEW.orders} of 300 orders")
    assert "worse than uniform + depletion: use that one" in words(BAD)
    assert scores.score_words(view(BAD), 0)[1] == "alert"
    assert scores.score_words(view(BAD), 4) == ("worse than naive", "alert")
    everywhere = msgspec.structs.replace(SCALE, all_venues=True, factor=4.4)
    for length in range(4):
        assert "all venues ×4.4" in words(GOOD, length, scale=everywhere)
    assert scores.badge(frame(scale=everywhere, gain_default=False)) == "scale: learned · all venues ×4.4"
    fresh = msgspec.structs.replace(SCALE, default=True, long=msgspec.structs.replace(LONG, learned=0.11))
    assert "51 % learned" in words(GOOD, scale=fresh)
    for stage, said in (
        (ScoreStage.WARMING, "naive maps loading"),
        (ScoreStage.LEARNING, "learning for a day"),
        (ScoreStage.ENDED, "no score recorded"),
    ):
        assert said in words(NONE, stage=stage)


@pytest.mark.parametrize("head", [GOOD, BAD, EARLY, FEW, NONE], ids=["good", "bad", "early", "few", "none"])
@pytest.mark.parametrize("width", [1920, 1600, 1366, 1100, 900])
def test_nothing_in_the_bar_overlaps_whatever_the_score(qapp: QApplication, head: Headline, width: int) -> None:
    apply_theme(qapp, DARK)
    bar = StatusBar(Settings())
    bar.resize(width, 40)
    bar.show_frame(frame(score=view(head), scale=SCALE, model_version="S2.1"))
    bar.arrange()
    parts = sorted((w for w in bar._widgets() if not w.isHidden()), key=lambda w: w.x())
    for a, b in itertools.pairwise(parts):
        assert a.geometry().right() < b.x(), (width, a, b)
    assert parts[-1].geometry().right() <= width
    assert bar.state()["status.score"]["value"] == (None if head.best is None else head.best.value)
    bar.deleteLater()


def test_the_card_holds_what_the_frame_does(qapp: QApplication) -> None:
    owner = QWidget()
    card = ScoreDialog(owner, frame(score=view(GOOD), scale=SCALE), Settings())
    assert "better than the best naive map" in card.headline.text()
    assert f"{GOOD.orders:,} printed orders ({GOOD.days} days)" in card.headline.text()
    assert [row[0].value for row in card.maps.rows] == [lead.name for lead in GOOD.leads]
    assert [row[1].value for row in card.maps.rows] == [lead.value for lead in GOOD.leads]
    assert [row[2].value for row in card.weeks.rows] == [w.printed for w in reversed(GOOD.weeks)]
    assert [row[1].value for row in card.scale.rows] == [0.0081, 0.0079]
    assert "5,610 printed orders" in card.source.text()
    card.show_frame(frame(score=view(EARLY), scale=SCALE))
    assert {row[2].text for row in card.maps.rows} == {"too few days"}
    assert {row[1].token for row in card.maps.rows} == {"text3"}
    card.show_frame(frame(score=view(BAD), scale=SCALE))
    assert card.maps.rows[0][1].token == "alert"
    assert "use that one" in card.headline.text()
    card.show_frame(frame(score=view(NONE, ScoreStage.LEARNING), scale=SCALE))
    assert card.maps.isHidden()
    assert "first day only teaches" in card.headline.text()
    asked: list[tuple[bool, bool]] = []
    card.scale_chosen.connect(lambda *switches: asked.append(switches))
    QTest.mouseClick(card.venues, Qt.MouseButton.LeftButton)
    QTest.mouseClick(card.local, Qt.MouseButton.LeftButton)
    assert asked == [(False, True), (True, True)]
    owner.deleteLater()


def test_a_report_holds_scale_and_score() -> None:
    said = scores.of_score(view(GOOD))
    assert said["verdict"] == "better"
    assert said["best"] == "uniform"
    assert scores.of_scale(SCALE)["long"] == {
        "value": 0.0081,
        "low": 0.0070,
        "high": 0.0094,
        "learned": 0.93,
        "local": 1.0,
    }
