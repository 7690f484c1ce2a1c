import json
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from scripted import Peer, Server
from support.relay import Relay

from liqdesk.errors import InputError
from liqdesk.market import LinkPhase, LinkState
from liqdesk.net.line import LinkTiming
from liqdesk.net.link import Link
from liqdesk.net.proxy import proxy_for
from liqdesk.venues import SocketPlan
from liqdesk.venues.binance.streams import BinanceDialect

QUICK = LinkTiming(tick_s=0.02, pace_s=0.02, first_retry_s=0.1, last_retry_s=0.2, refused_s=0.3)
MARK = "btcusdt@markPrice@1s"
KLINE = "btcusdt@kline_1m"
FORCED = "!forceOrder@arr"


class Hurried(BinanceDialect):
    """The dialect, with expectations of some streams that a test can wait for."""

    def __init__(self, *streams: str) -> None:
        self._streams = streams

    def expected_within_s(self, stream: str) -> float | None:
        return 0.1 if stream in self._streams else super().expected_within_s(stream)


class Run:
    """A link in a thread, and everything it said."""

    def __init__(
        self,
        url: str,
        streams: tuple[str, ...] = (MARK,),
        timing: LinkTiming = QUICK,
        hurried: tuple[str, ...] = (),
        **plan: float,
    ) -> None:
        self.frames: list[bytes] = []
        self.states: list[LinkState] = []
        self.failure: BaseException | None = None
        self.link = Link(
            SocketPlan("market", url, streams, **plan),
            Hurried(*hurried),
            on_frame=lambda data, ns: self.frames.append(data),
            on_state=self.states.append,
            timing=timing,
            rng=random.Random(1),
        )
        self._thread = threading.Thread(target=self._run, name="link")
        self._thread.start()

    def _run(self) -> None:
        try:
            self.link.run()
        except BaseException as e:  # noqa: BLE001
            self.failure = e

    @property
    def silent(self) -> list[str]:
        """Streams in the order in which they were first said to be silent."""
        return list(dict.fromkeys(s for state in self.states for s in state.silent))

    @property
    def phases(self) -> list[LinkPhase]:
        return [s.phase for s in self.states]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, f"{what}: {self.states} {self.frames[-3:]} {self.failure!r}"
            time.sleep(0.005)

    def stop(self) -> None:
        self.link.stop()
        self._thread.join(5)
        assert not self._thread.is_alive(), "the link did not stop"
        assert self.failure is None, self.failure
        assert self.phases[-1] is LinkPhase.CLOSED


@pytest.fixture
def runs() -> Iterator[Callable[..., Run]]:
    made: list[Run] = []

    def start(*args: Any, **options: Any) -> Run:
        made.append(Run(*args, **options))
        return made[-1]

    yield start
    for run in made:
        run.stop()


def data_of(stream: str, n: int = 0) -> dict[str, Any]:
    return {"stream": stream, "data": {"n": n}}


def stay(peer: Peer) -> None:
    """Read until the client goes."""
    while peer.read()[0] not in (-1, 8):
        pass


def polite(peer: Peer) -> None:
    """Accept, acknowledge the subscription, and send one frame for each of its streams."""
    peer.accept()
    request = peer.request()
    peer.text({"result": None, "id": request["id"]})
    for stream in request["params"]:
        peer.text(data_of(stream))
    stay(peer)


def test_it_subscribes_and_hands_over_what_comes(runs: Callable[..., Run]) -> None:
    with Server(polite) as server:
        run = runs(server.ws + "/market/stream", (MARK, FORCED))
        run.until(lambda: len(run.frames) == 3, "an acknowledgement and two frames")
        assert json.loads(run.frames[0]) == {"result": None, "id": 1}
        assert [json.loads(f)["stream"] for f in run.frames[1:]] == [MARK, FORCED]
        assert run.phases == [LinkPhase.CONNECTING, LinkPhase.OPEN]
        head = server.heads[0]
        assert head.startswith(b"GET /market/stream HTTP/1.1\r\n")
        assert b"Origin" not in head
        assert b"ermessage-deflate" not in head
        run.stop()
        assert run.states[-1] == LinkState("market", LinkPhase.CLOSED)


