"""The price axis: bins of ln price. The state lives on 5 bp bins, the picture on 10 bp display bins; both have an
edge at 30000.

A bin is a whole number i (negative below 30000) and covers ln(price / 30000) in [i·h, (i+1)·h). Display bin = bin // 2.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

PHASE_PRICE: Final = 30_000.0
PHASE: Final = math.log(PHASE_PRICE)
BIN: Final = 5e-4  # log price
DISPLAY_BIN: Final = 1e-3
BINS_PER_ROW: Final = 2
ROWS: Final = 800  # display bins of a column: ±40 % of log price
HALF_ROWS: Final = ROWS // 2


def log_of(price: float) -> float:
    """Return ln(price / 30000). Raises ValueError for a price that is not positive."""
    return math.log(price) - PHASE


def bin_of(price: float) -> int:
    """Return the 5 bp bin that holds a price."""
    return math.floor(log_of(price) / BIN)


def bins_of(prices: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the 5 bp bins that hold `prices`, any shape."""
    return np.floor((np.log(prices) - PHASE) / BIN).astype(np.int64)


def price_of_bin(number: int) -> float:
    """Return the price at the (logarithmic) centre of a 5 bp bin."""
    return math.exp(PHASE + (number + 0.5) * BIN)


def edge_of_bin(number: int) -> float:
    """Return the price at the lower edge of a 5 bp bin."""
    return math.exp(PHASE + number * BIN)


def display_bin_of(price: float) -> int:
    """Return the 10 bp display bin that holds a price."""
    return bin_of(price) // BINS_PER_ROW


def price_of_display_bin(number: int) -> float:
    """Return the price at the (logarithmic) centre of a 10 bp display bin."""
    return math.exp(PHASE + (number + 0.5) * DISPLAY_BIN)


def edge_of_display_bin(number: int) -> float:
    """Return the price at the lower edge of a 10 bp display bin."""
    return math.exp(PHASE + number * DISPLAY_BIN)


def row_prices(base: int, rows: int = ROWS) -> NDArray[np.float64]:
    """Return the centre prices of display bins base .. base + rows − 1, ascending."""
    prices: NDArray[np.float64] = np.exp(PHASE + (np.arange(base, base + rows) + 0.5) * DISPLAY_BIN)
    return prices


def base_of(mark: float) -> int:
    """Return the lowest display bin of a column whose mark is `mark`."""
    return display_bin_of(mark) - HALF_ROWS
