"""What a run does about answers that fail and frames that cannot be read; no thread is started, no socket opened."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.watched import orders
from test_one_session import SECOND, T0, Stage

from liqdesk.alerts import AlertBook
from liqdesk.engine.inbox import Failure, Garbled, LinkNews
from liqdesk.engine.opening import venue_source
from liqdesk.engine.run import Run
from liqdesk.errors import Refusal, VenueError
from liqdesk.market import LinkPhase, LinkState
from liqdesk.venues.binance.brackets import shipped_brackets
from liqdesk.venues.venue import Reply


class Unstarted:
    """A run whose session is loaded and whose requests only queue up."""

    def __init__(self, folder: Path) -> None:
        what = orders("http://127.0.0.1:9", "ws://127.0.0.1:9", folder, record=False)
        self.stage = Stage()
        self.stage.load()
        self.run = Run(
            what, venue_source(what.endpoints), what.endpoints, "BTCUSDT", AlertBook(()), None, shipped_brackets()
        )
        self.run.session = self.stage.session
        self.now_ns = time.monotonic_ns()

    def beat(self, seconds: float = 0.0) -> list[str]:
        """Let time pass and return the requests that came up."""
        self.now_ns += int(seconds * SECOND)
        self.run.beat(self.now_ns)
        asked = [job.name for job in self.run._poll._jobs]
        self.run._poll.forget()
        return asked


def interest(asked: list[str]) -> list[str]:
    return [name for name in asked if name.endswith(" open interest")]


@pytest.mark.parametrize(
    ("kind", "again"),
    [(Refusal.OFFLINE, True), (Refusal.SERVER, True), (Refusal.REGION, False), (Refusal.BANNED, False)],
)
def test_open_interest_that_was_not_given_is_asked_for_again_soon(tmp_path: Path, kind: Refusal, again: bool) -> None:
    one = Unstarted(tmp_path)
    [name] = interest(one.beat())
    assert interest(one.beat(1.0)) == []
    one.run.inbox.put(Failure(name, VenueError(kind, "no"), one.now_ns))
    assert interest(one.beat()) == []
    assert bool(interest(one.beat(2.5))) is again
    assert interest(one.beat(10.0)), "in any case after ten seconds"


def test_a_frame_that_cannot_be_read_may_have_been_a_mark(tmp_path: Path) -> None:
    """The venue skips a second now and then; beside such a frame the second is asked for."""
    one = Unstarted(tmp_path)
    one.run.inbox.put(LinkNews(LinkState("market", LinkPhase.OPEN), one.now_ns))
    one.stage.run(10, 60_100.0, T0)
    for link, first_s, asked in (("public", 11, False), ("market", 72, True)):
        one.run.inbox.put(Garbled(link, one.now_ns, "rubbish"))
        one.beat(1.5)
        one.stage.run(60, 60_100.0, T0 + first_s * 1000)
        assert any(n.endswith(f" {Reply.MARK_BARS}") for n in one.beat(1.5)) == asked, link