def test_a_frame_may_come_in_pieces_with_pings_between(runs: Callable[..., Run]) -> None:
    pongs: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        peer.accept()
        peer.request()
        body = json.dumps(data_of(MARK)).encode()
        peer.frame(1, body[:5], final=False)
        peer.frame(9, b"1791382992338")
        peer.frame(0, body[5:9], final=False)
        peer.frame(0, body[9:])
        pongs.append(peer.read())
        stay(peer)

    with Server(script) as server:
        run = runs(server.ws)
        run.until(lambda: len(run.frames) == 1, "the whole frame")
        run.until(lambda: bool(pongs), "the pong")
        assert json.loads(run.frames[0]) == data_of(MARK)
        assert pongs == [(10, b"1791382992338")]


def test_a_frame_slower_than_a_tick_arrives_whole(runs: Callable[..., Run]) -> None:
    body = json.dumps(data_of(MARK)).encode()

    def script(peer: Peer) -> None:
        peer.accept()
        peer.request()
        whole = bytes([0x81, len(body)]) + body
        for at in range(0, len(whole), 7):
            peer.sock.sendall(whole[at : at + 7])
            time.sleep(0.05)
        stay(peer)

    with Server(script) as server:
        run = runs(server.ws)
        run.until(lambda: run.frames == [body], "the slow frame")


def test_a_cut_connection_comes_back_with_its_subscriptions(runs: Callable[..., Run]) -> None:
    def cut(peer: Peer) -> None:
        peer.accept()
        peer.request()

    with Server(cut, cut, polite) as server:
        run = runs(server.ws)
        run.until(lambda: len(run.frames) == 2, "data after two cuts")
        assert [p for p in run.phases if p is LinkPhase.WAITING] == [LinkPhase.WAITING] * 2
        waiting = [s for s in run.states if s.phase is LinkPhase.WAITING]
        assert [s.attempt for s in waiting] == [1, 2]
        assert all(s.retry_in_s is not None and s.retry_in_s > 0 for s in waiting)
        assert all("was cut" in s.user for s in waiting)


def test_nothing_listens_and_later_something_does(runs: Callable[..., Run]) -> None:
    with Server(polite) as server:
        port = server.port
    run = runs(f"ws://127.0.0.1:{port}", timing=msgspec.structs.replace(QUICK, first_retry_s=30, last_retry_s=30))
    run.until(lambda: LinkPhase.WAITING in run.phases, "waiting")
    assert "Nothing answers" in run.states[-1].user
    run.link.retry_now()
    run.until(lambda: run.phases.count(LinkPhase.WAITING) == 2, "the attempt that was asked for")
    run.stop()


@pytest.mark.parametrize(
    ("status", "refusal", "phase", "word"),
    [
        (451, "region", LinkPhase.REFUSED, "does not serve the place"),
        (403, "blocked", LinkPhase.REFUSED, "firewall"),
        (418, "banned", LinkPhase.REFUSED, "shut out"),
        (429, "rate limited", LinkPhase.WAITING, "less often"),
        (503, "server", LinkPhase.WAITING, "fault of its own"),
        (404, "request", LinkPhase.WAITING, "does not serve a socket handshake"),
    ],
)
def test_a_refused_handshake_says_why(
    runs: Callable[..., Run], status: int, refusal: str, phase: LinkPhase, word: str
) -> None:
    with Server(lambda peer: peer.refuse(status, body=b"<html>no</html>")) as server:
        run = runs(server.ws)
        run.until(lambda: phase in run.phases, "the refusal")
        state = next(s for s in run.states if s.phase is phase)
        assert state.refusal == refusal
        assert word in state.user
        assert state.retry_in_s is not None
        if phase is LinkPhase.REFUSED:
            assert state.retry_in_s >= 0.3


def test_after_a_refusal_it_keeps_trying(runs: Callable[..., Run]) -> None:
    with Server(lambda peer: peer.refuse(451), polite) as server:
        run = runs(server.ws)
        run.until(lambda: len(run.frames) == 2, "data after the refusal")
        assert run.phases[:4] == [LinkPhase.CONNECTING, LinkPhase.REFUSED, LinkPhase.CONNECTING, LinkPhase.OPEN]


def test_retry_after_of_a_handshake_is_kept_to(runs: Callable[..., Run]) -> None:
    with Server(lambda peer: peer.refuse(429, "Retry-After: 77")) as server:
        run = runs(server.ws)
        run.until(lambda: LinkPhase.WAITING in run.phases, "waiting")
        assert run.states[-1].retry_in_s == 77.0


