"""Versions as Python's packages write them (PEP 440), with the habits of release tags: which of two is newer."""

from __future__ import annotations

import re
from functools import total_ordering
from typing import Final

LONGEST: Final = 64
FORM: Final = re.compile(
    r"""(?:liqdesk[-_ ]?)?v?
    (?:(?P<epoch>\d{1,9})!)?
    (?P<release>\d{1,9}(?:\.\d{1,9}){0,7})
    (?:[-_.]?(?P<phase>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<number>\d{0,9}))?
    (?:-(?P<plain_post>\d{1,9})|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d{0,9}))?
    (?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d{0,9}))?
    (?:\+(?P<local>[a-z0-9]{1,20}(?:[-_.][a-z0-9]{1,20}){0,7}))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
PHASES: Final = {"a": "a", "alpha": "a", "b": "b", "beta": "b", "c": "rc", "rc": "rc", "pre": "rc", "preview": "rc"}

Key = tuple[int, tuple[int, ...], tuple[int, str, int], int, tuple[int, int], tuple[tuple[int, int, str], ...]]


@total_ordering
class Version:
    """A version that was read. `text` is how it was written, `early` whether it comes before its release: alpha, beta, candidate, dev."""

    def __init__(self, text: str, key: Key, early: bool) -> None:
        self.text = text
        self.early = early
        self._key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key == other._key

    def __lt__(self, other: Version) -> bool:
        return self._key < other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Version({self.text!r})"


def version_from(text: str) -> Version | None:
    """Read a version or a release's tag, such as 0.2.0, v1.0rc1 or liqdesk-0.3; None for what is none."""
    text = text.strip()
    found = FORM.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    part = found.groupdict()
    release = [int(n) for n in part["release"].split(".")]
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    has_post = part["plain_post"] is not None or part["post"] is not None
    post = int(part["plain_post"] or part["post_number"] or 0) if has_post else -1
    dev = part["dev"] is not None
    if part["phase"] is not None:
        phase = (0, PHASES[part["phase"].lower()], int(part["number"] or 0))
    else:
        phase = (-1, "", 0) if dev and not has_post else (1, "", 0)
    key: Key = (
        int(part["epoch"] or 0),
        tuple(release),
        phase,
        post,
        (0, int(part["dev_number"] or 0)) if dev else (1, 0),
        _local(part["local"] or ""),
    )
    return Version(text, key, part["phase"] is not None or dev)


def _local(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return what stands behind a plus, in order: numbers come after words."""
    words = re.split(r"[-_.]", text.lower()) if text else []
    return tuple((1, int(w), "") if w.isdecimal() else (0, 0, w) for w in words)
