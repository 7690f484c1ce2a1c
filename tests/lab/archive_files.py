"""Files in the form of the public archive, written from made-up markets."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

T0 = 1_764_547_200_000  # 2025-12-01
KLINE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
METRICS_HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
    "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
)


def zipped(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(path.with_suffix(".csv").name, text)
    path.write_bytes(made.getvalue())
    return path


def minute_closes(n: int, seed: int = 1) -> np.ndarray:
    return 90_000 * np.exp(np.concatenate([[0.0], np.cumsum(np.random.default_rng(seed).normal(0, 8e-4, n))]))


def klines(closes: np.ndarray, minutes: int, volume: bool = True) -> str:
    """Bars of some minutes from closes a minute, whose first is the open of the first bar."""
    lines = [KLINE_HEADER]
    for i in range((len(closes) - 1) // minutes):
        part = closes[i * minutes : (i + 1) * minutes + 1]
        t = T0 + i * minutes * 60_000
        base = 60.0 * minutes if volume else 0
        lines.append(
            f"{t},{part[0]:.2f},{part.max():.2f},{part.min():.2f},{part[-1]:.2f},{base},{t + minutes * 60_000 - 1},"
            f"{base * 9e4},9,{base / 2},{base * 4.5e4},0"
        )
    return "\n".join(lines) + "\n"


def metrics(closes: np.ndarray, symbol: str = "BTCUSDT") -> str:
    lines = [METRICS_HEADER]
    for i in range(0, len(closes), 5):
        stamp = datetime.fromtimestamp((T0 + i * 60_000) / 1000 + (i % 3 == 2), UTC).strftime("%Y-%m-%d %H:%M:%S")
        lines.append(f"{stamp},{symbol},90000,{90_000 * closes[i]:.4f},,,,")
    return "\n".join(lines) + "\n"
