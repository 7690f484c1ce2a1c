"""The card of scale and score, opened, kept up to date, and its switches carried to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.ui.dialogs.score import ScoreDialog
    from liqdesk.ui.window import Window


class Scoring(QObject):
    """Acts for one window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._card: ScoreDialog | None = None

    @Slot()
    def show(self) -> None:
        """Show how the scale was learned and how the map has scored."""
        from liqdesk.ui.dialogs.score import ScoreDialog

        w = self._window
        self._card = ScoreDialog(w, w.frame, w.settings)
        self._card.scale_chosen.connect(self._use)
        w.act.open_card(self._card)

    def show_frame(self, frame: Frame) -> None:
        """Bring the card up to date where it is open."""
        if self._card is not None and self._window.act.dialog is self._card:
            self._card.show_frame(frame)

    @Slot(bool, bool)
    def _use(self, local_gain: bool, all_venues: bool) -> None:
        from liqdesk.engine.scales import SetScale

        self._window.change(local_gain=local_gain, all_venues=all_venues)
        self._window.command.emit(SetScale(local_gain, all_venues))
