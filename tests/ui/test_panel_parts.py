"""Panels that repaint what changed alone: what stands on the screen then is what a whole paint puts there."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_frames import frame

from liqdesk.engine.frames import Frame
from liqdesk.ui.panels.frame import Panel
from liqdesk.ui.panels.funding import FundingPanel
from liqdesk.ui.panels.imbalance import ImbalancePanel


def later() -> list[Frame]:
    """Return frames of which each changes a little of the one before."""
    first = frame()
    nearest, *farther = first.imbalance
    moved = msgspec.structs.replace(nearest, long_usd=nearest.long_usd * 1.7)
    out = [first, msgspec.structs.replace(first, imbalance=(moved, *farther))]
    assert first.ledger is not None
    ledger = msgspec.structs.replace(first.ledger, open_interest_usd=first.ledger.open_interest_usd * 1.1)
    out.append(msgspec.structs.replace(out[-1], ledger=ledger))
    out += [msgspec.structs.replace(out[-1], venue_ms=first.venue_ms + n * 1_000) for n in (1, 2, 70)]
    return out


def on_screen(panel: Panel) -> QImage:
    QApplication.processEvents()
    screen = panel.screen()
    return screen.grabWindow(panel.winId()).toImage()


@pytest.mark.parametrize("kind", [ImbalancePanel, FundingPanel])
def test_parts_that_change_make_the_picture_of_the_whole(kind: type[Panel], qtbot: QtBot) -> None:
    panel = kind()
    qtbot.addWidget(panel)
    panel.resize(348, panel.sizeHint().height())
    panel.show()
    qtbot.waitExposed(panel)
    panel.show_frame(frame())
    panel.resize(348, panel.needed())
    seen = [on_screen(panel)]
    for one in later():
        panel.show_frame(one)
        parts = on_screen(panel)
        panel.repaint()
        panel.body.repaint()
        assert parts == on_screen(panel)
        seen.append(parts)
    assert any(a != b for a, b in itertools.pairwise(seen)), "nothing changed on the screen"
