"""The settings' file: read with whatever it holds, written by atomic replace."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from liqdesk.formats import refuse_newer
from liqdesk.formats.joining import joined
from liqdesk.paths import set_aside, write_atomic
from liqdesk.settings.fields import VERSION, Settings
from liqdesk.settings.sensible import is_sensible

LARGEST: Final = 1024 * 1024


class Loaded(msgspec.Struct, frozen=True):
    """Settings with the sentences a user should read about how they were loaded."""

    settings: Settings
    notices: tuple[str, ...] = ()


def load(path: Path) -> Loaded:
    """Read settings; a missing file gives defaults, an unreadable one is renamed to `….broken` and reported in a notice.

    Unknown fields are ignored; single fields of a wrong type or a value that makes no sense fall back to their default, each named in
    a notice. Raises NewerError for a file of a later version.
    """
    try:
        if path.stat().st_size > LARGEST:
            return Loaded(Settings(), (_put_aside(path),))
        raw = path.read_bytes()
    except FileNotFoundError:
        return Loaded(Settings())
    except OSError as e:
        return Loaded(Settings(), (f"The settings could not be read ({e.strerror}); defaults are in use.",))
    refuse_newer(path, raw, VERSION)
    try:
        document = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Loaded(Settings(), (_put_aside(path),))
    return _from_document(document)


def _from_document(document: dict[str, msgspec.Raw]) -> Loaded:
    good: dict[str, object] = {}
    bad: list[str] = []
    for field in msgspec.structs.fields(Settings):
        if field.name not in document or field.name == "version":
            continue
        try:
            value = msgspec.json.decode(document[field.name], type=field.type)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            bad.append(field.name)
            continue
        if is_sensible(field.name, value):
            good[field.name] = value
        else:
            bad.append(field.name)
    settings = Settings(**good)  # type: ignore[arg-type]
    if settings.heat_low_usd >= settings.heat_high_usd and not settings.heat_auto:
        settings = msgspec.structs.replace(settings, heat_auto=True, heat_low_usd=0.0, heat_high_usd=0.0)
        bad.append("heat_high_usd")
    notices = (f"These settings were not usable and are back at their default: {', '.join(bad)}.",) if bad else ()
    return Loaded(settings, notices)


def _put_aside(path: Path) -> str:
    try:
        broken = set_aside(path)
    except OSError as e:
        return f"The settings file is damaged and could not be set aside ({e.strerror}); defaults are in use."
    return f"The settings file was damaged; it is kept as {broken.name}, and defaults are in use."


def save(path: Path, settings: Settings) -> None:
    """Write settings by atomic replace; fields that a later program has added stay. Raises OSError where the profile cannot be written,
    NewerError over a file of a later version."""
    write_atomic(path, joined(path, settings, VERSION))
