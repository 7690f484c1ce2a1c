"""The plan: which faults there are, and a TOML file of them read and checked."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from liqdesk.errors import InputError

LONGEST: Final = 400  # of what an error says
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Share = Annotated[float, Meta(gt=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Route = Literal["market", "public", "private", "legacy"]


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """One fault. It comes once, `at_s` after the exchange began to serve, or again and again, `per_minute` on average, at times drawn from
    the seed, from `from_s` to `until_s` and `times` at most. It lasts for `for_s`. The clock of these is the wall's or the market's.
    """

    at_s: Seconds | None = None
    per_minute: Annotated[float, Meta(ge=1e-6, le=6000)] | None = None
    from_s: Seconds = 0.0
    until_s: Seconds | None = None
    times: Count | None = None
    for_s: Seconds = 5.0
    clock: Literal["wall", "market"] = "wall"


class SocketFault(Fault, frozen=True, kw_only=True):
    """A fault of sockets: those of a route (None: all), or the n-th that was opened. `one` takes a single one of them, by chance."""

    route: Route | None = None
    connection: Count | None = None
    one: bool = False


class FrameFault(SocketFault, frozen=True, kw_only=True):
    """A fault of what streams send. `stream` is a pattern such as `btcusdt@*`; `share` of the frames are touched."""

    stream: str = "*"
    share: Share = 1.0


class Close(SocketFault, frozen=True, tag="close"):
    """Sockets are closed, with a closing frame."""

    code: Literal[1000, 1001, 1008, 1011] = 1001
    reason: Annotated[str, Meta(max_length=100)] = ""


class Abort(SocketFault, frozen=True, tag="abort"):
    """Connections are reset, without a closing frame."""


class HalfOpen(SocketFault, frozen=True, tag="half-open"):
    """Open sockets stay so, but nothing more is sent or answered on them; after `for_s` they are reset."""


class Slow(FrameFault, frozen=True, tag="slow"):
    """Each frame waits, then leaves a few bytes at a time; those behind it wait too."""

    delay_s: Annotated[float, Meta(ge=0, le=30)] = 0.1
    bytes_at_once: Count | None = None
    pause_s: Annotated[float, Meta(ge=0, le=1)] = 0.005


class Split(FrameFault, frozen=True, tag="split"):
    """One message comes in several frames, and those in several TCP writes, pieces of headers among them."""

    frames: Annotated[int, Meta(ge=1, le=50)] = 3
    writes: Annotated[int, Meta(ge=1, le=50)] = 4


class Drop(FrameFault, frozen=True, tag="drop"):
    """Frames are lost, and the connection lives on."""


class Duplicate(FrameFault, frozen=True, tag="duplicate"):
    """Frames come twice, the second time up to `by_s` later."""

    by_s: Annotated[float, Meta(ge=0, le=10)] = 0.0


class Reorder(FrameFault, frozen=True, tag="reorder"):
    """Frames are overtaken by others: they come up to `by_s` late."""

    by_s: Annotated[float, Meta(gt=0, le=2)] = 2.0


class Corrupt(FrameFault, frozen=True, tag="corrupt"):
    """Frames are spoilt: bytes changed, the end cut off, not UTF-8, or values of wrong types."""

    how: Literal["any", "bytes", "cut", "utf8", "types"] = "any"


class Oversize(SocketFault, frozen=True, tag="oversize"):
    """One message that is far too large."""

    size: Annotated[int, Meta(ge=1, le=15_000_000)] = 9_000_000


class WrongPath(FrameFault, frozen=True, tag="wrong-path"):
    """Streams are acknowledged and never delivered."""


class Clock(FrameFault, frozen=True, tag="clock"):
    """The exchange's clock is off: the event time of frames, and /fapi/v1/time."""

    shift_s: Annotated[float, Meta(ge=-5, le=5)]


