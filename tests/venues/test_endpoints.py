import pytest

from liqdesk.errors import InputError
from liqdesk.venues import venue
from liqdesk.venues.binance.endpoints import DEFAULT, BinanceEndpoints, endpoints


def test_the_default_is_genuine() -> None:
    assert endpoints() == DEFAULT
    assert DEFAULT.genuine
    assert DEFAULT.host == "fstream.binance.com"


@pytest.mark.parametrize(
    ("rest", "stream"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080"),
        ("https://fapi.binance.com", "ws://127.0.0.1:9"),
        ("http://127.0.0.1:9", "wss://fstream.binance.com"),
        ("https://demo-fapi.binance.com", "wss://demo-fstream.binance.com"),
        ("https://testnet.binance.com", "wss://fstream.binance.com"),
        ("https://testnet.binancefuture.com", "wss://fstream.binancefuture.com"),
        ("https://fapi.binance.com.evil.org", "wss://fstream.binance.com"),
        ("https://evilbinance.com", "wss://fstream.binance.com"),
        ("https://fapi.binance.com:8443", "wss://fstream.binance.com"),
        ("https://fapi.binance.me", "wss://fstream.binance.me"),
    ],
)
def test_any_other_endpoint_is_not_genuine(rest: str, stream: str) -> None:
    assert not endpoints(rest, stream).genuine


def test_the_host_shown_is_the_one_that_is_not_binance() -> None:
    assert endpoints("http://127.0.0.1:8080", "ws://127.0.0.1:9090").host == "127.0.0.1:8080"
    assert endpoints(None, "ws://127.0.0.1:9090").host == "127.0.0.1:9090"


@pytest.mark.parametrize("route", ["market", "public"])
def test_sockets_are_always_routed(route: str) -> None:
    assert DEFAULT.socket_url(route) == f"wss://fstream.binance.com/{route}/stream"  # type: ignore[arg-type]


def test_a_trailing_slash_and_capitals_do_not_matter() -> None:
    assert endpoints("https://FAPI.Binance.com/", "wss://fstream.binance.com/") == DEFAULT


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "fapi.binance.com",
        "ftp://fapi.binance.com",
        "wss://fapi.binance.com",
        "http://fapi.binance.com",
        "http://192.168.0.7:8080",
        "http://localhost.evil.org",
        "https://user:secret@fapi.binance.com",
        "https://fapi.binance.com?x=1",
        "https://fapi.binance.com/#x",
        "https://",
        "https://:443",
        "https://host:99999",
        "https://host:0",
        "https://ho st",
        "https://host\n",
        "https://bïnance.com",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_addresses_that_cannot_be_used_are_refused_with_a_sentence(rest: str) -> None:
    with pytest.raises(InputError) as caught:
        endpoints(rest, None)
    assert caught.value.user.startswith("The REST address ")
    assert caught.value.user.endswith(".")


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1", "ws://localhost:1", "ws://[::1]:1", "wss://example.org/base"])
def test_plain_sockets_are_for_this_machine_alone(url: str) -> None:
    assert endpoints(None, url).stream == url


def test_the_venue_plans_two_sockets_and_never_an_unrouted_one() -> None:
    binance = venue("binance")
    plans = binance.sockets(BinanceEndpoints("http://127.0.0.1:1", "ws://127.0.0.1:1"), "BTCUSDT")
    assert [p.name for p in plans] == ["market", "public"]
    assert [p.url for p in plans] == ["ws://127.0.0.1:1/market/stream", "ws://127.0.0.1:1/public/stream"]


def test_an_unknown_venue_is_refused() -> None:
    with pytest.raises(InputError, match="no venue"):
        venue("mtgox")
