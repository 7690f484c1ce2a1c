"""The learner that every map is given: what it learns, that it looks at the past alone, and that it does not run away."""

import importlib.util

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqdesk.lab import kernels
from liqdesk.lab.learner import ORDERS_A_MINUTE, PULL, USD_A_BAR, Head, prequential


def bars(days: int = 30, a_day: int = 48, seed: int = 1, noise: float = 1.0):
    """Return (mass, y, day): y = 2e5 + 0.2·m on average, skewed like liquidations are."""
    rng = np.random.default_rng(seed)
    n = days * a_day
    mass = rng.lognormal(15, 1.5, (n, 2)) * (rng.random((n, 2)) < 0.8)
    mean = 2e5 + 0.2 * mass
    y = mean * rng.gamma(1 / noise**2, noise**2, (n, 2)) if noise else mean
    return mass, y, np.repeat(np.arange(20_000, 20_000 + days), a_day)


def reference(terms, y, day, tau=10.0, rounds=40, floor=1e4):
    """The same learner in numpy, as whole arrays."""
    n, _, k = terms.shape
    mean, prior, weights = np.full((n, 2), np.nan), np.ones(k) / k, None
    for today in range(day[0] + 3, day[-1] + 1):
        past = (day < today) & (day >= today - 45)
        w = np.repeat(np.exp(-(today - day[past]) / tau), 2)
        a, v = terms[past].reshape(-1, k), y[past].ravel()
        gain = (w * v).sum() / (w * np.maximum(a @ prior, 1e-9)).sum()
        if weights is None:
            weights = gain * prior
        for _ in range(rounds):
            rate = np.maximum(a @ weights, 1e-4 * floor) + floor
            share = weights * (a.T @ (w * v / rate))
            weights = (share + 0.02 * share.sum() * prior) / (a.T @ w + 0.02 * share.sum() / gain)
        mean[day == today] = terms[day == today] @ weights
    return mean + 0.1 * floor


def test_it_is_the_learner_written_out():
    mass, y, day = bars(60)
    m = mass / mass[:450].mean()
    terms = np.stack([np.ones_like(m), m, m**1.5, m**2], 2)
    mine = prequential(Head(USD_A_BAR, unit=float(mass[:450].mean())), mass, y, day)
    np.testing.assert_allclose(mine, reference(terms, y, day), rtol=1e-9)
    own = prequential(Head(USD_A_BAR), mass, y, day)
    assert np.isnan(own[: 3 * 48]).all()
    assert np.nanmean(np.abs(own / mine - 1)) < 0.02  # a moving unit weighs the prior a little differently


def test_it_finds_background_and_slope():
    mass, y, day = bars(40, noise=0.5)
    mean = prequential(Head(USD_A_BAR), mass, y, day)
    late = day >= day[0] + 20
    truth = 2e5 + 0.2 * mass[late]
    assert np.median(np.abs(mean[late] / truth - 1)) < 0.15
    assert mean[late].sum() == pytest.approx(y[late].sum(), rel=0.1)
    flat = prequential(Head.null(USD_A_BAR), mass, y, day)
    assert (np.ptp(flat[late].reshape(-1, 96), axis=1) == 0).all()
    assert flat[late].mean() == pytest.approx(y[late].mean(), rel=0.2)


def test_counts_of_orders_in_minutes_with_the_range_beside_them():
    rng = np.random.default_rng(4)
    n = 10 * 1_440
    mass = rng.exponential(1e5, (n, 2)) * (rng.random((n, 2)) < 0.5)
    span = rng.exponential(8.0, (n, 2))
    rate = 0.01 + 2e-6 * mass + 0.004 * span
    orders = rng.poisson(rate).astype(float)
    head = Head(ORDERS_A_MINUTE, spread=True)
    ages = np.repeat((n - np.arange(n)) / 1_440, 2)
    head.refit(mass.ravel(), orders.ravel(), ages, span.ravel())
    got = head.predict(mass, span)
    assert got.shape == rate.shape
    assert np.corrcoef(got.ravel(), rate.ravel())[0, 1] > 0.98
    assert got.sum() == pytest.approx(rate.sum(), rel=0.05)
    with pytest.raises(ValueError, match="range"):
        head.predict(mass)


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(4, 18), seed=st.integers(0, 1_000), factor=st.floats(0, 1e6))
def test_the_future_changes_no_past_number(cut, seed, factor):
    mass, y, day = bars(20, 12, seed)
    whole = prequential(Head(USD_A_BAR, spread=True), mass, y, day, mass * 1e-3)
    later = day > day[0] + cut
    mass[later] *= factor
    y[later] *= 3.0
    again = prequential(Head(USD_A_BAR, spread=True), mass, y, day, mass * 1e-3)
    np.testing.assert_array_equal(again[~later], whole[~later])


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-6, 1e9), seed=st.integers(0, 1_000))
def test_the_scale_of_a_map_is_of_no_account(scale, seed):
    mass, y, day = bars(15, 12, seed)
    one, two = prequential(Head(USD_A_BAR), mass, y, day), prequential(Head(USD_A_BAR), mass * scale, y, day)
    np.testing.assert_allclose(two, one, rtol=1e-8)


