"""TCP and TLS connections that can be given up at any moment: no call here blocks longer than a few hundredths of a
second once `stopping` says so.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import queue
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, Final

SLICE_S: Final = 0.04
PENDING: Final = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, getattr(errno, "WSAEWOULDBLOCK", -1))


class Stopped(Exception):  # noqa: N818
    """The connection was given up because `stopping` said so."""


def open_socket(host: str, port: int, timeout_s: float, stopping: Callable[[], bool]) -> socket.socket:
    """Return a connected, blocking TCP socket. Tries every address of the name in turn.

    Raises OSError (TimeoutError, socket.gaierror, ConnectionRefusedError among them), or Stopped.
    """
    failure: OSError | None = None
    for family, kind, protocol, _, address in _addresses(host, port, timeout_s, stopping):
        sock = socket.socket(family, kind, protocol)
        try:
            _connect(sock, address, timeout_s, stopping)
        except OSError as e:
            failure = e
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            sock.setblocking(True)
            sock.settimeout(timeout_s)
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return sock
    raise failure or OSError(f"{host} has no address")


def tls_context() -> ssl.SSLContext:
    """Return a context that verifies certificates and host names, by the system's roots and by those shipped with
    requests.
    """
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def abort(sock: socket.socket | None) -> None:
    """Wake whatever thread reads or writes a socket: its next call fails. The owner still closes it."""
    if sock is not None:
        with contextlib.suppress(OSError, ValueError):
            # Not SSLSocket.shutdown: that one takes the TLS layer away under the reader's feet.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _connect(sock: socket.socket, address: Any, timeout_s: float, stopping: Callable[[], bool]) -> None:
    sock.setblocking(False)
    code = sock.connect_ex(address)
    if code == 0:
        return
    if code not in PENDING:
        raise OSError(code, errno.errorcode.get(code, "connection failed"))
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        waited = 0.0
        while not selector.select(SLICE_S):
            waited += SLICE_S
            if stopping():
                raise Stopped
            if waited >= timeout_s:
                raise TimeoutError(errno.ETIMEDOUT, f"no connection to {address} in {timeout_s:g} s")
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, errno.errorcode.get(code, "connection failed"))


def _addresses(host: str, port: int, timeout_s: float, stopping: Callable[[], bool]) -> list[Any]:
    """Look a name up. The system's lookup cannot be interrupted, so it runs aside and is abandoned when it takes too
    long.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    answer: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as e:
            answer.put(e)
        except UnicodeError as e:
            answer.put(socket.gaierror(socket.EAI_NONAME, str(e)))

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    waited = 0.0
    while waited < timeout_s:
        try:
            found = answer.get(timeout=SLICE_S)
        except queue.Empty:
            waited += SLICE_S
            if stopping():
                raise Stopped from None
            continue
        if isinstance(found, OSError):
            raise found
        return found
    raise socket.gaierror(socket.EAI_AGAIN, f"no answer about the name {host} in {timeout_s:g} s")
