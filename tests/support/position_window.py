"""A window with one frame at a mark of 83,000 and no chart, as a child process: every line on stdin is answered with what the open
position check shows, as JSON.

python tests/support/position_window.py PROFILE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "ui")]

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication
from shell_frames import T0, frame

from liqdesk.engine.frames import Prices
from liqdesk.settings import Settings
from liqdesk.ui.position.dialog import PositionDialog
from liqdesk.ui.theme import apply_theme
from liqdesk.ui.window import Window
from liqdesk.venues.binance.brackets import shipped_brackets


def main(profile: str) -> int:
    app = QApplication([])
    apply_theme(app, "dark", 1.0)
    window = Window(Settings(first_run_done=True, sounds=False), True, profile)
    window._painted = True
    window.setGeometry(40, 40, 1600, 900)
    assert window.shell.parent() is window
    window.act.mine.load()
    window.show()
    table = shipped_brackets().table("BTCUSDT")
    window.apply(frame(prices=Prices(83_004.0, 83_000.0, 83_001.0, 0.01, T0), now=None, brackets=table))

    def answer() -> None:
        if not sys.stdin.readline():
            window.leaving = True
            window.close()
            app.quit()
            return
        dialog = window.act.dialog
        shown: dict[str, object] = {"positions": len(window.act.mine.positions), "active": window.isActiveWindow()}
        if isinstance(dialog, PositionDialog) and dialog.isActiveWindow():
            shown |= {name: figure["text"] for name, figure in dialog.state().items()}
            shown["value"] = dialog.state()["liquidation"]["value"]
            shown["bracket"] = dialog.check.bracket if dialog.check is not None else None
        print(json.dumps(shown), flush=True)

    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(answer)
    print("ready", flush=True)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
