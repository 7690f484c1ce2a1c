"""How connections are treated."""

from __future__ import annotations

from typing import Final

import msgspec

PING_S: Final = 180.0
MAX_AGE_S: Final = 86_400.0


class Manner(msgspec.Struct, frozen=True):
    """How the exchange treats a connection: how often it is pinged and how old it may grow, in wall seconds."""

    ping_s: float = PING_S
    max_age_s: float = MAX_AGE_S