def test_a_page_instead_of_a_socket(runs: Callable[..., Run]) -> None:
    def page(peer: Peer) -> None:
        peer.sock.sendall(b"HTTP/1.1 101 Sure\r\nUpgrade: nothing\r\n\r\n")

    with Server(page) as server:
        run = runs(server.ws)
        run.until(lambda: LinkPhase.WAITING in run.phases, "waiting")
        assert run.states[-1].refusal == "protocol" or run.states[1].refusal == "protocol"


@pytest.mark.parametrize(
    "damage",
    [
        lambda peer: peer.frame(1, b"", length=9 * 1024 * 1024),
        lambda peer: peer.frame(1, b"", length=1 << 62),
        lambda peer: peer.frame(0, b"continued"),
        lambda peer: peer.sock.sendall(b"\xf1\x00"),
        lambda peer: peer.frame(5, b"reserved"),
        lambda peer: peer.frame(8, b"\x03"),
        lambda peer: (peer.frame(1, b"a", final=False), peer.frame(1, b"b")),
        lambda peer: [peer.frame(0 if n else 1, b"x" * 1_000_000, final=False) for n in range(9)],
    ],
    ids=["too large", "absurd", "stray", "reserved bits", "reserved opcode", "short close", "restart", "endless"],
)
def test_a_socket_that_breaks_the_protocol_is_left_and_opened_anew(
    runs: Callable[..., Run], damage: Callable[[Peer], Any]
) -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.request()
        damage(peer)
        stay(peer)

    with Server(script, polite) as server:
        run = runs(server.ws)
        run.until(lambda: len(run.frames) == 2, "data after the damage")
        assert any(s.refusal == "protocol" for s in run.states)


def test_a_close_for_misbehaviour_is_told_with_its_reason(runs: Callable[..., Run]) -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.request()
        peer.frame(8, b"\x03\xf0Too many requests")

    with Server(script, polite) as server:
        run = runs(server.ws)
        run.until(lambda: len(run.frames) == 2, "data after the close")
        assert any("(1008 Too many requests)" in s.user for s in run.states)


@pytest.mark.parametrize("moment", ["connecting", "handshake", "quiet", "busy", "waiting"])
def test_stop_ends_it_at_any_moment(runs: Callable[..., Run], moment: str) -> None:
    reached = threading.Event()
    release = threading.Event()

    def script(peer: Peer) -> None:
        if moment == "handshake":
            reached.set()
            release.wait(10)
            return
        peer.accept()
        reached.set()
        while moment == "busy" and not release.is_set():
            peer.text(data_of(MARK))
        release.wait(10)

    slow = LinkTiming(tick_s=5.0, first_retry_s=60)
    with Server(script) as server:
        if moment == "connecting":
            run = runs("ws://192.0.2.1:9", timing=slow)
            time.sleep(0.1)
        elif moment == "waiting":
            run = runs("ws://127.0.0.1:9", timing=slow)
            run.until(lambda: LinkPhase.WAITING in run.phases, "waiting")
        else:
            run = runs(server.ws, timing=slow)
            assert reached.wait(5)
            time.sleep(0.05)
        asked = time.monotonic()
        run.stop()
        took = time.monotonic() - asked
        release.set()
        assert took < 2.0


def test_streams_can_be_changed_without_a_new_connection(runs: Callable[..., Run]) -> None:
    requests: list[dict[str, Any]] = []

    def script(peer: Peer) -> None:
        peer.accept()
        while True:
            requests.append(peer.request())

    with Server(script) as server:
        run = runs(server.ws, (MARK, FORCED))
        run.until(lambda: len(requests) == 1, "the first subscription")
        run.link.resubscribe((FORCED, "ethusdt@markPrice@1s"))
        run.until(lambda: len(requests) == 3, "the change")
        assert [(r["method"], r["params"]) for r in requests] == [
            ("SUBSCRIBE", [MARK, FORCED]),
            ("UNSUBSCRIBE", [MARK]),
            ("SUBSCRIBE", ["ethusdt@markPrice@1s"]),
        ]
        assert [r["id"] for r in requests] == [1, 2, 3]
        assert server.accepted == 1


def test_control_messages_keep_their_distance(runs: Callable[..., Run]) -> None:
    times: list[float] = []

    def script(peer: Peer) -> None:
        peer.accept()
        while True:
            peer.request()
            times.append(time.monotonic())

    with Server(script) as server:
        run = runs(server.ws, (FORCED,), timing=msgspec.structs.replace(QUICK, pace_s=1.0))
        run.until(lambda: len(times) == 1, "the subscription")
        run.link.resubscribe((MARK,))
        run.until(lambda: len(times) == 3, "the change")
        assert times[2] - times[1] > 0.75


