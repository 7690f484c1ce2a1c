"""One web socket, through websocket-client: opened interruptibly, read by the message, refused in our words."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import websocket

from liqdesk import __version__
from liqdesk.clock import wall_ns
from liqdesk.errors import Refusal, VenueError
from liqdesk.net.proxy import Proxy, open_to
from liqdesk.net.refusals import refused, retry_after_s, stopped, unreachable
from liqdesk.net.sockets import Stopped, abort, tls_context

MAX_MESSAGE: Final = 8 * 1024 * 1024
PIECE: Final = 16 * 1024  # also the most that one record of TLS holds
TEXT: Final = websocket.ABNF.OPCODE_TEXT
BINARY: Final = websocket.ABNF.OPCODE_BINARY
CONTINUED: Final = websocket.ABNF.OPCODE_CONT
PING: Final = websocket.ABNF.OPCODE_PING
PONG: Final = websocket.ABNF.OPCODE_PONG
CLOSE: Final = websocket.ABNF.OPCODE_CLOSE


class _Buffer(websocket.frame_buffer):
    """Reads what has come in pieces of up to `PIECE`, and not three times a frame: each read lets go of the interpreter's lock."""

    _held = b""
    _at = 0

    def recv_strict(self, bufsize: int) -> bytes:
        if len(self._held) - self._at < bufsize:
            self._read(bufsize)
        begin, self._at = self._at, self._at + bufsize
        return self._held[begin : self._at]

    def _read(self, least: int) -> None:
        parts = [self._held[self._at :]]
        have = len(parts[0])
        try:
            while have < least:
                parts.append(self.recv(PIECE))
                have += len(parts[-1])
        finally:  # what came before a wait was cut short is still there for the next
            self._held, self._at = b"".join(parts), 0

    def recv_length(self) -> None:
        super().recv_length()
        if self.length is not None and self.length > MAX_MESSAGE:
            raise websocket.WebSocketPayloadException(f"a frame of {self.length} bytes")


