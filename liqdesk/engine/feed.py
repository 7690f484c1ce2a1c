"""A feed thread: one socket, decoded where it is read, left in the inbox."""

from __future__ import annotations

import logging
import time

from PySide6.QtCore import QThread

from liqdesk.engine.inbox import Arrival, Garbled, Inbox, LinkNews
from liqdesk.errors import DecodeError
from liqdesk.market import LinkState
from liqdesk.net.link import Link
from liqdesk.net.proxy import Proxy
from liqdesk.venues.venue import Dialect, FrameCodec, SocketPlan

log = logging.getLogger(__name__)


class FeedThread(QThread):
    """Runs one link until stopped. All of its methods but `stop`, `retry_now` and `renew` run in the thread itself."""

    def __init__(
        self, plan: SocketPlan, dialect: Dialect, codec: FrameCodec, inbox: Inbox, proxy: Proxy | None = None
    ) -> None:
        super().__init__()
        self.setObjectName(f"feed {plan.name}")
        self.plan = plan
        self._codec = codec
        self._dialect = dialect
        self._carries_forced = any(map(dialect.is_forced, plan.streams))
        self._inbox = inbox
        self._link = Link(plan, dialect, on_frame=self._frame, on_state=self._state, proxy=proxy)

    def run(self) -> None:
        self._link.run()

    def stop(self) -> None:
        self._link.stop()

    def retry_now(self) -> None:
        self._link.retry_now()

    def renew(self) -> None:
        self._link.renew()

    def _frame(self, data: bytes, recv_ns: int) -> None:
        name = self.plan.name
        try:
            decoded = self._codec.decode(data)
        except DecodeError as e:
            self._inbox.put(Garbled(name, recv_ns, f"{e}: {data[:120]!r}", self._may_be_forced(data)))
            return
        except Exception as e:  # what the codec does not foresee must not end the stream
            log.exception("the codec failed on %s: %r", name, data[:120])
            self._inbox.put(Garbled(name, recv_ns, f"{e!r}: {data[:120]!r}", self._may_be_forced(data)))
            return
        if decoded.rejected:
            words = f"{decoded.rejected} rows of a {decoded.kind} frame rejected"
            self._inbox.put(Garbled(name, recv_ns, words, self._may_be_forced(data)))
        if decoded.events:
            self._inbox.put(Arrival(name, decoded.kind, recv_ns, decoded.event_ms, tuple(decoded.events)))

    def _may_be_forced(self, data: bytes) -> bool:
        """Whether a frame cannot be told to be of another stream than the forced orders."""
        stream = self._dialect.stream_of(data)
        return self._carries_forced and (stream not in self.plan.streams or self._dialect.is_forced(stream))

    def _state(self, state: LinkState) -> None:
        self._inbox.put(LinkNews(state, time.monotonic_ns()))
