"""Where rules and firings stand in the alerts panel: each has as many lines as its words need, so that none is shortened. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from liqdesk.ui.panels.frame import PAD
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SMALL, current, lines, text_width

RULE: Final = 24  # px, a row of one line
FIRED: Final = 22
MORE: Final = 16  # each line after the first
SWITCH: Final = 22
GAP: Final = 8
DOT: Final = 6
EDGE: Final = 4
SWITCHED: Final = ("armed", "off")  # what the switch says too: where it has no room beside the words, it goes
BREAK: Final = 7  # between rules and firings, with a hairline in it


class Row(NamedTuple):
    """One rule as shown."""

    id: str
    on: bool
    words: str
    note: str
    past: str = ""  # how often it would have fired

    @property
    def weight(self) -> int:
        return MEDIUM if self.on else REGULAR


class Place(NamedTuple):
    """A row's top and height, px, its words line by line, and a rule's note: at the right of the last line, or of one more under it."""

    top: float
    high: float
    lines: tuple[str, ...]
    note: str = ""
    under: bool = False


class Places(NamedTuple):
    """The rows of a list of a width, and its height, px."""

    rules: tuple[Place, ...]
    firings: tuple[Place, ...]
    rules_end: float
    high: int

    def cuts(self) -> list[int]:
        """Return the heights, in px, at which the list can be cut without cutting a row."""
        return [*(round(one.top + one.high) for one in (*self.rules, *self.firings)), self.high]

    def rule_at(self, y: float) -> int:
        """Return the rule at `y` px, −1 where there is none."""
        return _at(self.rules, y)

    def firing_at(self, y: float) -> int:
        """Return the firing at `y` px, −1 where there is none."""
        return _at(self.firings, y)


def words_left(fired: bool) -> float:
    """Return where the words of a firing, or of a rule, begin, px."""
    t = current()
    if not fired:
        return t.px(PAD) + t.px(SWITCH) + t.px(GAP)
    return t.px(PAD) + text_width("00:00:00", BODY) + t.px(9) + t.px(10)


def places(rows: Sequence[Row], firings: Sequence[str], blank: str, width: float, compact: bool) -> Places:
    """Place rules, or what is said where there are none, and firings, each bold while it is new, in a list of `width` px."""
    t = current()
    y, pad = float(t.px(EDGE)), t.px(PAD)
    rules = []
    for row in rows:
        rules.append(_rule(row, y, width - pad - words_left(False), compact))
        y += rules[-1].high
    if not rows:
        said = tuple(lines(blank, width - 2 * pad))
        rules.append(Place(y, _high(RULE, len(said)), said))
        y += rules[0].high
    end = y
    if firings:
        y += t.px(BREAK)
    log = []
    for words in firings:
        said = tuple(lines(words, width - pad - words_left(True), BODY, MEDIUM))  # seen ones are no wider
        log.append(Place(y, _high(FIRED, len(said)), said))
        y += log[-1].high
    return Places(tuple(rules), tuple(log), end, round(y) + t.px(EDGE))


def _rule(row: Row, top: float, room: float, compact: bool) -> Place:
    """Place a rule: its note tells less where that keeps it on one line, and never makes the words break."""
    said = tuple(lines(row.words, room, BODY, row.weight))
    beside = room - text_width(said[-1], BODY, row.weight) - current().px(GAP)
    whole = f"{row.note} · {row.past}" if row.past and not compact else row.note
    past = row.past if not row.note.startswith("quiet") and not compact else ""
    for note in (whole, past, row.note):
        if note and text_width(note, SMALL) <= beside:
            return Place(top, _high(RULE, len(said)), said, note)
    note = next((n for n in (whole, past) if n and text_width(n, SMALL) <= room), row.note)
    if note in SWITCHED:
        return Place(top, _high(RULE, len(said)), said)
    return Place(top, _high(RULE, len(said) + 1), said, note, under=True)


def _high(first: int, count: int) -> float:
    t = current()
    return t.px(first) + (count - 1) * t.px(MORE)


def _at(rows: Sequence[Place], y: float) -> int:
    return next((i for i, one in enumerate(rows) if one.top <= y < one.top + one.high), -1)
