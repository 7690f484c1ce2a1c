"""The thread that asks which release is the newest, when a person wants to know."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QThread

from liqdesk.net.latest import Newest, checked

if TYPE_CHECKING:
    from liqdesk.net.releases import Inquiry


class NewestThread(QThread):
    """Asks once; then `newest` says what came of it. None where it was stopped before."""

    def __init__(self, address: str, proxy_url: str = "") -> None:
        """Raises InputError for an address that cannot be asked."""
        super().__init__()
        self.setObjectName("newest release")
        self._address = checked(address)
        self._proxy_url = proxy_url
        self._inquiry: Inquiry | None = None
        self._stopped = threading.Event()
        self.newest: Newest | None = None

    def run(self) -> None:
        from liqdesk.net.proxy import proxy_from
        from liqdesk.net.releases import Inquiry

        self._inquiry = Inquiry(self._address, proxy_from(self._proxy_url))
        if not self._stopped.is_set():
            newest = self._inquiry.ask()
            self.newest = None if self._stopped.is_set() else newest

    def stop(self) -> None:
        """Give up the request; may be called from the GUI thread at any time."""
        self._stopped.set()
        if self._inquiry is not None:
            self._inquiry.stop()
