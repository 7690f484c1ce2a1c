"""REST: one session to one address, paced by the venue's own counters, closable from another thread at any time."""

from __future__ import annotations

import math
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from liqdesk import __version__
from liqdesk.clock import utc_ms
from liqdesk.errors import Refusal, VenueError
from liqdesk.net.pacing import Pacing
from liqdesk.net.proxy import Proxy, open_to
from liqdesk.net.refusals import refused, retry_after_s, stopped, unreachable
from liqdesk.net.sockets import Stopped, abort, tls_context
from liqdesk.venues import Pool, Request

MAX_BODY: Final = 64 * 1024 * 1024
CHUNK: Final = 65_536
PATIENCE_MS: Final = 70_000
BANNED_UNTIL: Final = re.compile(rb"banned until (\d{13})")


class RestReply(msgspec.Struct, frozen=True):
    """A body that came with 200. `server_date_ms` is the Date header (whole seconds), `elapsed` the round trip in
    seconds.
    """

    data: bytes
    used_weight: int | None
    server_date_ms: int | None
    elapsed: float


class Rest:
    """Requests to one address, one at a time, from one thread; `close` may come from another and ends a request under
    way. They go through `proxy`, else straight.
    """

    def __init__(
        self,
        base_url: str,
        *,
        user_agent: str = f"liqdesk/{__version__}",
        timeout: float = 15.0,
        connect_timeout: float = 8.0,
        weight_header: str = "X-MBX-USED-WEIGHT-1M",
        pacing: Pacing | None = None,
        proxy: Proxy | None = None,
        largest: int | None = None,
    ) -> None:
        """`largest`: bytes of a body beyond which it is given up; 64 MiB unless told."""
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(base_url).netloc
        self.pacing = pacing or Pacing()
        self._timeout = (connect_timeout, timeout)
        self._weight_header = weight_header
        self._largest = MAX_BODY if largest is None else largest
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._clock_offset_ms = 0
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        self._session.headers["Accept-Encoding"] = "gzip"
        self._session.trust_env = False  # no password of the user's .netrc, and no proxy but the one given
        adapter = _Adapter(self._opened, self._closed.is_set, proxy, urlsplit(base_url).scheme == "https")
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Abort what is under way; every later call raises."""
        self._closed.set()
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for sock in sockets:
            abort(sock)
        self._session.close()

    def renew(self) -> None:
        """Give up the open connections, and the request under way: the machine has slept, and they are dead without a
        word. Later requests open new ones. May be called from another thread.
        """
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for sock in sockets:
            abort(sock)

    def fetch(self, request: Request) -> RestReply:
        """Make a planned request as soon as the venue's limits allow.

        Waits for the budget of the request's pool. Raises VenueError for everything `get` raises, and at once while
        the venue wants nothing for more than a minute: a 429 or 418 closes the address until the venue's own time.
        """
        while wait := self.pacing.wait_ms(request.pool, request.weight, self._now_ms()):
            shut_ms = self.pacing.closed_until_ms - self._now_ms()
            if shut_ms > PATIENCE_MS:
                raise refused(418, self.host, request.path, "still shut out", shut_ms / 1000)
            if self._closed.wait(wait / 1000):
                raise stopped(self.host)
        self.pacing.spend(request.pool, request.weight, self._now_ms())
        try:
            return self.get(request.path, request.params)
        except VenueError as e:
            if e.kind in (Refusal.RATE_LIMITED, Refusal.BANNED):
                now = self._now_ms()
                pause = e.retry_s * 1000 if e.retry_s is not None else 60_000 - now % 60_000
                self.pacing.close(now + math.ceil(pause))
            raise

    def get(self, path: str, params: Mapping[str, str] | None = None) -> RestReply:
        """Make one GET without waiting.

        Raises VenueError by cause: OFFLINE (no name, no route, no answer, bad certificate), RATE_LIMITED 429, BANNED
        418, BLOCKED 403, REGION 451, SERVER 5xx, REQUEST for other 4xx, PROTOCOL for redirects and bodies that are too
        large.
        """
        if self._closed.is_set():
            raise stopped(self.host)
        started = time.monotonic()
        try:
            with self._session.get(
                self.base_url + path,
                params=dict(params or {}),
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                self._note_time(response)
                data = self._body(response, path)
                self._note_weight(response)
                if response.status_code != 200:
                    raise self._refusal(response, data, path)
                elapsed = time.monotonic() - started
                return RestReply(data, self._weight(response), _date_ms(response), elapsed)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, Stopped, ValueError) as e:
            if self._closed.is_set():
                raise stopped(self.host) from e
            if isinstance(e, requests.exceptions.ContentDecodingError):
                user = f"{self.host} sent an answer that cannot be unpacked."
                raise VenueError(Refusal.PROTOCOL, f"{self.host}{path}: {e!r}", user) from e
            raise unreachable(e, self.host) from e

    def _body(self, response: requests.Response, path: str) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(CHUNK):
            size += len(part)
            if size > self._largest:
                log = f"{self.host} sent more than {self._largest} bytes to {path}"
                raise VenueError(Refusal.PROTOCOL, log, f"{self.host} sent an absurdly large answer.")
            parts.append(part)
        return b"".join(parts)

    def _refusal(self, response: requests.Response, data: bytes, path: str) -> VenueError:
        now_s = self._now_ms() / 1000
        retry_s = retry_after_s(response.headers.get("Retry-After"), now_s)
        until = BANNED_UNTIL.search(data)
        if until and retry_s is None:
            retry_s = max(0.0, int(until[1]) / 1000 - now_s)
        return refused(response.status_code, self.host, path, _message(data), retry_s)

    def _note_time(self, response: requests.Response) -> None:
        date = _date_ms(response)
        if date is not None:
            self._clock_offset_ms = date + 500 - utc_ms()

    def _note_weight(self, response: requests.Response) -> None:
        used = self._weight(response)
        if used is not None:
            self.pacing.weight.observe(used, self._now_ms())

    def _weight(self, response: requests.Response) -> int | None:
        text = response.headers.get(self._weight_header, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def _now_ms(self) -> int:
        """Return the time on the venue's front door, good to a second: weight windows turn by it, not by a market's own
        clock.
        """
        return utc_ms() + self._clock_offset_ms

    def _opened(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets = [s for s in self._sockets if s.fileno() >= 0]
            self._sockets.append(sock)
        if self._closed.is_set():
            abort(sock)


class _Adapter(HTTPAdapter):
    """Connections that can be given up while they open, and whose sockets are known so that a read can be cut."""

    def __init__(
        self, opened: Callable[[socket.socket], None], stopping: Callable[[], bool], proxy: Proxy | None, secure: bool
    ) -> None:
        self._opened = opened
        self._stopping = stopping
        self._proxy = proxy
        self._secure = secure
        super().__init__(max_retries=0, pool_connections=2, pool_maxsize=2)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._secure:
            opened = self._opened
            context = kwargs["ssl_context"] = tls_context()  # as for the sockets

            class Held(ssl.SSLSocket):
                def do_handshake(self, block: bool = False) -> None:
                    opened(self)  # in place of the plain socket, which has nothing left to cut
                    super().do_handshake(block)

            context.sslsocket_class = Held
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools()

    def _pools(self) -> dict[str, type[HTTPConnectionPool]]:
        opened, stopping, proxy = self._opened, self._stopping, self._proxy

        def connect(connection: HTTPConnection) -> socket.socket:
            limit = connection.timeout if isinstance(connection.timeout, int | float) else 15.0
            return open_to(connection._dns_host, connection.port, float(limit), stopping, proxy, opened)

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return connect(self)

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return connect(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        return {"http": PlainPool, "https": SecurePool}


def _date_ms(response: requests.Response) -> int | None:
    try:
        return int(parsedate_to_datetime(response.headers["Date"]).timestamp() * 1000)
    except (KeyError, ValueError, OverflowError):
        return None


def _message(data: bytes) -> str:
    """Return the `msg` of a JSON error body; nothing of HTML."""
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    text = body.get("msg", "") if isinstance(body, dict) else ""
    return text[:300] if isinstance(text, str) else ""


__all__ = ["Pool", "Rest", "RestReply"]
