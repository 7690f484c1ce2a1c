"""Parts of the window take turns: each shows a frame at most five times a second, and none is left behind."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from liqdesk.ui import turns
from liqdesk.ui.turns import PARTS, TURN_MS, Turns

FRAME_MS = 33


def test_a_part_shows_a_frame_at_most_five_times_a_second(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of frames on a clock of the test's own: a turn comes when the timer would have run out."""
    shown: list[int] = []
    owner = QObject()
    one = Turns(owner, shown.append, lambda: False)
    one.everything()
    shown.clear()
    now_ms, due_ms = 0, 0
    monkeypatch.setattr(turns.time, "monotonic_ns", lambda: one._shown_ns + 1)  # never a pause
    for at in range(0, 1_000, FRAME_MS):
        while due_ms and due_ms <= at:
            now_ms, due_ms = due_ms, 0
            one._timer.stop()
            one._turn()
            if one._timer.isActive():
                due_ms = now_ms + one._timer.interval()
        active = one._timer.isActive()
        one.frame(False)
        if not active:
            due_ms = at + one._timer.interval()
    assert 1_000 // (PARTS * TURN_MS) == 5
    assert {part: shown.count(part) for part in range(PARTS)} == pytest.approx(dict.fromkeys(range(PARTS), 5), abs=1)
    assert all(shown.count(part) <= 5 for part in range(PARTS))
    for _ in range(PARTS):
        one._turn()
    assert one.settled
    one.stop()
