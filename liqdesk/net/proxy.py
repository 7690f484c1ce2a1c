"""Proxies: which one an address is reached through, and sockets opened through it.

What a user sets comes first, then the proxy of this machine's settings; this machine itself is always reached directly.
A password is sent to its proxy and shown to nobody: `str` and `repr` leave it out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from liqdesk.errors import InputError
from liqdesk.net.sockets import Stopped, open_socket
from liqdesk.venues import is_loopback

if TYPE_CHECKING:
    import socket

PORTS: Final = {"http": 3128, "socks5h": 1080}
ALIASES: Final = {"socks": "socks5h", "socks5": "socks5h"}  # names are always looked up by the proxy
LONGEST: Final = 255  # of a user name and a password in SOCKS5
FORM: Final = "like http://host:3128 or socks5h://host:1080"


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy that tunnels (CONNECT), or a SOCKS5 proxy that looks names up itself."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    @property
    def place(self) -> str:
        """The host and port to show a person."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, with its password: for the settings file alone."""
        who = quote(self.user, safe="")
        if self.password:
            who += ":" + quote(self.password, safe="")
        return f"{self.scheme}://{who}{'@' if who else ''}{self.place}"

    def __str__(self) -> str:
        if self == UNUSABLE:
            return "of this machine's settings, which cannot be used"
        who = quote(self.user, safe="") + "@" if self.user else ""
        return f"{self.scheme}://{who}{self.place}"

    def __repr__(self) -> str:
        return f"Proxy({self})"


UNUSABLE: Final = Proxy("", "", 0)  # named by the machine's settings; to go past it would be worse than to fail


class ProxyFault(OSError):  # noqa: N818
    """A proxy that cannot be used; `user` is the sentence for a person."""

    def __init__(self, log: str, user: str) -> None:
        super().__init__(log)
        self.user = user


def proxy_from(text: str) -> Proxy | None:
    """Read a proxy's address, None where it is empty. Raises InputError, which never repeats the address."""

    def refuse(why: str) -> InputError:
        return InputError(f"a proxy address that {why}", f"The proxy address {why}; it looks {FORM}.")

    text = text.strip()
    if not text:
        return None
    if len(text) > 2_048 or not text.isascii() or any(c.isspace() or not c.isprintable() for c in text):
        raise refuse("must be plain text without spaces")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise refuse("cannot be read") from None
    scheme = ALIASES.get(parts.scheme, parts.scheme)
    if scheme not in PORTS or "://" not in text:
        raise refuse("must start with http:// or socks5h://")
    if not parts.hostname or port == 0:
        raise refuse("names no host")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise refuse("must end with the port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    try:
        sizes = len(user.encode("latin-1")), len(password.encode("latin-1"))
    except UnicodeEncodeError:
        raise refuse("has a user name or password with letters no proxy can be sent") from None
    if max(sizes) > LONGEST or ":" in user or (password and not user):
        raise refuse("has a user name or password that cannot be one")
    return Proxy(scheme, parts.hostname, port or PORTS[scheme], user, password)


def proxy_for(url: str, chosen: Proxy | None = None) -> Proxy | None:
    """Return the proxy for an address: the chosen one, else the one that this machine's settings name. Never for
    loopback.

    Where the machine's settings name one that cannot be used, so does what is returned: opening through it fails, with a sentence.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host):
        return None
    if chosen is not None:
        return chosen
    if proxy_bypass(host):
        return None
    named = getproxies()
    text = named.get("https" if parts.scheme in ("wss", "https") else "http") or named.get("all") or ""
    try:
        return proxy_from(text if "://" in text or not text else f"http://{text}")
    except InputError:
        return UNUSABLE


def open_to(
    host: str,
    port: int,
    timeout_s: float,
    stopping: Callable[[], bool],
    proxy: Proxy | None = None,
    opened: Callable[[socket.socket], None] = lambda _: None,
) -> socket.socket:
    """Return a TCP connection to a host, through a proxy where there is one. `opened` gets the socket as soon as it
    connects, so that another thread can abort it.

    Raises OSError (ProxyFault where the proxy is to blame), or Stopped.
    """
    if proxy is None:
        sock = open_socket(host, port, timeout_s, stopping)
        opened(sock)
        return sock
    return _through(proxy, host, port, timeout_s, stopping, opened)


class _Direct:
    """Stands before a proxy in a chain of proxies: opens the connection to it in a way that can be given up."""

    def __init__(self, stopping: Callable[[], bool], opened: Callable[[socket.socket], None]) -> None:
        self._stopping, self._opened = stopping, opened
        self.reached = False

    def connect(self, dest_host: str, dest_port: int, timeout: float) -> socket.socket:
        sock = open_socket(dest_host, dest_port, timeout, self._stopping)
        self._opened(sock)
        self.reached = True
        return sock


def _through(
    proxy: Proxy,
    host: str,
    port: int,
    timeout_s: float,
    stopping: Callable[[], bool],
    opened: Callable[[socket.socket], None],
) -> socket.socket:
    if proxy == UNUSABLE:
        user = "This machine's settings name a proxy that cannot be used here; name an http:// or socks5h:// one in the settings."
        raise ProxyFault("the proxy of this machine's settings is neither http nor socks", user)
    from python_socks import ProxyType
    from python_socks.sync import Proxy as Client

    kind = ProxyType.HTTP if proxy.scheme == "http" else ProxyType.SOCKS5
    first: Any = _Direct(stopping, opened)
    client = Client(kind, proxy.host, proxy.port, proxy.user or None, proxy.password or None, True, first)
    try:
        return client.connect(host, port, timeout_s)
    except Stopped:
        raise
    except Exception as e:  # noqa: BLE001
        if stopping():
            raise Stopped from None
        # Not chained: what a library says of a failure may hold what it was given.
        raise _fault(proxy, host, e, first.reached) from None


def _fault(proxy: Proxy, host: str, error: Exception, reached: bool) -> ProxyFault:
    code = getattr(error, "error_code", None)
    said = str(error)
    log = f"proxy {proxy}: {type(error).__name__} {code if code is not None else ''}".rstrip()
    where = f"the proxy {proxy.place}"
    if not reached:
        reason = "cannot be found" if type(error).__name__ == "gaierror" else "does not answer"
        return ProxyFault(log, f"{where[0].upper()}{where[1:]} {reason}; check the proxy in the settings.")
    if code == 407 or "authentication" in said.lower():
        return ProxyFault(log, f"The proxy {proxy.place} does not accept the user name and password.")
    if isinstance(error, TimeoutError):
        return ProxyFault(log, f"The proxy {proxy.place} opened no connection to {host} in time.")
    if code is not None and (proxy.scheme == "http" or 1 <= code <= 8):
        detail = f"HTTP {code}" if proxy.scheme == "http" else f"SOCKS reply {code}"
        return ProxyFault(log, f"The proxy {proxy.place} does not connect to {host} ({detail}).")
    word = "an HTTP" if proxy.scheme == "http" else "a SOCKS5"
    return ProxyFault(log, f"What answers at {proxy.place} is not {word} proxy.")
