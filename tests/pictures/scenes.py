"""What is put on the window before a picture of it is taken."""

from __future__ import annotations

import os
import signal
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication
from studio import Folder, Studio
from support.everything import ALL_PANES, arrange, open_charts

from liqdesk.alerts.rules import Cross, ForcedBurst, ImbalanceBeyond, PriceCrosses, ZoneNear
from liqdesk.insight import Spread, zones_of
from liqdesk.insight.depth import InTheWay
from liqdesk.insight.position import Position
from liqdesk.market import Side
from liqdesk.settings import OneOf, Settings, declared

SIZES = {"1920x1080": (1920, 1080), "1366x768": (1366, 768)}
LOOKS: dict[str, dict[str, Any]] = {
    "dark": {"theme": "dark"}, "light": {"theme": "light"}, "150": {"text_scale": 150}, "200": {"text_scale": 200},
}  # fmt: skip
PLAIN: dict[str, Any] = {"theme": "dark", "text_scale": 100}
CARDS = (
    "settings", "keys", "palette", "help", "method", "about", "licences", "updates", "crashes", "streams", "score", "alert",
    "position", "export", "goto", "search", "panes", "layers", "desk", "desk_save", "more", "pill", "chart_menu",
)  # fmt: skip


def furnish(studio: Studio) -> None:
    """Set what a trader would have set: alert rules, a position, a line kept."""
    w = studio.window
    assert w.frame is not None
    symbol, mark = w.frame.instrument.symbol, w.frame.prices.mark
    tick = w.frame.instrument.tick

    def at(share: float) -> float:
        return round(mark * (1 + share) / tick) * tick

    for rule in (
        PriceCrosses(id="up", symbol=symbol, price=at(0.012), direction=Cross.UP),
        ZoneNear(id="zone", symbol=symbol, within=0.015, min_usd=2e6),
        ImbalanceBeyond(id="tilt", symbol=symbol, radius=0.02, threshold=0.6, either=True),
        ForcedBurst(id="burst", symbol=symbol, usd=5e6, seconds=60, enabled=False),
    ):
        w.act.alerting.put_rule(rule)
    w.act.mine.keep(Position(Side.LONG, at(-0.004), round(54_000 / mark, 3), 25.0))


def looks(studio: Studio, folder: Folder) -> None:
    """Sizes, themes, text sizes and colour maps, as the window first stands."""
    w = studio.window
    for name, size in SIZES.items():
        studio.resize(*size)
        for look, changed in LOOKS.items():
            if folder.wants(look):
                w.change(**changed)
                folder.put(f"{look}-{name}", studio)
                w.change(**PLAIN)
    studio.resize(*SIZES["1920x1080"])
    maps = declared()["heat_map"].values
    assert isinstance(maps, OneOf)
    for value in maps.values:
        if folder.wants("maps"):
            w.change(heat_map=value)
            folder.put(f"map-{value}", studio)
    w.change(heat_map=maps.values[0])


def narrow(studio: Studio, folder: Folder) -> None:
    """The panels of a narrow window, brought beside the chart by hand."""
    if folder.wants("narrow"):
        studio.resize(*SIZES["1366x768"])
        studio.window.change(text_scale=200)
        studio.pass_time(0.3)
        studio.window.shell.strip.buttons[0].click()
        folder.put("narrow-panels", studio)
        studio.window.shell.strip.buttons[0].click()
        studio.window.change(**PLAIN)
        studio.resize(*SIZES["1920x1080"])


def cards(studio: Studio, folder: Folder) -> None:
    """Every dialog and menu: dark at 100 %, light at 150 %, dark at 200 % on the small screen."""
    w = studio.window
    for suffix, size, changed in (
        ("", "1920x1080", PLAIN),
        ("-light-150", "1920x1080", {"theme": "light", "text_scale": 150}),
        ("-200", "1366x768", {"theme": "dark", "text_scale": 200}),
    ):
        if not folder.wants("cards", "first-run", *CARDS):
            continue
        studio.resize(*SIZES[size])
        w.change(**changed)
        studio.pass_time(0.3)  # a menu opens under its button, wherever that stands by then
        for name in (*CARDS, "first-run"):
            if folder.wants("cards", name):
                opened(studio, name)
                studio.pass_time(0.3)
                folder.put(f"card-{name}{suffix}", studio)
                close(studio)
                if name == "goto":
                    w.act.press("close")
                studio.pass_time(0.2)
        w.change(**PLAIN)
    studio.resize(*SIZES["1920x1080"])


