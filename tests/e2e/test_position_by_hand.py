"""The position check worked by a real keyboard on a real X display, against the golden values."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.hands import Hands
from support.xserver import XServer

from liqdesk.ui.position import kept

WINDOW = Path(__file__).parents[1] / "support" / "position_window.py"
GOLDEN = (  # side, entry, size, leverage, liquidation, bracket
    ("Left", "83000", "1", "20", 79166.6667, 1),
    ("Right", "83000", "1", "20", 86802.7888, 1),
    ("Left", "83000", "10", "50", 81721.1877, 3),
    ("Right", "83000", "10", "50", 84262.2951, 3),
    ("Left", "83000", "0.01", "100", 82500.0, 1),
    ("Left", "83000", "0.01", "150", 82777.7778, 1),
    ("Right", "83000", "100", "25", 85584.1584, 4),
    ("Left", "83000", "1", "1", None, None),
)
pytestmark = pytest.mark.xcb


@pytest.fixture
def hands(xserver: XServer, tmp_path: Path) -> Iterator[Hands]:
    """The window of the position check, and a keyboard."""
    one = Hands(xserver, WINDOW, tmp_path)
    yield one
    assert one.close() == 0


def is_open(shown: dict[str, Any]) -> bool:
    return "liquidation" in shown


def test_golden_values_are_typed_and_read(hands: Hands, tmp_path: Path) -> None:
    for side, entry, size, leverage, price, bracket in GOLDEN:
        assert hands.once(lambda shown: shown["active"])["active"], "the window itself has the keyboard"
        hands.do("key", "o")
        assert is_open(hands.once(is_open)), "the card opens, the keyboard in the size"
        hands.do("type", size)
        hands.do("key", "shift+Tab")
        hands.do("type", entry)
        hands.do("key", "shift+Tab", side, "Tab", "Tab", "Tab", "Tab")
        hands.do("type", leverage)
        said = "none" if price is None else f"{price:,.1f}"
        found = hands.once(lambda shown: (shown.get("bracket"), shown.get("liquidation")) == (bracket, said))  # noqa: B023
        assert found["bracket"] == bracket, (found, side, size, leverage)
        assert found["value"] == (None if price is None else pytest.approx(price, abs=5e-5))
        assert found["liquidation"] == said
        assert found["brackets"] == "brackets of 2 Jul 2026"
        hands.do("key", "Escape")
        assert not is_open(hands.once(lambda shown: not is_open(shown)))
    assert hands.once(lambda shown: shown["active"])["active"]
    hands.do("key", "o")
    assert is_open(hands.once(is_open))
    hands.do("type", "0.5")
    hands.do("key", "Return")  # the primary button: show on chart
    assert hands.once(lambda shown: shown["positions"] == 1)["positions"] == 1
    assert stat.S_IMODE((tmp_path / kept.FILE).stat().st_mode) == 0o600
