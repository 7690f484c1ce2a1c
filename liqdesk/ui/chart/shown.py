"""What is on the chart, as values, for tests and for the window's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liqdesk.ui.chart.gutter import labels

if TYPE_CHECKING:
    from liqdesk.ui.chart.pane import ChartPane


def shown(chart: ChartPane) -> dict[str, object]:
    """Return what is on the chart, as values: view, handles, prices, labels and sums."""
    s = chart.state
    return {
        "from_ms": s.lens.t0,
        "to_ms": s.lens.t1,
        "low_price": s.lens.low if s.lens.valid else None,
        "high_price": s.lens.high if s.lens.valid else None,
        "levels": chart.levels(),
        "candles": len(s.candles),
        "last": s.last,
        "mark": s.mark,
        "zones": [(x.zone.low, x.zone.high, x.zone.side.word, x.zone.usd) for x in labels(s, chart.gutter.height())],
        **chart.profile.shown(),
        "ribbon": chart.ribbon.text,
        "stale": s.stale,
        "following": s.following,
        "ruler": chart.plot.ruler.rows,
        "kept": [line.price for line in s.kept],
        "why": chart.pointing.why.shown(),
        "whatif": chart.whatif.shown(),
        "panes": chart.panes.shown(),
    }
