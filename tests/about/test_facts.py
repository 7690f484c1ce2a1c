"""What is said of versions is what runs, and what a build says of itself is bounded."""

from __future__ import annotations

import sqlite3
import ssl
import sys
from importlib import metadata

import numpy
import pytest
from PySide6.QtCore import qVersion

from liqdesk import __version__
from liqdesk.about import UNKNOWN, Stamp, standing_on
from liqdesk.about.facts import described, program, system, version_of
from liqdesk.about.stamp import read_stamp


def test_versions_are_those_of_what_is_loaded() -> None:
    said = {fact.name: fact.value for fact in standing_on()}
    assert said["Python"].startswith(sys.version.split()[0])
    assert said["Qt"] == qVersion()
    assert said["NumPy"] == numpy.__version__
    assert said["SQLite"] == sqlite3.sqlite_version
    assert said["OpenSSL"] in ssl.OPENSSL_VERSION
    assert said["numba"] == metadata.version("numba")
    assert {"PySide6", "pyqtgraph", "msgspec", "llvmlite"} <= {name for name, value in said.items() if value != UNKNOWN}
    assert set(described()) == {"liqdesk", "Runs from", "System", *said}


def test_the_program_says_what_it_runs_from() -> None:
    assert [fact.value for fact in program(Stamp())] == [__version__, "its source"]
    build = Stamp(built="2026-11-26", commit="0123456789abcdef")
    assert program(build)[1].value == "a build of 2026-11-26 0123456789ab"
    assert system().value != UNKNOWN


def test_a_library_that_is_nowhere_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sqlite3")
    assert version_of("SQLite") == UNKNOWN
    monkeypatch.setattr("liqdesk.about.facts.stamp", lambda: Stamp(versions={"SQLite": "3.1"}))
    assert version_of("SQLite") == "3.1"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"releases": 4}', b"\xff\xfe"])
def test_a_stamp_that_cannot_be_read_says_nothing(raw: bytes) -> None:
    assert read_stamp(raw) == Stamp()


def test_a_stamp_names_https_addresses_alone() -> None:
    raw = b'{"built": "2026-11-26", "releases": "http://example.org/x", "issues": "https://example.org/issues/new"}'
    assert read_stamp(raw) == Stamp(built="2026-11-26", issues="https://example.org/issues/new")
    assert read_stamp(b'{"issues": "file:///etc/passwd", "releases": "javascript:1"}') == Stamp()
