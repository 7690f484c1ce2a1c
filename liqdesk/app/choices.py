"""What a command line asked for. Plain tuples: the window's first paint waits for this module."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

NAMED: Final = ("symbol", "rest_url", "stream_url", "proxy_url")


class Choices(NamedTuple):
    """The options that choose a market and a profile; None leaves it to the environment, then the settings. `recording` is a file that
    is shown instead of a market."""

    symbol: str | None = None
    profile: str | None = None
    rest_url: str | None = None
    stream_url: str | None = None
    proxy_url: str | None = None
    demo: bool = False
    seed: int | None = None
    speed: float | None = None
    verbose: bool = False
    recording: Path | None = None

    def named(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the settings that options and, behind them, the environment (LIQDESK_SYMBOL, LIQDESK_REST_URL and so on) name for
        this run; whether the values can be used is for those to say who use them."""
        said = {field: environ.get(f"LIQDESK_{field.upper()}") for field in NAMED}
        over = {field: getattr(self, field) for field in NAMED}
        return {f: v for f, v in said.items() if v} | {f: v for f, v in over.items() if v is not None}


class Picture(NamedTuple):
    """What a snapshot should show and where it goes."""

    out: Path
    report: Path | None
    size: tuple[int, int]
    window_ms: int | None
    candle_ms: int | None
    theme: str | None
    history: bool
    to_ms: int | None
    settle_s: float
    timeout_s: float
