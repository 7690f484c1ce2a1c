"""No text that a window paints is cut, shortened, written over another or too faint, at any size, in either theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shell_frames import EMPTY, T0, ZONES, Furnish, busy, connection, frame, order, source, streams
from support.everything import ALL_PANES, arrange
from support.painted import Watch, faults

from liqdesk.alerts import Fired
from liqdesk.engine.frames import Frame, Progress
from liqdesk.insight import Chance
from liqdesk.ui import draw
from liqdesk.ui.theme import current
from liqdesk.ui.window import Window


def told(rule_id: str, words: str = "BTCUSDT crossed 68,400.0 upwards") -> Fired:
    return Fired(rule_id, "BTCUSDT", T0, words, "short, $2.8M", 68_100.0, False)


REFUSED = "Binance refuses this region (451). Use the built-in market, or set a proxy."
STATES: dict[str, Frame] = {
    "live": frame(streams=busy().streams, new_forced=(order(30_000.0), order(4_000_000.0, T0 + 1))),
    "fired": frame(
        zones=tuple(replace(z, touch=Chance((0.1, 0.31, 0.6), (0.1, 0.2, 0.5), (0.2, 0.4, 0.7))) for z in ZONES),
        new_fired=(told("zone", "BTCUSDT is within 1.5 % of a $3.91M long rise that may be chance"), told("up")),
    ),
    "demo": frame(source=source("demo", 20.0)),
    "stale": frame(connection=connection("stale", 8.0, "The connection was cut."), streams=streams(41.0)),
    "loading": frame(progress=Progress(3, 12, "page 3 of 12"), connection=connection("loading"), **EMPTY),
    "error": frame(connection=connection("down", 8.0, REFUSED), **EMPTY),
}


@pytest.fixture
def watch() -> Iterator[Watch]:
    with Watch() as one:
        yield one


def looked_over(window: Window, watch: Watch, qtbot: QtBot, of: Frame) -> list[str]:
    window.apply(of)
    window.turns.everything()
    qtbot.wait(60)
    if window.chart is not None:
        window.chart.refresh()
    return faults(window, watch)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)], ids=["1920", "1366"])
@pytest.mark.parametrize("percent", [100, 150, 200])
def test_as_it_first_stands_in_every_state(
    furnish: Furnish, qtbot: QtBot, watch: Watch, percent: int, size: tuple[int, int], theme: str
) -> None:
    window = furnish(*size, text_scale=percent, theme=theme)
    window.load_chart()
    found = {state: looked_over(window, watch, qtbot, one) for state, one in STATES.items()}
    assert {state: said for state, said in found.items() if said} == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("percent", [100, 150])
def test_with_every_panel_and_pane_open(furnish: Furnish, qtbot: QtBot, watch: Watch, percent: int, theme: str) -> None:
    window = furnish(text_scale=percent, theme=theme, **ALL_PANES)
    window.load_chart()
    arrange(window)
    found = {state: looked_over(window, watch, qtbot, one) for state, one in STATES.items()}
    assert {state: said for state, said in found.items() if said} == {}


class Poster(QWidget):
    """Writes what it is told to."""

    def __init__(self, *texts: tuple[float, float, float, str, str]) -> None:
        super().__init__()
        self.texts = texts
        self.resize(200, 100)

    def paintEvent(self, _event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(QRectF(self.rect()), draw.colour(current().panel))
        for x, y, wide, words, ink in self.texts:
            draw.put(p, x, y, wide, 20, words, ink, elide=True)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (((10, 10, 150, "whole", "#E8ECF2"),), []),
        (((185, 10, 160, "beyond the edge", "#E8ECF2"),), ["“beyond the edge” is cut"]),
        (((10, 94, 150, "under the edge", "#E8ECF2"),), ["“under the edge” is cut"]),
        (((10, 10, 40, "longer than its room", "#E8ECF2"),), ["is shortened"]),
        (((10, 10, 90, "one", "#E8ECF2"), (20, 12, 90, "other", "#E8ECF2")), ["“one” and “other” overlap"]),
        (((10, 10, 150, "faint", "#505860"),), ["“faint” #505860 on #0f131a is 2."]),
    ],
    ids=["whole", "beside", "below", "elided", "over", "faint"],
)  # fmt: skip
def test_what_is_wrong_is_found(qtbot: QtBot, watch: Watch, texts: tuple[object, ...], found: list[str]) -> None:
    poster = Poster(*texts)  # type: ignore[arg-type]
    qtbot.addWidget(poster)
    poster.show()
    said = faults(poster, watch)
    assert len(said) == len(found)
    assert all(part in whole for part, whole in zip(found, said, strict=True)), said
