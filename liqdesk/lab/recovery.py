"""How well an estimated density recovers a true one, where the truth is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.model.axis import BINS_PER_ROW, DISPLAY_BIN, display_bin_of

REACH: Final = 0.06  # of price, to either side of the mark
TOP_SHARE: Final = 0.1  # of the rows


class Recovery(msgspec.Struct, frozen=True):
    """One comparison over the 10 bp rows within reach of the mark. `pearson` and `spearman` are correlations over rows;
    `distance` is the Wasserstein-1 distance of the two densities, each of mass one, in percent of price; `recall` the share
    of the true mass in the tenth of rows that the estimate ranks highest, `ceiling` the same with the truth's own ranking;
    `scale` is estimated over true mass."""

    pearson: float
    spearman: float
    distance: float
    recall: float
    ceiling: float
    scale: float


def near_rows(contracts: NDArray[np.float64], first_bin: int, mark: float, reach: float = REACH) -> NDArray[np.float64]:
    """Return the contracts per 10 bp row within `reach` of the mark, ascending by price, both sides together.

    `contracts` float64 [2 side, bins] holds 5 bp bins from `first_bin` on; longs count up to the mark's own row, shorts from
    there on. Raises ValueError when the bins do not cover the rows.
    """
    here = display_bin_of(mark)
    first, last = display_bin_of(mark * (1 - reach)) + 1, display_bin_of(mark * (1 + reach)) - 1
    begin = first * BINS_PER_ROW - first_bin
    stop = (last + 1) * BINS_PER_ROW - first_bin
    if begin < 0 or stop > contracts.shape[1]:
        raise ValueError(
            f"bins {first_bin} .. {first_bin + contracts.shape[1] - 1} do not reach ±{reach:.0%} of {mark}"
        )
    rows = contracts[:, begin:stop].reshape(2, -1, BINS_PER_ROW).sum(axis=2)
    own = here - first
    total: NDArray[np.float64] = np.concatenate([rows[0, :own], rows[:, own : own + 1].sum(axis=0), rows[1, own + 1 :]])
    return total


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ranks of `values`, float64 of the same length, ties sharing their mean."""
    order = np.empty(len(values))
    order[np.argsort(values, kind="stable")] = np.arange(len(values))
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    shared: NDArray[np.float64] = (np.bincount(inverse, weights=order) / count)[inverse]
    return shared


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return Pearson's correlation, 0 where either does not vary."""
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size > 0 else 0.0


def wasserstein(a: NDArray[np.float64], b: NDArray[np.float64], width: float) -> float:
    """Return the Wasserstein-1 distance of two densities over the same rows of `width`, each scaled to mass one:
    width · Σ |A − B| over their running sums."""
    return width * float(np.abs(np.cumsum(a) / a.sum() - np.cumsum(b) / b.sum()).sum())


def top_recall(ranking: NDArray[np.float64], mass: NDArray[np.float64], share: float = TOP_SHARE) -> float:
    """Return which share of `mass` lies in the `share` of rows that `ranking` puts highest; ties go to the lower row."""
    count = max(1, round(share * len(ranking)))
    best = np.argsort(-ranking, kind="stable")[:count]
    return float(mass[best].sum() / mass.sum())


def compare(estimate: NDArray[np.float64], truth: NDArray[np.float64]) -> Recovery:
    """Compare two densities over the same rows [n]. Raises ValueError when either is empty, negative or not finite."""
    if estimate.shape != truth.shape:
        raise ValueError(f"{estimate.shape} rows against {truth.shape}")
    for rows in (estimate, truth):
        if not np.isfinite(rows).all() or (rows < 0).any() or rows.sum() <= 0:
            raise ValueError("a density must be finite, not negative and not empty")
    return Recovery(
        correlation(estimate, truth),
        correlation(ranks(estimate), ranks(truth)),
        wasserstein(estimate, truth, 100 * DISPLAY_BIN),
        top_recall(estimate, truth),
        top_recall(truth, truth),
        float(estimate.sum() / truth.sum()),
    )


def mean_of(found: Sequence[Recovery]) -> Recovery:
    """Return the mean of each measure. Raises ValueError for none."""
    if not found:
        raise ValueError("nothing was compared")
    return Recovery(*np.mean([msgspec.structs.astuple(one) for one in found], axis=0).tolist())
