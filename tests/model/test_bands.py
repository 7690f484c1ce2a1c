import math

import numpy as np
import pytest
import reference_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.model import axis, bands

# engine S2's own table, BTCUSDT
PRIOR = ".0152 .0304 .0457 .0529 .0526 .0537 .0585 .0620 .0627 .0615 .0572 .0522 .0531 .0594 .0645 .0652 .0606 .0480 .0301 .0145"


def test_prior_is_the_published_one():
    got = bands.components(0.004, 125).sum(axis=0)
    assert np.allclose(got, [float(w) for w in PRIOR.split()], atol=5.1e-5)
    assert np.allclose(got, reference_engine.prior(), rtol=1e-12)


@settings(deadline=None)
@given(st.floats(0.001, 0.15), st.integers(1, 150))
def test_prior_always_sums_to_one_and_drops_what_is_not_offered(rate, leverage):
    parts = bands.components(rate, leverage)
    assert parts.sum() == pytest.approx(1.0, rel=1e-12)
    assert (parts >= 0).all()
    for i, offered in enumerate((5, 10, 25, 50, 100)):
        distance = -math.log(1 - 1 / offered) - rate
        alive = (offered <= leverage and distance > 0) or (
            i == 0 and not any(v <= leverage and -math.log(1 - 1 / v) > rate for v in (5, 10, 25, 50, 100))
        )
        assert (parts[i].sum() > 0) == alive


def test_a_lower_maximum_renormalises():
    assert np.allclose(bands.components(0.01, 20).sum(axis=0), reference_engine.prior(0.01, (5, 10)))


def test_rates_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="maintenance rate"):
        bands.components(0.3, 5)
    with pytest.raises(ValueError, match="maintenance rate"):
        bands.components(-0.1, 5)


def test_kernels_match_numerical_integration():
    first, length, mass = bands.deposit_kernels()
    for k in range(bands.BANDS):
        expected = reference_engine.kernel(k)
        got = {int(first[k]) + j: mass[k, j] for j in range(int(length[k]))}
        assert sum(got.values()) == pytest.approx(1.0, rel=1e-12)
        for n in set(expected) | set(got):
            assert got.get(n, 0.0) == pytest.approx(expected.get(n, 0.0), abs=2e-4)
    assert first.min() >= 1


@settings(deadline=None)
@given(st.floats(1e-6, 1e7))
def test_bins_hold_their_price(price):
    b, d = axis.bin_of(price), axis.display_bin_of(price)
    assert axis.edge_of_bin(b) <= price * (1 + 1e-12)
    assert price < axis.edge_of_bin(b + 1) * (1 + 1e-12)
    assert d == b // 2
    assert axis.edge_of_display_bin(d) < axis.price_of_display_bin(d) < axis.edge_of_display_bin(d + 1)
    assert axis.bins_of(np.array([price]))[0] == b
    assert abs(axis.bin_of(axis.price_of_bin(b)) - b) == 0
    assert axis.row_prices(axis.base_of(price))[400] == pytest.approx(axis.price_of_display_bin(d))


def test_an_edge_stands_at_30000():
    assert axis.edge_of_bin(0) == pytest.approx(30_000)
    assert axis.bin_of(29_999.99) == -1
    assert axis.bin_of(30_000.01) == 0