class Channel:
    """An open web socket. One thread at a time opens, reads, writes and closes it; `abort` alone may come from another."""

    def __init__(self, url: str, stopping: Callable[[], bool], proxy: Proxy | None = None) -> None:
        self.url = url
        self.host = urlsplit(url).netloc
        self.last_ns = 0
        self.pongs = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._aborted = False
        self._told_to_stop = stopping
        self._proxy = proxy
        self._socket: socket.socket | None = None
        self._ws: Any = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
        self._ws.frame_buffer = _Buffer(self._ws._recv, True)

    def open(self, timeout_s: float) -> None:
        """Connect. Raises VenueError: OFFLINE where nothing answers, and whatever the handshake was refused with."""
        parts = urlsplit(self.url)
        options: dict[str, Any] = {
            "timeout": timeout_s,
            "header": [f"User-Agent: liqdesk/{__version__}"],
            "suppress_origin": True,
            "redirect_limit": 0,
        }
        try:
            options["socket"] = self._open(parts.hostname or "", parts.port, parts.scheme == "wss", timeout_s)
            self._ws.connect(self.url, **options)
            self._socket = self._ws.sock
        except websocket.WebSocketBadStatusException as e:
            self.close()
            headers = e.resp_headers or {}
            wait = retry_after_s(headers.get("retry-after"), time.time())
            raise refused(e.status_code, self.host, "a socket handshake", retry_s=wait) from e
        except Stopped as e:
            self.close()
            raise stopped(self.host) from e
        except (OSError, websocket.WebSocketException, http.client.HTTPException, ValueError) as e:
            self.close()
            if self._stopping():
                raise stopped(self.host) from e
            if type(e) is websocket.WebSocketException:
                user = f"{self.host} answered, but not as a web socket."
                raise VenueError(Refusal.PROTOCOL, f"{self.host}: {e}", user) from e
            raise unreachable(e, self.host) from e
        self.last_ns = wall_ns()

    def _open(self, host: str, port: int | None, secure: bool, timeout_s: float) -> socket.socket:
        plain = open_to(host, port or (443 if secure else 80), timeout_s, self._stopping, self._proxy, self._hold)
        if self._stopping():
            raise Stopped
        if not secure:
            return plain
        wrapped: ssl.SSLSocket | None = None
        try:
            wrapped = tls_context().wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
            self._socket = wrapped
            wrapped.do_handshake()
        except BaseException:
            (wrapped or plain).close()
            raise
        return wrapped

    def _stopping(self) -> bool:
        return self._aborted or self._told_to_stop()

    def _hold(self, sock: socket.socket) -> None:
        self._socket = sock

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next message, None when none was complete in `timeout_s`. Pings are answered on the way.

        Raises VenueError when the connection is closed, lost, or breaks the protocol.
        """
        try:
            if self._ws.gettimeout() != timeout_s:
                self._ws.settimeout(timeout_s)
            while True:
                frame = self._ws.recv_frame()
                self.last_ns = wall_ns()
                opcode = frame.opcode
                if opcode in (TEXT, BINARY, CONTINUED):
                    if opcode != CONTINUED and frame.fin and not self._parts:
                        data: bytes = frame.data
                        return data
                    whole = self._join(opcode, frame.fin, frame.data)
                    if whole is not None:
                        return whole
                elif opcode == PING:
                    self._ws.pong(frame.data)
                elif opcode == PONG:
                    self.pongs += 1
                elif opcode == CLOSE:
                    raise self._closed(frame.data)
        except websocket.WebSocketTimeoutException:
            return None
        except (websocket.WebSocketPayloadException, websocket.WebSocketProtocolException) as e:
            user = f"{self.host} sent what no web socket may."
            raise VenueError(Refusal.PROTOCOL, f"{self.host}: {e}", user) from e
        except (OSError, websocket.WebSocketException) as e:
            raise self._lost(e) from e

    def send(self, text: str) -> None:
        self._write(lambda: self._ws.send(text))

    def ping(self) -> None:
        self._write(lambda: self._ws.ping(b""))

    def abort(self) -> None:
        """Wake the owning thread out of whatever it waits for; its call raises."""
        self._aborted = True
        abort(self._socket)

    def close(self) -> None:
        """Say goodbye without waiting for an answer, and free the descriptor."""
        sock, self._socket = self._socket, None
        if self._ws.connected and not self._stopping():
            with contextlib.suppress(OSError, websocket.WebSocketException):
                self._ws.send(struct.pack("!H", 1000), CLOSE)
        self._ws.shutdown()
        if sock is not None:
            sock.close()

    def _write(self, write: Callable[[], object]) -> None:
        try:
            write()
        except (OSError, websocket.WebSocketException) as e:
            raise self._lost(e) from e

    def _join(self, opcode: int, final: int, data: bytes) -> bytes | None:
        if (opcode == CONTINUED) != bool(self._parts):
            raise websocket.WebSocketProtocolException("a continuation out of place")
        self._parts.append(data)
        self._size += len(data)
        if self._size > MAX_MESSAGE:
            raise websocket.WebSocketPayloadException(f"a message of more than {self._size} bytes")
        if not final:
            return None
        whole = b"".join(self._parts)
        self._parts, self._size = [], 0
        return whole

    def _closed(self, data: bytes) -> VenueError:
        code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else 1005
        reason = data[2:].decode("utf-8", "replace")
        log = f"{self.host} closed the socket: {code} {reason!r}"
        if code in (1002, 1003, 1007, 1008, 1009):
            return VenueError(Refusal.PROTOCOL, log, f"{self.host} closed the connection ({code} {reason}).")
        return VenueError(Refusal.OFFLINE, log, f"{self.host} closed the connection.")

    def _lost(self, error: Exception) -> VenueError:
        if self._stopping():
            return stopped(self.host)
        if isinstance(error, websocket.WebSocketConnectionClosedException):
            return VenueError(Refusal.OFFLINE, f"{self.host}: {error}", f"The connection to {self.host} was cut.")
        return unreachable(error, self.host)
