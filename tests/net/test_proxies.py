"""Proxies that are set: REST and sockets go through them, names are theirs to look up, and no password comes to light."""

from __future__ import annotations

import logging
import socket
import threading
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Peer, Server, answer
from support.proxies import ConnectProxy, SocksProxy, TestProxy
from support.relay import Relay

from liqdesk.errors import InputError, Refusal, VenueError
from liqdesk.market import LinkPhase, LinkState
from liqdesk.net.line import LinkTiming
from liqdesk.net.link import Link
from liqdesk.net.proxy import Proxy, proxy_for, proxy_from
from liqdesk.net.rest import Rest
from liqdesk.venues import SocketPlan
from liqdesk.venues.binance.streams import BinanceDialect

SECRET = "hunter2#:/@"
Kinds = type[ConnectProxy] | type[SocksProxy]
both = pytest.mark.parametrize("kind", [ConnectProxy, SocksProxy], ids=["http", "socks5h"])


def through(proxy: TestProxy, user: str = "", password: str = "") -> Proxy:
    made = proxy_from(proxy.url)  # type: ignore[attr-defined]
    assert made is not None
    return msgspec.structs.replace(made, user=user, password=password)


def polite(peer: Peer) -> None:
    peer.accept()
    peer.text({"stream": "btcusdt@aggTrade", "data": peer.request()["id"]})
    while peer.read()[0] not in (-1, 8):
        pass


class Talk:
    """A link run in a thread until it has a frame or waits."""

    def __init__(self, url: str, proxy: Proxy | None) -> None:
        self.frames: list[bytes] = []
        self.states: list[LinkState] = []
        plan = SocketPlan("market", url, ("btcusdt@aggTrade",))
        timing = LinkTiming(tick_s=0.02, first_retry_s=30.0)
        link = Link(
            plan,
            BinanceDialect(),
            on_frame=lambda data, _: self.frames.append(data),
            on_state=self.states.append,
            timing=timing,
            proxy=proxy,
        )
        thread = threading.Thread(target=link.run)
        thread.start()
        deadline = time.monotonic() + 10
        while not self.frames and LinkPhase.WAITING not in [s.phase for s in self.states]:
            assert time.monotonic() < deadline, self.states
            time.sleep(0.005)
        link.stop()
        thread.join(5)
        assert not thread.is_alive()
        self.words = " ".join(s.user for s in self.states)


@both
@pytest.mark.parametrize("user", ["", "me"])
def test_rest_and_sockets_go_through_it_with_its_password(kind: Kinds, user: str) -> None:
    password = SECRET if user else ""
    with Server(answer(200, b"[7]")) as rest, Server(polite) as sockets, kind(user, password) as proxy:
        client = Rest(rest.http, proxy=through(proxy, user, password))
        try:
            assert client.get("/x").data == b"[7]"
        finally:
            client.close()
        assert Talk(sockets.ws, through(proxy, user, password)).frames
        assert proxy.asked == [("127.0.0.1", rest.port), ("127.0.0.1", sockets.port)]
        assert rest.heads[0].startswith(b"GET /x HTTP/1.1\r\n")
        assert b"roxy" not in rest.heads[0] + sockets.heads[0], "what is meant for the proxy goes no further"


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a key and certificate of fapi.liqdesk.test and fstream.liqdesk.test that this test's machine trusts."""
    path = Path(__file__).with_name("trusted.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@both
def test_names_are_looked_up_by_the_proxy_and_tls_is_verified_end_to_end(kind: Kinds, trusted: Path) -> None:
    with (
        Server(answer(200, b"[7]")) as rest,
        Server(polite) as sockets,
        Relay(rest.http, trusted) as secure_rest,
        Relay(sockets.ws, trusted) as secure_sockets,
    ):
        routes = {
            "fapi.liqdesk.test": ("127.0.0.1", secure_rest.port),
            "fstream.liqdesk.test": ("127.0.0.1", secure_sockets.port),
            "elsewhere.liqdesk.test": ("127.0.0.1", secure_rest.port),
        }
        with kind(routes=routes) as proxy:
            client = Rest("https://fapi.liqdesk.test", proxy=through(proxy))
            other = Rest("https://elsewhere.liqdesk.test", proxy=through(proxy))
            try:
                assert client.get("/x").data == b"[7]"
                with pytest.raises(VenueError, match="elsewhere") as caught:
                    other.get("/x")
                assert "certificate" in caught.value.user
            finally:
                client.close()
                other.close()
            assert Talk("wss://fstream.liqdesk.test", through(proxy)).frames
            assert proxy.asked == [
                ("fapi.liqdesk.test", 443),
                ("elsewhere.liqdesk.test", 443),
                ("fstream.liqdesk.test", 443),
            ]


def both_ways(url: str, proxy: Proxy) -> tuple[VenueError, str]:
    client = Rest(url, proxy=proxy)
    try:
        with pytest.raises(VenueError) as caught:
            client.get("/x")
    finally:
        client.close()
    return caught.value, Talk(url.replace("http", "ws"), proxy).words


@both
@pytest.mark.parametrize("user", ["", "me"])
def test_a_proxy_that_turns_us_away_is_named_and_the_password_is_not(
    kind: Kinds, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "wr0ng-secret"
    with kind("me", SECRET) as proxy:
        error, words = both_ways("http://127.0.0.1:9", through(proxy, user, wrong if user else ""))
    expected = f"The proxy 127.0.0.1:{proxy.port} does not accept the user name and password."
    assert error.user == expected
    assert expected in words
    assert error.kind is Refusal.OFFLINE
    everything = f"{error} {error!r} {error.user} {words} {caplog.text} {error.__cause__!r} {error.__context__!r}"
    assert wrong not in everything


@both
def test_a_proxy_that_cannot_be_used_is_told_in_a_sentence(kind: Kinds) -> None:
    with kind() as proxy:
        error, words = both_ways("http://127.0.0.1:9", through(proxy))
        reason = "HTTP 502" if kind is ConnectProxy else "SOCKS reply 5"
        assert error.user == f"The proxy 127.0.0.1:{proxy.port} does not connect to 127.0.0.1 ({reason})."
        assert error.user in words
    error, words = both_ways("http://127.0.0.1:9", through(proxy))
    assert error.user == f"The proxy 127.0.0.1:{proxy.port} does not answer; check the proxy in the settings."
    assert error.user in words
    missing = Proxy(through(proxy).scheme, "no-such-proxy.invalid", 1)
    error, _ = both_ways("http://127.0.0.1:9", missing)
    assert error.user == "The proxy no-such-proxy.invalid:1 cannot be found; check the proxy in the settings."


@pytest.mark.parametrize(("scheme", "word"), [("http", "an HTTP"), ("socks5h", "a SOCKS5")])
def test_what_is_no_proxy_is_told_apart(scheme: str, word: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        talker = threading.Thread(target=_babble, args=(listener, 2))
        talker.start()
        error, words = both_ways("http://127.0.0.1:9", Proxy(scheme, "127.0.0.1", listener.getsockname()[1]))
        talker.join(5)
    assert f"is not {word} proxy." in error.user
    assert error.user in words


def _babble(listener: socket.socket, times: int) -> None:
    for _ in range(times):
        sock, _ = listener.accept()
        with sock:
            sock.recv(100)
            sock.sendall(b"220 mail.example ESMTP\r\n\r\n")


@both
def test_a_stop_ends_the_wait_for_a_proxy_that_says_nothing(kind: Kinds) -> None:
    scheme = "http" if kind is ConnectProxy else "socks5h"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Rest("http://127.0.0.1:9", proxy=Proxy(scheme, "127.0.0.1", listener.getsockname()[1]), timeout=60)
        failed: list[VenueError] = []

        def ask() -> None:
            try:
                client.get("/x")
            except VenueError as e:
                failed.append(e)

        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.2)
        client.close()
        thread.join(2)
        assert not thread.is_alive()
        assert failed[0].user == "Stopped."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://proxy:8080", "http://proxy:8080"),
        ("http://proxy", "http://proxy:3128"),
        ("socks5h://proxy/", "socks5h://proxy:1080"),
        ("socks5://10.0.0.1:9050", "socks5h://10.0.0.1:9050"),
        ("http://me:s%40cret@[::1]:3128", "http://me@[::1]:3128"),
        (" http://me@proxy:1 ", "http://me@proxy:1"),
    ],
)
def test_addresses_are_read_and_shown_without_their_password(text: str, shown: str) -> None:
    proxy = proxy_from(text)
    assert proxy is not None
    assert str(proxy) == shown
    assert repr(proxy) == f"Proxy({shown})"
    assert proxy_from(proxy.url) == proxy


