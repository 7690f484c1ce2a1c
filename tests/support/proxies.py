"""Real proxies of a few lines on loopback: HTTP CONNECT and SOCKS5, with or without a password, for tests.

`routes` says where a name leads, as a proxy's own name server would: {"fapi.example": ("127.0.0.1", 4444)}.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import struct
import threading
from typing import Self

Address = tuple[str, int]


class TestProxy:
    """Accepts connections, does what its protocol asks, and carries bytes both ways. `asked` lists where to."""

    __test__ = False

    def __init__(self, user: str = "", password: str = "", routes: dict[str, Address] | None = None) -> None:
        self.user, self.password = user, password
        self.routes = routes or {}
        self.asked: list[Address] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._ending = False
        self._threads = [threading.Thread(target=self._listen, name="proxy")]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2):
            self._threads[0].join(5)
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)
        for sock in self._open:
            sock.close()

    def _listen(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            self._open.append(sock)
            if self._ending:
                return
            self._start(self._serve, sock)

    def _start(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, name="proxied")  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            target = self.greet(client)
            if target is None:
                client.shutdown(socket.SHUT_RDWR)
                return
            self.asked.append(target)
            try:
                there = socket.create_connection(self.routes.get(target[0], target), 5)
            except OSError:
                self.refuse(client)
                client.shutdown(socket.SHUT_RDWR)
                return
            self._open.append(there)
            self.accept(client)
            self._start(_pump, there, client)
            _pump(client, there)

    def greet(self, client: socket.socket) -> Address | None:
        """Return where the client wants to go; None when it was turned away."""
        raise NotImplementedError

    def accept(self, client: socket.socket) -> None:
        raise NotImplementedError

    def refuse(self, client: socket.socket) -> None:
        raise NotImplementedError


class ConnectProxy(TestProxy):
    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def greet(self, client: socket.socket) -> Address | None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = client.recv(4096)
            if not part:
                return None
            head += part
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        if method != "CONNECT":
            client.sendall(b"HTTP/1.1 405 Only CONNECT\r\n\r\n")
            return None
        if self.user:
            token = base64.b64encode(f"{self.user}:{self.password}".encode("latin-1")).decode()
            if f"proxy-authorization: basic {token}".lower() not in [line.lower() for line in lines]:
                client.sendall(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\n")
                return None
        host, _, port = target.rpartition(":")
        return host, int(port)

    def accept(self, client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

    def refuse(self, client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 502 Bad gateway\r\n\r\n")


class SocksProxy(TestProxy):
    @property
    def url(self) -> str:
        return f"socks5h://127.0.0.1:{self.port}"

    def greet(self, client: socket.socket) -> Address | None:
        methods = _exactly(client, _exactly(client, 2)[1])
        wanted = 2 if self.user else 0
        if wanted not in methods:
            client.sendall(b"\x05\xff")
            return None
        client.sendall(bytes([5, wanted]))
        if self.user:
            user = _exactly(client, _exactly(client, 2)[1]).decode("latin-1")
            password = _exactly(client, _exactly(client, 1)[0]).decode("latin-1")
            good = (user, password) == (self.user, self.password)
            client.sendall(b"\x01\x00" if good else b"\x01\x01")
            if not good:
                return None
        kind = _exactly(client, 4)[3]
        if kind == 3:
            host = _exactly(client, _exactly(client, 1)[0]).decode("ascii")
        else:
            host = socket.inet_ntop(socket.AF_INET, _exactly(client, 4))
        return host, int(struct.unpack("!H", _exactly(client, 2))[0])

    def accept(self, client: socket.socket) -> None:
        client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")

    def refuse(self, client: socket.socket) -> None:
        client.sendall(b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise ConnectionError("gone")
        data += part
    return data


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
