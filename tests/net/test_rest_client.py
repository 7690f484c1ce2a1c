import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted import Peer, Server, answer

from liqdesk.clock import utc_ms
from liqdesk.errors import Refusal, VenueError
from liqdesk.net import rest as rest_module
from liqdesk.net.pacing import Pacing
from liqdesk.net.rest import Rest
from liqdesk.venues.binance import backfill


@pytest.fixture
def clients() -> Iterator[list[Rest]]:
    made: list[Rest] = []
    yield made
    for one in made:
        one.close()


def client(clients: list[Rest], server: Server, **options: float) -> Rest:
    clients.append(Rest(server.http, **options))  # type: ignore[arg-type]
    return clients[-1]


def refusal(rest: Rest, path: str = "/x") -> VenueError:
    with pytest.raises(VenueError) as caught:
        rest.get(path)
    return caught.value


def test_a_reply_brings_the_weight_and_the_clock(clients: list[Rest]) -> None:
    headers = ("X-MBX-USED-WEIGHT-1M: 17", "Date: Wed, 07 Oct 2026 08:43:11 GMT")
    with Server(answer(200, b'{"serverTime":1}', *headers)) as server:
        reply = client(clients, server).get("/fapi/v1/klines", {"symbol": "龙虾USDT", "limit": "5"})
        assert reply.data == b'{"serverTime":1}'
        assert (reply.used_weight, reply.server_date_ms) == (17, 1791362591000)
        assert reply.elapsed > 0
        head = server.heads[0]
        assert head.startswith(b"GET /fapi/v1/klines?symbol=%E9%BE%99%E8%99%BEUSDT&limit=5 HTTP/1.1\r\n")
        assert b"Accept-Encoding: gzip\r\n" in head
        assert b"User-Agent: liqdesk/" in head


def test_one_connection_serves_many_requests(clients: list[Rest]) -> None:
    with Server(answer(200, gzip.compress(b"[1]"), "Content-Encoding: gzip")) as server:
        rest = client(clients, server)
        assert [rest.get("/x").data for _ in range(3)] == [b"[1]"] * 3
        assert len(server._open) == 1


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "retry_s"),
    [
        (400, b'{"code":-1121,"msg":"Invalid symbol."}', (), Refusal.REQUEST, None),
        (404, b"<html>no</html>", (), Refusal.REQUEST, None),
        (403, b"<html>firewall</html>", (), Refusal.BLOCKED, None),
        (429, b'{"code":-1003,"msg":"Too many requests"}', ("Retry-After: 12",), Refusal.RATE_LIMITED, 12.0),
        (418, b'{"code":-1003,"msg":"Way too many"}', ("Retry-After: 130",), Refusal.BANNED, 130.0),
        (451, b'{"code":0,"msg":"restricted location"}', (), Refusal.REGION, None),
        (503, b"", (), Refusal.SERVER, None),
        (302, b"", ("Location: http://sign.in/",), Refusal.PROTOCOL, None),
    ],
)
def test_refusals_are_different_states(
    clients: list[Rest], status: int, body: bytes, headers: tuple[str, ...], kind: Refusal, retry_s: float | None
) -> None:
    with Server(answer(status, body, *headers)) as server:
        error = refusal(client(clients, server))
        assert (error.kind, error.retry_s) == (kind, retry_s)
        if b"Invalid symbol" in body:
            assert "Invalid symbol." in error.user
        assert "<html>" not in error.user


def test_the_end_of_a_ban_is_read_from_the_message(clients: list[Rest]) -> None:
    body = b'{"code":-1003,"msg":"Way too many requests; IP(1.2.3.4) banned until %d."}' % (utc_ms() + 90_000)
    with Server(answer(418, body)) as server:
        error = refusal(client(clients, server))
        assert error.retry_s is not None
        assert 80 < error.retry_s < 91


