"""A window on a market that stands still, as a child process: every line on stdin is answered with what the chart shows, as JSON.

python tests/support/held_window.py PROFILE
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "ui")]

from liqdesk.paths import prepare_numba_cache

prepare_numba_cache()

from chart_scene import scene
from PySide6.QtCore import QPoint, QSocketNotifier
from PySide6.QtWidgets import QApplication
from test_chart_book import view_of

from liqdesk.market import Universe
from liqdesk.settings import Settings
from liqdesk.ui.window import Window


def parts_of(panel: Any, origin: Callable[[object], list[int]]) -> dict[str, list[float]]:
    """Return where the parts of the panel of what if can be pressed."""
    out: dict[str, list[float]] = {"sheet": [*origin(panel.content.sheet)], "ask": [*origin(panel.ask)]}
    for name, choice, value in (("half", panel.content.refill, 0.5), ("none", panel.content.refill, 0.0)):
        at, rect = origin(choice), choice.rect_of(value)
        out[name] = [at[0] + rect.x(), at[1] + rect.y(), rect.width(), rect.height()]
    return out


def main(profile: str) -> int:
    app = QApplication([])
    market = scene()
    window = Window(Settings(first_run_done=True, sounds=False, candle_ms=300_000, window_ms=43_200_000), True, profile)
    window.setGeometry(0, 0, 1600, 900)
    window.show()
    while window.chart is None or window.chart.map.heat.kernels is None:
        app.processEvents()
    chart = window.chart
    window.act.charting.lining.load()
    frame = market.frame(book=view_of(market.now.mark, 0.0005))
    window.set_universe(Universe(0, (frame.instrument,)))
    window.set_grid(market.grid)
    window.apply(frame)
    chart.refresh()

    def answer() -> None:
        if not sys.stdin.readline():
            window.leaving = True
            window.close()
            app.quit()
            return
        chart.refresh()
        s, search = chart.state, window.act.market.symbols

        def origin(part: object) -> list[int]:
            at = part.mapToGlobal(QPoint(0, 0))  # type: ignore[attr-defined]
            return [at.x(), at.y(), part.width(), part.height()]  # type: ignore[attr-defined]

        what, column = chart.whatif, window.column
        panel = column.panel("whatif") if column.is_shown("whatif") else None
        whatif = {
            "target": what.target,
            "card": origin(what.card) if what.card.isVisible() else None,
            "button": origin(window.topbar.whatif) if window.topbar.whatif.isVisible() else None,
            "stops": [] if s.what is None else [stop.price for stop in s.what.stops],
            "assumed": [window.settings.whatif_refill, window.settings.whatif_follow],
            "panel": None if panel is None else panel.state(),
            "parts": {} if panel is None else parts_of(panel, origin),
        }
        r = s.ruler
        held = {
            "whatif": whatif,
            "plot": origin(chart.plot.viewport()),
            "axis": origin(chart.axis),
            "time_axis": origin(chart.time_axis),
            "legend": origin(window.statusbar.legend.slider),
            "lens": [s.lens.t0, s.lens.t1, s.lens.y0, s.lens.y1, s.lens.width, s.lens.height],
            "ruler": None if r is None else [r.time0, r.price0, r.time1, r.price1],
            "rows": chart.plot.ruler.rows,
            "kept": [line.price for line in s.kept],
            "following": s.following,
            "auto_price": s.auto_price,
            "levels": chart.levels(),
            "auto": window.settings.heat_auto,
            "goto": chart.travel.field.isVisible(),
            "side": window.settings.side,
            "headers": {d.name: origin(d.panel.header) for d in window.column.docks},
            "docks": {
                d.name: [*origin(d), d.isFloating(), d.closed, d.panel.folded, d.covered] for d in window.column.docks
            },
            "charts": [[*origin(one), one.link.group if one.link else ""] for one in window.shell.charts.windows],
            "times": [[one.chart.state.lens.t0, one.chart.state.lens.t1] for one in window.shell.charts.windows],
            "desk": window.shell.arranging.layouts.current,
            "search": search.field.text() if search is not None and search.isVisible() else None,
        }
        print(json.dumps(held), flush=True)

    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(answer)
    print("ready", flush=True)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
