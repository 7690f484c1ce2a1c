"""A build brings along nothing whose licence forbids it, nothing without a text, and nothing that nobody is known to have made."""

from __future__ import annotations

import json
import shutil
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from liqdesk.about.stamp import Stamp, read_stamp
from liqdesk.about.works import FILE, Work, gathered


@pytest.fixture
def licences(recipe: Any) -> ModuleType:
    found: ModuleType = recipe("licences")
    return found


@pytest.fixture
def stamp(recipe: Any) -> ModuleType:
    found: ModuleType = recipe("stamp")
    return found


def of_numpy() -> tuple[str, str, str]:
    """Return one of NumPy's own libraries, as PyInstaller lists it."""
    files = metadata.distribution("numpy").files or []
    one = next(f for f in files if "_multiarray_umath" in f.name and f.suffix in (".so", ".pyd"))
    return str(one), str(Path(str(one.locate()))), "EXTENSION"


def test_what_this_environment_would_bring_along_is_allowed(licences: ModuleType) -> None:
    works, trouble = licences.of_build([of_numpy()], ())
    assert trouble == []
    assert works == gathered()


def test_a_library_that_nobody_is_known_to_have_made_stops_the_build(licences: ModuleType, tmp_path: Path) -> None:
    strange = tmp_path / "libstrange.so.1"
    strange.write_bytes(b"\x7fELF made by nobody")
    works, trouble = licences.of_build([("libstrange.so.1", str(strange), "BINARY")], ())
    assert len(works) == len(gathered())
    assert trouble == ["libstrange.so.1: nobody is known to have made it; tell packaging/licences.py whose it is"]
    with pytest.raises(SystemExit, match=r"libstrange\.so\.1"):
        licences.write([("libstrange.so.1", str(strange), "BINARY")], tmp_path, ())
    assert not (tmp_path / "licences.json").exists()


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no Debian")
def test_a_library_of_debian_comes_with_the_copyright_of_its_package(licences: ModuleType, tmp_path: Path) -> None:
    found = sorted(Path("/usr/lib").glob("*/libexpat.so.1.*")) or sorted(Path("/lib").glob("*/libexpat.so.1.*"))
    if not found:
        pytest.skip("no libexpat here")
    here = next(p for p in (found[0].with_name("libexpat.so.1"), found[0]) if p.exists())
    works, trouble = licences.of_build([("libexpat.so.1", str(here), "BINARY")], ())
    assert trouble == []
    (one,) = [w for w in works if w.part_of == "Linux libraries"]
    assert (one.name, one.licence) == ("libexpat1", "MIT")
    assert "Expat" in one.text or "expat" in one.text


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no Debian")
def test_a_library_that_binds_the_whole_program_stops_the_build(licences: ModuleType, recipe: Any) -> None:
    """GNU Readline, which Python's module of that name would bring along; it is left out of the frozen program."""
    assert "readline" in recipe("steps.contents").LEFT_OUT
    found = sorted(Path("/usr/lib").glob("*/libreadline.so.8")) or sorted(Path("/lib").glob("*/libreadline.so.8"))
    if not found:
        pytest.skip("no libreadline here")
    _, trouble = licences.of_build([("libreadline.so.8", str(found[0]), "BINARY")], ())
    assert len(trouble) == 1
    assert "“GPL-3.0-or-later” is not among the licences that may be shipped" in trouble[0]


def test_what_needs_no_owner_is_not_asked_for(licences: ModuleType) -> None:
    entries = [
        ("libQt6Core.so.6", "PySide6/Qt/lib/libQt6Core.so.6", "SYMLINK"),
        ("PySide6/Qt/lib/libQt6Core.so.6", "/nowhere", "BINARY"),
        ("PySide6\\Qt6Core.dll", "/nowhere", "BINARY"),
        ("libicudata.so.73", "/nowhere", "BINARY"),
        ("libpython3.11.so.1.0", "/nowhere", "BINARY"),
        ("lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", "/nowhere", "EXTENSION"),
        ("libssl.so.3", "/nowhere", "BINARY"),
        ("libcrypto-3-x64.dll", "/nowhere", "BINARY"),
        ("sqlite3.dll", "/nowhere", "BINARY"),
        ("VCRUNTIME140_1.dll", "/nowhere", "BINARY"),
        ("numba/core/typeconv/_typeconv.cpython-311-x86_64-linux-gnu.so", "/nowhere", "EXTENSION"),
        ("liqdesk/_resources/logo.svg", "/nowhere", "DATA"),
    ]
    assert licences.of_build(entries, ())[1] == []


def test_the_list_of_a_build_is_what_the_program_reads(licences: ModuleType, tmp_path: Path) -> None:
    path = licences.write([of_numpy()], tmp_path / "work", ())
    assert path.name == FILE
    assert msgspec.json.decode(path.read_bytes(), type=tuple[Work, ...]) == gathered()


def test_all_licences_as_one_text_hold_each_text_once(licences: ModuleType) -> None:
    works = gathered()
    text = licences.as_text(works)
    for work in works:
        assert f"{work.name} {work.version}".strip() in text
        assert work.text.strip() in text
    qt = next(w.text.strip() for w in works if w.name == "Qt")
    assert text.count(qt) == 1


def test_a_build_knows_its_day_and_home(stamp: ModuleType) -> None:
    made = stamp.stamp_of({"SOURCE_DATE_EPOCH": "1795694600", "GITHUB_REPOSITORY": "o-1/liqdesk"}, "abc")
    assert (made.built, made.commit) == ("2026-11-26", "abc")
    assert made.releases == "https://api.github.com/repos/o-1/liqdesk/releases/latest"
    assert made.issues == "https://github.com/o-1/liqdesk/issues/new"
    assert {"NumPy", "Qt", "SQLite"} <= set(made.versions)
    assert read_stamp(msgspec.json.encode(made)) == made


@pytest.mark.parametrize("home", ["", "liqdesk", "a/b/c", "a/../b", "a b/c", "-x/y"])
def test_a_build_without_a_home_has_no_address(stamp: ModuleType, home: str) -> None:
    made = stamp.stamp_of({"GITHUB_REPOSITORY": home}, "")
    assert (made.releases, made.issues) == ("", "")


def test_the_stamp_is_written_as_the_program_reads_it(stamp: ModuleType, tmp_path: Path) -> None:
    path = stamp.write(tmp_path / "work")
    assert path.name == "build.json"
    assert read_stamp(path.read_bytes()).commit == json.loads(path.read_bytes())["commit"]
    assert read_stamp(path.read_bytes()) != Stamp()
