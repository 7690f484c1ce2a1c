"""The audit tells what it found from what it could not ask."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "packaging" / "audit.py"
GOOD = {"name": "numpy", "version": "2.4.0", "vulns": []}
BAD = {"name": "requests", "version": "2.0.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1.0"]}]}
LEFT_OUT = {"name": "numba", "skip_reason": "not found"}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_bandit_finds_nothing_that_is_not_explained(audit: ModuleType) -> None:
    assert audit.bandit()


@pytest.mark.parametrize(
    ("rows", "strict", "good", "words"),
    [
        (None, False, True, "DEPENDENCIES NOT CHECKED"),
        (None, True, False, "DEPENDENCIES NOT CHECKED"),
        ([GOOD], True, True, "0 known faults in 1 packages"),
        ([GOOD, LEFT_OUT], True, True, "NOT CHECKED, since no advisories name them: numba"),
        ([GOOD, BAD], False, False, "requests 2.0.0: PYSEC-1, mended in 2.1.0"),
    ],
)
def test_faults_stop_it_and_silence_is_loud(
    audit: ModuleType,
    capsys: pytest.CaptureFixture[str],
    rows: list[dict[str, Any]] | None,
    strict: bool,
    good: bool,
    words: str,
) -> None:
    assert audit.report(rows, strict) is good
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    "said",
    [
        "",
        "no JSON",
        "{}",
        '{"dependencies": [{"name": "numpy", "skip_reason": "not found on PyPI"}]}',
    ],
)
def test_an_answer_without_advisories_is_no_clean_bill(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def answer(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, said, "")

    monkeypatch.setattr(audit.subprocess, "run", answer)
    assert audit.dependencies() is None