def test_nothing_listens(clients: list[Rest]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    clients.append(Rest(f"http://127.0.0.1:{port}"))
    error = refusal(clients[-1])
    assert error.kind is Refusal.OFFLINE
    assert "Nothing answers" in error.user


def test_a_name_that_does_not_exist(clients: list[Rest]) -> None:
    clients.append(Rest("https://no-such-host.invalid", connect_timeout=3))
    assert refusal(clients[-1]).kind is Refusal.OFFLINE


def test_a_server_that_says_nothing(clients: list[Rest]) -> None:
    hold = threading.Event()
    with Server(lambda peer: hold.wait(5) and None) as server:
        error = refusal(client(clients, server, timeout=0.3))
        hold.set()
        assert error.kind is Refusal.OFFLINE
        assert "does not answer" in error.user


def half(peer: Peer) -> None:
    peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    peer.sock.shutdown(socket.SHUT_RDWR)


def test_an_answer_that_breaks_off(clients: list[Rest]) -> None:
    with Server(half) as server:
        error = refusal(client(clients, server))
        assert error.kind is Refusal.OFFLINE
        assert "was cut" in error.user


def test_an_answer_that_cannot_be_unpacked(clients: list[Rest]) -> None:
    with Server(answer(200, b"not gzip", "Content-Encoding: gzip")) as server:
        assert refusal(client(clients, server)).kind is Refusal.PROTOCOL


def test_an_absurdly_large_answer_is_given_up(clients: list[Rest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "MAX_BODY", 100_000)
    with Server(answer(200, gzip.compress(b"0" * 50_000_000), "Content-Encoding: gzip")) as server:
        error = refusal(client(clients, server))
        assert error.kind is Refusal.PROTOCOL
        assert "absurdly large" in error.user


@pytest.mark.parametrize("stage", ["before the head", "within the body"])
def test_close_ends_a_request_under_way(stage: str) -> None:
    reached = threading.Event()
    hold = threading.Event()

    def stall(peer: Peer) -> None:
        if stage == "within the body":
            peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        reached.set()
        hold.wait(10)

    errors: list[VenueError] = []
    with Server(stall) as server:
        rest = Rest(server.http, timeout=30)

        def ask() -> None:
            try:
                rest.get("/x")
            except VenueError as e:
                errors.append(e)

        thread = threading.Thread(target=ask)
        thread.start()
        assert reached.wait(5)
        time.sleep(0.1)
        rest.close()
        thread.join(2)
        ended = not thread.is_alive()
        hold.set()
        thread.join(10)
        assert ended
        assert [e.user for e in errors] == ["Stopped."]
        assert refusal(rest).user == "Stopped."


def test_close_ends_a_wait_for_the_budget() -> None:
    with Server(answer()) as server:
        pacing = Pacing()
        rest = Rest(server.http, pacing=pacing)
        rest.fetch(backfill.clock())
        pacing.close(utc_ms() + 30_000)
        threading.Timer(0.2, rest.close).start()
        with pytest.raises(VenueError, match="stopped by us"):
            rest.fetch(backfill.clock())


def test_fetch_follows_the_venues_count(clients: list[Rest]) -> None:
    with Server(answer(200, b"{}", "X-MBX-USED-WEIGHT-1M: 321")) as server:
        rest = client(clients, server)
        rest.fetch(backfill.clock())
        assert rest.pacing.weight.used == 321
        rest.get("/x")
        assert rest.pacing.weight.used == 321


def test_after_a_429_nothing_is_sent_until_the_venue_says(clients: list[Rest]) -> None:
    with Server(answer(429, b"{}", "Retry-After: 1"), answer()) as server:
        rest = client(clients, server)
        asked = time.monotonic()
        with pytest.raises(VenueError):
            rest.fetch(backfill.clock())
        rest.fetch(backfill.clock())
        assert time.monotonic() - asked > 0.9
        assert server.accepted == 2


def test_during_a_ban_requests_fail_at_once_and_are_not_sent(clients: list[Rest]) -> None:
    with Server(answer(418, b"{}", "Retry-After: 3600")) as server:
        rest = client(clients, server)
        for _ in range(3):
            with pytest.raises(VenueError) as caught:
                rest.fetch(backfill.clock())
            assert caught.value.kind is Refusal.BANNED
            assert caught.value.retry_s is not None
            assert caught.value.retry_s > 3500
        assert server.accepted == 1


def test_no_proxy_is_used_but_the_one_given(clients: list[Rest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Server(answer(200, b"direct")) as server:
        assert client(clients, server).get("/x").data == b"direct"


def test_passwords_of_the_user_are_never_sent(
    clients: list[Rest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(answer()) as server:
        client(clients, server).get("/x")
        assert b"uthorization" not in server.heads[0]


def test_a_certificate_that_is_not_trusted(clients: list[Rest]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("untrusted.pem"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Thread(target=_greet, args=(listener, context))
        done.start()
        clients.append(Rest(f"https://127.0.0.1:{listener.getsockname()[1]}"))
        error = refusal(clients[-1])
        done.join(5)
    assert error.kind is Refusal.OFFLINE
    assert "certificate" in error.user


def _greet(listener: socket.socket, context: ssl.SSLContext) -> None:
    sock, _ = listener.accept()
    try:
        with context.wrap_socket(sock, server_side=True) as wrapped:
            wrapped.recv(1)
    except OSError:
        sock.close()
