"""Writing a document without losing what a later program of the same version has added to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from liqdesk.formats.documents import refuse_newer

KEYS: Final = ("id", "name")  # by which entries of a list are known, where they have one
DAMAGE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def joined(path: Path, document: msgspec.Struct, known: int) -> bytes:
    """Return a document as it is to be written over the file at `path`: what that holds beside what this program knows stays.

    An entry of a list is known by its id or name, or by being equal as far as it is understood. Raises NewerError for a file of a later
    version, which is not to be written over.
    """
    try:
        raw = path.read_bytes()
    except OSError:
        raw = b""
    refuse_newer(path, raw, known)
    try:
        old = msgspec.json.decode(raw) if raw else None
    except DAMAGE:
        old = None
    try:
        text = msgspec.json.encode(_with(document, old))
    except (*DAMAGE, UnicodeEncodeError, OverflowError):  # what is not ours cannot be written back
        text = msgspec.json.encode(document)
    return msgspec.json.format(text, indent=2) + b"\n"


def _with(new: object, old: object) -> object:
    """Return a value in plain types, with what an older one of the same place holds in fields that the new one does not know."""
    if isinstance(new, msgspec.Struct):
        return _struct_with(new, old if isinstance(old, dict) else {})
    if isinstance(new, Mapping):
        known = old if isinstance(old, dict) else {}
        return {key: _with(value, known.get(key)) for key, value in new.items()}
    if isinstance(new, tuple | list):
        return _entries_with(new, old if isinstance(old, list) else [])
    return msgspec.to_builtins(new)


def _struct_with(new: msgspec.Struct, old: Mapping[str, Any]) -> dict[str, object]:
    plain = msgspec.to_builtins(new)
    values = {field.encode_name: getattr(new, field.name) for field in msgspec.structs.fields(type(new))}
    out = {name: _with(values[name], old.get(name)) if name in values else tag for name, tag in plain.items()}
    return out | {name: value for name, value in old.items() if name not in values and name not in plain}


def _entries_with(new: Iterable[object], old: list[Any]) -> list[object]:
    rest = [one for one in old if isinstance(one, dict)]
    out = []
    for entry in new:
        found = next((one for one in rest if _is_same(entry, one)), None)
        if found is not None:
            rest.remove(found)
        out.append(_with(entry, found))
    return out


def _is_same(new: object, old: dict[str, Any]) -> bool:
    if not isinstance(new, msgspec.Struct):
        return False
    for key in KEYS:
        mine = getattr(new, key, None)
        if mine is not None:
            return bool(old.get(key) == mine)
    try:
        return msgspec.convert(old, type(new)) == new
    except DAMAGE:
        return False
