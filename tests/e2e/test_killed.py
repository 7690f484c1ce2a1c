"""A recorder that is killed loses nothing older than a second. `make kill` does the same a hundred times."""

from __future__ import annotations

import pytest
from support import killing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_a_killed_recorder_lacks_nothing_that_came_a_second_before() -> None:
    held = killing.run(kills=8, seed=3, longest_s=2.4)
    assert held["marks"] > 5
    assert held["trades"] > 20
    assert held["forced orders in covered stretches"] + held["and missing elsewhere"] > 0
