"""What a panel shows while it has nothing to show: that it is starting or loading, that there is no connection, or that there is none.

blank = blank_of(frame, "no zone", "Nothing stands out from its surroundings.")
put_blank(p, 0, 0, self.width(), self.height(), blank)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRectF, Qt

from liqdesk.ui import draw, present
from liqdesk.ui.condition import mark_age_s
from liqdesk.ui.theme import BODY, MEDIUM, SMALL, colour, current, font, text_width

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from liqdesk.engine.frames import Frame

WRAPPED: Final = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)


class Blank(NamedTuple):
    """A few words, a sentence on why or until when, and whether it wants the user's eye."""

    words: str
    why: str = ""
    troubled: bool = False


def unknown(frame: Frame | None) -> str:
    """Return what is said of something that a frame does not bring."""
    replayed = frame is not None and frame.source.replayed
    return "not kept of that moment" if replayed else "not known yet"


def blank_of(frame: Frame | None, words: str, why: str = "") -> Blank:
    """Return what a panel without content says: what the market is doing where that is the reason, else `words` and `why`."""
    if frame is None:
        return Blank("starting")
    link = frame.connection
    if link.health == "down":
        return Blank("no connection", link.sentence, True)
    if frame.progress is not None or link.health == "loading":
        return Blank("loading", frame.progress.text if frame.progress is not None else link.sentence)
    if link.health == "stale":
        return Blank(words, f"Nothing has come for {present.age(mark_age_s(frame))}. {why}".strip(), True)
    return Blank(words, why)


def put_blank(p: QPainter, x: float, y: float, w: float, h: float, blank: Blank) -> None:
    """Write a blank in the middle of a rectangle: the words, and under them the sentence as far as there is room for it."""
    t = current()
    line, note, gap = t.px(18), t.px(15), t.px(12)
    room = w - 2 * gap
    wide = text_width(blank.why, SMALL)
    lines = min(3, int(wide * 1.15 // max(1.0, room)) + 1, int((h - line) // note)) if blank.why else 0
    top = y + max(0.0, (h - line - max(0, lines) * note) / 2)
    draw.put(
        p, x + gap, top, room, line, blank.words, t.alert if blank.troubled else t.text2, BODY, MEDIUM, draw.CENTRE
    )
    if lines > 0:
        p.setFont(font(SMALL))
        p.setPen(colour(t.text3))
        if lines == 1:
            draw.put(p, x + gap, top + line, room, note, blank.why, t.text3, SMALL, align=draw.CENTRE, elide=True)
        else:
            p.drawText(QRectF(x + gap, top + line, room, lines * note), WRAPPED, blank.why)
