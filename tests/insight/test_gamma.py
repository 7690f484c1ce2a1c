"""The gamma quantile, against published values, its own integral, and the normal it tends to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.insight.gamma import gamma_cdf, gamma_quantile, log_gamma, normal_quantile

# Upper and lower points of chi-squared, Abramowitz and Stegun, table 26.8: a gamma variable of half the degrees of
# freedom, doubled.
CHI_SQUARED = [
    (1, 0.90, 2.70554), (1, 0.10, 0.0157908), (2, 0.90, 4.60517), (2, 0.10, 0.210720), (3, 0.90, 6.25139),
    (5, 0.10, 1.61031), (10, 0.90, 15.9871), (10, 0.10, 4.86518), (30, 0.90, 40.2560), (30, 0.10, 20.5992),
    (100, 0.90, 118.498), (100, 0.10, 82.3581),
]  # fmt: skip


@pytest.mark.parametrize(("freedom", "share", "value"), CHI_SQUARED)
def test_quantiles_are_the_published_ones(freedom: int, share: float, value: float) -> None:
    assert 2 * float(gamma_quantile(share, freedom / 2)) == pytest.approx(value, rel=2e-5)


def test_the_exponential_is_a_gamma_of_shape_one() -> None:
    x = np.linspace(0.01, 30, 200)
    assert np.allclose(gamma_cdf(x, 1.0), -np.expm1(-x), rtol=1e-12)
    for share in (0.001, 0.1, 0.5, 0.9, 0.999):
        assert float(gamma_quantile(share, 1.0)) == pytest.approx(-math.log1p(-share), rel=1e-10)


@pytest.mark.parametrize("shape", [0.3, 0.9, 2.5, 7.0, 40.0, 180.0])
def test_the_sum_is_the_integral_of_the_density(shape: float) -> None:
    """Integrated over ln x, where the density is smooth at any shape."""
    log_x = np.linspace(-60 / min(shape, 1.0), math.log(shape + 12 * math.sqrt(shape) + 30), 200_001)
    density = np.exp(shape * log_x - np.exp(log_x) - math.lgamma(shape))
    summed = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2) * (log_x[1] - log_x[0])])
    assert summed[-1] == pytest.approx(1.0, abs=1e-6)
    at = np.searchsorted(summed, (0.01, 0.1, 0.5, 0.9, 0.99))
    assert np.allclose(gamma_cdf(np.exp(log_x[at]), shape), summed[at], atol=1e-6)


@given(st.floats(math.log(1e-3), math.log(1e5)), st.floats(0.01, 0.99))
@settings(max_examples=150, deadline=None)
def test_a_quantile_is_where_the_sum_reaches_its_share(log_shape: float, share: float) -> None:
    shape = math.exp(log_shape)
    x = float(gamma_quantile(share, shape))
    if x > 1e-290:
        assert float(gamma_cdf(x, shape)) == pytest.approx(share, abs=1e-9 if shape <= 200 else 1e-4)
    else:
        assert (math.log(share) + math.lgamma(shape + 1)) / shape < -600


def test_quantiles_rise_with_share_and_shape() -> None:
    shapes = np.exp(np.linspace(math.log(0.02), math.log(1e4), 300))
    table = np.stack([gamma_quantile(share, shapes) for share in (0.05, 0.1, 0.3, 0.5, 0.9, 0.95)])
    assert np.all(np.diff(table, axis=0) > 0)
    assert np.all(np.diff(table, axis=1) > 0)


def test_log_gamma_is_the_libraries() -> None:
    x = np.exp(np.linspace(math.log(1e-4), math.log(1e6), 400))
    assert np.allclose(log_gamma(x), [math.lgamma(v) for v in x], rtol=1e-12, atol=1e-12)


def test_normal_quantiles_are_the_known_ones() -> None:
    assert normal_quantile(0.9) == pytest.approx(1.2815515655446004, abs=1e-12)
    assert normal_quantile(0.5) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_no_quantile_beyond_certainty(share: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        gamma_quantile(share, 1.0)
