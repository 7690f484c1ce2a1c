"""The order book on the profile: what is drawn is what the frame holds, where it is known and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
from chart_scene import NOW, Scene, panes, scene
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPixmap
from pytestqt.qtbot import QtBot

from liqdesk.engine.bookview import BookState, BookView
from liqdesk.insight.depth import all_in_the_way
from liqdesk.insight.zones import Zone
from liqdesk.market import BookSnapshot, BookUpdate, Side
from liqdesk.model.axis import display_bin_of
from liqdesk.model.book import Book
from liqdesk.settings import Settings
from liqdesk.ui import present
from liqdesk.ui.chart import ChartPane
from liqdesk.ui.chart.bookline import OWN_SHARE, book_line, book_words, draw_book, thin_words
from liqdesk.ui.chart.profile import USED
from liqdesk.ui.chart.scale import Lens, log_from_price

TICK = 0.1


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def make(qtbot: QtBot, market: Scene) -> Iterator[Callable[..., ChartPane]]:
    yield from panes(qtbot, market)


def view_of(mark: float, coins: float, levels: int = 1_000, spaced: int = 1) -> BookView:
    """Return a book of even levels around a mark, as the engine would publish it."""
    middle = round(mark / TICK)
    book = Book()
    bids = tuple((middle - i * spaced, coins) for i in range(1, levels + 1))
    asks = tuple((middle + i * spaced, coins) for i in range(1, levels + 1))
    book.snapshot(BookSnapshot("BTCUSDT", NOW, 1, bids, asks))
    depth = book.depth(TICK)
    assert depth is not None
    rows = depth.rows()
    return BookView(
        BookState.SYNCED,
        age_s=0.3,
        bid=depth.bid,
        ask=depth.ask,
        low=depth.low,
        high=depth.high,
        base=depth.first_row,
        bids=rows[0],
        asks=rows[1],
        depth=depth,
        levels=depth.levels,
    )


def show(pane: ChartPane, market: Scene, **changes: object) -> None:
    pane.apply(market.frame(**changes))
    pane.refresh()


@pytest.mark.parametrize("coins", [0.00001, 2.0], ids=["beside the map", "far above the map"])
def test_the_outline_is_the_books_own_dollars_per_row(
    make: Callable[..., ChartPane],
    market: Scene,
    coins: float,
) -> None:
    pane = make()
    view = view_of(market.now.mark, coins)
    show(pane, market, book=view)
    assert view.bids is not None
    assert view.asks is not None
    shown = pane.shown()["book"]
    assert isinstance(shown, tuple)
    first, usd, low, high, own = shown
    assert first == view.base == display_bin_of(view.low)
    assert usd == (view.bids + view.asks).tolist()
    assert (low, high) == (view.low, view.high)
    assert own is (coins == 2.0)
    found = pane.profile.sums
    line = pane.profile.book
    assert found is not None
    assert line is not None
    assert line.full == pytest.approx(max(usd) / OWN_SHARE if own else found.most / USED)
    words = pane.profile.words(QPointF(10, 10))
    assert f"{low:,.1f}–{high:,.1f}" in words
    assert "2,000 levels" in words
    assert ("on a scale of its own" in words) is own
    assert "is not zero" in words


def test_the_outline_is_painted_where_the_book_is_known_and_nowhere_else(
    make: Callable[..., ChartPane],
    market: Scene,
) -> None:
    pane = make()
    show(pane, market)
    bare = pane.profile.grab().toImage()
    show(pane, market, book=view_of(market.now.mark, 2.0))
    drawn = pane.profile.grab().toImage()
    lens = pane.state.lens
    rows = [
        y for y in range(drawn.height()) if any(bare.pixel(x, y) != drawn.pixel(x, y) for x in range(drawn.width()))
    ]
    line = pane.profile.book
    assert line is not None
    text = pane.state.theme.px(16)
    assert min(rows) >= lens.y(line.high) - 2 - text
    assert max(rows) <= lens.y(line.low) + 2 + text
    assert min(rows) <= lens.y(line.high) + 2
    assert max(rows) >= lens.y(line.low) - 2


def test_a_book_that_is_not_whole_shows_no_outline_and_says_why(
    make: Callable[..., ChartPane],
    market: Scene,
) -> None:
    pane = make()
    show(pane, market, book=view_of(market.now.mark, 2.0))
    assert pane.shown()["book"] is not None
    line = pane.profile.book
    assert line is not None
    assert pane.shown()["book_words"] == "book " + present.money_round(float(f"{line.most:.2g}"))
    show(pane, market, book=BookView(BookState.LOST, "A change of the order book was missed; it is loaded anew."))
    assert pane.shown()["book"] is None
    assert pane.shown()["book_words"] == "book –"
    assert "was missed" in pane.profile.words(QPointF(10, 10))
    show(pane, market, book=BookView())
    assert pane.shown()["book_words"] == "", "a history has no book"


def test_price_that_left_what_is_known_leaves_no_outline() -> None:
    book = Book()
    book.snapshot(
        BookSnapshot(
            "B", 1, 1, tuple((9_000 - i, 1.0) for i in range(1_000)), tuple((9_001 + i, 1.0) for i in range(1_000))
        )
    )
    book.update(BookUpdate("B", 2, 2, 3, 1, (), tuple((9_001 + i, 0.0) for i in range(1_000))))
    depth = book.depth(1.0)
    assert depth is not None
    assert depth.outside
    rows = depth.rows()
    assert book_line(BookView(BookState.SYNCED, bids=rows[0], asks=rows[1], depth=depth), 1.0) is None


def test_an_old_book_says_its_age(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    old = msgspec.structs.replace(view_of(market.now.mark, 2.0), age_s=41.0)
    show(pane, market, book=old)
    assert pane.shown()["book_words"] == "book 41 s old"


def test_the_book_can_be_switched_off(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    show(pane, market, book=view_of(market.now.mark, 2.0))
    pane.set_settings(Settings(show_book=False))
    pane.refresh()
    assert (pane.shown()["book"], pane.shown()["book_words"], pane.shown()["thin"]) == (None, "", [])
    assert "levels" not in pane.profile.words(QPointF(10, 10))


def test_zones_that_outweigh_the_visible_book_are_marked_in_words(
    make: Callable[..., ChartPane],
    market: Scene,
) -> None:
    pane = make()
    mark = market.now.mark
    view = view_of(mark, 0.02, spaced=10)  # known to about 1.5 % of mark
    assert view.depth is not None
    heavy = Zone(Side.SHORT, mark * 1.006, mark * 1.008, mark * 1.007, 5e6, 4e6, 0.006, z=4.0)
    light = msgspec.structs.replace(heavy, low=mark * 1.009, high=mark * 1.010, usd=1e3)
    unsure = Zone(Side.LONG, mark * 0.99, mark * 0.992, mark * 0.991, 5e6, 4e6, -0.008, z=1.0)
    far = Zone(Side.LONG, mark * 0.95, mark * 0.96, mark * 0.955, 5e9, 4e9, -0.04, z=4.0)
    zones = (light, heavy, unsure, far)
    way = all_in_the_way(zones, mark, view.depth)
    show(pane, market, book=view, zones=zones, in_the_way=way)
    found = way[1]
    assert found is not None
    assert found.thin
    assert pane.shown()["thin"] == [(heavy.low, heavy.high, found.through_usd)], (
        "what is chance, or beyond the book, is not marked"
    )
    words = pane.profile.words(QPointF(10, pane.state.lens.y(heavy.peak)))
    assert words == thin_words(pane.state, heavy, found)
    assert words.startswith("Thin book. The short zone")
    assert "5.0M USD" in words
    pane.set_selection({5, 10, 25, 50, 100}, "long")
    pane.refresh()
    assert pane.shown()["thin"] == [], "the side that is not chosen is not marked"


def test_sizes_follow_the_unit(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    show(pane, market, book=view_of(market.now.mark, 0.2))
    line = pane.profile.book
    assert line is not None
    assert "USD per 10 bp" in book_words(pane.state, line)
    pane.set_settings(Settings(unit="coin"))
    pane.refresh()
    assert "BTC per 10 bp" in book_words(pane.state, line)
    in_coins = float(str(pane.shown()["book_words"]).split()[1].replace(",", ""))
    assert in_coins == pytest.approx(line.most / market.now.mark, rel=0.06)
    assert math.isfinite(np.asarray(line.usd).sum())


def test_the_name_of_the_outline_keeps_clear_of_the_sums(make: Callable[..., ChartPane], market: Scene) -> None:
    pane = make()
    s, view = pane.state, view_of(market.now.mark, 2.0)
    show(pane, market, book=view)
    at: list[float] = []

    def note(_p: object, rect: QRectF, *_rest: object) -> None:
        at.extend((rect.top(), rect.bottom()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("liqdesk.ui.chart.bookline.write_haloed", note)
        for offset in (-0.9, 0.0, 0.9):  # the outline at the foot of the view, in its middle, and at its head
            lens = s.lens
            middle = log_from_price(market.now.mark) - offset * (lens.y1 - lens.y0) / 2
            half = (lens.y1 - lens.y0) / 2
            s.lens = Lens(lens.t0, lens.t1, middle - half, middle + half, lens.width, lens.height)
            picture = QPixmap(160, round(lens.height))
            painter = QPainter(picture)
            draw_book(painter, s, book_line(view, 1.0), 160)
            painter.end()
            s.lens = lens
    assert len(at) == 6
    assert min(at) >= s.theme.px(44), "the upper sum ends at 43 px"
    assert max(at) <= s.lens.height - s.theme.px(23), "the lower one begins 23 px from the foot"
