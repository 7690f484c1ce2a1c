"""The squeeze panel shows every input beside its source, and says when nothing is notable."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_frames import frame

from liqdesk.insight.funding import FundingRecord
from liqdesk.insight.squeeze import InterestRecord, Squeeze
from liqdesk.settings import Settings
from liqdesk.ui.panels.catalogue import entry
from liqdesk.ui.panels.squeeze import NOTE, SqueezePanel
from liqdesk.ui.theme import apply_theme


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> Iterator[SqueezePanel]:
    apply_theme(qapp, "dark", 1.0)
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(400, 300)
    made = entry("squeeze").factory(Settings())
    assert isinstance(made, SqueezePanel)
    made.setParent(holder)
    made.setGeometry(0, 0, 348, 240)
    holder.show()
    qtbot.waitExposed(holder)
    yield made
    holder.hide()


def judged(z: float | None = -1.5, tilt: float | None = 0.57, oi: float | None = 0.5) -> Squeeze:
    return Squeeze(FundingRecord(90, 1e-5, 1e-5, z), InterestRecord(0.012, oi, 696), tilt)


def texts(panel: SqueezePanel) -> dict[str, str]:
    return {name.removeprefix("squeeze."): str(one["text"]) for name, one in panel.state().items()}


def test_every_input_is_shown_for_both_sides(panel: SqueezePanel) -> None:
    panel.show_frame(frame(squeeze=judged()))
    said = texts(panel)
    assert (said["funding.short"], said["funding.long"], said["funding.now"]) == ("+1.5", "−1.5", "−0.0005 %")
    assert (said["map.short"], said["map.long"], said["map.now"]) == ("+1.5", "−1.5", "+57 %")
    assert (said["interest.short"], said["interest.long"], said["interest.now"]) == ("+0.5", "+0.5", "+1.2 %")
    assert (said["mean.short"], said["mean.long"]) == ("+1.2", "−0.8")
    assert (said["zone.short"], said["zone.long"]) == ("+1.3 % 2.8M", "−4.4 % 1.4M")
    assert panel.state()["squeeze.mean.short"]["value"] == pytest.approx(3.5 / 3)
    assert said["verdict"] == "short squeeze setup: mean +1.2"
    assert panel.state()["squeeze.verdict"]["value"] == ["short"]
    assert panel.header.value == said["verdict"]
    assert "Heuristic" in NOTE
    assert "heuristic" in panel.header.caption


def test_nothing_notable_and_not_known_are_answers(panel: SqueezePanel) -> None:
    panel.show_frame(frame(squeeze=judged(z=0.1)))
    assert texts(panel)["verdict"] == "nothing notable"
    assert panel.state()["squeeze.verdict"]["value"] == []
    first = panel.content.grab().toImage()
    panel.show_frame(frame(squeeze=judged(), zones=()))
    assert texts(panel)["verdict"] == "nothing notable", "no zone is near"
    assert texts(panel)["zone.short"] == "–"
    panel.show_frame(frame(squeeze=judged(z=None)))
    assert texts(panel)["verdict"] == "funding has no deviation to go by"
    panel.show_frame(frame(squeeze=judged(tilt=None)))
    assert texts(panel)["verdict"] == "not known yet"
    panel.show_frame(frame(squeeze=None))
    assert texts(panel)["verdict"] == "not known yet"
    assert panel.content.lines == ()
    assert panel.content.grab().toImage() != first


def test_sizes_follow_the_unit(panel: SqueezePanel) -> None:
    panel.show_frame(frame(squeeze=judged()))
    panel.show_settings(Settings(unit="coin"))
    assert texts(panel)["zone.short"].endswith(" 42.3")
