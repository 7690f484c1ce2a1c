"""What tests of a real window on a real engine share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import Desk
from support.exchange import Exchange

from liqdesk.ui import theme


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, market: Exchange, tmp_path: Path) -> Iterator[Desk]:
    """A window on the module's own `market`, closed after the test."""
    theme.apply_theme(qapp, "dark", 1.0)
    one = Desk(market, tmp_path)
    yield one
    one.close()