def opened(studio: Studio, name: str) -> None:
    w = studio.window
    if name == "first-run":
        w.act.cards.first_run()
    elif name in ("more", "pill"):
        getattr(w.act.menus, name)()
    elif name == "chart_menu":
        chart = w.chart
        assert chart is not None
        chart.pointing.menu_at(chart.state.mark * 1.004).popup(chart.mapToGlobal(chart.rect().center()))
    else:
        w.act.press(name)


def close(studio: Studio) -> None:
    w = studio.window
    if w.act.dialog is not None:
        w.act.dialog.reject()
    popup = QApplication.activePopupWidget()
    while popup is not None:
        popup.close()
        after = QApplication.activePopupWidget()
        popup = after if after is not popup else None


def zones(studio: Studio, folder: Folder) -> None:
    """Zones, thin books and confluence, which this market seldom has: its rises, judged as if orders came in smaller lumps and the book
    held less."""
    w = studio.window
    frame = w.frame
    if not folder.wants("zones") or frame is None or frame.now is None:
        return
    now = frame.now
    found = zones_of(now.base, now.usd, frame.prices.mark, now.shares, Spread(lump_usd=8_000.0))
    touch = {(z.low, z.high): z for z in frame.zones}
    told = tuple(
        replace(z, touch=old.touch, age_ms=old.age_ms) if (old := touch.get((z.low, z.high))) else z for z in found
    )
    book = tuple(InTheWay(z.usd / 3, True, z.peak, z.usd / 3, True) for z in told)
    seen = frame.confluence
    sure = None if seen is None else replace(seen, sure=seen.risen)
    w.apply(replace(frame, zones=told, in_the_way=book, confluence=sure, new_bars=(), new_forced=(), new_fired=()))
    for look, changed in LOOKS.items():
        w.change(**changed)
        folder.put(f"zones-{look}", studio)
        w.change(**PLAIN)
    w.apply(replace(frame, new_bars=(), new_forced=(), new_fired=()))


def significant(studio: Studio, folder: Folder) -> None:
    """A market with a zone that is significant, in every size and look."""
    w = studio.window
    for name, size in SIZES.items():
        studio.resize(*size)
        for look, changed in LOOKS.items():
            w.change(**changed)
            folder.put(f"significant-{look}-{name}", studio)
            w.change(**PLAIN)
    studio.resize(*SIZES["1920x1080"])


def alerts(studio: Studio, folder: Folder) -> None:
    """Rules and firings opened by hand where the column is narrow."""
    w = studio.window
    if not folder.wants("alerts"):
        return
    for name, size in SIZES.items():
        studio.resize(*size)
        for look, changed in LOOKS.items():
            w.change(**changed)
            studio.pass_time(0.3)
            w.column.show_panel("alerts")
            folder.put(f"alerts-{look}-{name}", studio)
            if look == "200" or (look, name) == ("150", "1366x768"):
                w.shell.strip.buttons[0].click()
            w.change(**PLAIN)
    studio.resize(*SIZES["1920x1080"])
    show_usual(studio)


def replay(studio: Studio, folder: Folder, suffix: str) -> None:
    """An earlier moment, at both sizes, and in a window that has room for little."""
    w = studio.window
    w.act.replaying.toggle()
    for name, size in {**SIZES, **({} if "150" in suffix else {"narrow": (900, 640)})}.items():
        studio.resize(*size)
        folder.put(f"replay{suffix}-{name}", studio)
    w.act.replaying.leave()
    studio.resize(*SIZES["1920x1080"])


