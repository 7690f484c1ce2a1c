"""What the pill and the banner say of a source: fresh, stale, down, and why."""

from __future__ import annotations

from typing import Final

from liqdesk.engine.frames import Connection, Health
from liqdesk.engine.run import Run
from liqdesk.market import LinkPhase, LinkState

STALE_S: Final = 30.0


def connection_of(run: Run, now_ns: int) -> Connection:
    """Return the condition of a source at a wall reading; staleness counts in venue time."""
    links = tuple(run.traffic.links.values())
    retry = None if run.retry_at_ns is None else max(run.retry_at_ns - now_ns, 0) / 1e9
    session = run.session
    if session is None:
        if run.error is not None:
            return Connection(Health.DOWN, None, run.error.user, retry, run.attempt, links)
        return Connection(Health.LOADING, None, _opening(run), None, run.attempt, links)
    latency_ms = session.meters.latency_ms("mark")
    lost = next((s for s in links if s.phase in (LinkPhase.WAITING, LinkPhase.REFUSED, LinkPhase.CONNECTING)), None)
    venue_ms = run.clock.now_ms(now_ns)
    age_s = session.meters.age_s("mark", venue_ms)
    if not session.loaded:
        sentence = run.error.user if run.error is not None else ""
        return Connection(Health.LOADING, latency_ms, sentence, retry, run.attempt, links)
    if age_s is not None and age_s > STALE_S * max(run.source.speed, 1.0):
        why = lost.user if lost is not None and lost.user else "The venue sends nothing."
        sentence = f"No mark price for {age_s:,.0f} s. Nothing below is current. {why}"
        wait = _retry_s(run, lost, now_ns) if lost is not None else None
        return Connection(Health.STALE, latency_ms, sentence, wait, lost.attempt if lost else 0, links)
    if lost is not None:
        wait = _retry_s(run, lost, now_ns)
        return Connection(Health.DOWN, latency_ms, lost.user, wait, lost.attempt, links)
    return Connection(Health.FRESH, latency_ms, "", None, 0, links)


def _retry_s(run: Run, state: LinkState, now_ns: int) -> float | None:
    """Return how long until a lost link is tried again, counted down from when it said so."""
    if state.retry_in_s is None:
        return None
    return max(state.retry_in_s - (now_ns - run.traffic.link_ns[state.link]) / 1e9, 0.0)


def _opening(run: Run) -> str:
    if run.source.kind.value == "demo":
        return "Making thirty days of the built-in market."
    return f"Asking {run.source.host}."
