"""The cards that stand for themselves: help, methodology, streams, settings, the first note. Each is imported when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.ui.actions import Actions
    from liqdesk.ui.dialogs.streams import StreamsDialog
    from liqdesk.ui.window import Window


class Cards(QObject):
    """Opens cards for one window."""

    def __init__(self, window: Window, act: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self._streams: StreamsDialog | None = None
        act.learn("help", self.help)
        act.learn("keys", self.keys)
        act.learn("palette", self.palette)
        act.learn("method", self.method)
        act.learn("streams", self.streams)
        act.learn("settings", self.settings)

    @Slot()
    def help(self) -> None:
        """Show what the map is and is not, and where the keys are."""
        from liqdesk.ui.dialogs.help import HelpDialog

        frame = self._window.frame
        version, brackets = (frame.model_version, frame.brackets_as_of) if frame else ("S2", "the shipped file")
        dialog = HelpDialog(self._window, version, brackets, self._window.profile_dir, self._act.shortcuts.written)
        dialog.method.clicked.connect(self.method)
        dialog.keys.clicked.connect(self.keys)
        dialog.about.clicked.connect(self._act.informing.about)
        dialog.updates.clicked.connect(self._act.informing.updates)
        self._act.open_card(dialog)

    @Slot()
    def keys(self) -> None:
        """Show every command with its keys, to be changed."""
        from liqdesk.ui.dialogs.keys import KeysCard

        card = KeysCard(self._window, self._act.shortcuts.keymap)
        card.changed.connect(self._keys_changed)
        self._act.open_card(card)

    @Slot()
    def palette(self) -> None:
        """Let a command be typed."""
        from liqdesk.ui.dialogs.palette import PaletteCard

        card = PaletteCard(self._window, self._act.learned, self._act.shortcuts.written)
        card.chosen.connect(self._act.press)
        self._act.open_card(card)

    @Slot(object)
    def _keys_changed(self, stored: object) -> None:
        self._window.change(keys=stored)

    @Slot()
    def method(self) -> None:
        """Show how the map is made and how it was scored."""
        from liqdesk.ui.dialogs.reading import ReadingCard

        self._act.open_card(ReadingCard(self._window))

    @Slot()
    def streams(self) -> None:
        """Show how whole and how fast the streams are."""
        from liqdesk.ui.dialogs.streams import StreamsDialog

        self._streams = StreamsDialog(self._window, self._window.frame)
        self._act.open_card(self._streams)

    def show_streams(self, frame: Frame) -> None:
        """Bring the card of the streams up to date where it is open."""
        if self._streams is not None and self._act.dialog is self._streams:
            self._streams.show_frame(frame)

    def first_run(self) -> None:
        """Show the note of the first start."""
        from liqdesk.ui.dialogs.help import FirstRun

        note = FirstRun(self._window, self._window.profile_dir)
        note.begun.connect(self._begun)
        self._act.open_card(note)

    @Slot()
    def _begun(self) -> None:
        self._window.change(first_run_done=True)

    @Slot()
    def settings(self) -> None:
        """Show the settings."""
        from liqdesk.ui.dialogs.settings import SettingsDialog
        from liqdesk.ui.tray import Keeping, has_tray

        w = self._window
        brackets = w.frame.brackets_as_of if w.frame else "the shipped file"
        no_tray = Keeping(True, has_tray(), True).unavailable
        unavailable = {"keep_recording": no_tray} if no_tray else {}
        dialog = SettingsDialog(w, w.settings, w.profile_writable, brackets, unavailable)
        dialog.saved.connect(self._settings_saved)
        self._act.open_card(dialog)

    @Slot(object)
    def _settings_saved(self, new: object) -> None:
        import msgspec

        self._window.change(**msgspec.structs.asdict(new))  # type: ignore[arg-type]
