"""The streams as a panel: how old, how fast and how whole each is, over which connections they come, and what the requests cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from liqdesk.ui import streams
from liqdesk.ui.dialogs.card import label
from liqdesk.ui.dialogs.streams import Table, dots_of
from liqdesk.ui.panels.frame import PAD, Panel
from liqdesk.ui.theme import SMALL, current, font

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame
    from liqdesk.settings import Settings


class StreamsPanel(Panel):
    """Three tables that follow the frames; where there is no room, they scroll."""

    def __init__(self, _settings: Settings) -> None:
        self.streams = Table(streams.STREAM_COLUMNS, ("Stream", "Brought by"))
        self.links = Table(streams.LINK_COLUMNS, ("Connection", "State", "Endpoint"))
        self.rest = Table(streams.REST_COLUMNS, ("Requests", "Endpoint"))
        self.notes = label("", "caption", SMALL, wrap=True)
        inside = QWidget()
        rows = self._rows = QVBoxLayout(inside)
        for widget in (self.streams, self.links, self.rest, self.notes):
            rows.addWidget(widget)
        rows.addStretch(1)
        self.area = Area()
        self.area.setWidget(inside)
        inside.setAutoFillBackground(False)
        self.area.viewport().setAutoFillBackground(False)
        super().__init__("Streams", "", self.area)
        self._said: tuple[streams.Cell, ...] | None = None
        self._frame: Frame | None = None
        self._space()

    def restyle(self) -> None:
        super().restyle()
        self._space()

    def _space(self) -> None:
        t = current()
        self._rows.setContentsMargins(t.px(PAD), t.px(4), t.px(PAD), t.px(8))
        self._rows.setSpacing(t.px(12))
        self.notes.setFont(font(SMALL))

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        self.streams.show_rows(tuple(map(streams.stream_row, frame.streams)), dots_of(frame))
        self.links.show_rows(tuple(map(streams.link_row, frame.links)))
        self.rest.show_rows((streams.rest_row(frame.rest),) if frame.rest is not None else ())
        self.links.setVisible(bool(frame.links))
        self.rest.setVisible(frame.rest is not None)
        said = streams.notes(frame)
        if said != self._said:
            self._said = said
            self.notes.setText("\n".join(cell.text for cell in said))
            self.notes.setVisible(bool(said))
        late = [s.name for s in frame.streams if s.stale]
        self.header.say(
            caption=f"{', '.join(late)} stale" if late else f"{len(frame.streams)} streams", value=", ".join(late)
        )

    def state(self) -> dict[str, dict[str, object]]:
        """Return every cell, text and raw value by name."""
        if self._frame is None:
            return {}
        return {f"panel.{name}": value for name, value in streams.numbers(self._frame).items()}


class Area(QScrollArea):
    """Scrolls the tables both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(current().px(240), current().px(220))

    def minimumSizeHint(self) -> QSize:
        return QSize(current().px(160), current().px(66))
