"""About: the versions of everything, what the map stands on, where things lie, and all of it as text for a bug report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from liqdesk.ui import icons
from liqdesk.ui.controls import LinkButton
from liqdesk.ui.dialogs.card import Card, Hairline, button, label
from liqdesk.ui.dialogs.texts import show_folder
from liqdesk.ui.draw import Painted
from liqdesk.ui.theme import BODY, MEDIUM, REGULAR, SEMIBOLD, SMALL, current, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liqdesk.about import Fact

LINE: Final = "An estimate of where leveraged positions are likely to be liquidated, made on this machine. MIT licence."


class Place(NamedTuple):
    """A file or folder the program writes, by name."""

    name: str
    path: Path


class Group(NamedTuple):
    """Facts under a heading."""

    title: str
    facts: tuple[Fact, ...]


class BigMark(Painted):
    """The program's mark, large."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(current().px(44), current().px(44))

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).drawPixmap(0, 0, icons.logo(self.width(), self.devicePixelRatioF()))


def as_text(groups: Sequence[Group], places: Sequence[Place]) -> str:
    """Return everything as lines for a bug report; the home folder is written ~."""
    lines = []
    for group in groups:
        lines += [group.title, *(f"  {fact.name}: {fact.value}" for fact in group.facts)]
    home = str(Path.home())
    lines += [
        "Where things lie",
        *(f"  {p.name}: {str(p.path).replace(home, '~') if len(home) > 1 else p.path}" for p in places),
    ]
    return "\n".join(lines) + "\n"


class AboutCard(Card):
    """Shows facts in groups, and places that can be opened."""

    def __init__(self, parent: QWidget | None, groups: Sequence[Group], places: Sequence[Place]) -> None:
        super().__init__(parent, "About liqdesk", 700)
        t = current()
        self.groups, self.places = tuple(groups), tuple(places)
        self._narrow = self.screen().availableGeometry().width() < t.px(720)  # one column beneath the other
        self.opens: dict[str, LinkButton] = {}
        self.values: dict[str, QLabel] = {}
        self.said = label("", "caption", BODY, MEDIUM, wrap=True)
        self.said.hide()
        self.rows.setSpacing(t.px(12))
        self.rows.addLayout(self._head())
        self.rows.addWidget(Hairline())
        columns: QHBoxLayout | QVBoxLayout = QVBoxLayout() if self._narrow else QHBoxLayout()
        columns.setSpacing(t.px(4 if self._narrow else 28))
        half = (len(self.groups) + 1) // 2
        for some in (self.groups[:half], self.groups[half:]):
            column = QVBoxLayout()
            column.setSpacing(t.px(4))
            for group in some:
                column.addWidget(label(group.title, "", BODY, SEMIBOLD))
                column.addLayout(self._table(group))
                column.addSpacing(t.px(8))
            column.addStretch(1)
            columns.addLayout(column, 1)
        self.rows.addLayout(columns)
        self.rows.addWidget(Hairline())
        self.rows.addWidget(label("Where things lie", "", BODY, SEMIBOLD))
        self.rows.addLayout(self._places())
        self.rows.addWidget(self.said)
        self.copy = button("Copy all as text", primary=True)
        self.licences = button("Licences…")
        self.updates = button("Check for updates…")
        self.crashes = button("Crash reports…")
        self.copy.setToolTip("For a bug report: versions, system and places; nothing of what you hold or watch")
        if self._narrow:
            self.add_buttons(self.copy, self.licences)
            self.add_buttons(self.updates, self.crashes)
        else:
            self.add_buttons(self.copy, self.licences, self.updates, self.crashes)
        self.copy.clicked.connect(self._copy)

    def first_focus(self) -> QWidget:
        return self.copy

    def text(self) -> str:
        """Return what is copied."""
        return as_text(self.groups, self.places)

    def _head(self) -> QHBoxLayout:
        t = current()
        row = QHBoxLayout()
        row.setSpacing(t.px(14))
        row.addWidget(BigMark())
        words = QVBoxLayout()
        words.setSpacing(t.px(2))
        first = self.groups[0].facts[0]
        headline = self.values[first.name] = label(f"{first.name} {first.value}", "", 18, SEMIBOLD)
        words.addWidget(headline)
        words.addWidget(label(LINE, "caption", BODY, REGULAR, wrap=True))
        row.addLayout(words, 1)
        return row

    def _table(self, group: Group) -> QGridLayout:
        t = current()
        grid = QGridLayout()
        grid.setHorizontalSpacing(t.px(12))
        grid.setVerticalSpacing(t.px(3))
        grid.setColumnMinimumWidth(0, t.px(104))
        grid.setColumnStretch(1, 1)
        for i, fact in enumerate(group.facts):
            if fact is self.groups[0].facts[0]:
                continue  # the headline
            grid.addWidget(label(fact.name, "caption", BODY), i, 0, Qt.AlignmentFlag.AlignTop)
            value = label(fact.value, "", BODY, MEDIUM, wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(f"{fact.name}: {fact.value}")
            self.values[fact.name] = value
            grid.addWidget(value, i, 1)
        return grid

    def _places(self) -> QGridLayout:
        t = current()
        grid = QGridLayout()
        grid.setHorizontalSpacing(t.px(12))
        grid.setVerticalSpacing(t.px(2))
        grid.setColumnMinimumWidth(0, t.px(104))
        grid.setColumnStretch(1, 1)
        measure = QFontMetricsF(font(BODY, MEDIUM))
        for i, place in enumerate(self.places):
            grid.addWidget(label(place.name, "caption", BODY), i, 0)
            shown = measure.elidedText(
                str(place.path), Qt.TextElideMode.ElideMiddle, t.px(220 if self._narrow else 440)
            )
            path = label(shown, "", BODY, MEDIUM)
            path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            path.setToolTip(str(place.path))
            path.setAccessibleName(f"{place.name}: {place.path}")
            grid.addWidget(path, i, 1)
            there = place.path.exists() or (place.path.suffix != "" and place.path.parent.is_dir())
            opens = LinkButton("open folder", strong=True)
            opens.setAccessibleName(f"open the folder of {place.name}")
            opens.setVisible(there)
            opens.clicked.connect(self._open)
            self.opens[place.name] = opens
            grid.addWidget(opens if there else label("not there yet", "note", SMALL), i, 2)
        return grid

    @Slot()
    def _open(self) -> None:
        place = next((p for p in self.places if self.opens[p.name] is self.sender()), None)
        if place is not None and not show_folder(place.path):
            self._say(f"Nothing here shows folders. It is {place.path}")

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())
        self._say("Copied.")

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.show()
        self.fit()

    def state(self) -> dict[str, dict[str, object]]:
        """Return every fact shown by name, text and raw value."""
        facts = [fact for group in self.groups for fact in group.facts]
        return {
            f.name: {"text": self.values[f.name].text().removeprefix(f"{f.name} "), "value": f.value} for f in facts
        }
