"""What a build says of itself: when and from what it was made, and where the project is at home, if that has an address."""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec

from liqdesk.errors import InputError
from liqdesk.paths import resource

FILE: Final = "build.json"
LARGEST: Final = 64 * 1024


class Stamp(msgspec.Struct, frozen=True):
    """`built` is an ISO date and `commit` what it was built from; `releases` answers what the newest release is, `issues` takes bug
    reports; `versions` are those of the libraries inside. All empty in a checkout, and where the project has no public address."""

    built: str = ""
    commit: str = ""
    releases: str = ""
    issues: str = ""
    versions: dict[str, str] = {}


def read_stamp(raw: bytes) -> Stamp:
    """Read a stamp; one that cannot be read says nothing, and an address that is not https is left out."""
    try:
        found = msgspec.json.decode(raw, type=Stamp)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Stamp()
    return msgspec.structs.replace(found, releases=_https(found.releases), issues=_https(found.issues))


@cache
def stamp() -> Stamp:
    """Return what this build says of itself."""
    try:
        path = resource(FILE)
        if path.stat().st_size > LARGEST:
            return Stamp()
        return read_stamp(path.read_bytes())
    except (InputError, OSError):
        return Stamp()


def _https(address: str) -> str:
    return address if address.startswith("https://") and len(address) <= 500 and address.isprintable() else ""
