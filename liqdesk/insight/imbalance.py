"""Imbalance: estimated USD to each side of mark, within a radius."""

from __future__ import annotations

import msgspec


class Imbalance(msgspec.Struct, frozen=True):
    """Longs below and shorts above mark within `radius` (a fraction of mark), USD. It says where liquidation prices stand;
    it cannot say who is long, since open longs always equal open shorts."""

    radius: float
    long_usd: float
    short_usd: float

    @property
    def ratio(self) -> float:
        """(short − long) / (short + long), in [−1, 1]; 0 when both are empty."""
        total = self.long_usd + self.short_usd
        return (self.short_usd - self.long_usd) / total if total > 0 else 0.0
