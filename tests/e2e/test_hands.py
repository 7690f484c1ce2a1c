"""What only hands can show, on a real X display: drags with buttons and keys held, moved by xdotool."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.hands import Hands
from support.xserver import XServer

from liqdesk.model.axis import PHASE
from liqdesk.ui import keptlines

HELD = Path(__file__).parents[1] / "support" / "held_window.py"
pytestmark = pytest.mark.xcb


class Held(Hands):
    """The window of the chart, worked by hand."""

    def __init__(self, server: XServer, profile: Path) -> None:
        super().__init__(server, HELD, profile)

    def state(self) -> dict[str, Any]:
        """Return what the chart shows now, once nothing more changes."""
        before: dict[str, Any] = {}
        for _ in range(20):
            now = self.ask()
            if now == before:
                break
            before = now
            time.sleep(0.15)
        return before

    def drag(self, start: tuple[float, float], end: tuple[float, float], button: int = 1, key: str = "") -> None:
        """Drag from one place of the screen to another, in steps, with a key held."""
        self.do("mousemove", str(round(start[0])), str(round(start[1])))
        time.sleep(0.1)
        if key:
            self.do("keydown", key)
        self.do("mousedown", str(button))
        for step in range(1, 11):
            x, y = (a + (b - a) * step / 10 for a, b in zip(start, end, strict=True))
            self.do("mousemove", str(round(x)), str(round(y)))
            time.sleep(0.03)
        self.do("mouseup", str(button))
        if key:
            self.do("keyup", key)


@pytest.fixture
def hold(xserver: XServer, tmp_path: Path) -> Iterator[Callable[[], Held]]:
    made: list[Held] = []

    def one() -> Held:
        made.append(Held(xserver, tmp_path))
        return made[-1]

    yield one
    for held in made:
        if held.process.poll() is None:
            assert held.close() == 0


def place(state: dict[str, Any], x: float, y: float) -> tuple[float, float]:
    left, top, *_ = state["plot"]
    return left + x, top + y


def price_at(state: dict[str, Any], y: float) -> float:
    _, _, y0, y1, _, height = state["lens"]
    return math.exp(PHASE + y1 - y / height * (y1 - y0))


def test_ruler_lines_axes_legend_and_names_by_hand(hold: Callable[[], Held], tmp_path: Path) -> None:
    held = hold()
    first = held.state()
    assert first["following"]
    # the ruler: Shift and a drag; the chart stands still
    held.drag(place(first, 300, 400), place(first, 500, 200), key="shift")
    ruled = held.state()
    assert ruled["lens"] == first["lens"]
    t0, t1, _, _, width, _ = first["lens"]
    want = [t0 + 300 / width * (t1 - t0), price_at(first, 400), t0 + 500 / width * (t1 - t0), price_at(first, 200)]
    assert ruled["ruler"][::2] == pytest.approx(want[::2], abs=1.5 * (t1 - t0) / width)
    assert ruled["ruler"][1::2] == pytest.approx(want[1::2], rel=2e-4)
    assert [row[0] for row in ruled["rows"][2:]] == ["short USD", "long USD"]
    held.do("key", "Escape")
    assert held.state()["ruler"] is None
    # a line: kept with H, moved by a drag, dropped with Delete
    held.do("mousemove", *map(str, map(round, place(first, 420, 300))))
    time.sleep(0.2)
    held.do("key", "h")
    (price,) = held.state()["kept"]
    assert price == pytest.approx(price_at(first, 300), rel=2e-4)
    held.drag(place(first, 420, 300), place(first, 430, 380))
    lined = held.state()
    assert lined["kept"] == [pytest.approx(price_at(first, 380), rel=3e-4)]
    assert lined["lens"] == first["lens"]
    kept, notice = keptlines.load(tmp_path / keptlines.FILE)
    assert notice == ""
    assert [line.price for lines in kept.values() for line in lines] == lined["kept"]
    # a plain drag lets go of the market, End comes back
    held.drag(place(first, 300, 300), place(first, 420, 300))
    assert not held.state()["following"]
    held.do("key", "End")
    assert held.state()["following"]
    # axes: the middle button scales, a double click resets
    x, y, w, h = first["axis"]
    held.drag((x + w / 2, y + h / 3), (x + w / 2, y + h / 3 + 120), button=2)
    scaled = held.state()
    assert not scaled["auto_price"]
    assert scaled["lens"][3] - scaled["lens"][2] > 1.2 * (first["lens"][3] - first["lens"][2])
    held.do("mousemove", str(round(x + w / 2)), str(round(y + h / 3)), "click", "--repeat", "2", "--delay", "60", "1")
    assert held.state()["auto_price"]
    x, y, w, h = first["time_axis"]
    held.drag((x + 600, y + h / 2), (x + 400, y + h / 2))
    longer = held.state()
    assert longer["lens"][1] - longer["lens"][0] < 0.9 * (t1 - t0)
    held.do("mousemove", str(round(x + 400)), str(round(y + h / 2)), "click", "--repeat", "2", "--delay", "60", "1")
    assert held.state()["lens"][:2] == first["lens"][:2]
    # the legend's handle
    x, y, w, h = first["legend"]
    held.drag((x + w - 60, y + 10), (x + w - 110, y + 10))
    assert not held.state()["auto"]
    # names and moments
    held.do("key", "shift+s")
    assert held.state()["search"] == "S"
    held.do("key", "Escape")
    after = held.state()
    assert after["search"] is None
    assert after["side"] == "both"
    held.do("key", "g")
    assert held.state()["goto"]
    held.do("type", "--delay", "20", "--", "-3h")
    held.do("key", "Return")
    assert not held.state()["goto"]
    assert held.close() == 0
    # after a restart the line is where it was
    assert hold().state()["kept"] == lined["kept"]