def test_days_without_liquidations_or_mass_are_borne():
    mass, y, day = bars(20)
    y[:] = 0.0
    quiet = prequential(Head(USD_A_BAR), mass, y, day)
    assert (quiet[day >= day[0] + 3] == 0.1 * USD_A_BAR).all()
    y[day == day[0] + 10] = 1e6
    woken = prequential(Head(USD_A_BAR), mass, y, day)
    assert (woken[day == day[0] + 11] > 1e5).any(), "a learner that has learnt nothing must be able to begin"
    none = prequential(Head(USD_A_BAR), np.zeros_like(mass), bars(20)[1], day)
    assert np.isfinite(none[day >= day[0] + 3]).all()
    assert np.isnan(Head(USD_A_BAR).predict(np.ones(3))).all()


def test_without_a_floor_it_runs_away_and_with_it_it_does_not():
    """Liquidations fell in bars in which nothing but a trace of a far tier was swept: weights of 1e6 and more explain them."""
    rng = np.random.default_rng(3)
    n = 4_000
    near = rng.exponential(1e6, n) * (rng.random(n) < 0.5)
    far = np.where(near == 0, 1e-5 * rng.exponential(1.0, n), 0.0)
    y = near + np.where(near == 0, 2e4 * (rng.random(n) < 0.2), 0.0)
    terms = np.stack([near, far], 1)
    bare, safe = np.zeros(2), np.zeros(2)
    kernels.fit(terms, y, np.ones(n), bare, 0.0, 0.0, 200)
    kernels.fit(terms, y, np.ones(n), safe, PULL, USD_A_BAR, 200)
    assert bare[1] > 1e6
    assert safe == pytest.approx([1.0, 1.0], rel=0.2)
    assert (terms @ safe + USD_A_BAR).max() < 10 * y.max()
    m = np.where(near == 0, 0.0, near)
    head = Head(USD_A_BAR)
    for day in range(60):  # fitted again and again from its own last weights
        head.refit(m, y, np.zeros(n))
        assert head.predict(m).sum() < 1.2 * y.sum() + n * USD_A_BAR, day
    assert head.predict(np.zeros(1))[0] > 2e3  # what falls where nothing was swept is background


def test_a_copy_learns_alone():
    mass, y, _ = bars(5)
    head = Head(USD_A_BAR)
    head.refit(mass.ravel(), y.ravel(), np.zeros(y.size))
    twin, before = head.copy(), head.predict(mass)
    twin.refit(mass.ravel(), 3 * y.ravel(), np.zeros(y.size))
    np.testing.assert_array_equal(head.predict(mass), before)
    assert twin.predict(mass).sum() > 2 * before.sum()
    assert head.copy().predict(mass).tolist() == before.tolist()


def test_plain_and_compiled_agree(monkeypatch):
    from test_baselines import walk

    from liqdesk.lab.baselines import Lines, Uniform

    was = numba.config.DISABLE_JIT
    numba.config.DISABLE_JIT = True
    try:
        spec = importlib.util.spec_from_file_location("plain_kernels", kernels.__file__)
        assert spec is not None
        assert spec.loader is not None
        plain = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(plain)
    finally:
        numba.config.DISABLE_JIT = was
    assert not hasattr(plain.fit, "py_func")
    batch = walk(40, jump=4e-3)
    distance = np.array([[0.004, 0.02], [0.003, 0.01]])
    rng = np.random.default_rng(1)
    rows = rng.exponential(1.0, (60, 3)), rng.exponential(1.0, 60), np.ones(60)
    fast, slow = np.zeros(3), np.zeros(3)
    kernels.fit(*rows, fast, PULL, 0.1, 5)
    plain.fit(*rows, slow, PULL, 0.1, 5)
    np.testing.assert_allclose(slow, fast, rtol=1e-9)
    for make in (Uniform, lambda: Lines("x", "x", distance, decay_ms=1e6)):
        compiled = make().run(batch)
        assert compiled.sum() > 0
        with monkeypatch.context() as patch:
            for name in ("run_uniform", "run_lines"):
                patch.setattr(kernels, name, getattr(plain, name))
            np.testing.assert_allclose(make().run(batch), compiled, rtol=1e-9, atol=1e-12)
