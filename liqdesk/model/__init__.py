"""The estimator: the same events in, the same arrays out. Engine S2, its grid of frozen columns, and candles.

Law: numpy, and numba for the inner loops; no Qt, no I/O, no thread, no clock reads. Importing the room does not load
numba: the first computation does, or `warm()` beforehand, so NUMBA_CACHE_DIR must be set before either. Figures are
basis (contracts at the price of their bin) until a gain is applied. One writer per state and grid; readers take
read-only views of published columns.
"""

from liqdesk.model.ages import COHORTS_MS, Ages, AgeWalk
from liqdesk.model.axis import (
    BIN,
    DISPLAY_BIN,
    ROWS,
    base_of,
    bin_of,
    bins_of,
    display_bin_of,
    edge_of_bin,
    edge_of_display_bin,
    price_of_bin,
    price_of_display_bin,
    row_prices,
)
from liqdesk.model.batch import StepBatch, bar_steps, interest_at, joined, quarter_steps, with_volume
from liqdesk.model.candles import CANDLE, SPANS, CandleBook
from liqdesk.model.codes import DECODE, encode
from liqdesk.model.compiled import warm
from liqdesk.model.density import Account, Balance, Density, Swept
from liqdesk.model.flags import BACK, LIVE
from liqdesk.model.gain import ALL_VENUES_FACTOR, DEFAULT_GAIN, MODEL_NAME, MODEL_VERSION, default_gain
from liqdesk.model.grid import PLANES, RINGS, Column, DensityGrid, Ring, RingView
from liqdesk.model.identified import Identified, cell_share, class_shares, default_shares, usual_shares
from liqdesk.model.record import Provenance, StepRecord
from liqdesk.model.step import Step, step_from_bar, step_from_minute, steps_from_quarter
from liqdesk.model.tiling import STEP_SPANS, best_steps, tile

__all__ = [
    "ALL_VENUES_FACTOR",
    "BACK",
    "BIN",
    "CANDLE",
    "COHORTS_MS",
    "DECODE",
    "DEFAULT_GAIN",
    "DISPLAY_BIN",
    "LIVE",
    "MODEL_NAME",
    "MODEL_VERSION",
    "PLANES",
    "RINGS",
    "ROWS",
    "SPANS",
    "STEP_SPANS",
    "Account",
    "AgeWalk",
    "Ages",
    "Balance",
    "CandleBook",
    "Column",
    "Density",
    "DensityGrid",
    "Identified",
    "Provenance",
    "Ring",
    "RingView",
    "Step",
    "StepBatch",
    "StepRecord",
    "Swept",
    "bar_steps",
    "base_of",
    "best_steps",
    "bin_of",
    "bins_of",
    "cell_share",
    "class_shares",
    "default_gain",
    "default_shares",
    "display_bin_of",
    "edge_of_bin",
    "edge_of_display_bin",
    "encode",
    "interest_at",
    "joined",
    "price_of_bin",
    "price_of_display_bin",
    "quarter_steps",
    "row_prices",
    "step_from_bar",
    "step_from_minute",
    "steps_from_quarter",
    "tile",
    "usual_shares",
    "warm",
    "with_volume",
]
