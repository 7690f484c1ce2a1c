import socket
import ssl

import pytest

from liqdesk.errors import Refusal
from liqdesk.net.refusals import refused, retry_after_s, unreachable


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (400, Refusal.REQUEST, "did not accept"),
        (401, Refusal.REQUEST, "did not accept"),
        (403, Refusal.BLOCKED, "firewall"),
        (404, Refusal.REQUEST, "does not serve /fapi/v1/time (HTTP 404)"),
        (418, Refusal.BANNED, "shut out"),
        (429, Refusal.RATE_LIMITED, "less often"),
        (451, Refusal.REGION, "does not serve the place"),
        (500, Refusal.SERVER, "fault of its own"),
        (503, Refusal.SERVER, "fault of its own"),
        (302, Refusal.PROTOCOL, "sign-in page"),
    ],
)
def test_every_status_is_a_state_of_its_own_with_two_texts(status: int, kind: Refusal, word: str) -> None:
    error = refused(status, "fapi.binance.com", "/fapi/v1/time", "why", 7.0)
    assert (error.kind, error.retry_s) == (kind, 7.0)
    assert word in error.user
    assert "fapi.binance.com" in error.user
    assert error.user.endswith(".") or error.user.endswith("?")
    assert f"answered {status} to /fapi/v1/time: why" in str(error)


def test_the_time_to_wait_is_said() -> None:
    assert "next try in 30 s" in refused(429, "h", "p", "", 30).user
    assert "next try in 60 min" in refused(418, "h", "p", "", 3600).user
    assert "next try" not in refused(429, "h", "p").user


def wrapped(inner: Exception) -> Exception:
    try:
        try:
            raise inner
        except Exception as e:
            raise RuntimeError("outer") from e
    except RuntimeError as e:
        return e


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (socket.gaierror(-2, "Name or service not known"), "cannot be found"),
        (ConnectionRefusedError(111, "refused"), "Nothing answers"),
        (ConnectionResetError(104, "reset"), "was cut"),
        (BrokenPipeError(32, "pipe"), "was cut"),
        (TimeoutError("timed out"), "does not answer"),
        (OSError(101, "Network is unreachable"), "cannot be reached"),
        (ssl.SSLCertVerificationError("bad"), "certificate"),
    ],
)
def test_the_reason_is_found_at_the_bottom_of_the_chain(error: Exception, word: str) -> None:
    for one in (error, wrapped(error), Exception(Exception(error))):
        made = unreachable(one, "fapi.binance.com")
        assert made.kind is Refusal.OFFLINE
        assert word in made.user
        assert "fapi.binance.com" in made.user


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        (" 5 ", 5.0),
        ("9" * 12, 7 * 86_400),
        ("Thu, 01 Jan 1970 00:20:00 GMT", 200.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("²", None),
        ("9" * 5_000, 7 * 86_400),
        ("-3", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after_s(text, 1000.0) == seconds
