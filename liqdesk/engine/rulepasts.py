"""Keeps at hand how often the alert rules would have fired, and answers for one that is being edited; a little work at each beat."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from liqdesk.alerts import AnyRule, ImbalanceBeyond, ZoneNear
from liqdesk.engine.lookback import LookBack
from liqdesk.engine.pasts import WEEK_MS, AskPast, PastView, RulePast, watched
from liqdesk.engine.retelling import Telling, Told, tell
from liqdesk.errors import LiqdeskError
from liqdesk.market.rows import FUNDING

if TYPE_CHECKING:
    from liqdesk.engine.listening import Listening
    from liqdesk.engine.series import SeriesView
    from liqdesk.engine.session import Session
    from liqdesk.history import History

ASKED_NS: Final = 12_000_000  # of a beat, while somebody waits for the answer
QUIET_NS: Final = 2_000_000
AGAIN_NS: Final = 120_000_000_000  # a rule in force is told anew after
LOOK_NS: Final = 1_000_000_000
COSTLY: Final = (ZoneNear, ImbalanceBeyond)  # the first of them has the map of a week read
SHOWN: Final = 0.01  # a step of the share that is worth a word


class _Job(NamedTuple):
    telling: Telling
    rule: AnyRule
    asked: AskPast | None


class RulePasts:
    """Tells of the rules of one session. Belongs to the engine thread; `view` is the same object while nothing changes."""

    def __init__(self, history: History | None, listening: Listening | None = None) -> None:
        self.view: PastView | None = None
        self._history = history
        self._listening = listening
        self._looks: tuple[LookBack, LookBack] | None = None  # at zones, at imbalance
        self._asked: AskPast | None = None
        self._told: dict[AnyRule, tuple[RulePast, int]] = {}  # by what a rule watches; with the time of the telling
        self._order: tuple[AnyRule, ...] = ()
        self._job: _Job | None = None
        self._next_look_ns = 0

    def ask(self, question: AskPast) -> None:
        """Take a question in place of the last one, and of what is being worked on."""
        self._asked = question if question.rule is not None else None
        self._job = None
        rules = self.view.rules if self.view is not None else ()
        asked = RulePast(question.rule, question.serial, share=0.0) if question.rule is not None else None
        self.view = PastView(asked, rules)

    def looks(self, session: Session) -> tuple[LookBack, LookBack]:
        """Return the looks back at the zones and at the imbalance of a session."""
        if self._looks is None:
            self._looks = LookBack(session.map, zones=True), LookBack(session.map, zones=False)
        return self._looks

    def beat(
        self,
        session: Session | None,
        series: SeriesView | None,
        rules: Callable[[], Sequence[AnyRule]],
        now_ns: int,
        venue_ms: int,
    ) -> None:
        """Go on with what is being told, and begin what is due."""
        if session is None or not session.loaded or not venue_ms:
            return
        if self._job is None:
            self._job = self._next(session, series, rules, now_ns, venue_ms)
        if self._job is not None:
            self._work(self._job, now_ns)

    def _next(
        self,
        session: Session,
        series: SeriesView | None,
        rules: Callable[[], Sequence[AnyRule]],
        now_ns: int,
        venue_ms: int,
    ) -> _Job | None:
        asked, self._asked = self._asked, None
        if asked is not None and asked.rule is not None:
            return self._begin(session, series, asked.rule, asked, venue_ms)
        if now_ns < self._next_look_ns:
            return None
        symbol = session.instrument.symbol
        self._order = tuple(dict.fromkeys(watched(r) for r in rules() if r.symbol == symbol))
        for rule in self._told.keys() - set(self._order):
            del self._told[rule]
        due = [r for r in self._order if r not in self._told or now_ns - self._told[r][1] >= AGAIN_NS]
        if not due:
            self._next_look_ns = now_ns + LOOK_NS
            self._show_rules()
            return None
        oldest = min(due, key=lambda r: (self._told[r][1] if r in self._told else 0, isinstance(r, COSTLY)))
        return self._begin(session, series, oldest, None, venue_ms)

    def _begin(
        self, session: Session, series: SeriesView | None, rule: AnyRule, asked: AskPast | None, venue_ms: int
    ) -> _Job | None:
        if rule.symbol != session.instrument.symbol:
            self._answer(RulePast(rule, why=f"{rule.symbol} is not on screen."), asked, 0)
            return None
        rates = series.rates if series is not None else np.empty(0, FUNDING)
        heard = self._listening.stretches()[0] if self._listening is not None else None
        told = Told(session, self._history, *self.looks(session), rates, heard)
        return _Job(tell(rule, told, venue_ms - WEEK_MS, venue_ms), rule, asked)

    def _work(self, job: _Job, now_ns: int) -> None:
        until = time.monotonic_ns() + (ASKED_NS if job.asked is not None else QUIET_NS)
        share = 0.0
        try:
            while time.monotonic_ns() < until:
                share = next(job.telling)
        except StopIteration as told:
            self._job = None
            self._answer(told.value, job.asked, now_ns)
            return
        except LiqdeskError as e:  # the notices of the history say it too
            self._job = None
            self._answer(RulePast(job.rule, why=e.user), job.asked, now_ns)
            return
        shown = self.view.asked if self.view is not None else None
        if job.asked is not None and shown is not None and share - shown.share >= SHOWN:
            self._show_asked(RulePast(job.rule, job.asked.serial, share=min(share, 0.99)))

    def _answer(self, past: RulePast, asked: AskPast | None, now_ns: int) -> None:
        if asked is not None:
            self._show_asked(msgspec.structs.replace(past, serial=asked.serial))
        else:
            self._told[past.rule] = (past, now_ns)
            self._show_rules()

    def _show_asked(self, past: RulePast) -> None:
        self.view = PastView(past, self.view.rules if self.view is not None else ())

    def _show_rules(self) -> None:
        rules = tuple(self._told[rule][0] for rule in self._order if rule in self._told)
        asked = self.view.asked if self.view is not None else None
        before = self.view.rules if self.view is not None else ()
        if len(rules) != len(before) or any(a is not b for a, b in zip(rules, before, strict=True)):
            self.view = PastView(asked, rules)
