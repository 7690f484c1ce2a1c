"""Signals that ask a process to end, brought to where Qt can act on them."""

from __future__ import annotations

import contextlib
import signal
import socket
from types import FrameType, TracebackType
from typing import Any, Final, Self

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Interrupts(QObject):
    """Takes SIGINT, SIGTERM and their kin while entered; `asked` is emitted from the event loop, `number` is the first that came.

    Python runs a handler only once its interpreter is called, which a window at rest does not do: the number therefore comes through a
    socket that the event loop watches. Enter and leave in the main thread.
    """

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._ours, theirs = socket.socketpair()
        self._theirs = theirs
        for end in (self._ours, theirs):
            end.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        for name in NAMES:
            number = getattr(signal, name, None)
            if number is not None:
                self._before[number] = signal.signal(number, self._came)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()

    @property
    def exit_code(self) -> int:
        """The code a shell expects of a process that a signal ended; 0 when none came."""
        return 0 if self.number is None else 128 + self.number

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number

    @Slot()
    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._ours.recv(64):
                pass
        if self.number is not None:
            self.asked.emit()
