"""The relative strength index: how much of the recent movement of closes was upward.

J. Welles Wilder, New Concepts in Technical Trading Systems (1978), chapter VI: the first averages of gains and losses are simple means
over `PERIOD` changes, each later one is (former · (PERIOD − 1) + new) / PERIOD, and the index is 100 − 100 / (1 + gain / loss).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

PERIOD: Final = 14
HIGH: Final = 70.0  # Wilder's lines
LOW: Final = 30.0

Averages = tuple[float, float]  # of gains and of losses; NaN before there are enough changes


def rsi(closes: NDArray[np.float64], period: int = PERIOD) -> tuple[NDArray[np.float64], Averages]:
    """Return the index of each of consecutive closes, float64 [n] from 0 to 100, NaN for the first `period`, and the averages at the
    last one, with which `index_after` goes on."""
    out = np.full(len(closes), math.nan)
    if len(closes) <= period:
        return out, (math.nan, math.nan)
    changes = np.diff(closes)
    gains, losses = np.maximum(changes, 0.0).tolist(), np.maximum(-changes, 0.0).tolist()
    gain, loss = sum(gains[:period]) / period, sum(losses[:period]) / period
    found = [_index(gain, loss)]
    for up, down in zip(gains[period:], losses[period:], strict=True):
        gain, loss = (gain * (period - 1) + up) / period, (loss * (period - 1) + down) / period
        found.append(_index(gain, loss))
    out[period:] = found
    return out, (gain, loss)


def index_after(averages: Averages, change: float, period: int = PERIOD) -> float:
    """Return the index that a close makes which is `change` above the last one."""
    gain, loss = averages
    return _index((gain * (period - 1) + max(change, 0.0)) / period, (loss * (period - 1) + max(-change, 0.0)) / period)


def _index(gain: float, loss: float) -> float:
    total = gain + loss
    if total > 0:
        return 100.0 * gain / total
    return 50.0 if total == 0 else math.nan  # nothing moved; Wilder leaves this open
