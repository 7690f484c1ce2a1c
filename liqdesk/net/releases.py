"""Which release is the newest: one plain request to the project's own address, only when a person asks. Nothing is downloaded."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlsplit

from liqdesk import __version__
from liqdesk.errors import Refusal, VenueError
from liqdesk.net.latest import Newest, Verdict, checked, path_of, verdict_on
from liqdesk.net.proxy import Proxy, proxy_for
from liqdesk.net.rest import Rest

log = logging.getLogger(__name__)

LARGEST: Final = 1024 * 1024


class Inquiry:
    """One request. `ask` runs in one thread, `stop` may come from another and ends it."""

    def __init__(self, address: str, proxy: Proxy | None = None, ours: str = __version__) -> None:
        """proxy: the one a person set; without one, this machine's settings decide. Raises InputError as `checked` does."""
        self._address = checked(address)
        self._ours = ours
        parts = urlsplit(self._address)
        self.host = parts.netloc
        self._rest = Rest(
            f"https://{parts.netloc}", timeout=10.0, proxy=proxy_for(self._address, proxy), largest=LARGEST
        )

    def ask(self) -> Newest:
        """Ask, and return what came of it; every failure is one of its verdicts."""
        try:
            reply = self._rest.get(path_of(self._address))
        except VenueError as e:
            log.info("the newest release is not known: %s", e)
            return _failed(e, self.host)
        finally:
            self._rest.close()
        return verdict_on(reply.data, self.host, self._ours)

    def stop(self) -> None:
        self._rest.close()


def _failed(error: VenueError, host: str) -> Newest:
    if error.kind is Refusal.REQUEST and "HTTP 404" in error.user:
        return Newest(
            Verdict.NONSENSE, f"{host} knows of no release there (HTTP 404); check the address in the settings."
        )
    if error.kind is Refusal.PROTOCOL:
        return Newest(Verdict.NONSENSE, error.user)
    return Newest(Verdict.UNREACHABLE, error.user)