def test_a_stream_that_never_comes_is_told_asked_again_and_at_last_reopened(runs: Callable[..., Run]) -> None:
    requests: list[dict[str, Any]] = []

    def deaf(peer: Peer) -> None:
        peer.accept()
        while True:
            requests.append(peer.request())
            peer.text({"result": None, "id": requests[-1]["id"]})

    with Server(deaf, polite) as server:
        run = runs(server.ws, (MARK, FORCED), hurried=(MARK,))
        run.until(lambda: run.silent == [MARK], "the warning")
        assert run.states[-1].silent == (MARK,)
        run.until(lambda: server.accepted == 2, "the new connection")
        assert [r["method"] for r in requests] == ["SUBSCRIBE", "UNSUBSCRIBE", "SUBSCRIBE"]
        assert requests[1]["params"] == requests[2]["params"] == [MARK]
        assert any("accepts subscriptions but sends nothing" in s.user for s in run.states)
        run.until(lambda: json.loads(run.frames[-1]) == data_of(FORCED), "data at last")
        run.until(lambda: run.states[-1].silent == (), "nothing is silent any more")


def test_one_quiet_stream_beside_a_live_one_does_not_cost_the_connection(runs: Callable[..., Run]) -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.request()
        while True:
            peer.text(data_of(MARK))
            time.sleep(0.02)

    with Server(script) as server:
        run = runs(server.ws, (MARK, KLINE), hurried=(KLINE,))
        run.until(lambda: run.silent == [KLINE], "the warning")
        time.sleep(1.0)
        assert server.accepted == 1
        assert run.silent == [KLINE]


def test_a_stream_that_stops_beside_others_is_asked_for_again(runs: Callable[..., Run]) -> None:
    asked: list[dict[str, Any]] = []
    again = threading.Event()

    def script(peer: Peer) -> None:
        peer.accept()
        peer.request()
        peer.text(data_of(KLINE))

        def listen() -> None:
            while len(asked) < 2:
                asked.append(peer.request())
            again.set()

        listener = threading.Thread(target=listen)
        listener.start()
        while not again.is_set():
            peer.text(data_of(MARK))
            time.sleep(0.02)
        listener.join(5)
        peer.text(data_of(KLINE, 2))
        stay(peer)

    with Server(script) as server:
        run = runs(server.ws, (MARK, KLINE), hurried=(KLINE,))
        run.until(lambda: any(json.loads(f) == data_of(KLINE, 2) for f in run.frames), "it comes again")
        assert [(r["method"], r["params"]) for r in asked] == [
            ("UNSUBSCRIBE", [KLINE]),
            ("SUBSCRIBE", [KLINE]),
        ]
        assert run.silent == [KLINE]
        run.until(lambda: run.states[-1].silent == (), "nothing is silent any more")
        assert server.accepted == 1


def test_a_half_open_socket_is_found_out(runs: Callable[..., Run]) -> None:
    timing = msgspec.structs.replace(QUICK, ping_s=0.1, deadline_s=0.4, pinged_deadline_s=0.2)
    pings: list[int] = []

    def dead(peer: Peer) -> None:
        peer.accept()
        peer.request()
        opcode = peer.read()[0]
        while opcode != -1:
            pings.append(opcode)
            opcode = peer.read()[0]

    with Server(dead, polite) as server:
        run = runs(server.ws, (FORCED,), timing=timing)
        run.until(lambda: len(run.frames) >= 2, "data after the dead socket")
        assert any("gone quiet" in s.user for s in run.states)
        assert pings[0] == 9


def test_a_quiet_socket_that_answers_pings_stays_open(runs: Callable[..., Run]) -> None:
    timing = msgspec.structs.replace(QUICK, ping_s=0.05, deadline_s=0.6, pinged_deadline_s=0.5)

    def quiet(peer: Peer) -> None:
        peer.accept()
        peer.request()
        while True:
            opcode, data = peer.read()
            if opcode in (-1, 8):
                return
            if opcode == 9:
                peer.frame(10, data)

    with Server(quiet) as server:
        run = runs(server.ws, (FORCED,), timing=timing)
        run.until(lambda: LinkPhase.OPEN in run.phases, "open")
        time.sleep(1.2)
        assert server.accepted == 1
        assert run.phases == [LinkPhase.CONNECTING, LinkPhase.OPEN]


