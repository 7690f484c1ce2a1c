"""TLS is always verified: certificate and host name, for REST and for sockets, whatever the environment says."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.imports import PACKAGE

from liqdesk import cli
from liqdesk.errors import InputError, Refusal, VenueError
from liqdesk.net.channel import Channel
from liqdesk.net.rest import Rest
from liqdesk.settings import Settings
from liqdesk.venues import venue

HERE = Path(__file__).parent
UNTRUSTED = HERE / "untrusted.pem"  # of 127.0.0.1 and localhost, known to no machine
ELSEWHERE = HERE / "elsewhere.pem"  # of elsewhere.liqdesk.test, known where a test says so
NOWHERE = "/nowhere/roots.pem"
SWITCHES = re.compile(
    r"\bverify\s*=|CERT_NONE|CERT_OPTIONAL|check_hostname|_create_unverified|_create_default_https|disable_warnings"
    r"|assert_hostname|cert_reqs|VERIFY_NONE"
)


class Listener:
    """A TLS server that answers whoever trusts it, and keeps what it was then told."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.told: list[bytes] = []
        self.met = 0
        self._thread = threading.Thread(target=self._serve, name="tls listener")
        self._thread.start()

    def _serve(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            with sock, contextlib.suppress(OSError):
                sock.settimeout(5)
                if sock.recv(1, socket.MSG_PEEK) == b"q":
                    return
                self.met += 1
                with self._context.wrap_socket(sock, server_side=True) as wrapped:
                    head = wrapped.recv(65_536)
                    if head:
                        self.told.append(head)
                        wrapped.sendall(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as sock:
            sock.sendall(b"q")
        self._thread.join(10)
        self._listener.close()


@pytest.fixture
def listen() -> Iterator[Callable[[Path], Listener]]:
    made: list[Listener] = []

    def start(certificate: Path) -> Listener:
        made.append(Listener(certificate))
        return made[-1]

    yield start
    for one in made:
        one.close()


def by_rest(host: str, port: int) -> None:
    client = Rest(f"https://{host}:{port}")
    try:
        client.get("/fapi/v1/time")
    finally:
        client.close()


def by_socket(host: str, port: int) -> None:
    channel = Channel(f"wss://{host}:{port}/market/stream", lambda: False)
    try:
        channel.open(5.0)
    finally:
        channel.close()


both = pytest.mark.parametrize("ask", [by_rest, by_socket])


def refusal(ask: Callable[[str, int], None], host: str, port: int) -> VenueError:
    with pytest.raises(VenueError) as caught:
        ask(host, port)
    return caught.value


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every host under liqdesk.test be this machine."""
    look_up = socket.getaddrinfo

    def answer(host: Any, *args: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if str(host).endswith(".liqdesk.test") else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIQDESK_NOTHING", ""),
        ("PYTHONHTTPSVERIFY", "0"),
        ("REQUESTS_CA_BUNDLE", ""),
        ("CURL_CA_BUNDLE", ""),
        ("SSL_CERT_FILE", NOWHERE),
        ("SSL_CERT_DIR", NOWHERE),
        ("WEBSOCKET_CLIENT_CA_BUNDLE", NOWHERE),
    ],
)
def test_a_certificate_that_nobody_knows_is_refused_whatever_is_set(
    listen: Callable[[Path], Listener],
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[str, int], None],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    server = listen(UNTRUSTED)
    for host in ("127.0.0.1", "localhost"):
        error = refusal(ask, host, server.port)
        assert error.kind is Refusal.OFFLINE
        expected = (
            f"The certificate of {host}:{server.port} cannot be trusted; something on this network may be listening in."
        )
        assert error.user == expected
    assert server.met >= 2
    assert server.told == [], "something was said to a server that is not trusted"


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@both
def test_roots_that_are_nowhere_let_nobody_in(
    listen: Callable[[Path], Listener], monkeypatch: pytest.MonkeyPatch, ask: Callable[[str, int], None], name: str
) -> None:
    monkeypatch.setenv(name, NOWHERE)
    server = listen(UNTRUSTED)
    error = refusal(ask, "fapi.liqdesk.test", server.port)
    assert error.kind is Refusal.OFFLINE
    assert server.told == []


@pytest.mark.usefixtures("names")
@both
def test_a_trusted_certificate_of_another_host_is_refused(
    listen: Callable[[Path], Listener], monkeypatch: pytest.MonkeyPatch, ask: Callable[[str, int], None]
) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(ELSEWHERE))
    server = listen(ELSEWHERE)
    error = refusal(ask, "fapi.liqdesk.test", server.port)
    assert error.user.startswith(f"The certificate of fapi.liqdesk.test:{server.port} cannot be trusted")
    assert "elsewhere" in f"{error}" or "mismatch" in f"{error}".lower()
    assert server.told == []
    # The same server under its own name: it was the name alone.
    assert refusal(ask, "elsewhere.liqdesk.test", server.port).kind is Refusal.SERVER
    assert len(server.told) == 1


def test_no_line_of_the_program_switches_verification() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if SWITCHES.search(line)
    ]
    assert found == []


def test_no_setting_and_no_option_is_about_verification(capsys: pytest.CaptureFixture[str]) -> None:
    words = re.compile(r"verif|insecure|certif|\btls|ssl|trust", re.IGNORECASE)
    assert [f.name for f in msgspec.structs.fields(Settings) if words.search(f.name)] == []
    said = ""
    for command in ([], ["exchange"], ["snapshot"], ["import"], ["score"]):
        with pytest.raises(SystemExit):
            cli.parser().parse_args([*command, "--help"])
        said += capsys.readouterr().out
    assert "--rest-url" in said
    assert [line for line in said.splitlines() if words.search(line)] == []


def test_only_this_machine_is_spoken_to_without_tls() -> None:
    binance = venue("binance")
    for rest, stream in (
        ("http://fapi.binance.com", None),
        (None, "ws://fstream.binance.com"),
        ("http://127.1.evil.com", None),
    ):
        with pytest.raises(InputError, match="for this machine alone"):
            binance.endpoints(rest, stream)
    assert binance.endpoints("http://127.0.0.1:9", "ws://[::1]:9").rest == "http://127.0.0.1:9"