@pytest.mark.parametrize(
    "text",
    [
        "proxy:8080",
        "https://u:s3cret@proxy:1",
        "ftp://s3cret@x",
        "http://",
        "http://u:s3cret@proxy:99999",
        "http://u:s3cret@proxy:0",
        "http://u:s3cret@proxy/path",
        "http://u:s3cret@pro xy",
        "http://u:s3cret€@proxy",
        "http://:s3cret@proxy",
        "http://u:" + "s3cret" * 60 + "@proxy",
        "http://u:s3cret%E2%82%AC@[::1",
        "http://u:s3cret%E2%82%AC@proxy",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        proxy_from(text)
    assert "proxy address" in caught.value.user
    assert "s3cret" not in f"{caught.value!r} {caught.value.user}"


credentials = st.text(st.characters(max_codepoint=255, min_codepoint=1), max_size=60)


@given(credentials.filter(lambda t: ":" not in t and t), credentials)
def test_any_password_survives_its_address_and_stays_unseen(user: str, password: str) -> None:
    proxy = Proxy("socks5h", "host", 1080, user, password)
    assert proxy_from(proxy.url) == proxy
    assert str(proxy) == str(msgspec.structs.replace(proxy, password=""))
    assert repr(proxy) == repr(msgspec.structs.replace(proxy, password=""))


def test_what_is_set_comes_before_the_machine_and_this_machine_is_reached_straight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = Proxy("socks5h", "mine", 1080)
    monkeypatch.setenv("https_proxy", "http://theirs:1")
    monkeypatch.setenv("no_proxy", "fapi.binance.com")
    assert proxy_for("https://fapi.binance.com", mine) is mine
    assert proxy_for("https://fapi.binance.com") is None
    assert str(proxy_for("wss://fstream.binance.com")) == "http://theirs:1"
    assert proxy_for("ws://127.0.0.1:1", mine) is None
    assert proxy_for("http://localhost:1", mine) is None
    monkeypatch.setenv("https_proxy", "theirs:8080")
    assert str(proxy_for("wss://fstream.binance.com")) == "http://theirs:8080"


def test_a_proxy_of_the_machine_that_cannot_be_used_is_not_gone_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "https://me:s3cret@proxy:443")
    unusable = proxy_for("wss://fstream.binance.com")
    assert unusable is not None
    with Server(answer()) as server:
        error, words = both_ways(server.http, unusable)
        assert server.accepted == 0
    assert error.user in words
    assert "name a proxy that cannot be used here" in error.user
    assert "s3cret" not in f"{error} {unusable} {words}"
