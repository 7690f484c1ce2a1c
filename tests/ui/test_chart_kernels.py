"""The painting kernels, jitted and plain, against slow words of the same rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from liqdesk.model import cell_share
from liqdesk.model.codes import DECODE
from liqdesk.ui import ramp
from liqdesk.ui.chart import kernels

RNG = np.random.default_rng(3)


def both(kernel: Callable[..., None]) -> list[Callable[..., None]]:
    return [kernel, kernel.py_func]  # type: ignore[attr-defined]


def levels_of(usd: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the level of every cell of ten planes, and where its rounding is beyond doubt."""
    whole = usd.sum(axis=0)
    prior = cell_share(usd, shares) * (ramp.FADES - 1)
    short = usd[5:].sum(axis=0) / np.maximum(whole, 1e-30) * (ramp.SIDES - 1)
    sure = (np.abs(prior % 1 - 0.5) > 1e-4) & (np.abs(short % 1 - 0.5) > 1e-4)
    return (short + 0.5).astype(np.int64) * ramp.FADES + (prior + 0.5).astype(np.int64), sure


@pytest.mark.parametrize("combine", both(kernels.combine))
def test_combine_sums_chosen_planes_with_their_sides_gain(combine: Callable[..., None]) -> None:
    codes = RNG.integers(0, 40_000, (3, 10, 800), dtype=np.uint16)
    codes[:, :, ::7] = 0
    gains = np.array([[0.5, 2.0], [0.01, 0.02], [1.0, 1.0]], np.float32)
    shares = RNG.random((3, 5)).astype(np.float32)
    chosen = np.array([1, 0, 1, 1, 0, 0, 1, 1, 0, 1], np.bool_)
    out, faded = np.full((3, 800), -9.0, np.float32), np.full((3, 800), 77, np.uint8)
    combine(codes, np.array([2, 0]), gains, shares, DECODE, chosen, out, faded)
    for slot in (0, 2):
        usd = DECODE[codes[slot]] * np.repeat(gains[slot], 5)[:, None] * chosen[:, None]
        assert np.allclose(out[slot], usd.sum(axis=0), rtol=1e-5)
        want, sure = levels_of(usd, shares[slot])
        assert np.array_equal(faded[slot][sure], want[sure])
        assert sure.sum() > 700
        assert np.all(faded[slot][::7] == 0)
    assert np.all(out[1] == -9.0)
    assert np.all(faded[1] == 77)


@pytest.mark.parametrize("combine_now", both(kernels.combine_now))
def test_the_open_column_lands_on_modular_rows(combine_now: Callable[..., None]) -> None:
    usd = RNG.random((10, 800)).astype(np.float32)
    out, faded = np.zeros(800, np.float32), np.zeros(800, np.uint8)
    shares = np.array([1.0, 0.5, 0.25, 0.0, 0.75], np.float32)
    combine_now(usd, 413, shares, np.ones(10, np.bool_), out, faded)
    assert np.allclose(out[(413 + np.arange(800)) % 800], usd.sum(axis=0), rtol=1e-5)
    want, sure = levels_of(usd, shares)
    assert np.array_equal(faded[(413 + np.arange(800)) % 800][sure], want[sure])
    assert {int(v) // ramp.FADES for v in faded} > {3, 4, 5}
    combine_now(usd, -413, shares, np.ones(10, np.bool_), out, faded)
    assert np.allclose(out[(-413 + np.arange(800)) % 800], usd.sum(axis=0), rtol=1e-5)


@pytest.mark.parametrize("values", both(kernels.values))
def test_values_gathers_what_a_column_reaches(values: Callable[..., None]) -> None:
    usd, faded = RNG.random((4, 800)).astype(np.float32), RNG.integers(0, 9, (4, 800)).astype(np.uint8)
    bases = np.array([100, 0, -300, 0], np.int32)
    out, levels = np.zeros((40, 3), np.float32), np.full((40, 3), 9, np.uint8)
    values(usd, faded, np.array([0, 2]), bases, np.array([2, 0]), 80, out, levels)
    for j in range(40):
        number = 80 + j
        assert out[j, 2] == (usd[0, number % 800] if number >= 100 else -1.0)
        assert levels[j, 2] == (faded[0, number % 800] if number >= 100 else 0)
        assert out[j, 0] == usd[2, number % 800]
        assert levels[j, 0] == faded[2, number % 800]
    assert np.all(out[:, 1] == 0.0)


@pytest.mark.parametrize("positions", both(kernels.positions))
def test_positions_follow_the_ramp_and_the_prior(positions: Callable[..., None]) -> None:
    cells = np.concatenate([RNG.uniform(-1, 300, (60, 5)), [[0, 50, 250, 1e9, 120]]]).astype(np.float32)
    levels = RNG.integers(0, ramp.FADES * ramp.SIDES, cells.shape).astype(np.uint8)
    out = np.zeros(cells.shape, np.uint16)
    positions(cells, levels, 50.0, 250.0, out)
    for j in range(cells.shape[0]):
        for i in range(cells.shape[1]):
            usd = float(cells[j, i])
            where = ramp.position(usd, 50.0, 250.0)
            assert out[j, i] == (int(levels[j, i]) * 256 + where if usd > 50.0 else 0)
    positions(cells, levels, 50.0, 50.0, out)
    assert not out.any()


@pytest.mark.parametrize("paint", both(kernels.paint))
def test_paint_is_a_lookup(paint: Callable[..., None]) -> None:
    entries = RNG.integers(0, 81 * 256, (7, 5)).astype(np.uint16)
    columns = np.array([0, 0, 1, 4, 4, -1, 2, 3], np.int32)
    rows = np.array([6, 6, 5, -1, 3, 3, 0], np.int32)
    table = RNG.integers(0, 2**32, 81 * 256, dtype=np.uint64).astype(np.uint32)
    out = np.zeros((7, 8), np.uint32)
    paint(entries, columns, rows, table, np.uint32(0xFF112233), out)
    for y in range(7):
        for x in range(8):
            known = rows[y] >= 0 and columns[x] >= 0
            assert out[y, x] == (table[entries[rows[y], columns[x]]] if known else 0xFF112233)


def test_warm_covers_the_types_the_chart_uses() -> None:
    kernels.warm()
    jitted = (kernels.combine, kernels.combine_now, kernels.values, kernels.positions, kernels.paint)
    assert all(k.signatures for k in jitted)