def test_a_connection_is_renewed_before_the_venue_ends_it(runs: Callable[..., Run]) -> None:
    with Server(polite) as server:
        run = runs(server.ws, timing=msgspec.structs.replace(QUICK, overlap_s=0.1), lifetime_s=0.3)
        run.until(lambda: server.accepted >= 3, "two renewals")
        assert set(run.phases) == {LinkPhase.CONNECTING, LinkPhase.OPEN}


def test_a_failure_of_the_receiver_ends_the_link_and_is_not_swallowed() -> None:
    def fail(data: bytes, ns: int) -> None:
        raise ZeroDivisionError("the receiver's own fault")

    states: list[LinkState] = []
    with Server(polite) as server:
        plan = SocketPlan("market", server.ws, (MARK,))
        link = Link(plan, Hurried(), on_frame=fail, on_state=states.append, timing=QUICK)
        with pytest.raises(ZeroDivisionError):
            link.run()
    assert states[-1].phase is LinkPhase.CLOSED


def test_a_socket_whose_certificate_is_not_trusted_is_refused(runs: Callable[..., Run]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("untrusted.pem"))
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            sock, _ = listener.accept()
            try:
                with context.wrap_socket(sock, server_side=True) as wrapped:
                    wrapped.recv(1)
            except OSError:
                sock.close()

        thread = threading.Thread(target=greet)
        thread.start()
        slow = msgspec.structs.replace(QUICK, first_retry_s=60, last_retry_s=60)
        run = runs(f"wss://127.0.0.1:{listener.getsockname()[1]}/market/stream", timing=slow)
        run.until(lambda: LinkPhase.WAITING in run.phases, "waiting")
        assert "certificate" in run.states[-1].user
        run.stop()
        thread.join(5)


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("ws://127.0.0.1:1/x", None),
        ("wss://localhost/x", None),
        ("wss://fstream.binance.com/x", "http://proxy:3128"),
        ("ws://fstream.binance.com/x", "http://plain:3128"),
        ("wss://inside.example/x", None),
    ],
)
def test_proxies_of_the_environment_are_used_except_for_this_machine(
    url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("http_proxy", "http://plain:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert str(proxy_for(url)) == str(proxy)


def test_data_that_stop_while_pings_go_on_are_found_out(runs: Callable[..., Run]) -> None:
    """The venue's pings prove the connection, not the stream."""

    def stall(peer: Peer) -> None:
        peer.accept()
        peer.request()
        peer.text(data_of(MARK))
        while True:
            peer.frame(9, b"1791382992338")
            peer.read()
            time.sleep(0.02)

    with Server(stall, polite) as server:
        run = runs(server.ws, data_within_s=0.4)
        run.until(lambda: len(run.frames) == 3, "data of the second connection")
        assert any("has stopped sending" in s.user for s in run.states)


def listing(*answers: list[str]) -> tuple[Callable[[Peer], None], list[dict[str, Any]]]:
    """Return a script that answers every control message, lists of streams with `answers`, and what it was asked."""
    asked: list[dict[str, Any]] = []
    left = list(answers)

    def script(peer: Peer) -> None:
        peer.accept()
        while True:
            request = peer.request()
            asked.append(request)
            listed = request["method"] == "LIST_SUBSCRIPTIONS"
            peer.text({"result": left.pop(0) if listed and left else None, "id": request["id"]})
            if request["method"] == "SUBSCRIBE":
                for stream in request["params"]:
                    peer.text(data_of(stream))

    return script, asked


def test_what_is_subscribed_is_asked_for_timed_and_put_right(runs: Callable[..., Run]) -> None:
    script, asked = listing([MARK], [MARK, FORCED])
    timing = msgspec.structs.replace(QUICK, first_list_s=0.1, list_s=0.3)
    with Server(script) as server:
        run = runs(server.ws, (MARK, FORCED), timing=timing)
        run.until(lambda: len(asked) >= 4, "the second list")
        assert [(r["method"], r.get("params")) for r in asked[:4]] == [
            ("SUBSCRIBE", [MARK, FORCED]),
            ("LIST_SUBSCRIPTIONS", None),
            ("SUBSCRIBE", [FORCED]),
            ("LIST_SUBSCRIPTIONS", None),
        ]
        run.until(lambda: run.states[-1].round_trip_ms is not None, "the round trip")
        assert run.states[-1].round_trip_ms is not None
        assert 0 < run.states[-1].round_trip_ms < 1_000


def test_a_list_that_was_answered_once_proves_what_a_later_silence_means(runs: Callable[..., Run]) -> None:
    """A server that answers no pings counts as dead after the short deadline all the same, once it has answered a list."""
    mute = threading.Event()

    def script(peer: Peer) -> None:
        peer.accept()
        while not mute.is_set():
            opcode, data = peer.read()
            if opcode == 1:
                peer.text({"result": None, "id": json.loads(data)["id"]})
                if b"LIST" in data:
                    mute.set()
        stay(peer)

    timing = msgspec.structs.replace(QUICK, first_list_s=0.05, ping_s=0.1, pinged_deadline_s=0.4, deadline_s=60.0)
    with Server(script, polite) as server:
        run = runs(server.ws, (FORCED,), timing=timing)
        run.until(lambda: server.accepted == 2, "the new connection")
        assert any("gone quiet" in s.user for s in run.states)


def test_the_budget_of_ten_messages_a_second_is_kept(runs: Callable[..., Run]) -> None:
    """Subscriptions, lists, pings and pongs together, as the venue counts them."""
    times: list[float] = []

    def script(peer: Peer) -> None:
        peer.accept()
        began = time.monotonic()
        while time.monotonic() - began < 2.5:
            peer.sock.settimeout(0.5)
            try:
                opcode, data = peer.read()
            except TimeoutError:
                peer.frame(9, b"1")
                continue
            if opcode in (-1, 8):
                return
            times.append(time.monotonic())
            if opcode == 1:
                peer.text({"result": [], "id": json.loads(data)["id"]})  # it forgets every stream, every time

    names = tuple(f"s{n}usdt@aggTrade" for n in range(600))
    timing = LinkTiming(tick_s=0.02, first_list_s=0.1, list_s=0.3, ping_s=0.1, first_retry_s=0.1)
    with Server(script) as server:
        run = runs(server.ws, names, timing=timing)
        run.until(lambda: len(times) >= 9, "nine messages")
        run.link.resubscribe(names[:100])
        run.until(lambda: len(times) >= 12, "twelve messages")
        run.stop()
    most = max(sum(t <= u < t + 1.0 for u in times) for t in times)
    assert most <= 10


def test_after_a_sleep_it_reconnects_at_once(runs: Callable[..., Run]) -> None:
    with Server(polite) as server:
        run = runs(server.ws, timing=msgspec.structs.replace(QUICK, first_retry_s=60, last_retry_s=60))
        run.until(lambda: len(run.frames) == 2, "data")
        run.link.renew()
        run.until(lambda: len(run.frames) == 4, "data of the second connection, without a wait")
        assert any("was asleep" in s.user for s in run.states)
        assert run.states[-1].attempt == 0


def test_a_sleep_ends_a_wait_between_attempts(runs: Callable[..., Run]) -> None:
    with Server(lambda peer: peer.refuse(451), polite) as server:
        run = runs(server.ws, timing=msgspec.structs.replace(QUICK, refused_s=600))
        run.until(lambda: LinkPhase.REFUSED in run.phases, "the refusal")
        run.link.renew()
        run.until(lambda: len(run.frames) == 2, "data")


def test_a_relay_that_falls_silent_is_left(runs: Callable[..., Run]) -> None:
    def talk(peer: Peer) -> None:
        peer.accept()
        peer.request()
        while True:
            peer.text(data_of(MARK))
            time.sleep(0.02)

    with Server(talk) as server, Relay(server.http) as relay:
        run = runs(relay.stream, data_within_s=0.5)
        run.until(lambda: len(run.frames) > 5, "data")
        relay.freeze()
        before = len(run.frames)
        run.until(lambda: relay.accepted == 2 and len(run.frames) > before + 10, "data by a new connection")
        assert any("has stopped sending" in s.user for s in run.states)


def test_a_connection_is_never_asked_for_more_streams_than_it_holds() -> None:
    """The venue answers the 1,025th by closing the socket, and all are lost."""

    def link(count: int) -> Link:
        names = tuple(f"s{n}usdt@aggTrade" for n in range(count))
        plan = SocketPlan("market", "ws://127.0.0.1:9", names)
        return Link(plan, BinanceDialect(), on_frame=lambda *_: None, on_state=lambda _: None)

    one = link(900)
    for ask in (lambda: link(901), lambda: one.resubscribe(f"s{n}@aggTrade" for n in range(901))):
        with pytest.raises(InputError, match="901 streams"):
            ask()
