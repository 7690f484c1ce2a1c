"""The kernels as plain Python give what the compiled ones give."""

import importlib.util
from types import ModuleType

import numba
import numpy as np
import pytest
from walks import walk

from liqdesk.model import BACK, Density, DensityGrid, columns, kernels


def unjitted(module: ModuleType) -> ModuleType:
    """Return a module of kernels, loaded once more as plain Python."""
    spec = importlib.util.spec_from_file_location(f"plain_{module.__name__.rpartition('.')[2]}", module.__file__)
    assert spec is not None
    assert spec.loader is not None
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    return again


@pytest.fixture
def plain() -> tuple[ModuleType, ModuleType]:
    was = numba.config.DISABLE_JIT
    numba.config.DISABLE_JIT = True
    try:
        plain_kernels, plain_columns = unjitted(kernels), unjitted(columns)
    finally:
        numba.config.DISABLE_JIT = was
    plain_kernels.write_columns = plain_columns.write_columns
    assert not hasattr(plain_kernels.run, "py_func")
    assert not hasattr(plain_columns.write_columns, "py_func")
    return plain_kernels, plain_columns


def small_grid() -> DensityGrid:
    return DensityGrid(((60_000, 4), (300_000, 4), (1_800_000, 4)))


def test_plain_and_compiled_agree(plain, monkeypatch):
    steps = walk(6, 60_000, seed=12, jump=2e-3)
    fast, slow = Density(0.004, 125), Density(0.004, 125)
    fast_grid, slow_grid = small_grid(), small_grid()
    fast_swept = fast.run(steps, fast_grid, flag=BACK)
    fast_planes = fast.planes()
    with monkeypatch.context() as patch:
        patch.setattr(kernels, "run", plain[0].run)
        for name in ("read_planes", "write_column", "encode"):
            patch.setattr(columns, name, getattr(plain[1], name))
        slow_swept = slow.run(steps, slow_grid, flag=BACK)
        slow_planes = slow.planes()
    assert np.allclose(fast_swept, slow_swept, rtol=1e-9, atol=1e-12)
    assert np.allclose(fast.standing(), slow.standing(), rtol=1e-9)
    assert fast_planes[0] == slow_planes[0]
    assert np.allclose(fast_planes[1], slow_planes[1], rtol=1e-5, atol=1e-6)
    for a, b in zip(fast_grid.rings, slow_grid.rings, strict=True):
        assert np.array_equal(a.numbers, b.numbers)
        assert np.abs(a.codes.astype(int) - b.codes.astype(int)).max() <= 1
    assert fast_grid.rings[0].last > 0
