"""How a timing is printed: the figure, what it is held against in the same run, and the aim."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def line(name: str, figure: str, floor: str, verdict: str) -> None:
    print(f"{name:10s} {figure:44s} {floor:56s} {verdict}", flush=True)


def aim(value: float, limit: float, unit: str) -> str:
    return f"aim <= {limit:g} {unit}".rstrip() + (": met" if value <= limit else ": MISSED")


def spread(values: Sequence[float], unit: str) -> str:
    """Write median and range."""
    return f"{statistics.median(values):.0f} {unit} ({min(values):.0f} to {max(values):.0f}, n {len(values)})"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]
