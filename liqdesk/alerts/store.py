"""The rules on disk: one JSON file, written whole. What cannot be read is set aside, never lost."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from liqdesk.alerts.book import MOST_RULES
from liqdesk.alerts.check import check
from liqdesk.alerts.rules import AnyRule
from liqdesk.errors import NewerError
from liqdesk.formats import ALERTS, refuse_newer
from liqdesk.formats.joining import joined
from liqdesk.paths import free_aside, set_aside, write_atomic

log = logging.getLogger(__name__)

VERSION: Final = ALERTS
LARGEST: Final = 4 * 1024 * 1024


class _Document(msgspec.Struct):
    rules: list[msgspec.Raw]
    version: int = VERSION


class _Saved(msgspec.Struct):
    version: int
    rules: tuple[AnyRule, ...]


class AlertStore:
    """Loads and saves the rules of a profile. `notices` are sentences for the user; with `writable` False nothing is ever written."""

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        self._path = path
        self._writable = writable
        self._loaded: list[str] = []
        self._unsaved = ""

    @property
    def notices(self) -> tuple[str, ...]:
        return (*self._loaded, self._unsaved) if self._unsaved else tuple(self._loaded)

    def load(self) -> tuple[AnyRule, ...]:
        """Return the saved rules; none when there is no file. A damaged file is renamed, one with bad rules copied, to `….broken`; one of a
        later version is left alone, and nothing is saved over it."""
        try:
            if self._path.stat().st_size > LARGEST:
                self._put_aside(keep=False)
                return ()
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as e:
            self._say(f"The alert rules could not be read ({e.strerror}).")
            return ()
        try:
            refuse_newer(self._path, raw, VERSION)
        except NewerError as e:
            self._writable = False
            self._say(e.user)
            return ()
        try:
            document = msgspec.json.decode(raw, type=_Document)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
            log.info("alert rules: %s", e)
            self._put_aside(keep=False)
            return ()
        good: dict[str, AnyRule] = {}
        for text in document.rules:
            rule = _decode(text)
            if rule is not None and rule.id not in good and len(good) < MOST_RULES:
                good[rule.id] = rule
        if len(good) < len(document.rules):
            self._put_aside(keep=True, bad=len(document.rules) - len(good))
            self.save(good.values())
        return tuple(good.values())

    def save(self, rules: Iterable[AnyRule]) -> bool:
        """Write all rules; return whether they are on disk. Where they are not, `notices` says so until a later save succeeds."""
        if not self._writable:
            return False
        document = _Saved(VERSION, tuple(rules))
        try:
            write_atomic(self._path, joined(self._path, document, VERSION))
        except (OSError, NewerError) as e:
            log.info("alert rules are not saved: %s", e)
            why = "the file was written by a later liqdesk" if isinstance(e, NewerError) else e.strerror
            self._unsaved = f"The alert rules could not be saved ({why}); they hold until liqdesk is closed."
            return False
        self._unsaved = ""
        return True

    def _put_aside(self, *, keep: bool, bad: int = 0) -> None:
        count = (
            "One alert rule was" if bad == 1 else f"{bad} alert rules were" if bad else "The file of alert rules was"
        )
        if not self._writable:
            self._say(f"{count} not usable.")
            return
        try:
            if keep:
                broken = free_aside(self._path)
                shutil.copyfile(self._path, broken)
            else:
                broken = set_aside(self._path)
        except OSError as e:
            self._writable = False
            self._say(
                f"{count} not usable and could not be set aside ({e.strerror}); rules are not saved, so that nothing is lost."
            )
            return
        self._say(f"{count} not usable; the file is kept as {broken.name}.")

    def _say(self, sentence: str) -> None:
        self._loaded.append(sentence)


def _decode(text: msgspec.Raw) -> AnyRule | None:
    """Return a rule, or None for one that is not known, not well formed or not sensible."""
    try:
        rule: AnyRule = msgspec.json.decode(text, type=AnyRule)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        log.info("an alert rule is not readable: %s", e)
        return None
    sentence = check(rule)
    if sentence is not None:
        log.info("an alert rule is not usable: %s: %r", sentence, rule)
    return rule if sentence is None else None
