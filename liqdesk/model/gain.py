"""What share of the swept basis the venue prints as liquidations: the scale of every figure shown in USD."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Printed USD over swept basis USD of engine S2 on Binance BTCUSDT, the real week 2026-02-24 .. 2026-03-03. Three
# venues together printed 0.0363 of the basis over 2026-02-21 .. 2026-04-14.
DEFAULT_GAIN: Final = 0.0083
ALL_VENUES_FACTOR: Final = 4.4
MODEL_VERSION: Final = 1
MODEL_NAME: Final = "S2"


def default_gain() -> NDArray[np.float32]:
    """Return the shipped gain per side, float32 [2] (long, short)."""
    return np.full(2, DEFAULT_GAIN, dtype=np.float32)
