"""How sure the map may be, as its own record teaches it: which bands of distance prints have told apart, how lumpy prints come, how
well the scale is known."""

from __future__ import annotations

import logging
import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.engine.market_map import MarketMap
from liqdesk.insight import Spread
from liqdesk.market import HOUR_MS, MINUTE_MS
from liqdesk.model import class_shares
from liqdesk.model.gain import Q80, GainEstimate

log = logging.getLogger(__name__)

KIND: Final = "certainty"
LEAST_SCALE: Final = 0.2  # of ln gain: what the shipped bands were held to

Floats = NDArray[np.float64]


class Kept(msgspec.Struct, frozen=True):
    """What is kept every hour: orders attributed by band [20], how many in all, and the lumps in USD after `hours` hours."""

    evidence: tuple[float, ...]
    orders: int
    lump_usd: float
    printed_lump_usd: float
    hours: int


class Certainty:
    """Feeds `spread`, `identified` and `shares` of a map with watched minutes."""

    def __init__(self, market_map: MarketMap) -> None:
        self._map = market_map
        self._hour = -1
        self._expected = np.zeros(2)
        self._printed = np.zeros(2)
        self._minutes = 0

    def minute(self, t_ms: int, contracts: Floats, expected_usd: Floats, printed_usd: Floats, orders: Floats) -> bool:
        """Learn from a watched minute: contracts swept float64 [2 side, 20 band]; USD and orders float64 [2]. Returns whether an hour
        ended with the one before it, so that there is something to keep."""
        ended = t_ms // HOUR_MS != self._hour and self._hour >= 0
        if ended:
            self._end_hour()
        self._hour = t_ms // HOUR_MS
        self._expected += expected_usd
        self._printed += printed_usd
        self._minutes += 1
        self._map.identified.observe(MINUTE_MS, contracts, orders.astype(np.int64))
        return ended

    def _end_hour(self) -> None:
        if self._minutes * 2 > HOUR_MS // MINUTE_MS:  # of less than half an hour the amounts are not an hour's
            for expected, printed in zip(self._expected.tolist(), self._printed.tolist(), strict=True):
                self._map.spread = self._map.spread.observe(expected, printed)
        self._expected, self._printed, self._minutes = np.zeros(2), np.zeros(2), 0
        self._share()

    def _share(self) -> None:
        self._map.shares = class_shares(self._map.density.classes, self._map.identified.shares())

    def scale(self, gain: GainEstimate) -> None:
        """Take how well the gain is known, as the standard deviation of its logarithm."""
        wide = max(math.log(high / low) for low, high in zip(gain.low, gain.high, strict=True)) / (2 * Q80)
        self._map.spread = msgspec.structs.replace(self._map.spread, scale=max(LEAST_SCALE, wide))

    def kept(self) -> bytes:
        """Return what is to be kept, packed."""
        spread, known = self._map.spread, self._map.identified
        state = Kept(
            tuple(known.evidence.tolist()), known.orders, spread.lump_usd, spread.printed_lump_usd, spread.hours
        )
        return msgspec.msgpack.encode(state)

    def restore(self, raw: bytes) -> None:
        """Take back what was kept. Raises ValueError, or msgspec.MsgspecError, for what makes no sense."""
        state = msgspec.msgpack.decode(raw, type=Kept)
        evidence = np.array(state.evidence)
        sizes = np.array([state.lump_usd, state.printed_lump_usd, float(state.orders), float(state.hours)])
        known = self._map.identified
        if evidence.shape != known.evidence.shape or not (
            np.isfinite(evidence).all() and (evidence >= 0).all() and np.isfinite(sizes).all() and (sizes >= 0).all()
        ):
            raise ValueError(f"impossible certainty: {state!r:.200}")
        known.evidence, known.orders = evidence, state.orders
        self._map.spread = Spread(
            lump_usd=max(state.lump_usd, Spread().lump_usd),
            printed_lump_usd=state.printed_lump_usd,
            scale=self._map.spread.scale,
            hours=state.hours,
        )
        self._share()
