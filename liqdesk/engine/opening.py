"""What the worker is told at its start, and how a source is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from liqdesk.engine.child import Child
from liqdesk.engine.frames import Source, SourceKind
from liqdesk.history import GENUINE
from liqdesk.venues.venue import Endpoints

if TYPE_CHECKING:
    from liqdesk.net.proxy import Proxy

BUILT_IN = "simulated market"


class Orders(msgspec.Struct, frozen=True):
    """Everything that decides what an engine does. `folder` is the profile's; `record` False writes nothing anywhere, and
    with `shown` False no columns of the map are kept.

    With `history_to_ms` or `from_history` no venue is asked: the map comes from the history file, or from the file `recording`,
    which holds the data of `recording_of`.
    """

    symbol: str
    endpoints: Endpoints
    folder: Path
    record: bool
    proxy: Proxy | None = None
    shown: bool = True
    demo: bool = False
    demo_seed: int = 7
    demo_speed: float = 1.0
    demo_start: str | None = None
    from_history: bool = False
    recording: Path | None = None
    recording_of: str = GENUINE
    history_to_ms: int | None = None
    history_limit_mb: int = 4096
    history_days: int = 400
    local_gain: bool = False
    all_venues: bool = False


def venue_source(endpoints: Endpoints) -> Source:
    """Return how a venue endpoint is called: live only when it is the venue's own."""
    return Source(SourceKind.LIVE if endpoints.genuine else SourceKind.CUSTOM, endpoints.host)


def demo_source(orders: Orders, note: str = "") -> Source:
    return Source(SourceKind.DEMO, BUILT_IN, orders.demo_seed, orders.demo_speed, note)


def recorded_source(origin: str = GENUINE, file: str = "") -> Source:
    """Return how a history is called, the profile's own or a recording that was opened."""
    return Source(SourceKind.HISTORY, "history", file=file, whose="" if origin == GENUINE else origin)


def child_of(orders: Orders) -> Child:
    """Return the built-in market that these orders ask for, not yet launched."""
    return Child(orders.demo_seed, orders.demo_speed, orders.demo_start)


def history_file(source: Source, folder: Path) -> tuple[Path, str]:
    """Return where a source's history is kept, and its origin: genuine data never share a file with anything else."""
    if source.kind in (SourceKind.LIVE, SourceKind.HISTORY):
        return folder / "history.sqlite", GENUINE
    name = "".join(c if c.isalnum() or c in ".-" else "_" for c in source.host)[:80]
    return folder / f"history-{name}.sqlite", source.host
