"""Layouts on disk: one JSON file, written whole, with a version. What cannot be read is set aside, never lost; what makes no sense in a
layout is left out of it."""

from __future__ import annotations

import base64
import binascii
import logging
import math
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from liqdesk.errors import InputError, LiqdeskError, NewerError
from liqdesk.formats import LAYOUTS, refuse_newer
from liqdesk.formats.joining import joined
from liqdesk.paths import free_aside, set_aside, write_atomic
from liqdesk.settings import Settings, is_sensible
from liqdesk.ui.layouts.blob import BlobError, docks_in

log = logging.getLogger(__name__)

VERSION: Final = LAYOUTS
LARGEST: Final = 1024 * 1024
MOST: Final = 40
MOST_CHARTS: Final = 8
LONGEST_NAME: Final = 40
GROUPS: Final = ("", "A", "B", "C", "D")
FIRST: Final = "Desk 1"
AWAY: Final = 1 << 17  # px
WIDEST: Final = 1 << 14

Rect = tuple[int, int, int, int]  # x, y, width, height in px


class ChartPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """A chart window: where it stands and what it shows; an empty symbol follows the main window's."""

    rect: Rect
    symbol: str = ""
    group: str = ""
    candle_ms: int = Settings().candle_ms
    window_ms: int = Settings().window_ms
    classes: tuple[int, ...] = Settings().classes
    side: str = "both"
    heat_auto: bool = True
    heat_low_usd: float = 0.0
    heat_high_usd: float = 0.0
    maximized: bool = False


class Layout(msgspec.Struct, frozen=True, omit_defaults=True):
    """One arrangement. `state` is Qt's own of the docks, base64; empty is the first arrangement. `scale` is that of the text it was made
    at."""

    name: str
    state: str = ""
    closed: tuple[str, ...] = ()  # panels that stand somewhere and are hidden
    folded: tuple[str, ...] = ()  # by hand
    opened: tuple[str, ...] = ()  # by hand
    floating: dict[str, Rect] = {}
    column: int = 0  # px across the right area
    window: Rect | None = None
    maximized: bool = False
    scale: float = 1.0
    group: str = ""
    charts: tuple[ChartPlace, ...] = ()

    @property
    def state_bytes(self) -> bytes:
        return base64.b64decode(self.state)


class Layouts(msgspec.Struct, frozen=True):
    """All layouts of a profile, and which is shown."""

    layouts: tuple[Layout, ...] = (Layout(FIRST),)
    current: str = FIRST
    version: int = VERSION

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.layouts)

    @property
    def shown(self) -> Layout:
        return self.named(self.current) or self.layouts[0]

    def named(self, name: str) -> Layout | None:
        return next((one for one in self.layouts if one.name == name), None)

    def put(self, layout: Layout) -> Layouts:
        """Return these with a layout added, or in the place of the one of its name; it is the current one."""
        kept = [layout if one.name == layout.name else one for one in self.layouts]
        if layout.name not in self.names:
            kept.append(layout)
        return Layouts(tuple(kept), layout.name)

    def rename(self, old: str, new: str) -> Layouts:
        kept = tuple(msgspec.structs.replace(one, name=new) if one.name == old else one for one in self.layouts)
        return Layouts(kept, new if self.current == old else self.current)

    def drop(self, name: str) -> Layouts:
        """Return these without one; the last is never dropped. The first of the rest is current where the current one goes."""
        kept = tuple(one for one in self.layouts if one.name != name) or self.layouts
        return Layouts(kept, self.current if self.current != name else kept[0].name)


class _Document(msgspec.Struct):
    layouts: list[msgspec.Raw]
    current: str = ""
    version: int = VERSION


class _File(msgspec.Struct):
    """A layout that was exported."""

    liqdesk_layout: msgspec.Raw
    version: int = VERSION


def good_name(text: str) -> str:
    """Return a name as it is kept. Raises LiqdeskError with a sentence for one that cannot be used."""
    name = " ".join(text.split())
    if not name:
        raise LiqdeskError("an empty name", "A layout needs a name.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise LiqdeskError(
            f"the name {name[:60]!r}", f"A name has at most {LONGEST_NAME} characters, all of them visible."
        )
    return name


def _good_rect(rect: Rect) -> bool:
    x, y, wide, high = rect
    return abs(x) <= AWAY and abs(y) <= AWAY and 0 < wide <= WIDEST and 0 < high <= WIDEST


def _good_chart(chart: ChartPlace) -> bool:
    symbol = not chart.symbol or is_sensible("symbol", chart.symbol)
    levels = all(is_sensible(name, getattr(chart, name)) for name in ("heat_low_usd", "heat_high_usd"))
    levels = levels and (chart.heat_auto or chart.heat_low_usd < chart.heat_high_usd)
    choices = all(is_sensible(name, getattr(chart, name)) for name in ("candle_ms", "window_ms", "classes", "side"))
    return symbol and levels and choices and bool(chart.classes) and chart.group in GROUPS and _good_rect(chart.rect)


