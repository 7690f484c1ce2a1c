"""USD in sixteen bits: a logarithmic code with relative steps of 5.3e-4 from 0.01 to 1e13, and 0 for nothing."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 1e-2  # USD; anything below is coded 0
MOST: Final = 1e13
CODES: Final = 65_536
CODES_PER_OCTAVE: Final = (CODES - 2) / math.log2(MOST / LEAST)


def _table() -> NDArray[np.float32]:
    table = LEAST * 2.0 ** ((np.arange(CODES) - 1) / CODES_PER_OCTAVE)
    table[0] = 0.0
    decoded: NDArray[np.float32] = table.astype(np.float32)
    decoded.flags.writeable = False
    return decoded


DECODE: Final = _table()  # float32 [65536]: DECODE[code] is USD


def encode(usd: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return the nearest codes of `usd`, any shape; values over 1e13 get the highest code. Loads the kernels."""
    from liqdesk.model import columns

    flat = np.array(usd, dtype=np.float32, order="C").ravel()
    codes = np.empty(flat.size, dtype=np.uint16)
    columns.encode(flat, codes)
    return codes.reshape(usd.shape)
