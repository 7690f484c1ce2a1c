"""Synthetic paths for the model's tests."""

from __future__ import annotations

import numpy as np

from liqdesk.model import StepBatch

T0 = 1_764_547_200_000  # 2025-12-01


def second_path(minutes: int, seed: int = 1, start: float = 1.1, daily: float = 0.03) -> np.ndarray:
    """Log marks each second over whole minutes, one more than minutes·60."""
    steps = np.random.default_rng(seed).normal(0, daily / np.sqrt(86_400), minutes * 60)
    return start + np.concatenate([[0.0], np.cumsum(steps)])


def batch_of_path(x: np.ndarray, minutes: int, volume: np.ndarray, interest: float = 9e4, t0: int = T0) -> StepBatch:
    """Cut a path of log marks a second into steps of some minutes, with their true extremes; `volume` is per minute."""
    span = minutes * 60
    n = (len(x) - 1) // span
    cut = np.stack([x[i * span : (i + 1) * span + 1] for i in range(n)])
    t = t0 + np.arange(n, dtype=np.int64) * span * 1000
    total = volume[: n * minutes].reshape(n, minutes).sum(axis=1)
    columns = (cut[:, 0], cut[:, -1], cut.min(axis=1), cut.max(axis=1), total, np.full(n, interest))
    return StepBatch.plain(t, t + span * 1000, *(np.ascontiguousarray(c) for c in columns))


def walk(
    n: int, span_ms: int = 60_000, seed: int = 1, start: float = 1.1, t0: int = T0, jump: float = 5e-4
) -> StepBatch:
    """Random steps with extremes beyond their ends."""
    rng = np.random.default_rng(seed)
    x = start + np.concatenate([[0.0], np.cumsum(rng.normal(0, jump, n))])
    s, e = x[:-1].copy(), x[1:].copy()
    high = np.maximum(s, e) + np.abs(rng.normal(0, jump / 2, n))
    low = np.minimum(s, e) - np.abs(rng.normal(0, jump / 2, n))
    t = t0 + np.arange(n, dtype=np.int64) * span_ms
    return StepBatch.plain(t, t + span_ms, s, e, low, high, rng.uniform(10, 300, n), np.full(n, 9e4))
