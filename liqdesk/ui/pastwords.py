"""How often an alert rule would have fired, in words. Pure; times are in the zone that is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.alerts.rules import AnyRule, Fired
    from liqdesk.engine.pasts import Known, RulePast

MINUTE: Final = 60_000
SLACK: Final = 15 * MINUTE  # as much may be missing of what is called the whole
LOOKING: Final = "Looking through the last 7 days"
TIP: Final = (
    "How often this rule would have fired in the last seven days, told by what is recorded of them with the same test and the same pause "
    "between two firings as if it had been watched. What was not recorded is not counted."
)
FORCED_NOTE: Final = "printed orders, a floor"


def _times(past: RulePast) -> str:
    if past.more:
        return f"more than {present.number(past.count)} times"
    count = f"{present.number(past.count)} time{'' if past.count == 1 else 's'}"
    return f"at least {count}" if past.payments and past.count else count


def _whole(past: RulePast) -> bool:
    return past.to_ms - past.from_ms - past.known_ms <= SLACK


def _since(past: RulePast) -> int | None:
    """Return since when a rule can be told without a hole until now, at the end of what is known; None where there are holes."""
    if not past.known:
        return None
    inside = past.known[-1].to_ms - past.known[0].from_ms - past.known_ms
    return past.known[0].from_ms if inside <= SLACK and past.to_ms - past.known[-1].to_ms <= SLACK else None


def headline(past: RulePast) -> str:
    """Return one sentence: how often, and over how much of the week that is known."""
    if past.why:
        return f"Cannot be told: {past.why}"
    if past.share < 1:
        return f"{LOOKING}: {past.share * 100:.0f} %" if past.share > 0 else f"{LOOKING}…"
    times = _times(past)
    if past.payments and not past.count:
        return f"{times} in the last 7 days, as far as is known"
    if past.payments or _whole(past):
        return f"{times[0].upper()}{times[1:]} in the last 7 days"
    length = present.length(past.known_ms)
    if _since(past) is not None:
        return f"Known for the last {length} only: {times}"
    return f"Known for {length} of the last 7 d: {times}"


def short(past: RulePast | None) -> str:
    """Return the same in a few letters, for a list: 3 in 7 d; empty where nothing is known."""
    if past is None or past.why or past.share < 1:
        return ""
    span = "7 d" if past.payments or _whole(past) else present.length(past.known_ms)
    floor = "≥ " if past.payments or past.more else ""
    return f"{floor}{present.number(past.count)} in {span}"


def coverage(past: RulePast) -> str:
    """Return from what it is told, newest first, and what is missing; empty where nothing is told."""
    if past.why or past.share < 1:
        return ""
    from liqdesk.alerts.rules import ForcedBurst, FundingBeyond, PriceCrosses

    missing = past.to_ms - past.from_ms - past.known_ms
    gone = f"; {present.length(missing)} were not recorded" if missing > SLACK else ""
    match past.rule:
        case PriceCrosses():
            return "From " + _by_step(past.known, "each mark", "its {} min candles") + gone
        case FundingBeyond():
            return _funding(past)
        case ForcedBurst():
            return f"From {FORCED_NOTE}{gone}"
    back = f"; {present.length(past.back_ms)} of it computed afterwards" if past.back_ms > SLACK else ""
    return "From the map, " + _by_step(past.known, "each step", "{} min steps") + back + gone


def _by_step(known: tuple[Known, ...], each: str, coarse: str) -> str:
    """Return how finely each part is known, the finest first: each mark for 9 h, 1 min candles for 1 d 15 h, 5 min candles for 5 d."""
    lengths: dict[int, int] = {}
    for one in known:
        lengths[one.step_ms] = lengths.get(one.step_ms, 0) + one.to_ms - one.from_ms
    parts = []
    for step, length in sorted(lengths.items()):
        name = each if step == 0 else coarse.format(step // MINUTE)
        parts.append(f"{name} for {present.length(length)}")
    return ", ".join(parts)


def _funding(past: RulePast) -> str:
    parts = []
    if past.known:
        parts.append(f"the predicted rate by the minute for {present.length(past.known_ms)}")
    if past.payments:
        paid = f"{past.payments} payment{'' if past.payments == 1 else 's'}"
        parts.append(f"before that only {paid}" if past.known else f"only {paid}, the predicted rate is not kept")
    return "From " + ", ".join(parts)


def moments(past: RulePast, timezone: str) -> tuple[tuple[str, str], ...]:
    """Return the newest firings, newest first: when, and what it would have said."""
    return tuple((moment(past, fired, timezone), fired.headline) for fired in past.last)


def moment(past: RulePast, fired: Fired, timezone: str) -> str:
    """Return Fri 27 Feb 17:30:08 CET; without the seconds where it is known by the minute or less."""
    at = fired.time_ms
    step = next((k.step_ms for k in past.known if k.from_ms <= at < k.to_ms), 0)
    time = present.clock(at, timezone) if step == 0 else present.hour_minute(at, timezone)
    return f"{present.day(at, timezone)} {time} {present.zone_label(at, timezone)}"


def newest(past: RulePast, timezone: str) -> str:
    """Return when it would have fired last; empty where it would not."""
    return f"the last on {moment(past, past.last[0], timezone)}" if past.last else ""


def by_rule(pasts: tuple[RulePast, ...]) -> dict[AnyRule, RulePast]:
    """Return pasts by what their rules watch."""
    return {past.rule: past for past in pasts}