def checked(layout: Layout) -> Layout:
    """Return a layout without what makes no sense. Raises LiqdeskError where the name or the state of the docks is that."""
    name = good_name(layout.name)
    try:
        state = base64.b64decode(layout.state, validate=True)
        known = docks_in(state) if state else {}
    except (binascii.Error, ValueError, BlobError) as e:
        raise LiqdeskError(f"layout {name!r}: {e}", f"The layout “{name}” is damaged.") from e
    if not math.isfinite(layout.scale) or not 0.5 <= layout.scale <= 4:
        layout = msgspec.structs.replace(layout, scale=1.0)
    window = layout.window if layout.window is not None and _good_rect(layout.window) else None
    return msgspec.structs.replace(
        layout,
        name=name,
        closed=tuple(n for n in layout.closed if n in known),
        floating={n: r for n, r in layout.floating.items() if n in known and _good_rect(r)},
        column=layout.column if 0 <= layout.column <= WIDEST else 0,
        window=window,
        group=layout.group if layout.group in GROUPS else "",
        charts=tuple(c for c in layout.charts if _good_chart(c))[:MOST_CHARTS],
    )


def _decode(text: msgspec.Raw) -> Layout | None:
    try:
        return checked(msgspec.json.decode(text, type=Layout))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, LiqdeskError) as e:
        log.info("a layout is not usable: %s", e)
        return None


class LayoutStore:
    """Loads and saves the layouts of a profile. With `writable` False nothing is ever written. `notices` are sentences for the user."""

    def __init__(self, path: Path, writable: bool = True) -> None:
        self._path = path
        self.writable = writable
        self.notices: list[str] = []
        self._written: Layouts | None = None

    def load(self) -> Layouts:
        """Return the saved layouts; one first arrangement when there is no file. A damaged file is renamed, one with layouts that cannot be
        used copied, to `….broken`; one of a later version is left alone, and nothing is saved over it."""
        try:
            if self._path.stat().st_size > LARGEST:
                return self._damaged()
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return Layouts()
        except OSError as e:
            self.notices.append(f"The layouts could not be read ({e.strerror}).")
            return Layouts()
        try:
            refuse_newer(self._path, raw, VERSION)
        except NewerError as e:
            self.writable = False
            self.notices.append(e.user)
            return Layouts()
        try:
            document = msgspec.json.decode(raw, type=_Document)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
            log.info("layouts: %s", e)
            return self._damaged()
        good: dict[str, Layout] = {}
        for text in document.layouts[: 10 * MOST]:
            one = _decode(text)
            if one is not None and one.name not in good and len(good) < MOST:
                good[one.name] = one
        if len(good) < len(document.layouts):
            self._keep_copy(len(document.layouts) - len(good))
        if not good:
            return Layouts()
        current = document.current if document.current in good else next(iter(good))
        self._written = Layouts(tuple(good.values()), current)
        return self._written

    def _damaged(self) -> Layouts:
        words = "The layouts file was damaged"
        if not self.writable:
            self.notices.append(f"{words}; the first arrangement is shown.")
            return Layouts()
        try:
            broken = set_aside(self._path)
        except OSError as e:
            self.writable = False
            self.notices.append(f"{words} and could not be set aside ({e.strerror}); layouts are not saved.")
            return Layouts()
        self.notices.append(f"{words}; it is kept as {broken.name}, and the first arrangement is shown.")
        return Layouts()

    def _keep_copy(self, bad: int) -> None:
        words = "One layout was not usable" if bad == 1 else f"{bad} layouts were not usable"
        if not self.writable:
            self.notices.append(f"{words}.")
            return
        try:
            broken = free_aside(self._path)
            shutil.copyfile(self._path, broken)
        except OSError as e:
            self.writable = False
            self.notices.append(f"{words} and could not be kept ({e.strerror}); layouts are not saved.")
            return
        self.notices.append(f"{words}; the file is kept as {broken.name}.")

    def save(self, layouts: Layouts) -> str:
        """Write all layouts where they changed; return a sentence where that failed, else nothing."""
        if not self.writable or layouts == self._written:
            return ""
        try:
            write_atomic(self._path, joined(self._path, layouts, VERSION))
        except (OSError, NewerError) as e:
            log.info("layouts are not saved: %s", e)
            return e.user if isinstance(e, NewerError) else f"The layouts could not be saved ({e.strerror})."
        self._written = layouts
        return ""


def export(path: Path, layout: Layout) -> None:
    """Write one layout to a file of its own. Raises LiqdeskError where that is not possible."""
    document = {"liqdesk_layout": layout, "version": VERSION}
    try:
        write_atomic(path, msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    except OSError as e:
        raise LiqdeskError(f"{path}: {e}", f"The layout could not be written to {path} ({e.strerror}).") from e


def import_from(path: Path, taken: Iterable[str]) -> Layout:
    """Read a layout from a file that `export` wrote; a name that is taken gets a number. Raises LiqdeskError for what is none."""
    words = f"{path.name} holds no layout of liqdesk."
    try:
        if path.stat().st_size > LARGEST:
            raise LiqdeskError(f"{path} is too large", words)
        raw = path.read_bytes()
        refuse_newer(path, raw, VERSION)
        found = msgspec.json.decode(raw, type=_File)
        layout = checked(msgspec.json.decode(found.liqdesk_layout, type=Layout))
    except OSError as e:
        raise LiqdeskError(f"{path}: {e}", f"{path.name} could not be read ({e.strerror}).") from e
    except NewerError as e:
        words = f"{path.name} was written by a later liqdesk (format {e.found}; this one knows {VERSION})."
        raise InputError(str(e), words) from e
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise LiqdeskError(f"{path}: {e}", words) from e
    names = set(taken)
    name, number = layout.name, 2
    while name in names:
        tail = f" {number}"
        name, number = layout.name[: LONGEST_NAME - len(tail)] + tail, number + 1
    return msgspec.structs.replace(layout, name=name)
