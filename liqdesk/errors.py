"""Every failure liqdesk can explain, each with two texts: one for the log, one sentence for the user."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class LiqdeskError(Exception):
    """A failure with a way out. `str(error)` is the log's text, `error.user` the sentence a person reads."""

    exit_code = 1

    def __init__(self, log: str, user: str | None = None) -> None:
        super().__init__(log)
        self.user = user if user is not None else log


class InputError(LiqdeskError):
    """An argument, file or setting that cannot be used."""

    exit_code = 2


class ProfileError(LiqdeskError):
    """The profile folder cannot be read, written or locked."""

    exit_code = 3


class NewerError(ProfileError):
    """A file was written by a later version of the program, in a format this one does not know; nothing is changed then."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(
            f"{path} is of format {found}, known are those up to {known}",
            f"{path.name} was written by a later liqdesk (format {found}; this one knows {_up_to(known)}). Nothing was changed. "
            f"Open {path.parent} with the later liqdesk, or name another --profile.",
        )


def _up_to(known: int) -> str:
    return "1" if known == 1 else f"1 to {known}"


class NoDataError(LiqdeskError):
    """What was asked for is not in the history, or did not arrive in time."""

    exit_code = 4


class Refusal(StrEnum):
    """Why a venue gives no data; each is a state of its own on screen."""

    OFFLINE = "offline"  # no route, name or connection
    RATE_LIMITED = "rate limited"  # 429
    BANNED = "banned"  # 418
    BLOCKED = "blocked"  # 403, a firewall in front of the venue
    REGION = "region"  # 451
    SERVER = "server"  # 5xx
    REQUEST = "request"  # 400 and 404: our request is wrong
    PROTOCOL = "protocol"  # an answer that is not what the venue documents


class VenueError(LiqdeskError):
    """The venue refused or could not be reached. `retry_s` is its own word on when to come back, if it gave one."""

    exit_code = 5

    def __init__(self, kind: Refusal, log: str, user: str | None = None, retry_s: float | None = None) -> None:
        super().__init__(log, user)
        self.kind = kind
        self.retry_s = retry_s


class DecodeError(LiqdeskError):
    """Bytes from a venue or a file that do not mean anything we know."""
