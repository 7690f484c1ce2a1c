"""Write a profile in which everything is open: all panes under the chart, every panel, one of them floating, and as many more charts,
linked, as are asked for.

    python tests/bench/furnished.py PROFILE CHARTS

The window is put up, arranged and closed as by hand, so that the profile is what the program itself would have kept. Prints, as JSON, what
shows nothing in spite of that.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication
from support.everything import ALL_PANES, arrange, hidden, open_charts
from support.program import write_settings

from liqdesk import settings as stored
from liqdesk.ui.window import Window

FLOATING = QRect(700, 140, 360, 420)
BESIDE = (QRect(1_930, 40, 940, 1_000), QRect(2_890, 40, 940, 1_000))  # on a second screen at the right


def settle(application: QApplication) -> None:
    for _ in range(50):
        application.processEvents()


def main(profile: str, charts: int) -> int:
    application = QApplication([])
    folder = Path(profile)
    write_settings(folder, window_ms=86_400_000, **ALL_PANES)
    file = folder / "settings.json"
    window = Window(stored.load(file).settings, True, profile)
    window.setGeometry(0, 0, 1_920, 1_080)
    window.show()
    while window.chart is None:
        application.processEvents()
    settle(application)
    arrange(window, FLOATING)
    open_charts(window, BESIDE[:charts])
    settle(application)
    print(json.dumps(hidden(window)), flush=True)
    window.settings_changed.connect(lambda new: stored.save(file, new))
    window.leaving = True
    window.close()
    settle(application)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
