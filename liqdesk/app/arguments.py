"""How words on the command line are read."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SPANS: Final = {"12h": 12, "1d": 24, "3d": 72, "1w": 168, "1M": 720}  # hours
BARS: Final = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1440}  # minutes
CANDLES: Final = {**BARS, "3m": 3, "2h": 120, "12h": 720}


def iso_ms(text: str) -> int:
    """Read an ISO date or time, UTC unless it says otherwise, as milliseconds since 1970."""
    import datetime as dt

    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"“{text}” is not a date such as 2026-04-14 or 2026-04-14T12:30Z") from e
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    if not 2000 <= moment.year < 2100:
        raise argparse.ArgumentTypeError(f"“{text}” does not lie between the years 2000 and 2099")
    return round(moment.timestamp() * 1000)


def size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()) or len(text) > 15:
        raise argparse.ArgumentTypeError(f"“{text}” is not a size such as 1920x1080")
    pair = int(width), int(height)
    if not (800 <= pair[0] <= 7680 and 500 <= pair[1] <= 4320):
        raise argparse.ArgumentTypeError("the size must lie between 800x500 and 7680x4320")
    return pair


def number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"“{text}” must be a number from {low:g} to {high:g}")
        return value

    return read


def seed(text: str) -> int:
    if not text.isdecimal() or len(text) > 15 or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"“{text}” must be a whole number below 2^32")
    return int(text)


def whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise argparse.ArgumentTypeError(f"“{text}” must be a whole number")
    return int(text)


def port(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"“{text}” is not a port")
    return int(text)


def add_exchange(commands: Commands) -> None:
    """Add the command that serves a market."""
    exchange = commands.add_parser("exchange", help="serve the built-in market on loopback, in Binance's protocol")
    exchange.add_argument("--port", type=port, default=0, help="0 takes a free one")
    exchange.add_argument("--seed", type=seed, default=7)
    exchange.add_argument("--speed", type=number(0.1, 600.0), default=1.0)
    exchange.add_argument(
        "--start", type=iso_ms, help="the market's time when it begins to serve (ISO, UTC); default now"
    )
    exchange.add_argument("--epoch", type=whole, help="wall time (ms since 1970) at which the market stood at --start")
    exchange.add_argument(
        "--trades", type=number(0.01, 20_000.0), help="trades a market second is split into, on average"
    )
    exchange.add_argument(
        "--ping", type=number(0.1, 3600.0), metavar="SECONDS", help="ping sockets this often; default 180"
    )
    exchange.add_argument(
        "--max-age", type=number(0.1, 1e6), metavar="SECONDS", help="close sockets of this age; default 86400"
    )
    exchange.add_argument(
        "--prints", choices=["largest", "latest"], help="which forced order of a second is printed; default the largest"
    )
    exchange.add_argument(
        "--announce",
        type=number(1.0, 1e6),
        metavar="SECONDS",
        help="announce a contract's brackets this often; default 3600",
    )
    exchange.add_argument("--truth", type=Path, metavar="FILE", help="write what truly happened, as JSON lines")
    exchange.add_argument("--faults", type=Path, metavar="TOML", help="a plan of what goes wrong; see docs/faults.md")
    exchange.add_argument("--fault-log", type=Path, metavar="FILE", help="write what went wrong, as JSON lines")
    exchange.add_argument("--frames", type=Path, metavar="FILE", help="serve recorded frames instead of the market")
    exchange.add_argument("--parent", type=whole, help=argparse.SUPPRESS)


def add_local(commands: Commands) -> None:
    """Add the commands about files of this machine: one shows a recording, one deletes what is kept."""
    p = commands.add_parser("open", help="open the window on a recording, as liqdesk FILE does")
    p.add_argument("file", type=Path, metavar="FILE", help="what liqdesk recorded, such as history.sqlite")
    p.add_argument("--symbol", default=argparse.SUPPRESS, help="the contract to show, such as BTCUSDT")
    p.add_argument("--profile", default=argparse.SUPPRESS, metavar="DIR")
    p = commands.add_parser("forget", help="delete what liqdesk keeps: settings, alerts, history, log and cache")
    p.add_argument("--yes", action="store_true", help="do not ask")
    p.add_argument("--profile", default=argparse.SUPPRESS, metavar="DIR")


def with_open(argv: Sequence[str], commands: Collection[str | None]) -> Sequence[str]:
    """Return the words of a command line; a file that stands where a command would is opened."""
    first = argv[0] if argv else None
    if first is None or first in commands or first.startswith("-"):
        return argv
    is_path = any(mark in first for mark in (".", os.sep, os.altsep or os.sep)) or os.path.lexists(first)
    return ["open", *argv] if is_path else argv
