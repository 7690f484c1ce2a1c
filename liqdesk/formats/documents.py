"""JSON documents with a version: whether one may be read. It stands on the start path, and imports the standard library alone."""

from __future__ import annotations

import json
from pathlib import Path

from liqdesk.errors import NewerError


def version_of(raw: bytes) -> int:
    """Return the version a document states, 1 where it states none that is a whole number."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):  # damage is for whoever loads it to say
        return 1
    found = document.get("version") if isinstance(document, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else 1


def refuse_newer(path: Path, raw: bytes, known: int) -> None:
    """Raise NewerError for a document of a later version than `known`."""
    found = version_of(raw)
    if found > known:
        raise NewerError(path, found, known)
