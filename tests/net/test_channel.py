"""Messages leave a channel as they were sent, wherever the bytes were cut on their way."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from scripted import Peer, Server

from liqdesk.errors import VenueError
from liqdesk.net.channel import Channel

SMALL = (0, 1, 2, 125, 126, 127, 300)
LARGE = (0, 65_535, 65_536, 5, 400_000, 126)


def wire(message: bytes) -> bytes:
    size = len(message)
    if size < 126:
        return bytes([0x81, size]) + message
    if size < 65_536:
        return b"\x81\x7e" + struct.pack("!H", size) + message
    return b"\x81\x7f" + struct.pack("!Q", size) + message


def messages(sizes: tuple[int, ...]) -> list[bytes]:
    return [bytes((k + i) % 251 for i in range(size)) for k, size in enumerate(sizes)]


def sends(data: bytes, cut: int, every_s: float = 0.0) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer.accept()
        for at in range(0, len(data), cut):
            peer.sock.sendall(data[at : at + cut])
            time.sleep(every_s)

    return script


def received(channel: Channel, count: int, wait_s: float) -> list[bytes]:
    found: list[bytes] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        data = channel.receive(wait_s)
        if data is not None:
            found.append(data)
    return found


@pytest.mark.parametrize(
    ("sizes", "cut", "every_s"),
    [
        (SMALL, 1, 0.0),
        (SMALL, 3, 0.0),
        (SMALL, 61, 0.03),
        (LARGE, 16_384, 0.0),
        (LARGE, 16_383, 0.02),
        (LARGE, 1 << 20, 0.0),
    ],
)
def test_every_message_arrives_whole_and_in_order(sizes: tuple[int, ...], cut: int, every_s: float) -> None:
    sent = messages(sizes)
    with Server(sends(b"".join(map(wire, sent)), cut, every_s)) as server:
        channel = Channel(server.ws, lambda: False)
        channel.open(5)
        assert received(channel, len(sent), 0.01) == sent
        with pytest.raises(VenueError):  # what came before the end was handed over first
            channel.receive(5.0)
        channel.close()


def test_the_socket_is_read_by_what_has_come_and_not_by_the_frame() -> None:
    sent = [b"%06d" % n + b"x" * 200 for n in range(1_000)]
    with Server(sends(b"".join(map(wire, sent)), 1 << 20)) as server:
        channel = Channel(server.ws, lambda: False)
        channel.open(5)
        reads = 0
        plain = channel._ws.frame_buffer.recv

        def counted(size: int) -> Any:
            nonlocal reads
            reads += 1
            return plain(size)

        channel._ws.frame_buffer.recv = counted
        time.sleep(0.3)
        assert received(channel, len(sent), 1.0) == sent
        assert reads < len(sent) / 10
        channel.close()
