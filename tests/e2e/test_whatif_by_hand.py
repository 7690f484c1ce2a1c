"""What if, worked by a real pointer and keyboard on a real X display: over the chart, then in its panel."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.xserver import XServer
from test_hands import Held, place, price_at

from liqdesk.model.axis import PHASE
from liqdesk.ui.panels.catalogue import CATALOGUE

pytestmark = pytest.mark.xcb


@pytest.fixture
def held(xserver: XServer, tmp_path: Path) -> Iterator[Held]:
    one = Held(xserver, tmp_path)
    yield one
    assert one.close() == 0


def press(held: Held, rect: list[float]) -> None:
    x, y, w, h = rect
    held.do("mousemove", str(round(x + w / 2)), str(round(y + h / 2)), "click", "1")
    time.sleep(0.3)


def asked(held: Held, **wanted: Any) -> dict[str, Any]:
    """Return what is asked and said, once it is as wanted."""
    found: dict[str, Any] = {}
    for _ in range(60):
        found = held.state()["whatif"]
        if all((found[name] is not None) is value for name, value in wanted.items()):
            break
        time.sleep(0.1)
    return found


def test_the_line_is_asked_dragged_moved_into_a_panel_and_dropped(held: Held) -> None:
    first = held.state()
    assert first["whatif"]["target"] is None
    high = first["lens"][5]
    row = round(high * 0.85)
    x, y = place(first, 500, row)
    held.do("mousemove", str(round(x)), str(round(y)))
    time.sleep(0.3)
    held.do("key", "f")
    over = asked(held, card=True)
    assert over["target"] == pytest.approx(price_at(first, row), rel=2e-4)
    assert len(over["stops"]) == 3
    now = held.state()
    held.drag(place(now, 500, _row(now, over["target"])), place(now, 520, row - 60))
    dragged = held.state()
    assert dragged["lens"] == now["lens"], "the chart stood still"
    assert dragged["whatif"]["target"] == pytest.approx(price_at(now, row - 60), rel=3e-4)
    # the panel: from the menu of panels
    held.do("key", "ctrl+p")
    time.sleep(0.5)
    held.do("key", "--delay", "40", *["Down"] * (1 + [one.name for one in CATALOGUE].index("whatif")), "Return")
    docked = asked(held, panel=True, card=False)
    assert docked["card"] is None, "what is said stands in one place"
    assert docked["target"] == dragged["whatif"]["target"]
    panel = docked["panel"]
    assert panel["whatif.target"]["text"] == f"What if price goes to {docked['target']:,.1f}"
    assert {name for name in panel if name.startswith("whatif.×1.")}
    # the line is dragged on, and the panel follows
    now = held.state()
    row = now["lens"][5] * 0.75
    line_y = _row(now, docked["target"])
    held.drag(place(now, 500, line_y), place(now, 520, row))
    moved = asked(held, panel=True)
    assert moved["target"] == pytest.approx(price_at(now, row), rel=3e-4)
    assert moved["panel"]["whatif.target"]["text"] == f"What if price goes to {moved['target']:,.1f}"
    # what is taken for granted: less is forced on the book, and price stops sooner
    press(held, moved["parts"]["half"])
    eased = asked(held, panel=True)
    assert eased["assumed"] == [0.5, 1.0]
    before, after = ([0.0 if math.isnan(stop) else stop for stop in one["stops"]] for one in (moved, eased))
    assert all(a >= b for a, b in zip(after, before, strict=True))
    assert after != before
    # arrow keys, once the sheet has the keyboard
    press(held, moved["parts"]["sheet"])
    held.do("key", "Down")
    nudged = asked(held, panel=True)
    assert nudged["target"] == pytest.approx(eased["target"] * math.exp(-0.0005), rel=2e-5)
    press(held, nudged["parts"]["ask"])
    gone = asked(held, target=False)
    assert gone["target"] is None
    assert "whatif.target" not in gone["panel"]


def _row(state: dict[str, Any], price: float) -> float:
    _, _, y0, y1, _, height = state["lens"]
    return float((y1 - (math.log(price) - PHASE)) / (y1 - y0) * height)
