"""Alerts as the user meets them: dialogs for rules, and toast, sound and badge when one fires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication

from liqdesk.ui.toast import Message

if TYPE_CHECKING:
    from liqdesk.alerts.rules import AnyRule, Fired
    from liqdesk.insight.zones import Zone
    from liqdesk.ui.dialogs.alert import AlertDialog
    from liqdesk.ui.sound import Player
    from liqdesk.ui.window import Window


class Alerting(QObject):
    """Acts for one window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._player: Player | None = None
        self._dialog: AlertDialog | None = None
        window.frame_shown.connect(self._follow)

    @property
    def player(self) -> Player:
        """Return what plays sounds; made at the first use."""
        if self._player is None:
            from liqdesk.ui.sound import Player

            self._player = Player(self)
        return self._player

    def close(self) -> None:
        """End a sound that plays."""
        if self._player is not None:
            self._player.close()

    def _rule_dialog(self, rule: AnyRule | None) -> AlertDialog | None:
        from liqdesk.ui.dialogs.alert import AlertDialog

        frame = self._window.frame
        if frame is None:
            return None
        timezone = self._window.settings.timezone
        dialog = AlertDialog(self._window, frame.instrument, frame.prices.mark, rule, timezone)
        dialog.saved.connect(self.put_rule)
        dialog.dropped.connect(self.drop_rule)
        dialog.asked.connect(self._ask_past)
        dialog.finished.connect(self._closed)
        self._dialog = dialog
        self._window.act.open_card(dialog)
        return dialog

    # how often a rule would have fired

    @Slot(int, object)
    def _ask_past(self, serial: int, rule: AnyRule | None) -> None:
        from liqdesk.engine.pasts import AskPast

        self._window.command.emit(AskPast(serial, rule))

    @Slot(int)
    def _closed(self, _result: int) -> None:
        if self.sender() is self._dialog:
            self._dialog = None
            self._ask_past(0, None)

    @Slot()
    def _follow(self) -> None:
        frame = self._window.frame
        if self._dialog is not None and frame is not None:
            self._dialog.show_past(frame.past)

    # rules

    @Slot()
    def new_rule(self) -> None:
        self._rule_dialog(None)

    @Slot(object)
    def edit_rule(self, rule: AnyRule) -> None:
        self._rule_dialog(rule)

    @Slot(str)
    def edit_by_id(self, rule_id: str) -> None:
        for status in self._window.frame.rules if self._window.frame else ():
            if status.rule.id == rule_id:
                self._rule_dialog(status.rule)

    @Slot(float)
    def alert_price(self, price: float) -> None:
        dialog, frame = self._rule_dialog(None), self._window.frame
        if dialog is not None and frame is not None:
            dialog.start_price(price, frame.instrument.price_decimals)

    @Slot(object)
    def alert_zone(self, zone: Zone) -> None:
        dialog = self._rule_dialog(None)
        if dialog is not None:
            dialog.start_zone(zone)

    @Slot(object)
    def put_rule(self, rule: AnyRule) -> None:
        from liqdesk.engine.frames import PutRule

        self._window.command.emit(PutRule(rule))

    @Slot(str)
    def drop_rule(self, rule_id: str) -> None:
        from liqdesk.engine.frames import DropRule

        self._window.command.emit(DropRule(rule_id))

    def announce(self, fired: Fired) -> None:
        """Show a firing as a toast, sound it, and ask for the user's eye when the window is not in front."""
        w = self._window
        w.stage.toast.say(Message(fired.headline, fired.facts, fired.time_ms, fired))
        if fired.sound and w.settings.sounds:
            self.player.play(self._sound_of(fired))
        if not w.isActiveWindow():
            QApplication.alert(w, 0)

    def _sound_of(self, fired: Fired) -> str:
        frame = self._window.frame
        for status in frame.rules if frame else ():
            if status.rule.id == fired.rule_id:
                return str(status.rule.__struct_config__.tag)
        return "price"

    @Slot()
    def show_alerts(self) -> None:
        """Open the alerts panel and clear the badge."""
        self._window.column.alerts.open_by_hand()
        self._window.column.alerts.content.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.mark_seen()

    @Slot()
    def mark_seen(self) -> None:
        self._window.column.alerts.mark_seen()

    @Slot(object)
    def show_fired(self, fired: Fired) -> None:
        self._window.act.reveal(fired.price)