def pointing(studio: Studio, folder: Folder) -> None:
    """What the hand shows on the chart: the read-out, why a cell is hot, what if, the ruler's neighbours; and a toast."""
    w = studio.window
    chart = w.chart
    assert chart is not None
    for suffix, changed in (("", PLAIN), ("-light", {"theme": "light"}), ("-150", {"text_scale": 150})):
        w.change(**{**PLAIN, **changed})
        studio.pass_time(0.5)
        lens = chart.state.lens
        at = (lens.width * 0.45, lens.height * 0.86)
        if folder.wants("readout"):
            chart.pointing.point(at)
            folder.put(f"readout{suffix}", studio)
        if folder.wants("why"):
            chart.pointing.point(at)
            w.act.press("why")
            studio.hold(False)
            studio.until(lambda: chart.pointing.why.shown() is not None, "why a cell is hot")
            studio.pass_time(1.0)
            studio.hold(True)
            folder.put(f"why{suffix}", studio)
            chart.pointing.why.close()
        chart.pointing.point(None)
        if folder.wants("whatif"):
            w.act.charting.whatifs.press()
            studio.hold(False)
            studio.pass_time(1.0)
            studio.hold(True)
            folder.put(f"whatif{suffix}", studio)
            w.act.charting.whatifs.press()
        if folder.wants("replay"):
            replay(studio, folder, suffix)
        if folder.wants("toast"):
            w.act.say("The picture was saved", "liqdesk-BTCUSDT-20260601-1212.png, in the folder of pictures")
            folder.put(f"toast{suffix}", studio)
            w.stage.toast.clear()
    w.change(**PLAIN)


def everything(studio: Studio, folder: Folder, state: str = "") -> None:
    """Every panel and every pane open, in both themes and as a larger text; `state` names what the market is in."""
    w = studio.window
    tail = f"-{state}" if state else ""
    for look, changed in (("dark", PLAIN), ("light", {"theme": "light"}), ("150", {"text_scale": 150})):
        w.change(**changed)
        folder.put(f"everything{tail}-{look}", studio)
        w.change(**PLAIN)


def show_everything(studio: Studio) -> None:
    studio.window.change(**ALL_PANES)
    arrange(studio.window)
    studio.pass_time(0.5)


def show_usual(studio: Studio) -> None:
    usual = Settings()
    studio.window.change(panes=usual.panes, folded=usual.folded, folded_compact=usual.folded_compact)
    studio.window.shell.arranging.reset()
    studio.pass_time(0.5)


def beside(studio: Studio, folder: Folder) -> None:
    """A chart window, and panels that float."""
    w = studio.window
    if not folder.wants("beside"):
        return
    open_charts(w, (QRect(60, 60, 1_000, 680),))
    w.column.show_panel("zones")
    w.column.dock("zones").setFloating(True)
    w.column.dock("zones").place(QRect(1_100, 160, 380, 400))
    studio.hold(False)
    studio.pass_time(3.0)
    studio.hold(True)
    folder.put("beside", studio)
    one = w.shell.charts.windows[-1]
    for look, changed in LOOKS.items():
        w.change(**changed)
        one.resize(1_000, 680)
        folder.put(f"chart-window-{look}", studio, one)
        w.change(**PLAIN)
    one.close()
    show_usual(studio)


def stale(studio: Studio, folder: Folder) -> None:
    """Stale, because the market stands still."""
    w = studio.window
    if not folder.wants("stale") or studio.child is None or os.name != "posix":
        return
    process = studio.child._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        studio.hold(False)
        studio.until(lambda: w.frame is not None and w.frame.connection.health == "stale", "a stale market")
        studio.pass_time(1.0)
        for look, changed in LOOKS.items():
            w.change(**changed)
            folder.put("stale" if look == "dark" else f"stale-{look}", studio)
            w.change(**PLAIN)
        show_everything(studio)
        everything(studio, folder, "stale")
        show_usual(studio)
    finally:
        os.kill(process.pid, signal.SIGCONT)
