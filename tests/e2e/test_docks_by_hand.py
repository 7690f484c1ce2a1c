"""Panels and chart windows moved by hand on a real X display: dragged out, tabbed, folded, and in the same places after a restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.xserver import XServer
from test_hands import Held

pytestmark = pytest.mark.xcb
FLOATING, CLOSED, FOLDED, COVERED = 4, 5, 6, 7


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


def header(state: dict[str, Any], name: str) -> tuple[float, float]:
    """Return a place on the title of a panel's header, on the screen."""
    left, top, _, high = state["headers"][name]
    return left + 60, top + high / 2


def test_a_panel_is_dragged_out_and_everything_is_back_after_a_restart(hold: Callable[[], Held]) -> None:
    held = hold()
    first = held.state()
    docks = first["docks"]
    assert not any(d[FLOATING] or d[CLOSED] for d in docks.values())
    right = max(d[0] + d[2] for d in docks.values())
    assert {d[0] for d in docks.values()} == {right - 348}

    # out of the column: it floats where it was let go, the rest closes up
    held.drag(header(first, "funding"), (600, 300))
    floated = held.state()
    funding = floated["docks"]["funding"]
    assert funding[FLOATING]
    assert (funding[0] + 60, funding[1] + 13) == pytest.approx((600, 300), abs=6)
    assert floated["docks"]["zones"][1] == first["docks"]["funding"][1]

    # moved again by its own header, and folded neighbours stay folded
    held.drag(header(floated, "funding"), (420, 520))
    held.do("mousemove", *(str(round(v)) for v in header(floated, "zones")), "click", "1")
    moved = held.state()
    assert moved["docks"]["zones"][FOLDED]
    assert moved["docks"]["zones"][3] == 26
    assert moved["docks"]["funding"][0] == pytest.approx(funding[0] - 180, abs=6)

    # onto another panel: a tab of it
    left, top, wide, high, *_ = moved["docks"]["tape"]
    held.drag(header(moved, "alerts"), (left + wide / 2, top + high / 2))
    tabbed = held.state()
    assert sorted(tabbed["docks"][name][COVERED] for name in ("alerts", "tape")) == [False, True]
    assert tabbed["docks"]["alerts"][2] == wide

    # a chart window, placed by hand
    main = held.active()
    held.do("key", "ctrl+n")
    opened = held.state()
    assert [one[4] for one in opened["charts"]] == ["A"]
    deadline = time.monotonic() + 20
    while (chart := held.active()) in ("", main):
        assert time.monotonic() < deadline, "the new chart window has the keyboard"
        time.sleep(0.05)
    held.do("windowmove", "--sync", chart, "300", "200")
    standing = held.state()
    assert standing["charts"][0][:2] != opened["charts"][0][:2]

    assert held.close() == 0
    again = hold()
    back = again.state()
    for name, dock in standing["docks"].items():
        assert back["docks"][name][4:] == dock[4:], name
        if not dock[COVERED]:  # what is behind another tab stands nowhere
            assert back["docks"][name][:4] == pytest.approx(dock[:4], abs=1), name
    assert back["charts"] == standing["charts"]

    # and the first arrangement with one key
    again.do("mousemove", "300", "500")
    again.do("search", "--onlyvisible", "--name", "BTCUSDT", "windowactivate", "--sync", "%1")
    again.do("key", "ctrl+shift+r")
    reset = again.once(lambda state: state["charts"] == [] and state["docks"] == first["docks"])
    assert reset["charts"] == []
    assert reset["docks"] == first["docks"]


def test_a_double_click_floats_and_docks_again(hold: Callable[[], Held]) -> None:
    held = hold()
    first = held.state()
    held.do(
        "mousemove", *(str(round(v)) for v in header(first, "funding")), "click", "--repeat", "2", "--delay", "80", "1"
    )
    floated = held.state()
    assert floated["docks"]["funding"][FLOATING]
    assert not floated["docks"]["funding"][FOLDED]
    held.do(
        "mousemove",
        *(str(round(v)) for v in header(floated, "funding")),
        "click",
        "--repeat",
        "2",
        "--delay",
        "80",
        "1",
    )
    back = held.state()
    assert back["docks"] == first["docks"]
