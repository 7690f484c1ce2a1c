"""As much of the X11 protocol as a visitor needs: find a program's windows, photograph them, press a key, close one.

Uses the standard library alone, so that it needs nothing that the program under test might lack. Numbers of requests as in the X Window
System Protocol, version 11, and in the XTEST extension, version 2.2.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path

KEYS = {"F1": 0xFFBE, "Escape": 0xFF1B}
PRESS, RELEASE = 2, 3
START_S = 20.0


class XError(Exception):
    """The server refused a request, such as one about a window that has just gone."""


class Display:
    """A connection to an X server."""

    def __init__(self, name: str, authority: Path | None = None) -> None:
        found = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", name)
        if not found:
            raise XError(f"{name} is not a display of this machine")
        number = found[1]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(START_S)
        try:
            self._socket.connect(f"/tmp/.X11-unix/X{number}")
        except OSError as e:
            self._socket.close()
            raise XError(f"display {name} does not answer: {e.strerror or e}") from e
        method, cookie = _cookie(authority, number)
        head = struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(method), len(cookie))
        self._put(head + _padded(method) + _padded(cookie))
        status, reason, _, _, more = struct.unpack("<BBHHH", self._read(8))
        body = self._read(more * 4)
        if status != 1:
            raise XError(f"the X server refused: {body[:reason].decode('latin-1')}")
        vendor, formats = struct.unpack("<H", body[16:18])[0], body[21]
        self._keycodes = body[26], body[27]
        screen = 32 + (vendor + 3) // 4 * 4 + formats * 8
        self.root, self.width, self.height = struct.unpack("<I16xHH", body[screen : screen + 24])
        self._test: int | None = None

    def close(self) -> None:
        self._socket.close()

    # what is there

    def windows(self, name: str, pids: set[int]) -> list[int]:
        """Return the windows on screen of a class and of one of these processes, those opened last first."""
        cls, pid = self._atom("WM_CLASS"), self._atom("_NET_WM_PID")
        found = []
        for window in self._tree(self.root):
            try:
                words = self._property(window, cls).decode("latin-1").lower().split("\0")
                owner = self._property(window, pid)
                if name in words and len(owner) == 4 and struct.unpack("<I", owner)[0] in pids and self._seen(window):
                    found.append(window)
            except XError:
                continue
        return sorted(found, reverse=True)

    def picture(self, window: int) -> tuple[int, int, bytes]:
        """Return width, height and 32 bit pixels, blue first, of what of a window lies on the screen."""
        *_, width, height = self._geometry(window)
        _, x, y = struct.unpack("<8xIhh16x", self._ask(40, 0, struct.pack("<IIhh", window, self.root, 0, 0)))
        left, top = max(0, -x), max(0, -y)
        right, bottom = min(width, self.width - x), min(height, self.height - y)
        what = struct.pack("<IhhHHI", window, left, top, right - left, bottom - top, 0xFFFFFFFF)
        return right - left, bottom - top, self._ask(73, 2, what)[32:]

    def _tree(self, window: int) -> list[int]:
        reply = self._ask(15, 0, struct.pack("<I", window))
        children = struct.unpack(f"<{(len(reply) - 32) // 4}I", reply[32:])
        found = [window]
        for child in children:
            try:
                found += self._tree(child)
            except XError:
                continue
        return found

    def _geometry(self, window: int) -> tuple[int, int, int, int]:
        x, y, width, height = struct.unpack("<12xhhHH12x", self._ask(14, 0, struct.pack("<I", window)))
        return x, y, width, height

    def _seen(self, window: int) -> bool:
        return self._ask(3, 0, struct.pack("<I", window))[26] == 2

    def _property(self, window: int, name: int) -> bytes:
        reply = self._ask(20, 0, struct.pack("<IIIII", window, name, 0, 0, 64))
        bits, count = reply[1], struct.unpack("<I", reply[16:20])[0]
        return reply[32 : 32 + count * bits // 8]

    def _atom(self, name: str) -> int:
        text = name.encode()
        reply = self._ask(16, 0, struct.pack("<Hxx", len(text)) + _padded(text))
        atom: int = struct.unpack("<8xI20x", reply)[0]
        return atom

    # what a user does

    def give_keyboard(self, window: int) -> None:
        self._tell(42, 1, struct.pack("<II", window, 0))

    def press(self, key: str) -> None:
        """Press and release a key, as hands do."""
        first, last = self._keycodes
        reply = self._ask(101, 0, struct.pack("<BBxx", first, last - first + 1))
        each = reply[1]
        symbols = struct.unpack(f"<{(len(reply) - 32) // 4}I", reply[32:])
        code = first + symbols.index(KEYS[key]) // each
        if self._test is None:
            text = b"XTEST"
            reply = self._ask(98, 0, struct.pack("<Hxx", len(text)) + _padded(text))
            if not reply[8]:
                raise XError("the X server has no XTEST")
            self._test = reply[9]
        for kind in (PRESS, RELEASE):
            self._tell(self._test, 2, struct.pack("<BBxxII8xhh7xB", kind, code, 0, self.root, 0, 0, 0))

    def ask_to_close(self, window: int) -> None:
        """Do what the cross of a title bar does."""
        protocols, delete = self._atom("WM_PROTOCOLS"), self._atom("WM_DELETE_WINDOW")
        event = struct.pack("<BBHIIIIIII", 33, 32, 0, window, protocols, delete, 0, 0, 0, 0)
        self._tell(25, 0, struct.pack("<II", window, 0) + event)

    # the wire

    def _tell(self, opcode: int, detail: int, body: bytes) -> None:
        """Send a request that has no reply, and let the server say what is wrong with it."""
        self._send(opcode, detail, body)
        self._ask(43, 0, b"")

    def _ask(self, opcode: int, detail: int, body: bytes) -> bytes:
        self._send(opcode, detail, body)
        while True:
            head = self._read(32)
            if head[0] == 1:
                return head + self._read(struct.unpack("<I", head[4:8])[0] * 4)
            if head[0] == 0:
                if opcode == 43:  # of the request before: its own answer still comes
                    self._read(32)
                raise XError(f"error {head[1]} for request {head[10]}")

    def _send(self, opcode: int, detail: int, body: bytes) -> None:
        self._put(struct.pack("<BBH", opcode, detail, 1 + len(body) // 4) + body)

    def _put(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as e:
            raise XError(f"the X server does not listen: {e}") from e

    def _read(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            try:
                part = self._socket.recv(count - len(parts))
            except OSError as e:
                raise XError(f"the X server does not answer: {e}") from e
            if not part:
                raise XError("the X server has gone")
            parts += part
        return bytes(parts)


def _padded(text: bytes) -> bytes:
    return text + bytes(-len(text) % 4)


def _cookie(authority: Path | None, number: str) -> tuple[bytes, bytes]:
    """Return the method and the secret that a user's file holds for a display; both empty where it holds none."""
    try:
        data = authority.read_bytes() if authority is not None else b""
    except OSError:
        return b"", b""
    at = 0
    while at + 2 < len(data):
        at += 2  # the family
        fields = []
        for _ in range(4):  # address, number, method, secret
            length = struct.unpack(">H", data[at : at + 2])[0]
            fields.append(data[at + 2 : at + 2 + length])
            at += 2 + length
        if fields[1] in (number.encode(), b""):
            return fields[2], fields[3]
    return b"", b""


class Server:
    """An X server of our own without a window manager, where Xvfb is installed."""

    def __init__(self, wide: int = 1920, high: int = 1080) -> None:
        ours, theirs = os.pipe()
        with os.fdopen(ours, "rb") as pipe:
            try:
                self._process = subprocess.Popen(
                    [
                        "Xvfb",
                        "-displayfd",
                        str(theirs),
                        "-screen",
                        "0",
                        f"{wide}x{high}x24",
                        "-nolisten",
                        "tcp",
                        "-ac",
                        "-noreset",
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs,),
                )
            finally:
                os.close(theirs)
            number = pipe.readline().strip().decode()
        if not number:
            self._process.wait()
            raise XError("Xvfb ended without naming a display")
        self.name = f":{number}"
        self._wait()

    @staticmethod
    def can_be() -> bool:
        return shutil.which("Xvfb") is not None

    def _wait(self) -> None:
        until = time.monotonic() + START_S
        while True:
            try:
                Display(self.name).close()
                return
            except XError:
                if time.monotonic() > until:
                    self.close()
                    raise XError("Xvfb does not answer") from None
                time.sleep(0.05)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
