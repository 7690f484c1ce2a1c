"""Where Binance USDⓈ-M futures are reached, and the check of addresses that a user gives."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from liqdesk.errors import InputError
from liqdesk.venues.addresses import is_loopback

Route = Literal["market", "public"]

PLAIN: Final = {"http": "https", "ws": "wss"}


class BinanceEndpoints(msgspec.Struct, frozen=True):
    """The base of the REST paths and the root of the routed sockets, both without a trailing slash."""

    rest: str
    stream: str

    @property
    def genuine(self) -> bool:
        """Whether both are encrypted production hosts under binance.com; a demo or test host is not."""
        return _genuine(self.rest, "https") and _genuine(self.stream, "wss")

    @property
    def host(self) -> str:
        """The host to show: the REST one if it is not Binance's, else the stream's."""
        own = self.rest if not _genuine(self.rest, "https") else self.stream
        return urlsplit(own).netloc

    def socket_url(self, route: Route) -> str:
        """Return the wrapped-frame socket of a route. The unrouted paths of before 2026-04-23 are silent and never
        used.
        """
        return f"{self.stream}/{route}/stream"


DEFAULT: Final = BinanceEndpoints("https://fapi.binance.com", "wss://fstream.binance.com")


def endpoints(rest: str | None = None, stream: str | None = None) -> BinanceEndpoints:
    """Return checked endpoints, Binance's own where None. Raises InputError.

    Unencrypted schemes are for this machine alone: TLS is always verified, and there is no switch to turn that off.
    """
    return BinanceEndpoints(
        DEFAULT.rest if rest is None else _check(rest, "https", "REST"),
        DEFAULT.stream if stream is None else _check(stream, "wss", "stream"),
    )


def _check(text: str, secure: str, what: str) -> str:
    plain = next(p for p, s in PLAIN.items() if s == secure)

    def refuse(why: str) -> InputError:
        return InputError(f"{what} URL {text!r}: {why}", f"The {what} address {why}.")

    if not text.isascii() or any(c.isspace() or ord(c) < 33 for c in text):
        raise refuse("must be plain text without spaces")
    try:
        parts: SplitResult = urlsplit(text)
        port = parts.port
    except ValueError as e:
        raise refuse("is not an address") from e
    if parts.scheme not in (secure, plain):
        raise refuse(f"must start with {secure}://")
    if "@" in parts.netloc:
        raise refuse("must not hold a user name or password")
    if not parts.hostname or port == 0:
        raise refuse("names no host")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise refuse("must not hold a query")
    if parts.scheme == plain and not is_loopback(parts.hostname):
        raise refuse(f"must start with {secure}://; unencrypted {plain}:// is for this machine alone")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _genuine(url: str, scheme: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    first = host.split(".")[0]
    own = host == "binance.com" or host.endswith(".binance.com")
    test = first in ("demo", "testnet") or first.startswith(("demo-", "testnet-"))
    return parts.scheme == scheme and own and not test and parts.port in (None, 443)
