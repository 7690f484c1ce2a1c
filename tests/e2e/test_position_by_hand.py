"""The position check worked by a real keyboard on a real X display, against the golden values."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
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


class Hands:
    """The window, and a keyboard."""

    def __init__(self, server: XServer, profile: Path) -> None:
        self.env = server.env
        self.process = subprocess.Popen(
            [sys.executable, str(WINDOW), str(profile)],
            env=server.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"
        self.do("search", "--sync", "--onlyvisible", "--pid", str(self.process.pid))

    def do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.env, check=True, capture_output=True, timeout=30)

    def shown(self, *names: str) -> dict[str, Any]:
        """Return what is shown, once `names` are."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        found: dict[str, Any] = {}
        for _ in range(100):
            self.process.stdin.write("?\n")
            self.process.stdin.flush()
            found = json.loads(self.process.stdout.readline())
            if all(name in found for name in names):
                break
            time.sleep(0.1)
        return found

    def close(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(30)
        self.process.stdout.close()
        return code


@pytest.fixture
def hands(xserver: XServer, tmp_path: Path) -> Iterator[Hands]:
    one = Hands(xserver, tmp_path)
    yield one
    assert one.close() == 0


def test_golden_values_are_typed_and_read(hands: Hands, tmp_path: Path) -> None:
    for side, entry, size, leverage, price, bracket in GOLDEN:
        hands.do("key", "o")
        assert "liquidation" in hands.shown("liquidation"), "the card opens, the keyboard in the size"
        hands.do("type", size)
        hands.do("key", "shift+Tab")
        hands.do("type", entry)
        hands.do("key", "shift+Tab", side, "Tab", "Tab", "Tab", "Tab")
        hands.do("type", leverage)
        found = hands.shown("liquidation")
        assert found["bracket"] == bracket, (found, side, size, leverage)
        assert found["value"] == (None if price is None else pytest.approx(price, abs=5e-5))
        assert found["liquidation"] == ("none" if price is None else f"{price:,.1f}")
        assert found["brackets"] == "brackets of 2 Jul 2026"
        hands.do("key", "Escape")
    hands.do("key", "o")
    hands.shown("liquidation")
    hands.do("type", "0.5")
    hands.do("key", "Return")  # the primary button: show on chart
    for _ in range(50):
        if hands.shown()["positions"] == 1:
            break
        time.sleep(0.1)
    assert stat.S_IMODE((tmp_path / kept.FILE).stat().st_mode) == 0o600
