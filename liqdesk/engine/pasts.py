"""How often a rule would have fired: the question the window asks, and what frames say of it. All frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    # Annotations only: the window's first paint must not wait for numpy.
    from liqdesk.alerts import AnyRule, Fired

WEEK_MS: Final = 7 * 86_400_000


class AskPast(msgspec.Struct, frozen=True):
    """Ask how often a rule would have fired in the last seven days, whether it is in force or not. A newer question replaces one that
    is not answered yet; None ends the asking."""

    serial: int
    rule: AnyRule | None


class Known(msgspec.Struct, frozen=True):
    """A stretch of venue time over which a rule could be told, [from_ms, to_ms): by every mark or print where `step_ms` is 0, else by one
    look in so long."""

    from_ms: int
    to_ms: int
    step_ms: int


class RulePast(msgspec.Struct, frozen=True):
    """How often `rule` would have fired in [from_ms, to_ms), as far as that is `known` (ascending, disjoint).

    `more`: it was not counted to the end. `last` are the newest firings, newest first. `payments` is how many settled payments were looked
    at besides what is known, `back_ms` how much of what is known was computed afterwards. `share` is how much of the work is done: below 1
    there is no count yet. `why` is a sentence in place of all that.
    """

    rule: AnyRule
    serial: int = 0
    from_ms: int = 0
    to_ms: int = 0
    known: tuple[Known, ...] = ()
    count: int = 0
    more: bool = False
    last: tuple[Fired, ...] = ()
    payments: int = 0
    back_ms: int = 0
    share: float = 1.0
    why: str = ""

    @property
    def known_ms(self) -> int:
        """Return how much of the time is known."""
        return sum(k.to_ms - k.from_ms for k in self.known)


class PastView(msgspec.Struct, frozen=True):
    """The answer to the newest question (None: none is open, or nothing to say yet), and those of the rules in force."""

    asked: RulePast | None = None
    rules: tuple[RulePast, ...] = ()


def watched(rule: AnyRule) -> AnyRule:
    """Return a rule without what does not change when it would fire."""
    return msgspec.structs.replace(rule, enabled=True, sound=True)
