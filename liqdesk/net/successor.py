"""A connection that opens beside the one in use, in a thread of its own until it is open."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from liqdesk.errors import VenueError

if TYPE_CHECKING:
    from liqdesk.net.channel import Channel
    from liqdesk.net.line import Line


class Successor:
    """The thread ends with the opening; then the connection is its link's. `line` is what the link makes of it."""

    def __init__(self, channel: Channel, timeout_s: float, now: int) -> None:
        self.channel = channel
        self.began = now
        self.line: Line | None = None
        self.error: VenueError | None = None
        self._timeout_s = timeout_s
        self._thread = threading.Thread(target=self._open, name=f"successor at {channel.host}", daemon=True)
        self._thread.start()

    @property
    def opening(self) -> bool:
        return self._thread.is_alive()

    def _open(self) -> None:
        try:
            self.channel.open(self._timeout_s)
        except VenueError as e:
            self.error = e

    def end(self) -> None:
        self.channel.abort()
        self._thread.join(self._timeout_s)
        self.channel.close()