class RestFault(Fault, frozen=True, kw_only=True):
    """A fault of answers. `path` is a pattern such as `/fapi/v1/*klines`; of a pattern for socket paths, such as `/market/*`, handshakes
    are touched. `share` of the requests are.
    """

    path: str = "/f*"
    share: Share = 1.0


class Refuse(RestFault, frozen=True, tag="refuse"):
    """Requests are refused, with the body and headers of the venue or of what stands before it."""

    status: Literal[403, 418, 429, 451, 500, 502, 503, 504]
    retry_s: Annotated[int, Meta(ge=0, le=259_200)] = 5


class Reset(RestFault, frozen=True, tag="reset"):
    """Connections are reset in place of an answer."""


class Refused(Fault, frozen=True, tag="refused"):
    """Nobody listens: new connections are refused. Open sockets live on; requests on connections kept open are reset."""


class SlowAnswer(RestFault, frozen=True, tag="slow-answer"):
    """Answers wait, then come a few bytes at a time."""

    delay_s: Annotated[float, Meta(ge=0, le=60)] = 1.0
    bytes_at_once: Count | None = None
    pause_s: Annotated[float, Meta(ge=0, le=1)] = 0.005


class Truncate(RestFault, frozen=True, tag="truncate"):
    """Bodies end early: `cut` leaves the connection reset in their midst, otherwise the length is that of the part."""

    cut: bool = True


AnyFault = (
    Close | Abort | HalfOpen | Slow | Split | Drop | Duplicate | Reorder | Corrupt | Oversize | WrongPath | Clock
    | Refuse | Reset | Refused | SlowAnswer | Truncate
)  # fmt: skip


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All faults of a run, and the seed that every chance of them is drawn from."""

    seed: int = 1
    fault: tuple[AnyFault, ...] = ()


def kind_of(fault: AnyFault) -> str:
    return str(fault.__struct_config__.tag)


def read_plan(path: Path) -> Plan:
    """Read a plan. Raises InputError, with a sentence that names the fault and the key."""
    try:
        plan = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Plan)
    except OSError as e:
        raise InputError(f"fault plan: {e}", f"The fault plan {path} cannot be read.") from e
    except msgspec.ValidationError as e:
        raise InputError(f"fault plan {path}: {_short(e)}", f"{path} is no fault plan: {_in_words(_short(e))}.") from e
    except (ValueError, RecursionError) as e:  # tomllib's own, not UTF-8, too long a number; too deep
        raise InputError(f"fault plan {path}: {_short(e)}", f"{path} is not TOML: {_short(e)}.") from e
    for number, fault in enumerate(plan.fault, 1):
        wrong = _wrong(fault)
        if wrong:
            raise InputError(f"fault {number}: {wrong}", f"{path}: fault {number} ({kind_of(fault)}) {wrong}.")
    return plan


def _short(error: Exception) -> str:
    """Return what an error says, without the middle of a text that it quotes at length."""
    text = str(error)
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


def _wrong(fault: AnyFault) -> str:
    if (fault.at_s is None) == (fault.per_minute is None):
        return "needs either at_s or per_minute"
    if fault.at_s is not None and (fault.times is not None or fault.until_s is not None or fault.from_s):
        return "comes once, at at_s: from_s, until_s and times go with per_minute"
    if fault.until_s is not None and fault.until_s <= fault.from_s:
        return "ends before it begins: until_s must be greater than from_s"
    return ""


def _in_words(text: str) -> str:
    """Turn `… - at `$.fault[2].code`` into `… in fault 3, key code`."""
    what, _, where = text.partition(" - at `$")
    where = where.rstrip("`")
    if where.startswith(".fault["):
        number, _, rest = where.removeprefix(".fault[").partition("]")
        key = rest.lstrip(".")
        place = f" in fault {int(number) + 1}" if number.isdigit() else " in a fault"
        return what + place + (f", key {key}" if key else "")
    return what + (f", key {where.lstrip('.')}" if where.lstrip(".") else "")
