"""Histories with liquidations of a known law in them, to score."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liqdesk.history import FORCED, History
from liqdesk.lab.swept import HEADER, swept_bars
from liqdesk.market import DAY_MS, MINUTE_MS, ForcedOrder, Side
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.model import StepBatch, bar_steps
from liqdesk.venues.binance.brackets import shipped_brackets

T0 = 1_764_547_200_000  # 2025-12-01
SPAN = 15 * MINUTE_MS
BAR_MS = 30 * MINUTE_MS


def candles(days: int, seed: int = 1, span_ms: int = SPAN, price: float = 90_000.0) -> NDArray[np.void]:
    """Return days of candles of a lively market, dtype BAR."""
    rng = np.random.default_rng(seed)
    n = days * DAY_MS // span_ms
    x = np.cumsum(rng.standard_t(4, n + 1) * 2.5e-3)
    rows = np.zeros(n, BAR)
    rows["t"] = T0 + np.arange(n) * span_ms
    rows["open"], rows["close"] = price * np.exp(x[:-1]), price * np.exp(x[1:])
    reach = np.abs(rng.normal(0, 1.5e-3, (2, n)))
    rows["high"] = np.maximum(rows["open"], rows["close"]) * (1 + reach[0])
    rows["low"] = np.minimum(rows["open"], rows["close"]) * (1 - reach[1])
    rows["volume"] = rng.lognormal(6, 1.0, n)
    rows["taker_buy"] = rows["volume"] * rng.uniform(0.3, 0.7, n)
    return rows


def interest(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Return open interest at the start of every candle, dtype INTEREST."""
    out = np.zeros(len(rows), INTEREST)
    out["t"], out["contracts"] = rows["t"], 90_000.0
    out["usd"] = out["contracts"] * rows["open"]
    return out


def steps(days: int, seed: int = 1, span_ms: int = 5 * MINUTE_MS) -> StepBatch:
    """Return the steps of such a market, from candles of at most 5 min."""
    rows = candles(days, seed, span_ms)
    return bar_steps(rows, span_ms, interest(rows))


def liquidated(batch: StepBatch, bar_ms: int = BAR_MS, seed: int = 2) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (bar opens, USD [n, 2]): a hundredth of what the engine sweeps, and a little everywhere, with chance."""
    t, usd = swept_bars(batch, shipped_brackets().table("BTCUSDT"), bar_ms)
    rng = np.random.default_rng(seed)
    return t, (0.01 * usd + 2e4) * rng.gamma(0.7, 1 / 0.7, usd.shape)


def write_truth(path: Path, t: NDArray[np.int64], usd: NDArray[np.float64]) -> Path:
    """Write a truth's file."""
    rows = [f"{a},{b:.6g},{c:.6g}" for a, (b, c) in zip(t.tolist(), usd.tolist(), strict=True)]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def fill(history: History, symbol: str, days: int, seed: int = 1) -> NDArray[np.void]:
    """Put candles and open interest of a symbol into a history."""
    rows = candles(days, seed)
    history.add_bars(symbol, SPAN, False, rows)
    history.add_open_interest(symbol, interest(rows))
    history.commit()
    return rows


def print_orders(history: History, symbol: str, t: NDArray[np.int64], usd: NDArray[np.float64], price: float) -> None:
    """Put one forced order per bar and side into a history, and that all of it was listened to."""
    for moment, amounts in zip(t.tolist(), usd.tolist(), strict=True):
        for side, amount in zip(Side, amounts, strict=True):
            at = moment + MINUTE_MS + side
            history.add_forced(ForcedOrder(symbol, side, at, at, price, price, amount / price))
    step = int(t[1] - t[0])
    history.add_covered(symbol, FORCED, int(t[0]), int(t[-1]) + step)
    history.commit()


def quotient(n: float) -> float:
    """A task that may fail."""
    return 1 / n


def where(wait_s: float) -> int:
    """A task that tells which process it ran in."""
    time.sleep(wait_s)
    return os.getpid()
