"""Markets of a few days made once, and one exchange process that several modules talk to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import leaks

from liqdesk.simulator.market import Market

START = "2026-03-02T08:00:00+00:00"
START_MS = 1_772_438_400_000


class Served:
    """A `serve(...)` in a process of its own, with the line that it printed."""

    def __init__(self, **options: Any) -> None:
        options = {"seed": 1, "start": START, "past_days": 3} | options
        words = ", ".join(f"{name}={value!r}" for name, value in options.items())
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"from liqdesk.simulator import serve\nserve({words})"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=dict(os.environ),
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert first, f"no first line; exit code {self.process.wait(10)}"
        self.line: dict[str, Any] = json.loads(first)
        self.rest: str = self.line["rest"]
        self.stream: str = self.line["stream"]

    @property
    def port(self) -> int:
        return int(self.rest.rsplit(":", 1)[1])

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(**options: Any) -> Served:
        started.append(Served(**options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()


@pytest.fixture(scope="module")
def serve_on() -> Iterator[Callable[..., Served]]:
    """Return a function that starts an exchange which lasts for all tests of a module."""
    started: list[Served] = []

    def start(**options: Any) -> Served:
        started.append(Served(**options))
        leaks.lasting_children.add(started[-1].process.pid)
        return started[-1]

    yield start
    codes = [one.stop() for one in started]
    leaks.lasting_children.difference_update(one.process.pid for one in started)
    assert not any(codes)


@pytest.fixture(scope="module")
def served(serve_on: Callable[..., Served]) -> Served:
    """One exchange for all tests of a module, sixty times as fast as the wall."""
    return serve_on(speed=60.0)


@pytest.fixture(scope="session")
def market() -> Market:
    """Three days before START and ten minutes after it."""
    made = Market(1, START_MS, past_days=3)
    made.lead(START_MS + 600_000)
    return made
