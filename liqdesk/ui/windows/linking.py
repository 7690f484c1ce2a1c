"""Charts linked by colour: those of one group show the same stretch of time, and each shows where the pointer of another stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Slot

from liqdesk.ui.chart.scale import Lens
from liqdesk.ui.windows.linkdot import LinkDot
from liqdesk.ui.windows.linkmark import LinkMark

if TYPE_CHECKING:
    from liqdesk.ui.chart import ChartPane

LEAD: Final = 20  # px before the words of a header, for the dot
SETTLED_MS: Final = 80  # after which a chart that follows the market again shows its stretch of time


class Link(QObject):
    """One chart's part in a group."""

    def __init__(self, chart: ChartPane, links: Links) -> None:
        super().__init__(chart)
        self.chart = chart
        self.group = ""
        self._links = links
        self.dot = LinkDot(chart)
        self.mark = LinkMark(chart)
        chart.header.lead = LEAD
        chart.header.update()
        self.dot.place()
        self.dot.show()
        chart.plot.moved.connect(self._moved)
        chart.plot.reset.connect(self.later)
        chart.pointing.reset.connect(self.later)
        chart.travel.button.clicked.connect(self.later)
        chart.travel.arrived.connect(self.later)
        chart.pointing.moved.connect(self._pointed)

    @property
    def symbol(self) -> str:
        frame = self.chart.state.frame
        return frame.instrument.symbol if frame is not None else ""

    def set_group(self, group: str) -> None:
        """Belong to a group; empty: to none."""
        self.group = group
        self.dot.show_group(group)
        self.mark.show_at(None)

    @Slot()
    def _moved(self) -> None:
        self._links.spread_time(self)

    @Slot()
    def later(self) -> None:
        """Have the others follow when this chart stands again."""
        QTimer.singleShot(SETTLED_MS, self, self._moved)

    @Slot()
    def _pointed(self) -> None:
        self._links.spread_pointer(self)

    def pointer(self) -> tuple[float, float | None] | None:
        """Return the moment and price under this chart's pointer, None while it is elsewhere."""
        s = self.chart.state
        if s.hover is None or not s.lens.valid or s.hover[0] >= s.lens.width:
            return None
        x, y = s.hover
        return s.lens.time(x), s.lens.price(round(y) + 0.5) if 0 <= y < s.lens.height else None  # as it is read there

    @property
    def following(self) -> bool:
        """Whether the chart keeps to the market's end of time."""
        return self.chart.travel.sight.following

    def take_time(self, t0: float, t1: float, following: bool) -> None:
        """Show a stretch of time at the price range this chart has; one that follows the market ends where this chart has its end."""
        aim, travel = self.chart.state.aim, self.chart.travel
        if not aim.timed:
            return
        if following:
            if not self.following or abs(travel.sight.span_ms - (t1 - t0)) > 1:
                travel.sight.follow(t1 - t0)
                travel.anew.emit()
            return
        # First there, then as long: a chart that follows the market and is only made longer stays with it.
        for start in (t1 - (aim.t1 - aim.t0), t0):
            if abs(self.chart.state.aim.t0 - start) > 1 or abs(self.chart.state.aim.t1 - t1) > 1:
                self.chart.plot.moved.emit(Lens(start, t1, aim.y0, aim.y1, aim.width, aim.height), False)


class Links:
    """All linked charts of the program."""

    def __init__(self) -> None:
        self.all: list[Link] = []
        self._busy = False

    def add(self, chart: ChartPane) -> Link:
        """Return the link of a chart that was not there."""
        link = Link(chart, self)
        self.all.append(link)
        return link

    def remove(self, link: Link) -> None:
        self.all.remove(link)
        for other in self.all:
            other.mark.show_at(None)

    def mates(self, link: Link) -> list[Link]:
        """Return the other links of a link's group."""
        return [o for o in self.all if o is not link and link.group and o.group == link.group]

    def join(self, link: Link, group: str) -> None:
        """Put a link into a group; it takes the stretch of time that is shown there."""
        link.set_group(group)
        mates = self.mates(link)
        if mates:
            self.spread_time(mates[0])

    def spread_time(self, leader: Link) -> None:
        """Have the leader's group show its stretch of time."""
        aim = leader.chart.state.aim
        if self._busy or not aim.timed:
            return
        self._busy = True
        try:
            for link in self.mates(leader):
                link.take_time(aim.t0, aim.t1, leader.following)
        finally:
            self._busy = False

    def spread_pointer(self, leader: Link) -> None:
        """Have the leader's group mark where its pointer stands."""
        at = leader.pointer()
        leader.mark.show_at(None)
        for link in self.mates(leader):
            same = at is not None and link.symbol == leader.symbol
            link.mark.show_at(at if same or at is None else (at[0], None))
