"""Columnar rows for whatever comes by the thousand: pages, archives, history, the model's input. Times are venue milliseconds."""

from __future__ import annotations

from typing import Final

import numpy as np

BAR: Final = np.dtype(
    [
        ("t", np.int64),  # start of the bar
        ("open", np.float64),
        ("high", np.float64),
        ("low", np.float64),
        ("close", np.float64),
        ("volume", np.float64),  # base units, zero in mark bars
        ("taker_buy", np.float64),  # base units
    ]
)
INTEREST: Final = np.dtype([("t", np.int64), ("contracts", np.float64), ("usd", np.float64)])  # usd NaN where unknown
TRADE: Final = np.dtype(
    [("id", np.int64), ("t", np.int64), ("price", np.float64), ("quantity", np.float64), ("taker_buys", np.bool_)]
)
FUNDING: Final = np.dtype([("t", np.int64), ("rate", np.float64)])
