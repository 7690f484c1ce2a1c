"""A server on loopback that runs its own event loop in a thread, for as long as a `with` block lasts."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from typing import Self


class BackgroundServer(ABC):
    """Subclasses bind in `serve`, set `port`, call `up`, wait for `ending`, and clean up after themselves."""

    def __init__(self) -> None:
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self.ending = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__)

    @abstractmethod
    async def serve(self) -> None: ...

    def up(self) -> None:
        self._ready.set()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.ending.set)
        self._thread.join(15)
        assert not self._thread.is_alive()

    @property
    def rest(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stream(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:  # ends what is still at work
            runner.run(self.serve())
