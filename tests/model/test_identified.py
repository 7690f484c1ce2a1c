"""What share is prior: from distance alone at first, then from orders that were printed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from liqdesk.model import BACK, Density, DensityGrid, Identified, StepBatch, cell_share, class_shares, default_shares
from liqdesk.model.bands import components, distances
from liqdesk.model.identified import BURST, FORGET_MS, PSEUDO_ORDERS, usual_shares
from liqdesk.model.step import Step

CLASSES = components(0.004, 125)
PRIOR = CLASSES.sum(axis=0)
HOUR = 3_600_000


def test_default_shares_say_what_was_measured() -> None:
    shares = default_shares()
    away = distances()
    assert np.all(np.diff(shares) > 0)
    assert shares[away < 0.03].max() < 0.1
    assert 0.25 < float(np.interp(0.05, away, shares)) < 0.5
    assert shares[away > 0.10].min() > 0.85
    five, ten, twenty_five, fifty, hundred = usual_shares()
    assert five > ten > 0.7
    assert twenty_five < 0.3
    assert max(fifty, hundred) < 0.05


def test_nothing_recorded_gives_the_default() -> None:
    assert np.allclose(Identified(PRIOR).shares(), default_shares())


def test_the_share_is_the_rule() -> None:
    known = Identified(PRIOR)
    known.observe(400 * FORGET_MS, np.zeros((2, 20)), np.zeros(2, np.int64))  # the default is forgotten
    assert np.allclose(known.shares(), 1.0)
    swept = np.zeros((2, 20))
    swept[0, 3], swept[0, 5] = 30.0, 10.0
    known.observe(0, swept, np.array([120, 7]))
    part = swept[0] * PRIOR / (swept[0] @ PRIOR)
    expected = PSEUDO_ORDERS * PRIOR / (PSEUDO_ORDERS * PRIOR + 120 * part / BURST)
    assert np.allclose(known.shares(), expected)
    assert known.orders == 120, "orders of the side that swept nothing are left out"


@given(
    hnp.arrays(np.float64, (6, 2, 20), elements=st.floats(0, 1e6)),
    hnp.arrays(np.int64, (6, 2), elements=st.integers(0, 500)),
    st.integers(0, 40),
)
@settings(max_examples=100, deadline=None)
def test_shares_stay_shares_and_more_orders_never_make_more_prior(
    swept: np.ndarray, orders: np.ndarray, hours: int
) -> None:
    one, more = Identified(PRIOR), Identified(PRIOR)
    for a, n in zip(swept, orders, strict=True):
        one.observe(hours * HOUR, a, n)
        more.observe(hours * HOUR, a, n * 2)
    assert np.all((one.shares() >= 0) & (one.shares() <= 1))
    assert np.all(more.shares() <= one.shares() + 1e-12)


def test_a_record_near_price_tells_the_near_bands_and_forgets_the_far_ones() -> None:
    known = Identified(PRIOR)
    swept = np.zeros((2, 20))
    swept[:, :9] = 50.0
    for _ in range(24 * 20):
        known.observe(HOUR, swept, np.array([40, 40]))
    assert known.shares()[:9].max() < 0.05
    assert known.shares()[12:].min() > 0.85
    assert np.all(known.shares()[12:] > default_shares()[12:])


def test_a_cells_share_is_that_of_what_stands_there() -> None:
    rng = np.random.default_rng(3)
    planes = rng.random((10, 40)).astype(np.float32)
    planes[:, 7] = 0
    shares = usual_shares()
    found = cell_share(planes, shares)
    assert found.shape == (40,)
    want = (planes * np.tile(shares, 2)[:, None]).sum(axis=0) / np.maximum(planes.sum(axis=0), 1e-9)
    assert np.allclose(found, want, rtol=1e-5)
    assert found[7] == 0
    assert cell_share(planes[:, 3], shares).shape == ()
    assert cell_share(planes * 5, shares) == pytest.approx(found)


def test_a_class_that_is_not_offered_is_all_prior() -> None:
    shares = class_shares(components(0.02, 20), default_shares())
    assert shares[2:].tolist() == [1.0, 1.0, 1.0]
    assert shares[:2].max() < 1.0


def test_columns_keep_the_shares_they_were_written_with() -> None:
    density, grid = Density(0.004, 125), DensityGrid()
    first = np.array([0.9, 0.8, 0.3, 0.1, 0.05], np.float32)

    def minute(i: int) -> StepBatch:
        return StepBatch.of([Step(i * 60_000, (i + 1) * 60_000, 30_000.0, 30_005.0, 29_990.0, 30_010.0, 5.0, 900.0)])

    density.run(minute(0), grid, flag=BACK, shares=first)
    density.run(minute(1), grid, flag=BACK)
    one, two = grid.rings[0].read(0), grid.rings[0].read(1)
    assert one is not None
    assert two is not None
    assert one.shares.tolist() == first.tolist()
    assert np.allclose(two.shares, usual_shares())
    view = grid.rings[0].view()
    assert not view.shares.flags.writeable
    assert view.shares[0].tolist() == first.tolist()
