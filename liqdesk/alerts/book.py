"""The rules in force: their cooldowns, how often they fired, and what they said."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from liqdesk.alerts.check import check
from liqdesk.alerts.evaluate import MarketView, evaluate
from liqdesk.alerts.rules import AnyRule, Fired, RuleStatus
from liqdesk.errors import InputError

LOG_LENGTH: Final = 200
MOST_RULES: Final = 500


class _Entry:
    __slots__ = ("fired", "last_ms", "quiet_until_ms", "rule")

    def __init__(self, rule: AnyRule) -> None:
        self.rule = rule
        self.fired = 0
        self.last_ms: int | None = None
        self.quiet_until_ms: int | None = None


class AlertBook:
    """Rules by id, in the order they were added. Belongs to one thread."""

    def __init__(self, rules: Iterable[AnyRule] = ()) -> None:
        self._entries: dict[str, _Entry] = {}
        self._log: deque[Fired] = deque(maxlen=LOG_LENGTH)
        for rule in rules:
            self.put(rule)

    def put(self, rule: AnyRule) -> None:
        """Add a rule, or replace the one with its id; a rule that watches something else than before is armed anew.

        Raises InputError for a rule that cannot be watched, and for one too many.
        """
        sentence = check(rule)
        if sentence is not None:
            raise InputError(f"rule {rule!r}: {sentence}", sentence)
        entry = self._entries.get(rule.id)
        if entry is None and len(self._entries) >= MOST_RULES:
            raise InputError(f"more than {MOST_RULES} rules", f"There can be at most {MOST_RULES} alert rules.")
        if entry is None or _watched(entry.rule) != _watched(rule):
            self._entries[rule.id] = _Entry(rule)
        else:
            entry.rule = rule

    def drop(self, rule_id: str) -> None:
        """Remove a rule; one that is not there is no error."""
        self._entries.pop(rule_id, None)

    def rules(self) -> tuple[AnyRule, ...]:
        return tuple(entry.rule for entry in self._entries.values())

    def observe(self, view: MarketView) -> tuple[Fired, ...]:
        """Return what fires at this mark: rules of its symbol that are enabled, hold, and are not in their cooldown."""
        found = []
        for entry in self._entries.values():
            rule = entry.rule
            if not rule.enabled or rule.symbol != view.symbol or self._is_quiet(entry, view.time_ms):
                continue
            fired = evaluate(rule, view)
            if fired is not None:
                entry.fired += 1
                entry.last_ms = view.time_ms
                entry.quiet_until_ms = view.time_ms + _cooldown_ms(rule)
                found.append(fired)
        self._log.extend(found)
        return tuple(found)

    def _is_quiet(self, entry: _Entry, now_ms: int) -> bool:
        if entry.quiet_until_ms is None:
            return False
        # Venue time may go backwards, by another source or a corrected clock: no rule stays quiet longer than its cooldown.
        entry.quiet_until_ms = min(entry.quiet_until_ms, now_ms + _cooldown_ms(entry.rule))
        return now_ms < entry.quiet_until_ms

    def status(self) -> tuple[RuleStatus, ...]:
        return tuple(RuleStatus(e.rule, e.fired, e.last_ms, e.quiet_until_ms) for e in self._entries.values())

    @property
    def log(self) -> tuple[Fired, ...]:
        """Return the last 200 firings, oldest first."""
        return tuple(self._log)


def _cooldown_ms(rule: AnyRule) -> int:
    return round(rule.cooldown_s * 1_000)


def _watched(rule: AnyRule) -> AnyRule:
    """Return the rule without what does not change its condition."""
    return msgspec.structs.replace(rule, enabled=True, sound=True, cooldown_s=1.0)
