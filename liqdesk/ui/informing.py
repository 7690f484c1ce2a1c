"""What the program is: versions, licences, where things lie, and whether there is a newer one, which is asked only when that is wished."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from liqdesk import __version__
from liqdesk.errors import InputError
from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.engine.newest import NewestThread
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.dialogs.about import Group, Place
    from liqdesk.ui.dialogs.updates import UpdatesCard
    from liqdesk.ui.window import Window

log = logging.getLogger(__name__)

JOIN_MS: Final = 5_000


class Informing(QObject):
    """Tells of the program in one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self._card: UpdatesCard | None = None
        self._thread: NewestThread | None = None
        act.learn("about", self.about)
        act.learn("licences", self.licences)
        act.learn("updates", self.updates)

    @Slot()
    def about(self) -> None:
        """Show versions and places."""
        from liqdesk.ui.dialogs.about import AboutCard

        card = AboutCard(self._window, self.facts(), self.places())
        card.licences.clicked.connect(self.licences)
        card.updates.clicked.connect(self.updates)
        card.crashes.clicked.connect(self._act.crashes.show)
        self._act.open_card(card)

    def facts(self) -> tuple[Group, ...]:
        """Return what the card shows: the program and what it shows, what it stands on, and the machine."""
        from liqdesk.about import UNKNOWN, Fact, standing_on
        from liqdesk.about.facts import program, system
        from liqdesk.ui.dialogs.about import Group
        from liqdesk.venues.binance.brackets import shipped_brackets

        frame = self._window.frame
        try:
            shipped = shipped_brackets()
            brackets = f"{shipped.as_of}, {shipped.source}"
        except InputError as e:
            brackets = e.user
        screen = self._window.screen()
        size = screen.size()
        return (
            Group(
                "Program",
                (
                    *program(),
                    Fact("Model", frame.model_version if frame is not None else UNKNOWN),
                    Fact("Brackets shipped", brackets),
                    Fact("Brackets in use", frame.brackets_as_of if frame is not None else UNKNOWN),
                ),
            ),
            Group(
                "Machine",
                (
                    system(),
                    Fact("Display by", QGuiApplication.platformName()),
                    Fact(
                        "Screen",
                        f"{size.width()} × {size.height()} px at {present.number(screen.devicePixelRatio() * 100)} %",
                    ),
                ),
            ),
            Group("Stands on", standing_on()),
        )

    def places(self) -> tuple[Place, ...]:
        """Return where the program writes."""
        from liqdesk.paths import Profile, cache_dir
        from liqdesk.ui.dialogs.about import Place

        profile = self._window.profile_dir
        own = (Place("Profile", Path(profile)), Place("Log", Profile(Path(profile)).log)) if profile else ()
        return (*own, Place("Cache", cache_dir()))

    @Slot()
    def licences(self) -> None:
        """Show the licences of everything."""
        from liqdesk.about.works import works
        from liqdesk.ui.dialogs.licences import LicencesCard

        try:
            found, trouble = works(), ""
        except InputError as e:
            found, trouble = (), e.user
        self._act.open_card(LicencesCard(self._window, found, trouble))

    # the newest release

    @property
    def address(self) -> str:
        """Return where releases are asked for: what a person set, else what the build knows; "" for nowhere."""
        from liqdesk.about import stamp

        return self._window.settings.update_url or stamp().releases

    @Slot()
    def updates(self) -> None:
        """Show what would be asked, and ask when that is wished."""
        from liqdesk.ui.dialogs.updates import UpdatesCard

        card = self._card = UpdatesCard(self._window, __version__, self.address, self._proxy())
        card.asked.connect(self._ask)
        card.stopped.connect(self._stop)
        card.settings.clicked.connect(self._act.cards.settings)
        self._act.open_card(card)

    def _proxy(self) -> str:
        """Return the proxy a request goes through, without its password; "" for none."""
        from liqdesk.net.proxy import proxy_for, proxy_from

        try:
            proxy = proxy_for(self.address, proxy_from(self._window.settings.proxy_url)) if self.address else None
        except InputError:
            return ""
        return "" if proxy is None else str(proxy)

    @Slot()
    def _ask(self) -> None:
        from liqdesk.engine.newest import NewestThread

        if self._thread is not None:
            return
        thread = self._thread = NewestThread(self.address, self._window.settings.proxy_url)
        thread.finished.connect(self._answered)
        thread.start()

    @Slot()
    def _stop(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    @Slot()
    def _answered(self) -> None:
        thread, card = self._thread, self._card
        self._thread = None
        if thread is None:
            return
        thread.wait()
        if card is not None and self._act.dialog is card:
            card.show_newest(thread.newest, __version__)
        thread.deleteLater()

    def close(self) -> None:
        """End what is being asked."""
        if self._thread is not None:
            self._thread.stop()
            if not self._thread.wait(JOIN_MS):
                log.error("thread newest release did not end in %d ms", JOIN_MS)
