"""The built-in market: traders, positions and liquidations of known truth, served on loopback in Binance's own protocol; recorded frames
are served there too.

Law: it never imports `venues`; it is a second, independent reading of the protocol, so that one mistake cannot hide in both. Everything is
a function of (seed, start): a market that is stopped and started again goes on as if it had never stopped. It binds 127.0.0.1 alone.
The numba kernel and aiohttp are loaded when `serve` or `Market` is first asked for, not with this room.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Market", "serve", "serve_frames"]


def __getattr__(name: str) -> Any:
    if name in ("serve", "serve_frames"):
        from liqdesk.simulator import server

        return getattr(server, name)
    if name == "Market":
        from liqdesk.simulator.market import Market

        return Market
    raise AttributeError(name)
