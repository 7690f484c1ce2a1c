"""Profiles, resources, and files that are whole at every instant."""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path

import pytest

from liqdesk import paths
from liqdesk.errors import InputError, ProfileError
from liqdesk.paths import Profile, free_aside, profile_at, resource, set_aside, write_atomic


def test_a_profile_holds_everything_in_one_folder(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "a" / "b c")
    assert profile.create()
    assert profile.create()
    files = [profile.settings, profile.alerts, profile.history, profile.lock, profile.log]
    assert all(f.parent == profile.root for f in files)
    assert len(set(files)) == len(files)
    assert list(profile.root.iterdir()) == []


def test_a_file_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ProfileError) as e:
        Profile(tmp_path / "file").create()
    assert "is a file, not a folder" in e.value.user


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert not Profile(tmp_path / "file" / "below").create()


@pytest.mark.parametrize("text", ["", "   ", "a\0b"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="profile"):
        profile_at(text)


def test_a_profile_is_named_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert profile_at("here").root == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert profile_at("~/there").root == tmp_path / "there"
    assert profile_at(None).root == paths.default_profile().root


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG folders are Linux's")
def test_the_default_profile_and_the_cache_follow_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert paths.default_profile().root == tmp_path / "data" / "liqdesk"
    assert paths.cache_dir() == tmp_path / "cache" / "liqdesk"
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    paths.prepare_numba_cache()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.parent == tmp_path / "cache" / "liqdesk"
    # A change of any source that a kernel takes constants from must not find kernels compiled before it.
    assert re.fullmatch(r"kernels-[0-9a-f]{16}", folder.name)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    paths.prepare_numba_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == "elsewhere"


def test_a_resource_that_is_missing_is_a_sentence() -> None:
    with pytest.raises(InputError) as e:
        resource("no such thing")
    assert e.value.user == "The program's own file “no such thing” is missing; install it again."


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    write_atomic(path, b"one")
    write_atomic(path, b"two" * 100_000)
    assert path.read_bytes() == b"two" * 100_000
    assert os.listdir(tmp_path) == ["f.json"]


def test_readers_see_one_version_or_the_other(tmp_path: Path) -> None:
    path = tmp_path / "f"
    versions = [bytes([c]) * 200_000 for c in b"abcdef"]
    write_atomic(path, versions[0])
    done = threading.Event()

    def write() -> None:
        for i in range(60):
            write_atomic(path, versions[i % len(versions)])
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_bytes())
    thread.join()
    assert seen <= set(versions)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    write_atomic(path, b"old")

    def no_space(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_what_is_set_aside_never_covers_what_was_before(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    for number in range(1, 5):
        path.write_text(str(number))
        broken = set_aside(path)
        assert broken.read_text() == str(number)
        assert not path.exists()
    names = ["f.json.broken", "f.json.broken-2", "f.json.broken-3", "f.json.broken-4"]
    assert sorted(os.listdir(tmp_path)) == names
    assert free_aside(path).name == "f.json.broken-5"
    with pytest.raises(FileNotFoundError):
        set_aside(path)


def test_the_home_of_nobody_is_no_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError) as error:
        profile_at("~nobody-by-this-name/x")
    assert error.value.user == "The profile names a folder that cannot be found."
