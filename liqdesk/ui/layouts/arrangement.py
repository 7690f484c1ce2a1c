"""An arrangement of docks taken and given back: the column as it first stands, and what a layout holds of it."""

from __future__ import annotations

import base64
from typing import Final

from PySide6.QtCore import QByteArray, QRect, Qt

from liqdesk.ui.layouts.blob import BlobError, docks_in
from liqdesk.ui.layouts.document import Layout, Rect
from liqdesk.ui.panels.catalogue import CATALOGUE
from liqdesk.ui.panels.column import Column
from liqdesk.ui.panels.dock import MOST
from liqdesk.ui.theme import current

KNOWN: Final = frozenset(one.name for one in CATALOGUE)


def rect_of(rect: QRect) -> Rect:
    """Return a rectangle as a layout keeps it."""
    return rect.x(), rect.y(), rect.width(), rect.height()


def scaled(rect: Rect, by: float) -> QRect:
    """Return a kept rectangle with its size for another text size."""
    return QRect(rect[0], rect[1], round(rect[2] * by), round(rect[3] * by))


def first(column: Column) -> None:
    """Put every panel where it first stands."""
    for dock in column.docks:
        dock.panel.by_hand = False
        dock.panel.fold(False)
        dock.limit(0, MOST)
        dock.setFloating(False)
        column.removeDockWidget(dock)
        dock.closed = True
    for one in CATALOGUE:
        if one.shown:
            dock = column.dock(one.name)
            column.put_first(dock)
            dock.show_closed(False)
    column.forget_hands()
    column.set_width(column.sizeHint().width())


def taken(column: Column, name: str) -> Layout:
    """Return how the docks stand, as a layout of that name."""
    docks = column.docks
    state = bytes(column.saveState().data())
    wide, default = column.width_of(), column.sizeHint().width()
    return Layout(
        name=name,
        state=base64.b64encode(state).decode("ascii"),
        closed=tuple(d.name for d in docks if d.closed),
        folded=tuple(d.name for d in docks if d.panel.by_hand and d.panel.folded),
        opened=tuple(d.name for d in docks if d.panel.by_hand and not d.panel.folded),
        floating={d.name: rect_of(d.geometry()) for d in docks if d.isFloating()},
        column=0 if abs(wide - default) <= 2 else wide,  # the default is another where the window is narrower
        scale=current().scale,
    )


def give(column: Column, layout: Layout) -> bool:
    """Put the docks where a layout has them, as far as its state makes sense and screens are there; return whether it made sense.

    Panels that the layout does not know stand as they first do.
    """
    try:
        state = layout.state_bytes
        names = [n for n in docks_in(state) if n in KNOWN] if state else []
    except (BlobError, ValueError):
        names, state = [], b""
    if not names:
        first(column)
        return not layout.state
    for name in names:
        column.dock(name)
    for dock in column.docks:
        dock.panel.by_hand = False
        dock.panel.fold(False)
        dock.limit(0, MOST)
    if not column.restoreState(QByteArray(state)):
        first(column)
        return False
    by = current().scale / layout.scale
    for dock in column.docks:
        known = dock.name in names
        dock.closed = dock.name in layout.closed if known else not _shown_first(dock.name)
        if not known and not dock.closed:
            column.put_first(dock)
        dock.setVisible(not dock.closed)
        if dock.isFloating():
            dock.place(scaled(layout.floating.get(dock.name, rect_of(dock.geometry())), by))
            dock.panel.header.set_floating(True)
        elif dock.name in (*layout.folded, *layout.opened):
            dock.panel.by_hand = True
            dock.panel.fold(dock.name in layout.folded)
    column.forget_hands([n for n in layout.opened if n in names])
    default = column.sizeHint().width()
    column.set_width(round(layout.column * by) if layout.column else default)
    return True


def _shown_first(name: str) -> bool:
    return next(one.shown for one in CATALOGUE if one.name == name)


def away(column: Column, name: str, area: Qt.DockWidgetArea) -> None:
    """Put a panel into another area, at its end."""
    dock = column.dock(name)
    dock.setFloating(False)
    dock.panel.fold(False)
    column.addDockWidget(area, dock)
    dock.show_closed(False)
