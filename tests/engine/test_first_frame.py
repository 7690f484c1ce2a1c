"""What the window hears before the kernels are there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from support.watched import Watched, orders

from liqdesk.engine import worker


def test_the_window_hears_of_the_source_while_the_kernels_are_still_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: object
) -> None:
    compiled = threading.Event()
    monkeypatch.setattr(worker, "warm", lambda: compiled.wait(20))  # as slow as the first start of all
    engine = Watched(orders("http://127.0.0.1:1", "ws://127.0.0.1:1", tmp_path, record=False))
    try:
        engine.until(lambda: engine.last is not None, 5, "a first frame")
        assert not compiled.is_set()
        assert engine.last is not None
        assert engine.last.source.host.startswith("127.0.0.1")
        assert engine.last.now is None
    finally:
        compiled.set()
        engine.close()
