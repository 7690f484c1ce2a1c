"""Reading what a user keeps in a JSON document of a profile: damage is set aside and told of, never lost."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TypeVar

import msgspec

from liqdesk.errors import NewerError
from liqdesk.formats.documents import refuse_newer
from liqdesk.paths import set_aside

T = TypeVar("T", bound=msgspec.Struct)


def read(
    path: Path, kind: type[T], known: int, largest: int, what: str, *, private: bool = False
) -> tuple[T | None, str]:
    """Return a document and nothing to say, or None and a sentence: empty where there is no file.

    `what` names it to its owner, in the plural ("lines"). One of more than `largest` bytes or not of `kind` is damaged and set aside; one
    of a later version than `known` is left alone. `private` makes the file readable by its owner alone.
    """
    try:
        if path.stat().st_size > largest:
            return None, _put_aside(path, what)
        raw = path.read_bytes()
    except FileNotFoundError:
        return None, ""
    except OSError as e:
        return None, f"Your {what} could not be read ({e.strerror})."
    try:
        refuse_newer(path, raw, known)
        if private:
            with contextlib.suppress(OSError):
                path.chmod(0o600)
        return msgspec.json.decode(raw, type=kind), ""
    except NewerError as e:
        return None, e.user
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, _put_aside(path, what)


def left_out(lost: int, what: str) -> str:
    """Return what is said of entries that made no sense; empty for none."""
    return f"{lost} of your {what} made no sense and {'are' if lost > 1 else 'is'} left out." if lost else ""


def _put_aside(path: Path, what: str) -> str:
    try:
        broken = set_aside(path)
    except OSError as e:
        return f"The file of your {what} is damaged and could not be set aside ({e.strerror})."
    return f"The file of your {what} was damaged; it is kept as {broken.name}."
