"""Forget: everything of ours goes, nothing else does, and nothing at all without a yes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from commands import liqdesk

from liqdesk.app.forgetting import OURS
from liqdesk.history import History
from liqdesk.history.lock import Lock
from liqdesk.paths import Profile

pytestmark = pytest.mark.e2e


def filled(folder: Path) -> Profile:
    """Return a profile with what a week of use leaves in it."""
    profile = Profile(folder)
    profile.create()
    History.open(profile.history, profile.lock).close()
    for name in (
        "settings.json", "settings.json.broken", "alerts.json", "layouts.json", "lines.json", "positions.json", "liqdesk.log",
        "liqdesk.log.1", "history-127.0.0.1_4444.sqlite", "history.sqlite.broken-2",
        "QtProject.conf", "history.sqlite-wal", "settings.jsonk3x.new",
    ):  # fmt: skip
        (folder / name).write_text("x")
    (folder / "crashes").mkdir()
    (folder / "crashes" / "crash-20261126T120000Z.txt").write_text("x")
    return profile


def answered(text: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "liqdesk", "forget", *words]
    return subprocess.run(command, input=text, capture_output=True, timeout=60, check=False, encoding="utf-8")


def test_every_file_that_a_profile_is_said_to_hold_is_one_of_ours() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "profile.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
    names = [name.rstrip("/") for row in rows for name in re.findall(r"`([^`]+)`", row)]
    whole = [name for name in names if not name.startswith((".", "…"))]
    assert {"settings.json", "history.sqlite", "crashes", "lock"} <= set(whole)
    for name in whole:
        assert any(fnmatch(name, pattern) for pattern in OURS), name


def test_nothing_goes_without_a_yes(tmp_path: Path) -> None:
    profile = filled(tmp_path / "profile")
    before = sorted(os.listdir(profile.root))
    for answer in ("", "no\n", "y\n"):
        done = answered(answer, "--profile", str(profile.root))
        assert done.returncode == 1
        assert done.stdout.endswith("Nothing was deleted.\n")
        assert str(profile.history) in done.stdout
    assert sorted(os.listdir(profile.root)) == before


def test_everything_of_ours_goes_with_one(tmp_path: Path) -> None:
    profile = filled(tmp_path / "profile")
    done = answered("yes\n", "--profile", str(profile.root))
    assert done.returncode == 0, done
    assert not profile.root.exists()
    assert done.stdout.endswith(f"Deleted. {profile.root} is gone.\n")
    again = liqdesk("forget", "--profile", profile.root)
    assert (again.returncode, again.stdout) == (0, f"There is nothing of liqdesk in {profile.root}.\n")


def test_what_is_not_ours_stays_and_so_does_the_folder(tmp_path: Path) -> None:
    profile = filled(tmp_path / "profile")
    (profile.root / "thesis.odt").write_text("x")
    (profile.root / "photos").mkdir()
    done = liqdesk("forget", "--yes", "--profile", profile.root)
    assert done.returncode == 0
    assert sorted(os.listdir(profile.root)) == ["photos", "thesis.odt"]
    assert "holds other files and stays" in done.stdout


def test_a_profile_in_use_is_left_alone(tmp_path: Path) -> None:
    profile = filled(tmp_path / "profile")
    lock = Lock(profile.lock, profile.settings)
    before = sorted(os.listdir(profile.root))
    try:
        done = liqdesk("forget", "--yes", "--profile", profile.root)
        assert done.returncode == 3
        assert "nothing was deleted. Close it first." in done.stderr
        assert sorted(os.listdir(profile.root)) == before
    finally:
        lock.release()


def test_the_default_profile_goes_with_its_cache(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    filled(tmp_path / "data" / "liqdesk")
    kernels = tmp_path / "cache" / "liqdesk" / "kernels-1"
    kernels.mkdir(parents=True)
    (kernels / "a.nbc").write_bytes(b"x" * 2_000_000)
    done = liqdesk("forget", "--yes", env=env)
    assert done.returncode == 0, done
    assert "liqdesk  (2.0 MB)" in done.stdout
    assert not (tmp_path / "data" / "liqdesk").exists()
    assert not (tmp_path / "cache" / "liqdesk").exists()
