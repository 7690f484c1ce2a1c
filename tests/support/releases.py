"""A place that tells of releases: a real TLS server with a test certificate, for tests."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Final

TRUSTED: Final = Path(__file__).parents[1] / "net" / "elsewhere.pem"  # of HOST; known where a test says so
HOST: Final = "elsewhere.liqdesk.test"


class Releases:
    """A TLS server that gives one answer to all, and keeps what it was asked with. An empty answer never comes."""

    def __init__(self, answer: bytes, certificate: Path = TRUSTED) -> None:
        self._answer = answer
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.told: list[bytes] = []
        self.heard = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="releases")
        self._thread.start()

    @property
    def address(self) -> str:
        return f"https://{HOST}:{self.port}/repos/o/liqdesk/releases/latest"

    def _serve(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            with sock, contextlib.suppress(OSError):
                sock.settimeout(10)
                if sock.recv(1, socket.MSG_PEEK) == b"q":
                    return
                with self._context.wrap_socket(sock, server_side=True) as wrapped:
                    self.told.append(wrapped.recv(65_536))
                    self.heard.set()
                    if self._answer:
                        wrapped.sendall(self._answer)
                    else:
                        wrapped.recv(1)

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as sock:
            sock.sendall(b"q")
        self._thread.join(10)
        self._listener.close()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
