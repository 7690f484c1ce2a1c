"""Why a cell is hot: what a click asks, what the card says, where it stands and how it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest
from chart_scene import NOW, Scene, panes, scene, zone
from PySide6.QtCore import QPoint, QRect, Qt
from pytestqt.qtbot import QtBot
from support.waiting import pause

from liqdesk.engine.scales import GainView, SideGain
from liqdesk.engine.whys import AskWhy, Cause, Empty, Why
from liqdesk.market import MINUTE_MS, Side
from liqdesk.model.axis import display_bin_of, edge_of_display_bin
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.chart.whywords import ADVICE, PRIOR, stretch, why_text

HOUR = 60 * MINUTE_MS


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


def asked_of(pane: ChartPane) -> list[AskWhy]:
    asked: list[AskWhy] = []
    pane.pointing.why.asked.connect(asked.append)
    return asked


def click(qtbot: QtBot, pane: ChartPane, x: float, y: float) -> None:
    qtbot.mouseClick(pane.plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))


def cause(stands: float, hour: int = 1, **more: object) -> Cause:
    one = Cause(NOW - (hour + 1) * HOUR, NOW - hour * HOUR, 38.2e6, 68_000.0, 50, 0.62, 2 * stands, stands, 0.0, stands)
    return msgspec.structs.replace(one, **more)


def reply(ask: AskWhy, market: Scene, usd: float = 41_000.0, **more: object) -> Why:
    """An answer of chosen numbers."""
    half = usd / 2
    why = Why(
        ask, "", ask.side or 0, edge_of_display_bin(ask.row), edge_of_display_bin(ask.row + 1), market.now.mark, NOW,
        usd, usd / 10, 3 * usd, 0.2, 4 * usd, 2.5 * usd, half, usd, HOUR, 4_312, (cause(half), cause(half / 5, 3)),
        (0.0, 0.0, half, half / 2, half / 2), (half, 0.0, half, 0.0), NOW - 30 * 24 * HOUR,
    )  # fmt: skip
    return msgspec.structs.replace(why, **more)


def test_a_click_asks_about_the_cell_under_it(qtbot: QtBot, make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    asked, lens = asked_of(pane), pane.state.lens
    for away, back, side in ((0.98, 40, 0), (1.012, 90, 1)):
        price, when = market.now.mark * away, NOW - back * MINUTE_MS
        click(qtbot, pane, lens.x(when - 1), lens.y(price))
        ask = asked[-1]
        assert abs(ask.row - display_bin_of(price)) <= 1
        assert ask.side == side
        assert ask.classes == (5, 10, 25, 50, 100)
        assert ask.number is not None
        assert ask.span_ms is not None
        assert abs((ask.number + 1) * ask.span_ms - when) <= 2 * ask.span_ms + lens.ms_per_px
    assert asked[1].serial > asked[0].serial
    pane.set_selection({25, 100}, "short")
    pane.refresh()
    click(qtbot, pane, lens.x(NOW), lens.y(market.now.mark * 0.98))
    assert (asked[-1].number, asked[-1].side, asked[-1].classes) == (None, 1, (25, 100))
    click(qtbot, pane, lens.x(NOW) + 60, lens.y(market.now.mark * 0.98))
    assert len(asked) == 3, "there is no cell beyond the newest"


def test_the_card_opens_with_the_answer_and_closes_on_the_next_click(
    qtbot: QtBot, make: Callable[..., ChartPane], market: Scene
) -> None:
    pane = make()
    asked, lens, why = asked_of(pane), pane.state.lens, pane.pointing.why
    x, y = lens.x(NOW - 50 * MINUTE_MS), lens.y(market.now.mark * 0.985)
    click(qtbot, pane, x, y)
    assert not why.open
    pane.apply(market.frame(why=reply(asked[-1], market)))
    qtbot.waitUntil(lambda: why.open, timeout=2_000)
    card = why.card
    assert card.isVisible()
    assert not card.geometry().contains(QPoint(round(x), round(y) + pane.plot.y()))
    assert pane.rect().contains(card.geometry())
    assert "long" in card.accessibleName()
    shown = pane.shown()["why"]
    assert isinstance(shown, dict)
    assert shown["says"] == "est. $41.0K (80 %: 4,100–123K) expected to be printed if price goes there"
    assert shown["facts"].startswith("Listed by the hour: 60 % of what stands here.")
    picture = card.grab().toImage()
    inks = {picture.pixel(px, py) for px in range(20, card.width() - 20, 7) for py in range(10, card.height() - 14, 3)}
    assert len(inks) > 20
    click(qtbot, pane, 200, 200)
    assert not why.open
    assert not card.isVisible()
    assert len(asked) == 1
    assert pane.shown()["why"] is None


def test_an_answer_nobody_waits_for_is_dropped(qtbot: QtBot, make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    asked, lens, why = asked_of(pane), pane.state.lens, pane.pointing.why
    x, y = lens.x(NOW - 50 * MINUTE_MS), lens.y(market.now.mark * 0.985)
    click(qtbot, pane, x, y)
    click(qtbot, pane, x, y + 40)
    pane.apply(market.frame(why=reply(asked[0], market)))
    pause(300)
    assert not why.open, "the older question"
    pane.apply(market.frame(why=reply(asked[1], market)))
    qtbot.waitUntil(lambda: why.open, timeout=2_000)
    assert why.answer is not None
    assert why.answer.ask is asked[1]
    pane.apply(market.frame(epoch=2))
    assert not why.open, "another symbol"
    pane.refresh()
    click(qtbot, pane, x, y)
    why.close()
    pane.apply(market.frame(epoch=2, why=reply(asked[-1], market)))
    pause(300)
    assert not why.open


def test_a_double_click_goes_back_to_now_and_opens_nothing(
    qtbot: QtBot, make: Callable[..., ChartPane], market: Scene
) -> None:
    pane = make()
    asked, lens = asked_of(pane), pane.state.lens
    at = QPoint(round(lens.x(NOW - 50 * MINUTE_MS)), round(lens.y(market.now.mark * 0.985)))
    click(qtbot, pane, at.x(), at.y())
    qtbot.mouseDClick(pane.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    pane.apply(market.frame(why=reply(asked[0], market)))
    pause(300)
    assert not pane.pointing.why.open
    qtbot.mousePress(pane.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    for step in range(1, 8):
        qtbot.mouseMove(pane.plot.viewport(), QPoint(at.x() - 9 * step, at.y()))
    qtbot.mouseRelease(pane.plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at.x() - 63, at.y()))
    assert len(asked) == 1, "a drag asks nothing"


def test_a_key_asks_at_the_crosshair_or_about_the_largest_zone(make: Callable[..., ChartPane], market: Scene) -> None:
    mark = market.now.mark
    zones = (
        zone(Side.SHORT, 1.02 * mark, 1.03 * mark, 9e5, mark),
        zone(Side.LONG, 0.96 * mark, 0.97 * mark, 2e5, mark),
    )
    pane = make(zones=zones)
    asked, lens, why = asked_of(pane), pane.state.lens, pane.pointing.why
    assert why.at_pointer()
    assert (asked[-1].row, asked[-1].side, asked[-1].number) == (display_bin_of(1.025 * mark), 1, None)
    pane.pointing.point((lens.x(NOW - 30 * MINUTE_MS), lens.y(0.99 * mark)))
    assert why.at_pointer()
    assert abs(asked[-1].row - display_bin_of(0.99 * mark)) <= 1
    bare = make()
    assert not bare.pointing.why.at_pointer()


def test_it_stands_beside_the_cell_wherever_there_is_room(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    why = pane.pointing.why
    text = why_text(pane.state, reply(AskWhy(1, 1, 800, 0, (25,)), market))
    room = QRect(10, 30, 1_400, 700)
    for x, y in ((60, 60), (1_300, 60), (700, 650), (60, 700), (1_390, 690)):
        why.card.show_text(text, (x, y), room)
        assert room.contains(why.card.geometry())
        assert not why.card.geometry().contains(QPoint(x, y))
    why.card.show_text(text, (50, 50), QRect(0, 0, 300, 200))
    assert pane.rect().contains(why.card.geometry()), "too small a room: anywhere on the chart"
    before = why.card.width()
    large = make(size=1.5)
    card = large.pointing.why.card
    card.show_text(text, (900, 300), QRect(0, 0, 1_500, 760))
    assert card.width() > 1.3 * before
    assert pane.rect().contains(why.card.geometry()), "what is open follows the theme"
    assert why.card.width() == card.width()


def test_words(make: Callable[..., ChartPane], market: Scene) -> None:
    state = make().state
    mark = market.now.mark
    row = display_bin_of(mark * 0.98)
    ask = AskWhy(1, 1, row, 0, (5, 10, 25, 50, 100), MINUTE_MS, NOW // MINUTE_MS - 1)
    text = why_text(state, reply(ask, market, before_usd=4_100.0, swept_ms=NOW - 5 * HOUR))
    assert text.title.endswith(" · long")
    assert text.away == "−1.98 % from mark"
    assert text.when == "as it stood at Sat 28 Feb 12:17 UTC, end of a 1m cell"
    assert text.columns[0] == "when, UTC"
    assert text.rows[0] == ("28 Feb 10:17 – 11:17", "38.2M", "68,000", "50× 62 %", "41.0K", "50 %", "0 %", "20.5K")
    assert text.whole == ("all of them", "", "", "", "164K", "62 %", "12 %", "41.0K")
    assert text.class_words == "5× 0 % · 10× 0 % · 25× 50 % · 50× 25 % · 100× 25 %"
    assert text.age_words == "≤ 12 h 50 % · ≤ 1 d 0 % · ≤ 1 w 50 % · older 0 %"
    assert text.sentences == (
        "Price last reached this row at Sat 28 Feb 07:17 UTC.",
        "$4,100 of it stood here before Thu 29 Jan 12:17 UTC, where the record begins.",
        ADVICE,
    )
    far = why_text(state, reply(AskWhy(1, 1, display_bin_of(mark * 1.08), 1, (25,)), market, prior_share=0.62))
    assert far.sentences[-2] == f"62 % {PRIOR}"
    assert far.when.endswith("UTC, 25× only")
    assert far.title.endswith(" · short")
    assert why_text(state, Why(ask, "That column is no longer kept.")).sentences == ("That column is no longer kept.",)
    one = SideGain(0.0083, 0.004, 0.016, 0.0, 1.0)
    scale = GainView(one, one, True, False, True, 4.4, 4.4, 0.0083, 0.0, 0.0, 0.0, 0)
    everywhere = why_text(make(scale=scale).state, reply(ask, market))
    assert everywhere.says.endswith(") expected to be printed on all venues if price goes there")
    assert stretch(NOW - 30 * HOUR, NOW - 6 * HOUR, "Asia/Tokyo") == "27 Feb 15:17 – 28 Feb 15:17"
    assert stretch(NOW, NOW + MINUTE_MS, "UTC") == "28 Feb 12:17 – 12:18"


@pytest.mark.parametrize(
    ("empty", "row", "side", "words"),
    [
        (Empty.SWEPT, 0.999, 0, "price swept it at Sat 28 Feb 11:17 UTC"),
        (Empty.HERE, 1.01, 0, "Longs stand below price only."),
        (Empty.HERE, 0.99, 1, "Shorts stand above price only."),
        (Empty.HERE, 0.9985, 0, "price is in this row, or passed it"),
        (Empty.DECAYED, 0.97, 0, "has closed since"),
        (Empty.NOTHING, 0.97, 0, "no volume of the chosen classes"),
    ],
)
def test_an_empty_cell_says_why(
    make: Callable[..., ChartPane], market: Scene, empty: Empty, row: float, side: int, words: str
) -> None:
    ask = AskWhy(1, 1, display_bin_of(market.now.mark * row), side, (5, 10, 25, 50, 100))
    nothing = {
        "causes": (),
        "by_class": (0.0,) * 5,
        "by_age": (0.0,) * 4,
        "put_usd": 0.0,
        "decayed_usd": 0.0,
        "swept_usd": 0.0,
    }
    pane = make()
    text = why_text(pane.state, reply(ask, market, 0.0, empty=empty, swept_ms=NOW - HOUR, **nothing))
    assert words in text.sentences[0]
    assert text.says == "est. $0 expected to be printed if price goes there"
    assert (text.rows, text.classes, text.facts) == ((), (), "")
    pane.pointing.why.card.show_text(text, (400, 300), QRect(0, 0, 1_200, 700))
    assert pane.pointing.why.card.height() < 200
