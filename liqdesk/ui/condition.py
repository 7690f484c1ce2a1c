"""What the pill, the ribbon and the strip say about where the data come from and how they are. Pure words from a frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from liqdesk.ui import present, scores

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame, Source


class Condition(msgspec.Struct, frozen=True):
    """The pill's words, its theme token (live, demo, alert, text2), whether its dot is hollow, and its tip."""

    text: str
    token: str
    hollow: bool
    tip: str


def genuine(frame: Frame) -> bool:
    """Return whether the data are Binance's own, now: nothing else is ever shown as live."""
    return frame.source.kind == "live"


def accent_token(frame: Frame) -> str:
    return "live" if genuine(frame) else "demo"


def mark_age_s(frame: Frame) -> float | None:
    """Return the age of the mark price in venue seconds; None for an earlier moment, which has none."""
    if frame.source.replayed:
        return None
    for stream in frame.streams:
        if stream.name == "mark" and stream.age_s is not None:
            return stream.age_s
    if frame.prices.mark_ms and math.isfinite(frame.prices.mark):
        return max(0.0, (frame.venue_ms - frame.prices.mark_ms) / 1000)
    return None


def _origin(frame: Frame) -> str:
    source = frame.source
    return {"demo": "DEMO", "custom": "NOT BINANCE", "history": "HISTORY"}.get(source.kind, "")


def _trouble(frame: Frame) -> str:
    link = frame.connection
    age = mark_age_s(frame)
    if link.health == "stale" and age is not None:
        words, verb = f"stale {present.age(age)}", "reconnect"
    else:
        words, verb = "no connection", "retry"
    if link.retry_in_s is not None and link.retry_in_s > 0:
        words += f" · {verb} in {math.ceil(link.retry_in_s)} s"
    return words


def _loading(frame: Frame) -> str:
    progress = frame.progress
    if progress is None or progress.total <= 0:
        return "connecting" if frame.connection.attempt == 0 else f"connecting, attempt {frame.connection.attempt}"
    return f"loading {progress.done}/{progress.total}"


def condition(frame: Frame) -> Condition:
    """Return what the pill shows for a frame."""
    origin, health, accent = _origin(frame), frame.connection.health, accent_token(frame)
    start = f"{origin} · " if origin else ""
    tip = _tip(frame)
    if frame.source.replayed:
        return Condition("REPLAY · not live", "demo", False, tip)
    if frame.source.kind == "history" or health == "ended":
        words = "RECORDING · not live" if frame.source.file else "HISTORY · recorded data"
        return Condition(words, "demo", False, tip)
    if health in ("stale", "down"):
        return Condition(start + _trouble(frame), "alert", False, tip)
    if health == "loading":
        return Condition(start + _loading(frame), "text2" if genuine(frame) else "demo", True, tip)
    if frame.source.kind == "demo":
        return Condition("DEMO · simulated", accent, False, tip)
    if frame.source.kind == "custom":
        return Condition(f"NOT BINANCE · {frame.source.host}", accent, False, tip)
    delay = frame.connection.latency_ms
    return Condition("live" if delay is None else f"live · {present.milliseconds(delay)}", "live", False, tip)


def _tip(frame: Frame) -> str:
    source, link = frame.source, frame.connection
    lines = []
    if source.kind == "live":
        lines.append(f"Binance USDⓈ-M, {source.host}. The number is the delay from the venue's stamp to this machine.")
    elif source.kind == "demo":
        seed = "" if source.seed is None else f", seed {source.seed}"
        lines.append(
            f"The built-in market{seed}, {present.speed(source.speed)} speed. Simulated: no price here is real."
        )
    elif source.kind == "custom":
        lines.append(f"{source.host} is not Binance. What it serves is taken as it comes and never called live.")
    elif source.kind == "history":
        lines.append("Imported or recorded data; there is no connection.")
        if source.file:
            whose = f"are of {source.whose}, not Binance's" if source.whose else "are Binance's own"
            lines.append(f"{source.file} was opened; its data {whose}.")
    if source.replayed:
        lines.append(f"Shown: {present.stamp(frame.venue_ms, 'UTC')}, of {origin_name(source)}.")
    if source.note:
        lines.append(source.note)
    if link.sentence:
        lines.append(link.sentence)
    if frame.progress is not None:
        lines.append(frame.progress.text)
    lines += [f"{state.link}: {state.phase.value}{'. ' + state.user if state.user else ''}" for state in link.links]
    return "\n".join(lines)


def origin_name(source: Source) -> str:
    """Return the name of where the data came from, of a replay too."""
    if source.file:
        return "Recording"
    return {"live": "Binance", "demo": "Built-in market", "custom": source.host, "history": "History"}[source.origin]


def venue_name(frame: Frame) -> str:
    """Return the venue as the top bar names it."""
    return "Replay" if frame.source.replayed else origin_name(frame.source)


def moment(frame: Frame) -> dict[str, object]:
    """Return what says which moment of which market a frame is, and what its amounts rest on."""
    return {
        "epoch": frame.epoch,
        "serial": frame.serial,
        "venue_ms": frame.venue_ms,
        "source": frame.source.kind.value,
        "host": frame.source.host,
        "model_version": frame.model_version,
        "gain": frame.gain,
        "scale": None if frame.scale is None else scores.of_scale(frame.scale),
        "score": None if frame.score is None else scores.of_score(frame.score),
        "brackets_as_of": frame.brackets_as_of,
        "mark": frame.prices.mark,
        "open_interest": frame.open_interest,
        "audit_error": frame.ledger.audit_error if frame.ledger else None,
    }
