"""What went wrong on the way to a venue, each in two texts: the log's, and a sentence for a person."""

from __future__ import annotations

import http.client
import socket
import ssl
from email.utils import parsedate_to_datetime
from typing import Final

from liqdesk.errors import Refusal, VenueError
from liqdesk.net.proxy import ProxyFault

KINDS: Final = {
    403: Refusal.BLOCKED,
    404: Refusal.REQUEST,
    418: Refusal.BANNED,
    429: Refusal.RATE_LIMITED,
    451: Refusal.REGION,
}


def refused(status: int, host: str, what: str, detail: str = "", retry_s: float | None = None) -> VenueError:
    """Return the error for an HTTP status other than success. `detail` is the venue's own message, if any."""
    said = f": {detail}" if detail else ""
    log = f"{host} answered {status} to {what}{said}"
    kind = KINDS.get(status)
    if kind is Refusal.REGION:
        return VenueError(kind, log, f"{host} does not serve the place you connect from (HTTP 451).", retry_s)
    if kind is Refusal.BLOCKED:
        return VenueError(kind, log, f"A firewall in front of {host} refuses this network (HTTP 403).", retry_s)
    if kind is Refusal.BANNED:
        return VenueError(kind, log, f"{host} has shut out this address for a while (HTTP 418){_in(retry_s)}.", retry_s)
    if kind is Refusal.RATE_LIMITED:
        return VenueError(kind, log, f"{host} asks to be asked less often (HTTP 429){_in(retry_s)}.", retry_s)
    if status >= 500:
        return VenueError(Refusal.SERVER, log, f"{host} has a fault of its own (HTTP {status}).", retry_s)
    if status == 404:
        return VenueError(Refusal.REQUEST, log, f"{host} does not serve {what} (HTTP 404).", retry_s)
    if 400 <= status < 500:
        return VenueError(Refusal.REQUEST, log, f"{host} did not accept a request (HTTP {status}{said}).", retry_s)
    user = f"Something other than {host} answered (HTTP {status}); does this network need a sign-in page first?"
    return VenueError(Refusal.PROTOCOL, log, user, retry_s)


def unreachable(error: BaseException, host: str) -> VenueError:
    """Return the error for a connection that failed, by the reason at the bottom of the chain of exceptions."""
    chain = list(_chain(error))
    log = f"{host}: {error!r}"
    fault = next((one for one in chain if isinstance(one, ProxyFault)), None)
    if fault is not None:
        return VenueError(Refusal.OFFLINE, f"{host}: {fault}", fault.user)
    for one in chain:
        if isinstance(one, ssl.SSLCertVerificationError):
            user = f"The certificate of {host} cannot be trusted; something on this network may be listening in."
            return VenueError(Refusal.OFFLINE, log, user)
        if isinstance(one, socket.gaierror):
            return VenueError(Refusal.OFFLINE, log, f"The name {host} cannot be found; is this machine online?")
        if isinstance(one, ConnectionRefusedError):
            return VenueError(Refusal.OFFLINE, log, f"Nothing answers at {host}.")
        if isinstance(one, ConnectionResetError | BrokenPipeError | http.client.HTTPException):
            return VenueError(Refusal.OFFLINE, log, f"The connection to {host} was cut.")
    if any(isinstance(one, TimeoutError) or "timed out" in str(one).lower() for one in chain):
        return VenueError(Refusal.OFFLINE, log, f"{host} does not answer.")
    return VenueError(Refusal.OFFLINE, log, f"{host} cannot be reached.")


def stopped(host: str) -> VenueError:
    """Return the error for work that was ended from our side."""
    return VenueError(Refusal.OFFLINE, f"{host}: stopped by us", "Stopped.")


def retry_after_s(text: str | None, now_s: float) -> float | None:
    """Return seconds from a Retry-After header: a number, or a date compared with `now_s` (UTC). None where it means
    nothing.
    """
    if not text:
        return None
    if text.strip().isdecimal():  # "²" is a digit, and no number
        return float(min(int(text.strip()[:9]), 7 * 86_400))
    try:
        return max(0.0, min(parsedate_to_datetime(text).timestamp() - now_s, 7 * 86_400.0))
    except (ValueError, OverflowError):
        return None


def _in(retry_s: float | None) -> str:
    if retry_s is None:
        return ""
    return f"; next try in {retry_s:.0f} s" if retry_s < 120 else f"; next try in {retry_s / 60:.0f} min"


def _chain(error: BaseException | None) -> list[BaseException]:
    """Return an exception and whatever it wraps: causes, contexts, and the exceptions libraries keep as arguments."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 30:
        one = waiting.pop()
        if one is None or any(one is f for f in found):
            continue
        found.append(one)
        reason = getattr(one, "reason", None)
        inner = [a for a in (*one.args, reason) if isinstance(a, BaseException)]
        waiting += [one.__context__, one.__cause__, *inner]
    return found
