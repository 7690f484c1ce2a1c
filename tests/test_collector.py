"""Nothing is collected while the program starts, and what stands by then is left alone afterwards."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from liqdesk import collector

SHOWN = """
import gc, json, weakref
from liqdesk import collector

class Knot:
    def __init__(self):
        self.me = self

seen = {}
collector.rest()
seen["resting"] = not gc.isenabled()
kept = [Knot() for _ in range(50)]
collector.resume()
seen["resumed"], seen["left out"] = gc.isenabled(), gc.get_freeze_count() > 50
knot = weakref.ref(Knot())
gc.collect()
seen["collected"] = knot() is None
frozen = gc.get_freeze_count()
more = [Knot() for _ in range(50)]
collector.resume()
seen["once"] = gc.get_freeze_count() == frozen
print(json.dumps(seen))
"""


def test_what_stands_is_left_out_and_what_comes_later_is_collected() -> None:
    run = subprocess.run([sys.executable, "-c", SHOWN], check=True, capture_output=True, text=True, timeout=60)
    seen = json.loads(run.stdout)
    assert seen == dict.fromkeys(("resting", "resumed", "left out", "collected", "once"), True)


def test_a_process_that_never_rested_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(collector.gc, "freeze", lambda: called.append("freeze"))
    collector.resume()
    assert called == []
