"""Which release is the newest: what is sent and where to, asked only when that is wished; and what came of it, in a sentence."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from liqdesk.net.latest import Newest, Verdict, request_lines
from liqdesk.ui.dialogs.card import Card, button, label
from liqdesk.ui.dialogs.texts import TextView, open_page
from liqdesk.ui.theme import BODY, REGULAR, SEMIBOLD, SMALL, current

NO_ADDRESS: Final = "This build has no address to ask for newer releases."
GIVE_ONE: Final = "An address can be given in the settings, under Connection, Updates; until then nobody is asked, and nothing is sent."
ONLY_NOW: Final = "liqdesk never asks by itself, downloads nothing, and sends only this:"


class UpdatesCard(Card):
    """`asked()` when the address shall be asked, `stopped()` when that shall end."""

    asked = Signal()
    stopped = Signal()

    def __init__(self, parent: QWidget | None, version: str, address: str, by_proxy: str = "") -> None:
        """address: where releases are asked for, "" where there is none; by_proxy: the proxy a request goes through, in words."""
        super().__init__(parent, "Check for updates", 460)
        t = current()
        self._address = address
        self._page = ""
        self._asking = False
        self.host = urlsplit(address).netloc
        self.headline = label(f"This is liqdesk {version}.", "", 13, SEMIBOLD, wrap=True)
        self.words = label("", "caption", BODY, REGULAR, wrap=True)
        self.sent = TextView("what is sent", "\n".join(request_lines(address)) if address else "")
        lines = self.sent.document().blockCount()
        self.sent.setFixedHeight(round(self.sent.fontMetrics().lineSpacing() * lines) + t.px(18))
        self.way = label(f"Through the proxy {by_proxy}." if by_proxy else "", "note", SMALL, wrap=True)
        self.way.setVisible(bool(address and by_proxy))
        self.rows.addWidget(self.headline)
        self.rows.addWidget(self.words)
        self.rows.addWidget(self.sent)
        self.rows.addWidget(self.way)
        self.ask = button(f"Ask {self.host} now" if address else "Settings…", primary=True)
        self.stop = button("Stop")
        self.page = button("")
        self.settings = self.ask if not address else button("Settings…")
        self.add_buttons(self.ask, self.page, self.stop, right=self.settings if address else None)
        self.stop.hide()
        self.page.hide()
        self.sent.setVisible(bool(address))
        self.words.setText(ONLY_NOW)
        if not address:
            self.headline.setText(NO_ADDRESS)
            self.words.setText(f"This is liqdesk {version}. {GIVE_ONE}")
        else:
            self.ask.clicked.connect(self._ask)
        self.stop.clicked.connect(self.stopped)
        self.page.clicked.connect(self._open_page)
        self.finished.connect(self._gone)

    def first_focus(self) -> QWidget:
        return self.ask

    @Slot()
    def _ask(self) -> None:
        self.show_asking()
        self.asked.emit()

    @Slot()
    def _gone(self) -> None:
        if self._asking:
            self.stopped.emit()

    def show_asking(self) -> None:
        """Show that the address is being asked."""
        self._asking = True
        self.headline.setText(f"Asking {self.host} …")
        self.ask.hide()
        self.page.hide()
        self.stop.show()
        self.stop.setFocus()
        self.fit()

    def show_newest(self, newest: Newest | None, version: str) -> None:
        """Show what came of asking; None where it was stopped."""
        self._asking = False
        self._page = newest.page if newest is not None and newest.verdict is Verdict.NEWER else ""
        self.headline.setText(newest.sentence if newest is not None else f"Stopped. This is liqdesk {version}.")
        self.stop.hide()
        self.ask.setText("Ask again")
        self.ask.show()
        self.page.setVisible(bool(self._page))
        if self._page:
            self.page.setText(f"Open its page at {urlsplit(self._page).netloc}")
            self.page.setToolTip(f"{self._page}, in your browser")
            self.page.setFocus()
        else:
            self.ask.setFocus()
        self.fit()

    @Slot()
    def _open_page(self) -> None:
        if not open_page(self._page):
            self.words.setText(f"No browser opened {self._page}")
            self.fit()

    def state(self) -> dict[str, dict[str, object]]:
        """Return what is said, text and raw value by name."""
        return {
            "sentence": {"text": self.headline.text(), "value": self.headline.text()},
            "sent": {"text": self.sent.toPlainText(), "value": self._address},
            "page": {"text": self.page.text(), "value": self._page},
        }
