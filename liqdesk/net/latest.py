"""What an address of releases may be, what is sent there, and what an answer means. No connection is made here."""

from __future__ import annotations

import datetime as dt
import logging
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from liqdesk import __version__
from liqdesk.about import Version, version_from
from liqdesk.errors import InputError

log = logging.getLogger(__name__)

LONGEST_URL: Final = 500
FORM: Final = "like https://api.github.com/repos/OWNER/liqdesk/releases/latest"


class _Latest(msgspec.Struct):
    """What is read of an answer; it has the form of GitHub's “latest release”."""

    tag_name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    html_url: Annotated[str, msgspec.Meta(max_length=LONGEST_URL)] = ""
    published_at: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class Verdict(StrEnum):
    """What came of asking."""

    NEWER = "newer"  # than this one: there is something to get
    SAME = "same"
    OLDER = "older"  # than this one
    UNREACHABLE = "unreachable"
    NONSENSE = "nonsense"


class Newest(msgspec.Struct, frozen=True):
    """What came of asking, as a sentence; `page` is where the release can be read about, "" where there is none to open."""

    verdict: Verdict
    sentence: str
    page: str = ""
    version: str = ""
    published: str = ""  # ISO date


def checked(address: str) -> str:
    """Return an address of releases as it is used. Raises InputError for what is no https address, or holds a name or a password."""

    def refuse(why: str) -> InputError:
        return InputError(f"an address of releases that {why}", f"The address of releases {why}; it looks {FORM}.")

    address = address.strip()
    if not is_https(address):
        raise refuse("must start with https://, and hold no spaces, names or passwords")
    return address


def is_https(address: str) -> bool:
    """Return whether a text is an https address of a host, without a name or password in it."""
    if len(address) > LONGEST_URL or not address.isascii() or any(c.isspace() or not c.isprintable() for c in address):
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    named = parts.username is not None or parts.password is not None
    return parts.scheme == "https" and bool(parts.hostname) and port != 0 and not named and "\\" not in address


def request_lines(address: str) -> tuple[str, ...]:
    """Return, line by line, all that asking sends to an address."""
    parts = urlsplit(address)
    return (
        f"GET {path_of(address)} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"User-Agent: liqdesk/{__version__}",
        "Accept-Encoding: gzip",
        "Accept: */*",
        "Connection: keep-alive",
    )


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def verdict_on(data: bytes, host: str, ours: str) -> Newest:
    """Return what an answer means for the version `ours`."""
    nonsense = Newest(Verdict.NONSENSE, f"{host} answered something that is no release of liqdesk.")
    try:
        latest = msgspec.json.decode(data, type=_Latest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        log.info("%s answered no release: %s", host, e)
        return nonsense
    theirs, mine = version_from(latest.tag_name), version_from(ours)
    if theirs is None or mine is None:
        log.info("%s names the release %r", host, latest.tag_name)
        return nonsense
    page = latest.html_url if is_https(latest.html_url) else ""
    published = _day(latest.published_at or "")
    shown = _plain(theirs)
    if theirs > mine:
        early = " It is an early version, for trying out." if theirs.early else ""
        since = f", since {_written(published)}" if published else ""
        words = f"liqdesk {shown} is out{since}. This is {ours}.{early}"
        return Newest(Verdict.NEWER, words, page, shown, published)
    if theirs == mine:
        since = f", of {_written(published)}" if published else ""
        return Newest(Verdict.SAME, f"This is the newest release: liqdesk {ours}{since}.", page, shown, published)
    words = f"This is liqdesk {ours}, which is newer than the newest release, {shown}."
    return Newest(Verdict.OLDER, words, page, shown, published)


def _plain(version: Version) -> str:
    """Return a tag as a version is written."""
    text = version.text.strip().lower()
    for before in ("liqdesk", "-", "_", " ", "v"):
        text = text.removeprefix(before)
    return text


def _day(text: str) -> str:
    try:
        return dt.datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return ""


def _written(day: str) -> str:
    date = dt.date.fromisoformat(day)
    return f"{date.day} {date:%b %Y}"
