"""Everything that is shipped has its licence in full, and one under which it may be shipped."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from liqdesk.about.licence import complaints, expression_of, may_be_shipped
from liqdesk.about.works import ADDED, FILE, FOLDER, REQUIRED, Work, gathered, normal, text_of, works
from liqdesk.errors import InputError
from liqdesk.paths import resource

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def all_works() -> dict[str, Work]:
    found = gathered()
    assert len({(w.name, w.part_of) for w in found}) == len(found)
    return {w.name: w for w in found}


def test_every_work_has_a_text_and_a_licence_it_may_be_shipped_under(all_works: dict[str, Work]) -> None:
    assert complaints(tuple(all_works.values())) == []


def test_what_the_program_requires_is_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [re.match(r"[A-Za-z0-9._-]+", line) for line in project["dependencies"]]
    assert {normal(m[0]) for m in named if m is not None} == {normal(name) for name in REQUIRED}


@pytest.mark.parametrize(
    ("name", "licence", "said"),
    [
        ("liqdesk", "MIT", "liqdesk contributors"),
        ("Python", "PSF-2.0", "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2"),
        ("Qt", "LGPL-3.0-only", "Version 3, 29 June 2007"),
        ("PySide6 (Qt for Python)", "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ("Third-party parts of Qt", "BSD-3-Clause AND MIT AND Zlib AND FTL", "The FreeType Project"),
        ("NumPy", "", "Copyright (c) 2005"),
        ("OpenBLAS", "BSD-3-Clause", "The OpenBLAS Project"),
        ("LLVM", "Apache-2.0 WITH LLVM-exception", "LLVM Exceptions to the Apache 2.0 License"),
        ("OpenSSL", "Apache-2.0", "Apache License"),
        ("SQLite", "blessing", "May you do good and not evil."),
        ("certifi", "MPL-2.0", "Mozilla Public License Version 2.0"),
    ],
)  # fmt: skip
def test_each_says_its_own(all_works: dict[str, Work], name: str, licence: str, said: str) -> None:
    work = all_works[name]
    assert said.lower() in work.text.lower()
    assert licence in ("", work.licence)


def test_qt_says_where_its_source_is_and_how_to_put_another_in_its_place(all_works: dict[str, Work]) -> None:
    for name in ("Qt", "PySide6 (Qt for Python)", "shiboken6 (Qt for Python)"):
        text = all_works[name].text
        assert "https://download.qt.io/" in text
        assert "Replace them by your own build" in text
        assert "GNU GENERAL PUBLIC LICENSE" in text
        assert "This version of the GNU Lesser General Public License incorporates" in text


@pytest.mark.skipif(sys.platform != "linux", reason="the libraries looked at are Linux's")
def test_icu_comes_with_the_qt_of_linux(all_works: dict[str, Work]) -> None:
    import PySide6

    libraries = list((Path(PySide6.__file__).parent / "Qt" / "lib").glob("libicuuc.so.*"))
    assert [one.suffix for one in libraries] == [f".{all_works['ICU'].version}"]


def test_no_text_of_ours_is_left_unused_and_none_is_missing() -> None:
    there = {path.name for path in resource(FOLDER).iterdir()}
    used = {name for names in ADDED.values() for name in names}
    used |= {"qt-third-party.txt", "ICU.txt", "Apache-2.0.txt", "SQLite.txt"}
    assert there == used
    with pytest.raises(InputError, match=r"resource licences/none\.txt"):
        text_of("none.txt")


def test_fonts_are_shipped_by_no_folder_of_the_program() -> None:
    """A font would need its licence here: none may come along unseen."""
    endings = {".ttf", ".otf", ".woff", ".woff2", ".ttc"}
    assert [
        p for folder in ("resources", "liqdesk") for p in (ROOT / folder).rglob("*") if p.suffix.lower() in endings
    ] == []


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("MIT", True), ("MIT OR GPL-3.0-only", True), ("MIT AND GPL-3.0-only", False), ("AGPL-3.0-only", False),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", True), ("GPL-3.0-or-later WITH Classpath-exception-2.0", False),
        ("(MIT OR GPL-2.0-only) AND (BSD-3-Clause OR Proprietary)", True), ("(MIT", False), ("", False), ("MIT AND", False),
        ("Proprietary", False), ("MIT BSD-3-Clause", False), ("LicenseRef-Commercial", False),
    ],
)  # fmt: skip
def test_an_expression_is_allowed_where_a_choice_of_it_is_allowed_in_every_part(expression: str, may: bool) -> None:
    assert may_be_shipped(expression) is may


@pytest.mark.parametrize(
    ("expression", "stated", "classifiers", "is_"),
    [
        ("MIT", "GPL", (), "MIT"),
        ("", "Apache 2.0", (), "Apache-2.0"),
        ("", "UNKNOWN", ("License :: OSI Approved :: MIT License",), "MIT"),
        ("", "", ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)",), "GNU General Public License v3 (GPLv3)"),
        ("", "BSD", ("License :: OSI Approved :: BSD License",), "BSD"),
        ("", "", (), ""),
    ],
)  # fmt: skip
def test_older_metadata_are_understood(expression: str, stated: str, classifiers: tuple[str, ...], is_: str) -> None:
    assert expression_of(expression, stated, classifiers) == is_


def test_a_work_without_a_text_or_under_a_licence_that_binds_the_whole_is_complained_of() -> None:
    good = Work("good", "1", "MIT", "x" * 400)
    bad = (
        Work("mute", "1", "MIT", " \n"),
        Work("viral", "2", "GPL-3.0-only", "x" * 400),
        Work("nameless", "3", "", "x" * 400),
    )
    assert complaints((good,)) == []
    assert [line.split(":")[0] for line in complaints((good, *bad))] == ["mute 1", "viral 2", "nameless 3"]


def test_a_package_that_is_not_there_is_said_by_name() -> None:
    with pytest.raises(InputError, match="no package not-a-package-of-anyone"):
        gathered(("not-a-package-of-anyone",))


def test_the_list_of_a_build_stands_before_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = (Work("liqdesk", "9.9", "MIT", "x" * 200),)
    path = tmp_path / FILE
    path.write_bytes(msgspec.json.encode(listed))
    monkeypatch.setattr("liqdesk.about.works.resource", lambda name: path if name == FILE else resource(name))
    assert works() == listed
    path.write_bytes(b"{")
    with pytest.raises(InputError) as caught:
        works()
    assert caught.value.user == "The list of licences cannot be read; install the program again."
