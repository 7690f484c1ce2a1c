"""What the map paints, against the grid and the ramp."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
from chart_scene import GAIN, LIVE_MINUTES, NOW, Scene, planes, price, scene, settings
from pytestqt.qtbot import QtBot

from liqdesk.engine.frames import Connection, Frame, Health, NowPlanes, Progress, Published
from liqdesk.engine.scales import GainView, SideGain
from liqdesk.market import MINUTE_MS
from liqdesk.model import BACK, LIVE, DensityGrid, cell_share, display_bin_of
from liqdesk.ui import ramp, theme
from liqdesk.ui.chart import ChartPane

HOUR = 60 * MINUTE_MS


@pytest.fixture(scope="module")
def market() -> Scene:
    return scene()


@pytest.fixture
def build(qtbot: QtBot) -> Iterator[Callable[[], ChartPane]]:
    """Make panes that live until the test is over: a window that is shown must not be collected while it paints."""
    theme.apply_theme(_app(), "dark", 1.0)
    made: list[ChartPane] = []

    def one() -> ChartPane:
        pane = ChartPane(settings())
        made.append(pane)
        qtbot.addWidget(pane)
        pane.resize(1_300, 760)
        pane.show()
        return pane

    yield one
    for pane in made:
        pane.close_threads()
        pane.close()


@pytest.fixture
def pane(build: Callable[[], ChartPane], qtbot: QtBot, market: Scene) -> ChartPane:
    made = build()
    made.set_grid(market.grid)
    qtbot.waitUntil(lambda: made.map.heat.kernels is not None, timeout=60_000)
    made.apply(market.frame())
    made.refresh()
    return made


def _app():  # type: ignore[no-untyped-def]
    from PySide6.QtWidgets import QApplication

    return QApplication.instance()


def spots(pane: ChartPane, count: int, seed: int = 5) -> list[tuple[float, float]]:
    """Return random (time, price) in view, each at the centre of its pixel."""
    rng = np.random.default_rng(seed)
    height, width = pane.plot.heat.pixels.shape
    lens = pane.state.lens
    xs, ys = rng.integers(0, width, count), rng.integers(0, height, count)
    times = lens.t0 + (xs + 0.5) * (lens.t1 - lens.t0) / width
    return [(float(t), lens.price((y + 0.5) / height * lens.height)) for t, y in zip(times, ys, strict=True)]


def expected(
    pane: ChartPane, market: Scene, time_ms: float, at: float, chosen: np.ndarray | None = None
) -> tuple[float, float, float] | None:
    """Read the grid slowly, USD and what shares of it are prior and shorts: the column at the end of the pixel, in the ring long
    enough for the view, else coarser."""
    lens = pane.state.lens
    pixel = (lens.t1 - lens.t0) / pane.plot.heat.pixels.shape[1]
    end = lens.t0 + (math.floor((time_ms - lens.t0) / pixel) + 1) * pixel - 1e-3
    mask = np.ones(10) if chosen is None else chosen
    row = display_bin_of(at)
    finest = 0 if lens.t1 - lens.t0 <= 48 * HOUR else 1 if lens.t1 - lens.t0 <= 192 * HOUR else 2
    first = market.grid.rings[finest]
    if int(end) // first.span_ms >= NOW // first.span_ms:
        held = market.now.usd[:, row - market.now.base] * mask
        return float(held.sum()), float(cell_share(held, market.now.shares)), _short(held)
    for ring in (*market.grid.rings[finest:], *reversed(market.grid.rings[:finest])):
        column = ring.read(int(end) // ring.span_ms)
        if column is not None:
            held = column.usd[:, row - column.base] * mask
            return float(held.sum()), float(cell_share(held, column.shares)), _short(held)
    return None


def _short(held: np.ndarray) -> float:
    return float(held[5:].sum()) / float(held.sum()) if held.sum() > 0 else 0.0


def check(pane: ChartPane, market: Scene, chosen: np.ndarray | None = None, count: int = 300) -> int:
    low, high = pane.levels()
    t = theme.current()
    painted = 0
    for time_ms, at in spots(pane, count):
        want = expected(pane, market, time_ms, at, chosen)
        value = pane.cell_value(time_ms, at)
        colour = pane.painted_colour(time_ms, at)
        if want is None:
            assert value is None
            assert colour == theme.colour(t.chart).rgb()
            continue
        usd, share, short = want
        assert value == pytest.approx(usd, rel=2e-5, abs=1e-3)
        assert colour == ramp.colour_of(
            value, low, high, share, pane.state.settings.heat_map, t.chart, pane.state.stale, short
        )
        painted += value > low
    return painted


def test_painted_colour_is_the_ramp_of_the_model(pane: ChartPane, market: Scene) -> None:
    low, high = pane.levels()
    assert 0 <= low < high
    assert check(pane, market) > 60


@pytest.mark.parametrize("hours", [1, 24, 72, 24 * 30])
def test_every_window_paints_the_ring_that_fits_it(pane: ChartPane, market: Scene, hours: int) -> None:
    pane.set_window(hours * HOUR)
    pane.refresh()
    assert check(pane, market, count=150) > 8


def test_light_theme_uses_its_own_ramp_at_once(pane: ChartPane, market: Scene) -> None:
    before = pane.plot.heat.pixels.copy()
    theme.apply_theme(_app(), "light", 1.0)
    pane.refresh()
    assert not np.array_equal(before, pane.plot.heat.pixels)
    check(pane, market, count=100)


@pytest.mark.parametrize("heat_map", ramp.MAPS)
@pytest.mark.parametrize("look", ["dark", "light"])
def test_every_colour_map_paints_the_model(pane: ChartPane, market: Scene, heat_map: str, look: str) -> None:
    pane.refresh()
    before, levels = pane.plot.heat.pixels.copy(), pane.levels()
    theme.apply_theme(_app(), look, 1.0)
    pane.set_settings(settings(heat_map=heat_map))
    pane.refresh()
    assert pane.levels() == levels
    assert np.array_equal(before, pane.plot.heat.pixels) == (heat_map == "ember" and look == "dark")
    assert check(pane, market) > 60
    down = Connection(Health.DOWN, None, "The connection is lost.", 8.0, 2, ())
    pane.apply(market.frame(serial=2, connection=down, new_bars=()))
    pane.refresh()
    assert pane.state.stale
    assert check(pane, market, count=120) > 20
    colours = {pane.painted_colour(t, p) for t, p in spots(pane, 120)} - {None}
    spread = [max(c >> s & 255 for s in (16, 8, 0)) - min(c >> s & 255 for s in (16, 8, 0)) for c in colours]
    assert max(spread) < 30, "what is not current has no hue, in any colours"


def test_the_two_sided_map_tells_longs_from_shorts(pane: ChartPane, market: Scene) -> None:
    pane.set_levels(False, 100.0, 9_000.0)
    pane.set_settings(settings(heat_map=ramp.SIDED))
    pane.refresh()
    mark = market.now.mark
    t = theme.current()
    for at, short in ((mark * 0.975, 0.0), (mark * 1.025, 1.0)):
        value = pane.cell_value(NOW + 1_000, at)
        assert value
        held = market.now.usd[:, display_bin_of(at) - market.now.base]
        assert _short(held) == short
        share = float(cell_share(held, market.now.shares))
        colour = pane.painted_colour(NOW + 1_000, at)
        assert colour == ramp.colour_of(value, 100.0, 9_000.0, share, ramp.SIDED, t.chart, short=short)
        red, blue = colour >> 16 & 255, colour & 255
        assert (red > blue) == (short == 0.0)


def test_classes_and_side_only_recombine_planes(pane: ChartPane, market: Scene) -> None:
    pane.set_levels(False, 100.0, 9_000.0)
    pane.set_selection({25, 100}, "short")
    pane.refresh()
    mask = np.array([0, 0, 0, 0, 0, 0, 0, 1, 0, 1])
    assert check(pane, market, mask) > 10
    lens = pane.state.lens
    below = lens.price(lens.height - 2)
    assert pane.cell_value(lens.t1 - HOUR, below) == 0.0
    pane.set_selection({5, 10, 25, 50, 100}, "both")
    pane.refresh()
    assert check(pane, market, count=100) > 20


def test_the_open_column_is_the_frames_own(pane: ChartPane, market: Scene) -> None:
    at = market.now.mark * 1.021
    row = display_bin_of(at) - market.now.base
    assert pane.cell_value(NOW + 1_000, at) == pytest.approx(float(market.now.usd[:, row].sum()), rel=1e-5)
    doubled = NowPlanes(NOW + 500, market.now.base, market.now.mark, market.now.usd * 2, market.now.shares)
    pane.apply(market.frame(serial=2, now=doubled, new_bars=()))
    pane.refresh()
    assert pane.cell_value(NOW + 1_000, at) == pytest.approx(2 * float(market.now.usd[:, row].sum()), rel=1e-5)
    assert pane.column_mark(NOW + 1_000) == pytest.approx(market.now.mark)


def test_only_published_columns_are_read(pane: ChartPane, market: Scene) -> None:
    early = NOW - 3 * HOUR
    held = []
    for p in market.frame().published:
        held.append(msgspec.structs.replace(p, last=early // p.span_ms - 1, live_from=early // p.span_ms))
    pane.apply(market.frame(serial=2, published=tuple(held), new_bars=()))
    pane.refresh()
    assert pane.cell_value(NOW - HOUR, market.now.mark * 1.02) is None
    assert pane.painted_colour(NOW - HOUR, market.now.mark * 1.02) == theme.colour(theme.current().chart).rgb()
    assert pane.cell_value(NOW - 4 * HOUR, market.now.mark * 1.02) is not None


def test_a_new_epoch_voids_what_came_before(pane: ChartPane, market: Scene) -> None:
    none = tuple(Published(r.span_ms, 0, -1, 0) for r in market.grid.rings)
    pane.apply(market.frame(epoch=2, published=none, now=None, new_bars=()))
    pane.refresh()
    assert len(pane.state.candles) == 0
    assert pane.cell_value(NOW - HOUR, market.now.mark * 1.02) is None


def test_a_live_column_appears_without_touching_the_others(build: Callable[[], ChartPane], qtbot: QtBot) -> None:
    market = scene()
    pane = build()
    pane.set_grid(market.grid)
    pane.set_levels(False, 100.0, 20_000.0)
    qtbot.waitUntil(lambda: pane.map.heat.kernels is not None, timeout=60_000)
    pane.apply(market.frame())
    pane.refresh()
    asked = [(t, p) for t, p in spots(pane, 60) if t < NOW - 10 * MINUTE_MS]
    before = [pane.painted_colour(t, p) for t, p in asked]
    ring = market.grid.rings[0]
    number = NOW // MINUTE_MS
    base, basis = planes(price(NOW), 4_242)
    ring.write(number, base, basis, GAIN, LIVE, price(NOW))
    later = NowPlanes(NOW + MINUTE_MS, market.now.base, market.now.mark, market.now.usd, market.now.shares)
    pane.apply(market.frame(serial=2, venue_ms=NOW + MINUTE_MS, now=later, new_bars=()))
    pane.refresh()
    assert [pane.painted_colour(t, p) for t, p in asked] == before
    column = ring.read(number)
    assert column is not None
    at = market.now.mark * 1.018
    want = float(column.usd[:, display_bin_of(at) - column.base].sum())
    assert pane.cell_value(NOW + 30_000, at) == pytest.approx(want, rel=2e-5)


def test_replaced_back_computed_columns_show_when_loading_ends(build: Callable[[], ChartPane], qtbot: QtBot) -> None:
    market = scene()
    pane = build()
    pane.set_grid(market.grid)
    qtbot.waitUntil(lambda: pane.map.heat.kernels is not None, timeout=60_000)
    pane.apply(market.frame(progress=Progress(3, 12, "Loading")))
    pane.refresh()
    ring = market.grid.rings[1]
    number = (NOW - 5 * HOUR) // ring.span_ms
    at = price(NOW - 5 * HOUR) * 0.98
    base, basis = planes(price((number + 1) * ring.span_ms), 1)
    ring.write(number, base, basis * 3, GAIN, BACK, price((number + 1) * ring.span_ms))
    pane.apply(market.frame(serial=2, new_bars=()))
    pane.refresh()
    column = ring.read(number)
    assert column is not None
    want = float(column.usd[:, display_bin_of(at) - column.base].sum())
    middle = number * ring.span_ms + ring.span_ms / 2
    assert pane.cell_value(middle, at) == pytest.approx(want, rel=2e-5)


def test_automatic_handles_leave_two_fifths_bare_and_hold_still(pane: ChartPane, market: Scene, qtbot: QtBot) -> None:
    cells = pane.map.heat.cells
    low, high = pane.levels()
    assert 0.30 < float((cells <= low).mean()) < 0.50
    assert 0 < float((cells > high).mean()) < 0.012
    assert low == pytest.approx(float(f"{low:.2g}"))
    assert high == pytest.approx(float(f"{high:.2g}"))
    said: list[tuple[float, float]] = []
    pane.levels_changed.connect(lambda a, b: said.append((a, b)))
    more = market.now.usd * np.float32(1.02)
    slightly = NowPlanes(NOW + 500, market.now.base, market.now.mark, more, market.now.shares)
    pane.map.due = True
    pane.apply(market.frame(serial=2, now=slightly, new_bars=()))
    pane.refresh()
    assert pane.levels() == (low, high)
    assert said == []


def test_locked_handles_recolour_and_stay(pane: ChartPane, market: Scene, qtbot: QtBot) -> None:
    with qtbot.waitSignal(pane.levels_changed) as heard:
        pane.set_levels(False, 500.0, 5_000.0)
    assert heard.args == [500.0, 5_000.0]
    pane.refresh()
    check(pane, market, count=100)
    pane.map.due = True
    pane.refresh()
    assert pane.levels() == (500.0, 5_000.0)
    pane.set_levels(True)
    pane.refresh()
    assert pane.levels() != (500.0, 5_000.0)


def test_the_rule_ends_where_live_columns_begin(pane: ChartPane) -> None:
    assert pane.state.rule_ms == NOW - LIVE_MINUTES * MINUTE_MS
    assert pane.state.back_from_ms is not None
    assert pane.state.back_from_ms < NOW - 70 * HOUR


def test_a_cell_is_read_with_its_classes_and_sum(pane: ChartPane, market: Scene) -> None:
    lens = pane.state.lens
    moment = NOW - 90 * MINUTE_MS
    x = math.floor(lens.x(moment) / lens.width * pane.map.heat.columns.size)
    run = pane.map.heat.run_at(x)
    assert run is not None
    ring = market.grid.rings[run[0]]
    column = ring.read(run[1])
    assert column is not None
    at = column.mark * 0.985
    cell = pane.map.heat.cell(x, at)
    assert cell is not None
    row = display_bin_of(at) - column.base
    assert np.allclose(cell.planes, column.usd[:, row], rtol=1e-5)
    here = display_bin_of(column.mark) - column.base
    assert cell.to_mark[0] == pytest.approx(float(column.usd[:5, row : here + 1].sum()), rel=1e-4)
    assert (cell.span_ms, cell.from_ms) == (ring.span_ms, run[1] * ring.span_ms)
    assert pane.map.heat.cell(x, 1.0) is None
    assert pane.map.heat.cell(-5, at) is None


def test_figures_for_all_venues_are_the_same_map_times_its_factor(pane: ChartPane, market: Scene) -> None:
    moment, at = NOW - 90 * MINUTE_MS, market.now.mark * 0.985
    x = math.floor(pane.state.lens.x(moment) / pane.state.lens.width * pane.map.heat.columns.size)
    one, cell = pane.cell_value(moment, at), pane.map.heat.cell(x, at)
    assert one
    assert cell is not None
    side = SideGain(0.0083, 0.004, 0.016, 0.0, 1.0)
    scale = GainView(side, side, True, False, True, 4.4, 4.4, 0.0083, 0.0, 0.0, 0.0, 0)
    pane.apply(market.frame(serial=2, scale=scale, new_bars=()))
    pane.refresh()
    assert pane.cell_value(moment, at) == pytest.approx(4.4 * one, rel=1e-4)
    all_venues = pane.map.heat.cell(x, at)
    assert all_venues is not None
    assert np.allclose(all_venues.planes, 4.4 * cell.planes, rtol=1e-4)
    pane.apply(market.frame(serial=3, scale=msgspec.structs.replace(scale, all_venues=False, factor=1.0), new_bars=()))
    pane.refresh()
    assert pane.cell_value(moment, at) == pytest.approx(one, rel=1e-5)


def test_no_grid_and_no_frame_paint_nothing(build: Callable[[], ChartPane], qtbot: QtBot) -> None:
    pane = build()
    pane.refresh()
    assert pane.cell_value(NOW, 67_000.0) is None
    assert pane.painted_colour(NOW, 67_000.0) is None
    assert pane.column_mark(NOW) is None
    qtbot.waitUntil(lambda: pane.map.heat.kernels is not None, timeout=60_000)
    frame: Frame = scene_without_columns()
    pane.set_grid(DensityGrid())
    pane.apply(frame)
    pane.refresh()
    assert pane.cell_value(NOW - HOUR, 67_000.0) is None
    assert pane.state.note == ""


def scene_without_columns() -> Frame:
    market = scene()
    none = tuple(Published(r.span_ms, 0, -1, 0) for r in market.grid.rings)
    return market.frame(published=none, now=None)
