"""The floor of a start: a bare QtWidgets window that notes its first paint, in the form the program's own trace has."""

import json
import os
import time

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class Bare(QMainWindow):
    painted = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            with open(os.environ["LIQDESK_TRACE"], "a", encoding="utf-8") as f:
                f.write(json.dumps({"event": "first_paint", "wall_ns": time.time_ns(), "pid": os.getpid()}) + "\n")


application = QApplication([])
window = Bare()
window.resize(1920, 1080)
window.show()
application.exec()
