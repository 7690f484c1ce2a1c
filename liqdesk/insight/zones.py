"""Zones: stretches of price where the estimate stands out from its surroundings."""

from __future__ import annotations

import msgspec

from liqdesk.market import Side


class Zone(msgspec.Struct, frozen=True):
    """A local maximum of the density and its half-prominence extent, in quote prices; `usd` is all of one side within it.

    `distance` is signed and relative to mark: (nearest edge − mark) / mark, zero inside. `prominence_usd` is the part of `usd`
    that stands above the surroundings.
    """

    side: Side
    low: float
    high: float
    peak: float
    usd: float
    prominence_usd: float
    distance: float
