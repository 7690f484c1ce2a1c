"""Alert sounds: our own WAV files through the system's player, else the system's beep. Never waits, never more than one at a time."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from liqdesk.errors import InputError
from liqdesk.paths import resource

log = logging.getLogger(__name__)

SOUNDS: Final = ("price", "zone", "imbalance", "funding", "forced")
PLAYERS: Final = {
    "linux": (("pw-play",), ("paplay",), ("aplay", "-q")),
    "darwin": (("afplay",),),
}
LOOK_MS: Final = 250
LONGEST_LOOKS: Final = 20


def player_commands(platform: str = sys.platform) -> list[list[str]]:
    """Return the players found on this system, best first, as command lines that take a WAV file."""
    found = []
    for name, *arguments in PLAYERS.get(platform, ()):
        path = shutil.which(name)
        if path:
            found.append([path, *arguments])
    return found


class Player(QObject):
    """Plays one sound at a time. A player that fails (no audio device) gives way to the next one, the last to a beep."""

    def __init__(self, parent: QObject | None = None, commands: list[list[str]] | None = None) -> None:
        super().__init__(parent)
        self._commands = player_commands() if commands is None else list(commands)
        self._process: subprocess.Popen[bytes] | None = None
        self._sound = ""
        self._looks = 0
        self.beeps = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        return self._process is not None

    def play(self, sound: str) -> None:
        """Start a sound of SOUNDS; one that is asked for while another plays is left out."""
        if self.busy:
            return
        try:
            path = str(resource(f"sounds/{sound}.wav"))
        except InputError as e:
            log.error("%s", e)
            self._beep()
            return
        if sys.platform == "win32":
            self._play_windows(path)
            return
        self._sound = sound
        self._start(path)

    def _start(self, path: str) -> None:
        while self._commands:
            try:
                self._process = subprocess.Popen(  # nosec B603  # a player of the system, our own file, no shell
                    [*self._commands[0], path],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as e:
                log.info("player %s: %s", self._commands[0][0], e)
                del self._commands[0]
                continue
            self._looks = 0
            self._timer.start()
            return
        self._beep()

    def _play_windows(self, path: str) -> None:
        import winsound

        try:
            winsound.PlaySound(path, winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)  # type: ignore[attr-defined,unused-ignore]
        except RuntimeError as e:
            log.info("winsound: %s", e)
            self._beep()

    @Slot()
    def _look(self) -> None:
        process = self._process
        if process is None:
            self._timer.stop()
            return
        self._looks += 1
        code = process.poll()
        if code is None:
            if self._looks >= LONGEST_LOOKS:
                self.close()
            return
        self._timer.stop()
        self._process = None
        if code != 0:
            log.info("player %s ended with %d", self._commands[0][0], code)
            del self._commands[0]
            self.play(self._sound)

    def _beep(self) -> None:
        self.beeps += 1
        QApplication.beep()

    def close(self) -> None:
        """End what plays and wait for it; safe to call twice."""
        self._timer.stop()
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
