"""Whether a value is one that a field of the settings may have."""

from __future__ import annotations

import math
import re
import zoneinfo
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec

from liqdesk.market import LEVERAGES
from liqdesk.settings.declared import Declared, Hidden, OneOf, Row, Within
from liqdesk.settings.fields import PANES, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

SYMBOL: Final = re.compile(r"[A-Za-z0-9_\u3400-\u9fff\uf900-\ufaff]{1,30}")
ZONE: Final = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,3}")
MOST_FAVOURITES: Final = 200
MOST_KEYS: Final = 400
MOST_SEQUENCES: Final = 4


@lru_cache(maxsize=1)
def declared() -> Mapping[str, Declared]:
    """Return every field of the settings with its declaration, by name and in order."""
    hints = get_type_hints(Settings, include_extras=True)
    out: dict[str, Declared] = {}
    for field in msgspec.structs.fields(Settings):
        hint = hints[field.name]
        kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        shown = next((note for note in notes if isinstance(note, Row | Hidden)), None)
        values = next((note for note in notes if isinstance(note, Within | OneOf)), None)
        out[field.name] = Declared(field.name, kind, field.default, shown, values)
    return MappingProxyType(out)


def is_sensible(name: str, value: object) -> bool:
    """Return whether a value of the right type is one that the field `name` of `Settings` may hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    values = declared()[name].values
    if isinstance(values, OneOf):
        return value in values.values
    if isinstance(values, Within):
        return isinstance(value, int | float) and values.low <= value <= values.high
    match name:
        case "symbol":
            return isinstance(value, str) and SYMBOL.fullmatch(value) is not None
        case "rest_url" | "stream_url":
            schemes = ("https", "http") if name == "rest_url" else ("wss", "ws")
            return isinstance(value, str) and _is_url(value, schemes)
        case "proxy_url":
            return isinstance(value, str) and (not value or _is_url(value, ("http", "socks5h", "socks5", "socks")))
        case "update_url":
            return isinstance(value, str) and (not value or (_is_url(value, ("https",)) and "@" not in value))
        case "timezone":
            return isinstance(value, str) and is_timezone(value)
        case "classes":
            return isinstance(value, tuple) and len(set(value)) == len(value) and set(value) <= set(LEVERAGES)
        case "panes" | "folded" | "folded_compact":
            return isinstance(value, tuple) and len(set(value)) == len(value) and set(value) <= set(PANES)
        case "favourites":
            if not isinstance(value, tuple) or len(value) > MOST_FAVOURITES or len(set(value)) != len(value):
                return False
            return all(isinstance(one, str) and SYMBOL.fullmatch(one) is not None for one in value)
        case "keys":
            return isinstance(value, tuple) and len(value) <= MOST_KEYS and all(_is_key(*one) for one in value)
        case "window_geometry":
            return (
                isinstance(value, str)
                and len(value) <= 4_096
                and value.isascii()
                and (not value or value.isprintable())
            )
    return True


def is_timezone(name: str) -> bool:
    """Return whether this machine knows an IANA zone of that name."""
    if ZONE.fullmatch(name) is None:  # zoneinfo imports a package per slash
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _is_key(name: str, sequences: tuple[str, ...]) -> bool:
    texts = (name, *sequences)
    return len(sequences) <= MOST_SEQUENCES and all(len(one) <= 80 and one.isprintable() for one in texts)


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return len(text) <= 2_048 and parts.scheme in schemes and bool(parts.hostname)
    except ValueError:
        return False
