"""The settings: how it looks, what is shown, where data come from, how much is kept."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote
from zoneinfo import available_timezones

import msgspec
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QWidget

from liqdesk.errors import InputError
from liqdesk.ui.dialogs.card import Card, Hairline, button, label
from liqdesk.ui.dialogs.fields import Dropdown, NumberField, Tick, plain
from liqdesk.ui.segments import Choice, Segments
from liqdesk.ui.theme import BODY, MEDIUM, SEMIBOLD, current, font

if TYPE_CHECKING:
    from liqdesk.settings import Settings

PASSWORD: Final = re.compile(r"([a-z0-9]+://[^:@/]+):([^@/]*)@(.*)")


class SettingsDialog(Card):
    """Edits a copy of the settings; `saved(Settings)` when it is accepted."""

    saved = Signal(object)

    def __init__(
        self, parent: QWidget | None, settings: Settings, profile_writable: bool, brackets_as_of: str, no_tray: str = ""
    ) -> None:
        """`no_tray` says why the recording cannot go on in the tray, empty where it can."""
        super().__init__(parent, "Settings", 560)
        t = current()
        self._settings = settings
        self.theme = Segments([Choice("dark", "Dark"), Choice("light", "Light")], settings.theme)
        self.theme.setAccessibleName("theme")
        self.candles = Segments([Choice(False, "by lightness"), Choice(True, "by hue")], settings.hued_candles)
        self.candles.setAccessibleName("candle colours")
        self.zone = Dropdown()
        self.zone.setEditable(True)
        self.zone.setFont(font(BODY, SEMIBOLD))
        self.zone.addItems(["UTC", *sorted(available_timezones() - {"UTC", "localtime"})])
        self.zone.setCurrentText(settings.timezone)
        completer = QCompleter(self.zone.model(), self.zone)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.zone.setCompleter(completer)
        self.zone.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.zone.setFixedWidth(t.px(230))
        self.sounds = Tick("play alert sounds", settings.sounds)
        self.bubbles = NumberField("USD", plain(settings.bubble_min_usd), 130)
        self.tape = NumberField("USD", plain(settings.tape_min_usd), 130)
        self.rest = self._line(settings.rest_url)
        self.stream = self._line(settings.stream_url)
        self.proxy = self._line(settings.proxy_url, 220)
        self.proxy.setPlaceholderText("as this machine is set up")
        self.proxy.setAccessibleName("proxy")
        self.proxy.textChanged.connect(self._hide_password)
        self.password = self._line("", 110)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText("password")
        self.password.setAccessibleName("proxy password")
        self._hide_password(self.proxy.text())
        self.limit = NumberField("MB", plain(settings.history_limit_mb), 110)
        self.days = NumberField("days", plain(settings.history_days), 110)
        self.tray = Tick("keep recording in the tray", settings.keep_recording)
        self.tray.setEnabled(not no_tray)
        self._no_tray = no_tray
        self.wrong = label("", "", 12, SEMIBOLD, wrap=True)
        self._look(brackets_as_of, profile_writable)
        self.save = button("Save", primary=True)
        cancel = button("Cancel")
        self.add_buttons(self.save, cancel)
        self.save.clicked.connect(self._save)
        cancel.clicked.connect(self.reject)

    def _line(self, text: str, wide: int = 340) -> QLineEdit:
        field = QLineEdit(text)
        field.setFont(font(BODY, MEDIUM))
        field.setFixedWidth(current().px(wide))
        field.setCursorPosition(0)
        return field

    @Slot(str)
    def _hide_password(self, text: str) -> None:
        """Move a password out of the proxy's address into the field that does not show it."""
        found = PASSWORD.fullmatch(text)
        if found is not None:
            self.password.setText(unquote(found[2]))
            self.proxy.setText(f"{found[1]}@{found[3]}")

    def _proxy_url(self) -> str:
        """Return the proxy's whole address. Raises InputError."""
        from liqdesk.net.proxy import proxy_from

        proxy = proxy_from(self.proxy.text())
        if proxy is None:
            return ""
        whole = msgspec.structs.replace(proxy, password=self.password.text())
        proxy_from(whole.url)
        return whole.url

    def _look(self, brackets_as_of: str, profile_writable: bool) -> None:
        rows = self.rows
        rows.addLayout(self.field_row("Theme", self.theme))
        rows.addLayout(self.field_row("Candles", self.candles))
        rows.addLayout(self.field_row("Time zone", self.zone))
        rows.addLayout(self.field_row("Sounds", self.sounds))
        rows.addWidget(Hairline())
        rows.addLayout(self.field_row("Bubbles from", self.bubbles, label("of forced orders on the chart", "note")))
        rows.addLayout(self.field_row("Tape from", self.tape, label("of forced orders in the list", "note")))
        rows.addWidget(Hairline())
        rows.addLayout(self.field_row("REST", self.rest))
        rows.addLayout(self.field_row("Streams", self.stream))
        rows.addLayout(self.field_row("Proxy", self.proxy, self.password))
        rows.addWidget(
            label(
                "Used from the next start. An address that is not Binance's own is never called live: it is shown in amber with its "
                "host. A proxy is http://host:port or socks5h://host:port, with user@ before the host where it asks for a name.",
                "note",
                11,
                wrap=True,
            )
        )
        rows.addWidget(Hairline())
        rows.addLayout(self.field_row("History", self.limit, label("at most, and", "caption"), self.days))
        why = label(self._no_tray, "note", 11, wrap=True)
        rows.addLayout(self.field_row("On closing", self.tray, *((why,) if self._no_tray else ())))
        note = (
            "Forced orders have no public record at Binance: a day not recorded is gone. Size and age are used from the next start."
            f"\nMargin brackets of {brackets_as_of}."
        )
        if not profile_writable:
            note = "The profile cannot be written: what is changed here lasts until the window closes.\n" + note
        rows.addWidget(label(note, "note", 11, wrap=True))
        rows.addWidget(self.wrong)
        self.wrong.hide()

    def settings(self) -> Settings | str:
        """Return the settings as typed, or the sentence on what is wrong."""
        from liqdesk.venues.binance.endpoints import endpoints

        zone = self.zone.currentText().strip()
        if zone not in available_timezones():
            return f"“{zone}” is not a time zone, such as Europe/Vienna."
        numbers: dict[str, float] = {}
        for name, field, least, most in (
            ("bubble_min_usd", self.bubbles, 0, 1e12),
            ("tape_min_usd", self.tape, 0, 1e12),
            ("history_limit_mb", self.limit, 64, 1e7),
            ("history_days", self.days, 1, 36_500),
        ):
            value = field.number()
            good = value is not None and math.isfinite(value) and least <= value <= most
            field.mark(not good)
            if not good or value is None:
                return f"“{field.text()}” must be a number from {least:,} to {most:,.0f}."
            numbers[name] = value
        try:
            checked = endpoints(self.rest.text().strip(), self.stream.text().strip())
            proxy_url = self._proxy_url()
        except InputError as e:
            return e.user
        return msgspec.structs.replace(
            self._settings,
            theme=str(self.theme.value),
            hued_candles=bool(self.candles.value),
            timezone=zone,
            sounds=self.sounds.isChecked(),
            keep_recording=self.tray.isChecked(),
            bubble_min_usd=numbers["bubble_min_usd"],
            tape_min_usd=numbers["tape_min_usd"],
            history_limit_mb=int(numbers["history_limit_mb"]),
            history_days=int(numbers["history_days"]),
            rest_url=checked.rest,
            stream_url=checked.stream,
            proxy_url=proxy_url,
        )

    @Slot()
    def _save(self) -> None:
        made = self.settings()
        if isinstance(made, str):
            self.wrong.setText(made)
            self.wrong.setStyleSheet(f"color: {current().alert}")
            self.wrong.show()
            self.fit()
            return
        self.saved.emit(made)
        self.accept()
