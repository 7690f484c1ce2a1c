"""Servers of a few lines that do exactly what a test says, on real sockets of this machine."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Peer:
    """The server's side of one web socket, without any politeness that the test did not ask for."""

    def __init__(self, sock: socket.socket, head: bytes) -> None:
        self.sock = sock
        self.head = head
        self._rest = b""

    def accept(self) -> None:
        key = next(
            line.split(b":", 1)[1].strip()
            for line in self.head.split(b"\r\n")
            if line.lower().startswith(b"sec-websocket-key")
        )
        token = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"
        )

    def refuse(self, status: int, *headers: str, body: bytes = b"") -> None:
        lines = [f"HTTP/1.1 {status} No", f"Content-Length: {len(body)}", *headers]
        self.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def frame(self, opcode: int, data: bytes, final: bool = True, length: int | None = None) -> None:
        size = len(data) if length is None else length
        head = bytes([opcode | (0x80 if final else 0)])
        if size < 126:
            head += bytes([size])
        elif size < 65536:
            head += b"\x7e" + struct.pack("!H", size)
        else:
            head += b"\x7f" + struct.pack("!Q", size)
        self.sock.sendall(head + data)

    def text(self, value: Any) -> None:
        self.frame(1, (value if isinstance(value, str) else json.dumps(value)).encode())

    def read(self) -> tuple[int, bytes]:
        """Return (opcode, payload) of the next frame; (-1, b"") when the client has gone."""
        head = self._exactly(2)
        if len(head) < 2:
            return -1, b""
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack("!H", self._exactly(2))[0]
        mask = self._exactly(4)
        data = self._exactly(size)
        return head[0] & 0x0F, bytes(b ^ mask[i % 4] for i, b in enumerate(data))

    def request(self) -> dict[str, Any]:
        """Return the next control message, answering nothing."""
        opcode, data = self.read()
        if opcode != 1:
            raise ConnectionError(f"opcode {opcode}")
        made: dict[str, Any] = json.loads(data)
        return made

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                return data
            data += part
        return data


class Server:
    """Accepts connections on loopback; the n-th one runs the n-th script, the last script stands for all that follow."""

    def __init__(self, *scripts: Callable[[Peer], None]) -> None:
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.accepted = 0
        self._ending = False
        self.heads: list[bytes] = []
        self.errors: list[BaseException] = []
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen, name="server")]
        self._threads[0].start()

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *args: object) -> None:
        self._ending = True
        with socket.create_connection(("127.0.0.1", self.port), 2):
            self._threads[0].join(5)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in self._open:
            sock.close()
        assert not self.errors, self.errors

    def _listen(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._ending:
                sock.close()
                return
            self._open.append(sock)
            thread = threading.Thread(target=self._run, args=(sock,), name="connection")
            self._threads.append(thread)
            thread.start()

    def _run(self, sock: socket.socket) -> None:
        try:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    part = sock.recv(4096)
                    if not part:
                        return
                    head += part
                self.heads.append(head)
                number = self.accepted
                self.accepted += 1
                self._scripts[min(number, len(self._scripts) - 1)](Peer(sock, head))
                if b"upgrade: websocket" in head.lower():
                    return
        except (OSError, ConnectionError):
            return
        except AssertionError as e:
            self.errors.append(e)
        finally:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def answer(status: int = 200, body: bytes = b"{}", *headers: str) -> Callable[[Peer], None]:
    """Return a script that answers one HTTP request."""

    def script(peer: Peer) -> None:
        lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(body)}", *headers]
        peer.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return script
