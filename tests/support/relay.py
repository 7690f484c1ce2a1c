"""A TCP relay on loopback that can fall silent, as a network does whose other end is gone without a word."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from support.background import BackgroundServer


class Relay(BackgroundServer):
    """Carries bytes to a port. After `freeze`, connections open until then carry nothing more and stay open; new ones work."""

    def __init__(self, to: str, tls: Path | None = None) -> None:
        """`to`: any URL of the service behind. `tls`: key and certificate with which the relay encrypts what it carries."""
        super().__init__()
        self._target = urlsplit(to).port
        self._context: ssl.SSLContext | None = None
        if tls is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(tls)
        self._age = 0  # rises with every freeze: what is older than it is silent
        self._tasks: set[asyncio.Task[None]] = set()
        self.accepted = 0

    def freeze(self) -> None:
        self._age += 1

    async def serve(self) -> None:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        self.up()
        await self.ending.wait()
        server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.accepted += 1
        try:
            there_reader, there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            self._tasks.discard(task)
            return
        with contextlib.suppress(asyncio.CancelledError):  # else the stream server logs the end of a test
            await self._both(reader, writer, there_reader, there)
        self._tasks.discard(task)

    async def _both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there_reader: asyncio.StreamReader,
        there: asyncio.StreamWriter,
    ) -> None:
        age = self._age
        try:
            await asyncio.gather(self._pump(reader, there, age), self._pump(there_reader, writer, age))
        finally:
            for one in (writer, there):
                one.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, age: int) -> None:
        with contextlib.suppress(OSError):
            while part := await source.read(65_536):
                if age < self._age:
                    continue  # read and thrown away: neither end notices
                target.write(part)
                await target.drain()
            if age == self._age:
                target.close()
