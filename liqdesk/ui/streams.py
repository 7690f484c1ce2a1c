"""Streams, connections and requests in words: pure text from a frame, for the status bar and its card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from liqdesk.ui import present
from liqdesk.ui.present import UNKNOWN

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame, LinkStatus, RestStatus, StreamStatus
    from liqdesk.model.quality import Oddity

STREAM_COLUMNS: Final = ("Stream", "Age", "Messages", "Latency", "Gaps", "Gap length", "Thinned", "Brought by")
LINK_COLUMNS: Final = ("Connection", "State", "Messages", "Round trip", "Open for", "Lost", "Renewed", "Endpoint")
REST_COLUMNS: Final = ("Requests", "Weight used", "Last answer", "Answered", "Failed", "Endpoint")
FRESH_MS: Final = 600_000
ODD: Final = {
    "interest beyond volume": "open interest changed by more than was traded",
    "interest leap": "open interest leapt and came back",
    "mark leap": "the mark price leapt and came back",
}
STATES: Final = {"open": "text1", "connecting": "text2", "closed": "text3"}


class Cell(msgspec.Struct, frozen=True):
    """What a table shows in one place: its words, the raw value behind them, and the token of its colour."""

    text: str
    value: object = None
    token: str = "text1"


def condition_of(stream: StreamStatus) -> str:
    """Return none, stale or fresh."""
    return "none" if stream.age_s is None else "stale" if stream.stale else "fresh"


def _count(value: int, alarming: bool = False) -> Cell:
    return Cell(f"{value:,}", value, "alert" if alarming and value else "text1" if value else "text3")


def _known(text: str, value: float | None) -> Cell:
    return Cell(text, value, "text1" if value is not None else "text3")


def _rate(per_second: float) -> Cell:
    return Cell(present.rate(per_second), per_second, "text1" if per_second else "text3")


def stream_row(s: StreamStatus) -> tuple[Cell, ...]:
    """Return one stream's cells, in the order of STREAM_COLUMNS."""
    age = _known(present.age(s.age_s), s.age_s)
    return (
        Cell(s.name, s.name),
        msgspec.structs.replace(age, token="alert") if s.stale else age,  # nosec B106  # a colour's name
        _rate(s.rate),
        _known(present.milliseconds(s.latency_ms), s.latency_ms),
        _count(s.gaps, alarming=True),
        Cell(present.length(s.gap_ms) if s.gaps else UNKNOWN, s.gap_ms, "text1" if s.gaps else "text3"),
        _count(s.dropped),
        Cell(s.link or UNKNOWN, s.link, "text2" if s.link else "text3"),
    )


def link_row(link: LinkStatus) -> tuple[Cell, ...]:
    """Return one connection's cells, in the order of LINK_COLUMNS."""
    state = str(link.phase)
    open_for = UNKNOWN if link.open_s is None else present.length(int(link.open_s * 1_000))
    return (
        Cell(link.name, link.name),
        Cell(state, state, STATES.get(state, "alert")),
        _rate(link.rate),
        _known(present.milliseconds(link.round_trip_ms), link.round_trip_ms),
        _known(open_for, link.open_s),
        _count(link.losses),
        _count(link.renewals),
        Cell(link.endpoint or UNKNOWN, link.endpoint, "text2"),
    )


def rest_row(rest: RestStatus) -> tuple[Cell, ...]:
    """Return the cells of the requests, in the order of REST_COLUMNS."""
    used = UNKNOWN if rest.used_weight is None else f"{rest.used_weight:,}"
    return (
        Cell("REST", "REST"),
        Cell(f"{used} of {rest.weight_limit:,}/min", rest.used_weight),
        _known(present.milliseconds(rest.answer_ms), rest.answer_ms),
        _count(rest.answers),
        _count(rest.failures),
        Cell(rest.endpoint or UNKNOWN, rest.endpoint, "text2"),
    )


def fresh_oddities(frame: Frame) -> int:
    """Return how many impossible inputs the last 24 h had, if one of them is at most ten minutes old; else 0."""
    fresh = any(frame.feed_ms - odd.last_ms <= FRESH_MS for odd in frame.quality)
    return sum(odd.count for odd in frame.quality) if fresh else 0


def odd_words(odd: Oddity, venue_ms: int) -> str:
    """Return what is said of one kind of impossible input."""
    done = "clipped" if odd.clipped else "left out"
    last = present.age((venue_ms - odd.last_ms) / 1_000)
    return f"Impossible data: {ODD.get(odd.kind, odd.kind)}, {odd.count:,} in 24 h, {done}; the last {last} ago"


def notes(frame: Frame) -> tuple[Cell, ...]:
    """Return what the tables leave to say: what is wrong first, then what always holds."""
    said = []
    for link in frame.links:
        if link.silent:
            said.append(Cell(f"Accepted by {link.name} and never sent: {', '.join(link.silent)}", link.silent, "alert"))
        if link.sentence and link.phase != "open":
            said.append(Cell(f"{link.name}: {link.sentence}", link.sentence, "alert"))
    for odd in frame.quality:
        token = "demo" if frame.feed_ms - odd.last_ms <= FRESH_MS else "text2"
        said.append(Cell(odd_words(odd, frame.feed_ms), list(odd.by_hour), token))
    if frame.rest is not None and frame.rest.proxy:
        said.append(Cell(f"Everything goes through the proxy {frame.rest.proxy}", frame.rest.proxy, "text2"))
    if frame.source.speed != 1.0:
        words = f"This market runs at {present.speed(frame.source.speed)}: ages are in its own time, messages in yours."
        said.append(Cell(words, frame.source.speed, "text2"))
    return tuple(said)


def numbers(frame: Frame) -> dict[str, dict[str, object]]:
    """Return every cell by name, text and raw value."""
    out: dict[str, dict[str, object]] = {}

    def put(name: str, cell: Cell) -> None:
        out[name] = {"text": cell.text, "value": cell.value}

    for s in frame.streams:
        _, age, rate, latency, gaps, length, thinned, link = stream_row(s)
        put(f"stream.{s.name}", age)
        put(f"stream.{s.name}.rate", rate)
        put(f"stream.{s.name}.latency", latency)
        put(f"stream.{s.name}.gaps", gaps)
        put(f"stream.{s.name}.gap_length", length)
        put(f"stream.{s.name}.thinned", thinned)
        put(f"stream.{s.name}.link", link)
    for odd in frame.quality:
        out[f"quality.{odd.kind.replace(' ', '_')}"] = {
            "text": odd_words(odd, frame.feed_ms),
            "value": list(odd.by_hour),
        }
    for one in frame.links:
        names = ("state", "rate", "round_trip", "open_for", "losses", "renewals", "endpoint")
        for name, cell in zip(names, link_row(one)[1:], strict=True):
            put(f"link.{one.name}.{name}", cell)
        out[f"link.{one.name}.silent"] = {"text": ", ".join(one.silent), "value": list(one.silent)}
    if frame.rest is not None:
        for name, cell in zip(
            ("weight", "answer", "answers", "failures", "endpoint"), rest_row(frame.rest)[1:], strict=True
        ):
            put(f"rest.{name}", cell)
        out["rest.proxy"] = {"text": frame.rest.proxy, "value": frame.rest.proxy}
    return out
