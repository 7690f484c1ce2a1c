"""Every venue, one line each. A venue's modules load when it is first asked for."""

from __future__ import annotations

from importlib import import_module

from liqdesk.errors import InputError
from liqdesk.venues.venue import Venue

VENUES = {
    "binance": ("liqdesk.venues.binance", "Binance"),
}


def venue(name: str) -> Venue:
    """Return the venue of that name. Raises InputError for one that is not there."""
    if name not in VENUES:
        raise InputError(f"no venue {name!r}", f"There is no venue “{name}”; choose from {', '.join(VENUES)}.")
    module, factory = VENUES[name]
    made: Venue = getattr(import_module(module), factory)()
    return made
