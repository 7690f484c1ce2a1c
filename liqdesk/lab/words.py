"""How the lab writes lengths, days and amounts."""

from __future__ import annotations

import datetime as dt
from typing import Final

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS

UNITS: Final = ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"))
SIZES: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def length(ms: int) -> str:
    """Return a length of time in its largest whole unit: 30 min, 4 h, 1 d."""
    unit, name = next(((u, n) for u, n in UNITS if ms and ms % u == 0), (1, "ms"))
    return f"{ms // unit} {name}"


def day(ms: int) -> str:
    """Return the UTC date of a time."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m-%d")


def moment(ms: int) -> str:
    """Return a time to the minute, UTC."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M")


def usd(amount: float) -> str:
    """Return an amount in USD to three digits: 38.2M."""
    for unit, name in SIZES:
        if amount >= 0.9995 * unit:
            return f"{amount / unit:.3g}{name}"
    return f"{amount:.3g}"


def signed(value: float) -> str:
    """Return a number with three decimals, its sign and a true minus."""
    return f"{value:+.3f}".replace("-", "−")
