"""The newest release is asked for over verified TLS, with nothing but the plain request; every answer and failure is a sentence."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.proxies import ConnectProxy
from support.releases import HOST, TRUSTED, Releases, answer

from liqdesk import __version__
from liqdesk.errors import InputError
from liqdesk.net.latest import Newest, Verdict, checked, is_https, request_lines, verdict_on
from liqdesk.net.proxy import proxy_from
from liqdesk.net.releases import LARGEST, Inquiry

PAGE = "https://example.org/liqdesk/releases/tag/v9.9.9"
RELEASE = {"tag_name": "v9.9.9", "html_url": PAGE, "published_at": "2026-10-03T08:00:00Z", "assets": [{"size": 1}]}


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Releases]]:
    """Return a function that starts a server whose certificate this machine trusts, under its own name."""
    look_up = socket.getaddrinfo

    def found(host: Any, *args: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if str(host).endswith(".liqdesk.test") else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setenv("SSL_CERT_FILE", str(TRUSTED))
    for name in ("https_proxy", "http_proxy", "all_proxy", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made: list[Releases] = []

    def start(body: bytes, *args: Any) -> Releases:
        made.append(Releases(body, *args))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_a_newer_release_is_told_with_its_page_and_all_that_was_sent_is_what_is_shown(
    serve: Callable[..., Releases],
) -> None:
    server = serve(answer(json.dumps(RELEASE).encode()))
    newest = Inquiry(server.address).ask()
    assert newest.verdict is Verdict.NEWER
    assert newest.sentence == f"liqdesk 9.9.9 is out, since 3 Oct 2026. This is {__version__}."
    assert (newest.page, newest.version, newest.published) == (PAGE, "9.9.9", "2026-10-03")
    (head,) = server.told
    lines = head.decode().removesuffix("\r\n\r\n").split("\r\n")
    assert lines[0] == request_lines(server.address)[0] == "GET /repos/o/liqdesk/releases/latest HTTP/1.1"
    assert sorted(lines[1:]) == sorted(request_lines(server.address)[1:])
    assert f"User-Agent: liqdesk/{__version__}" in lines


@pytest.mark.parametrize(
    ("theirs", "ours", "verdict", "says"),
    [
        ("v0.2.0", "0.1.0", Verdict.NEWER, "liqdesk 0.2.0 is out. This is 0.1.0."),
        ("0.10.0", "0.9.0", Verdict.NEWER, "liqdesk 0.10.0 is out. This is 0.9.0."),
        ("liqdesk-1.0rc1", "0.9", Verdict.NEWER, "liqdesk 1.0rc1 is out. This is 0.9. It is an early version, for trying out."),
        ("1.0", "1.0rc1", Verdict.NEWER, "liqdesk 1.0 is out. This is 1.0rc1."),
        ("v0.1", "0.1.0", Verdict.SAME, "This is the newest release: liqdesk 0.1.0."),
        ("0.1.0", "0.2.0.dev3", Verdict.OLDER, "This is liqdesk 0.2.0.dev3, which is newer than the newest release, 0.1.0."),
        ("1.0rc1", "1.0", Verdict.OLDER, "This is liqdesk 1.0, which is newer than the newest release, 1.0rc1."),
        ("nightly", "1.0", Verdict.NONSENSE, "x.test answered something that is no release of liqdesk."),
    ],
)  # fmt: skip
def test_versions_are_compared_as_versions(theirs: str, ours: str, verdict: Verdict, says: str) -> None:
    found = verdict_on(json.dumps({"tag_name": theirs, "html_url": PAGE}).encode(), "x.test", ours)
    assert (found.verdict, found.sentence) == (verdict, says)
    assert found.page == ("" if verdict is Verdict.NONSENSE else PAGE)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>sign in</html>", b"[]", b"null", b"{}", b'{"tag_name": ""}', b'{"tag_name": 4}', b"[" * 5000, b"\xff\xfe",
        b'{"tag_name": "' + b"1" * 200 + b'"}', json.dumps({**RELEASE, "html_url": "https://x/" + "a" * 600}).encode(),
        json.dumps({**RELEASE, "published_at": "x" * 100}).encode(),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_release_is_nonsense(body: bytes) -> None:
    found = verdict_on(body, "x.test", "1.0")
    assert found == Newest(Verdict.NONSENSE, "x.test answered something that is no release of liqdesk.")


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "http://example.org/x", "file:///etc/passwd", "https://me:pw@example.org", "https://", ""],
)
def test_a_page_that_is_not_https_is_never_offered(url: str) -> None:
    found = verdict_on(json.dumps({**RELEASE, "html_url": url}).encode(), "x.test", "1.0")
    assert found.verdict is Verdict.NEWER
    assert found.page == ""


def test_a_day_that_is_none_is_left_out() -> None:
    found = verdict_on(json.dumps({**RELEASE, "published_at": "yesterday"}).encode(), "x.test", "1.0")
    assert found.sentence == "liqdesk 9.9.9 is out. This is 1.0."
    assert verdict_on(json.dumps({"tag_name": "1.0", "published_at": None}).encode(), "x.test", "1.0").published == ""


@pytest.mark.parametrize(
    ("status", "verdict", "says"),
    [
        ("404 Not Found", Verdict.NONSENSE, "knows of no release there (HTTP 404); check the address in the settings."),
        ("403 Forbidden", Verdict.UNREACHABLE, "refuses this network (HTTP 403)."),
        ("429 Later", Verdict.UNREACHABLE, "asks to be asked less often (HTTP 429)."),
        ("503 Later", Verdict.UNREACHABLE, "has a fault of its own (HTTP 503)."),
        ("302 Found", Verdict.NONSENSE, "does this network need a sign-in page first?"),
    ],
)
def test_a_refusal_is_a_sentence(serve: Callable[..., Releases], status: str, verdict: Verdict, says: str) -> None:
    server = serve(answer(b"{}", status, "Location: https://example.org/"))
    found = Inquiry(server.address).ask()
    assert found.verdict is verdict
    assert f"{HOST}:{server.port}" in found.sentence
    assert found.sentence.endswith(says)
    assert len(server.told) == 1, "nothing is followed, nothing is asked twice"


def test_an_answer_beyond_all_bounds_is_given_up(serve: Callable[..., Releases]) -> None:
    found = Inquiry(serve(answer(b" " * (LARGEST + 1))).address).ask()
    assert found.verdict is Verdict.NONSENSE
    assert found.sentence.endswith("sent an absurdly large answer.")


def test_a_certificate_that_is_not_trusted_is_refused_before_a_word_is_said(
    serve: Callable[..., Releases], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    server = serve(answer(json.dumps(RELEASE).encode()))
    found = Inquiry(server.address).ask()
    assert found.verdict is Verdict.UNREACHABLE
    assert "cannot be trusted" in found.sentence
    assert server.told in ([], [b""])


def test_nobody_there_is_a_sentence(serve: Callable[..., Releases]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    found = Inquiry(f"https://{HOST}:{port}/latest").ask()
    assert (found.verdict, found.sentence) == (Verdict.UNREACHABLE, f"Nothing answers at {HOST}:{port}.")


def test_the_proxy_is_gone_through(serve: Callable[..., Releases]) -> None:
    server = serve(answer(json.dumps(RELEASE).encode()))
    with ConnectProxy("me", "pass word", {HOST: ("127.0.0.1", server.port)}) as proxy:
        found = Inquiry(server.address, proxy_from(f"http://me:pass%20word@127.0.0.1:{proxy.port}")).ask()
        assert found.verdict is Verdict.NEWER
        assert proxy.asked == [(HOST, server.port)]


def test_a_request_under_way_ends_when_it_is_stopped(serve: Callable[..., Releases]) -> None:
    server = serve(b"")
    inquiry = Inquiry(server.address)
    stopped: list[float] = []

    def stop() -> None:
        server.heard.wait(10)
        stopped.append(time.monotonic())
        inquiry.stop()

    stopping = threading.Thread(target=stop)
    stopping.start()
    found = inquiry.ask()
    ended = time.monotonic()
    stopping.join()
    assert ended - stopped[0] < 5
    assert found.verdict is Verdict.UNREACHABLE
    assert server.heard.is_set()


@pytest.mark.parametrize(
    "address",
    ["http://example.org/x", "ftp://example.org", "example.org", "https://", "https://me@example.org/", "https://a b", "https://é.org",
     "https://example.org\\@evil.org/", "https://example.org:0/", "https://example.org:99999/", "https://x/" + "a" * 600],
)  # fmt: skip
def test_an_address_is_https_and_holds_no_name(address: str) -> None:
    assert not is_https(address)
    with pytest.raises(InputError) as caught:
        checked(address)
    assert "https://api.github.com/" in caught.value.user
    with pytest.raises(InputError):
        Inquiry(address)


def test_what_stands_behind_the_path_is_sent_too() -> None:
    assert request_lines("https://example.org")[0] == "GET / HTTP/1.1"
    assert request_lines("https://example.org/a?b=c")[0] == "GET /a?b=c HTTP/1.1"
