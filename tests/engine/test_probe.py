"""The question whether a venue is back, over real sockets: asked with patience, answered in a sentence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pytestqt.qtbot import QtBot

from liqdesk.engine.frames import LiveOffer
from liqdesk.engine.probe import Probe
from liqdesk.errors import Refusal, VenueError

ERROR = VenueError(Refusal.REGION, "451", "It does not serve this place.")


class Venue(ThreadingHTTPServer):
    """Answers 451 until it is told to answer its clock."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.open = False
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Venue

    def do_GET(self) -> None:
        self.server.asked += 1
        body = b'{"serverTime":1780000000000}' if self.server.open else b"{}"
        self.send_response(200 if self.server.open else 451)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def venue() -> Iterator[Venue]:
    server = Venue()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def offered(probe: Probe, holds: Callable[[LiveOffer], bool], skip_s: float, qtbot: QtBot) -> LiveOffer:
    """Beat as if `skip_s` had passed already, until the offer holds."""
    deadline = time.monotonic() + 10
    while True:
        now = time.monotonic_ns() + int(skip_s * 1e9)
        probe.beat(now)
        offer = probe.offer(now)
        if holds(offer):
            return offer
        assert time.monotonic() < deadline, offer
        qtbot.wait(10)


def test_a_venue_that_comes_back_is_offered(venue: Venue, qtbot: QtBot) -> None:
    probe = Probe(venue.url, ERROR)
    try:
        first = probe.offer(time.monotonic_ns())
        assert (first.reachable, first.sentence) == (False, "It does not serve this place.")
        assert first.retry_in_s is not None
        assert first.retry_in_s > 4
        probe.beat(time.monotonic_ns())
        assert venue.asked == 0, "it waits before it asks again"
        refused = offered(probe, lambda o: "HTTP 451" in o.sentence, 100, qtbot)
        assert not refused.reachable
        venue.open = True
        back = offered(probe, lambda o: o.reachable, 1_000, qtbot)
        assert back.sentence == "Binance answers again."
        venue.open = False
        gone = offered(probe, lambda o: not o.reachable, 2_000, qtbot)
        assert "HTTP 451" in gone.sentence
    finally:
        probe.stop()


def test_the_venues_own_word_on_when_to_come_back_is_kept(venue: Venue, qtbot: QtBot) -> None:
    probe = Probe(venue.url, VenueError(Refusal.BANNED, "418", "Shut out.", retry_s=600))
    try:
        now = time.monotonic_ns()
        probe.beat(now + 590_000_000_000)
        assert probe.offer(now).retry_in_s == pytest.approx(600, abs=2)
        qtbot.wait(100)
        assert venue.asked == 0
    finally:
        probe.stop()
