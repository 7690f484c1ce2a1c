"""A web server of one answer: whatever is asked of it on this machine, it says the same."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Give the address, http://…, of a server that sends `answer` to every request and hangs up; None never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                sock, _ = server.accept()
            except OSError:
                return
            if stopping.is_set():
                sock.close()
                return
            held.append(sock)
            if answer is not None:
                with contextlib.suppress(OSError), sock:
                    sock.settimeout(5)
                    sock.recv(65_536)
                    sock.sendall(answer)

    thread = threading.Thread(target=serve, name="answering")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        stopping.set()
        with contextlib.suppress(OSError), socket.create_connection(server.getsockname(), 2):
            pass
        thread.join(10)
        server.close()
        for sock in held:
            sock.close()


def http(status: int, body: str, *headers: str) -> bytes:
    """Return one whole answer."""
    lines = [f"HTTP/1.1 {status} No", f"Content-Length: {len(body.encode())}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body.encode()
