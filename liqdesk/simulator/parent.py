"""Whether the process that started us still lives."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

SYNCHRONIZE: Final = 0x0010_0000
WAIT_TIMEOUT: Final = 0x102


class Parent:
    """Watches one process by its id. On Windows a handle is held, since ids are used again; elsewhere a child sees its parent change."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ours = hasattr(os, "getppid") and os.getppid() == pid
        self._handle: Any = None
        if sys.platform == "win32":
            import ctypes

            self._kernel = ctypes.windll.kernel32
            self._handle = self._kernel.OpenProcess(SYNCHRONIZE, False, pid)

    def gone(self) -> bool:
        if sys.platform == "win32":
            return not self._handle or self._kernel.WaitForSingleObject(self._handle, 0) != WAIT_TIMEOUT
        if self._ours:
            return os.getppid() != self.pid
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False
