"""The recipe of the packages, held without building one."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import liqdesk
from liqdesk.paths import DIGEST

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that imports a module of packaging/, which is no package."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("build", "bootstrap", "steps"):
            del sys.modules[name]


def test_every_step_is_one(recipe: Any) -> None:
    build = recipe("build")
    assert len(set(build.STEPS)) == len(build.STEPS)
    known = set(recipe("steps.plan").SYSTEMS.values())
    for name in build.STEPS:
        step = recipe(f"steps.{name}")
        assert set(step.SYSTEMS) <= known, name
        assert step.SYSTEMS, name
        assert all(isinstance(how, str) and how for how in step.TOOLS.values()), name
        assert callable(step.make), name
        assert step.__doc__, name


def test_steps_keep_their_order_and_unknown_ones_are_named(recipe: Any) -> None:
    build = recipe("build")
    failed = recipe("steps.plan").BuildError
    assert list(build.chosen([], "linux"))[:3] == ["freeze", "smoke", "tarball"]
    assert list(build.chosen(["tarball", "freeze"], "linux")) == ["freeze", "tarball"]
    with pytest.raises(failed, match="no step nothing"):
        build.chosen(["nothing"], "linux")
    with pytest.raises(failed, match="tarball cannot be built on windows"):
        build.chosen(["tarball"], "windows")
    assert "tarball" not in build.chosen([], "windows")


def test_what_is_missing_is_said_before_anything_is_built(
    recipe: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build, freeze = recipe("build"), recipe("steps.freeze")
    monkeypatch.setattr(freeze, "TOOLS", {"no-such-program": "apt-get install nothing"})
    monkeypatch.setattr(freeze, "make", lambda _: pytest.fail("it began to build"))
    assert build.main(["freeze"]) == 1
    said = capsys.readouterr().out
    assert "freeze needs no-such-program (apt-get install nothing)" in said


def test_the_version_has_one_source(recipe: Any) -> None:
    plan = recipe("steps.plan")
    assert plan.version_of(ROOT) == liqdesk.__version__
    texts = [
        p.read_text("utf-8")
        for p in (*PACKAGING.glob("*.py"), *PACKAGING.glob("*.spec"), *PACKAGING.glob("steps/*.py"))
    ]
    assert not any(f'"{liqdesk.__version__}"' in text for text in texts)
    assert f'version = "{liqdesk.__version__}"' not in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_time_of_a_build_is_the_last_commits(recipe: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plan = recipe("steps.plan")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    when = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000123 +0000"}
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], env={**os.environ, **who, **when}, check=True)
    assert plan.epoch_of(tmp_path) == 1_700_000_123
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    assert plan.epoch_of(tmp_path) == 1_600_000_000


def test_the_spec_names_what_is_there(recipe: Any) -> None:
    contents = recipe("steps.contents")
    spec = (PACKAGING / "liqdesk.spec").read_text("utf-8")
    compile(spec, "liqdesk.spec", "exec")
    named = re.findall(r'ROOT / "([^"]+)"(?: / "([^"]+)")?', spec)
    assert len(named) >= 2
    for parts in named:
        assert ROOT.joinpath(*[part for part in parts if part]).exists(), parts
    assert (ROOT / contents.ENTRY).exists()
    for attribute in re.findall(r"contents\.(\w+)", spec):
        assert hasattr(contents, attribute), attribute
    assert "strip=True" not in spec
    assert "upx=True" not in spec


def test_what_the_program_imports_is_not_left_out(recipe: Any) -> None:
    """Follow every import of the program: only what it does without (Parquet, Dask) may be left out of the package."""
    from support.imports import all_imports

    left_out = set(recipe("steps.contents").LEFT_OUT)
    hit = set()
    for edge in all_imports():
        parts = edge.target.split(".")
        hit |= {name for n in range(1, len(parts) + 1) if (name := ".".join(parts[:n])) in left_out}
    assert hit == {"pyarrow", "distributed"}


@pytest.mark.parametrize(
    ("path", "comes"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", False),
        ("PySide6/Qt/plugins/platforms/libqvnc.so", False),
        ("PySide6/plugins/platforms/qwindows.dll", True),
        ("PySide6\\plugins\\platforms\\qwindows.dll", True),
        ("PySide6\\plugins\\platforms\\qminimal.dll", False),
        ("PySide6/plugins/styles/qmodernwindowsstyle.dll", True),
        ("PySide6/Qt/plugins/platforms/libqcocoa.dylib", True),
        ("PySide6/Qt/plugins/imageformats/libqpdf.so", False),
        ("PySide6/Qt/plugins/sqldrivers/libqsqlite.so", False),
        ("PySide6/Qt/lib/libQt6Qml.so.6", False),
        ("PySide6/Qt/lib/libQt6Svg.so.6", True),
        ("PySide6/Qt/lib/QtQuick.framework/Versions/A/QtQuick", False),
        ("PySide6/Qt/translations/qtbase_de.qm", False),
        ("libxcb-cursor.so.0", True),
        ("liqdesk/_resources/icons/bell.svg", True),
        ("liqdesk/_resources/methodology.md", True),
        ("certifi/cacert.pem", True),
        ("tzdata/zoneinfo/Europe/Vienna", True),
        ("numba-0.68.1.dist-info/METADATA", True),
        ("numba-0.68.1.dist-info/licenses/LICENSE", True),
        ("numba-0.68.1.dist-info/RECORD", False),
    ],
)
def test_what_comes_along(recipe: Any, path: str, comes: bool) -> None:
    assert recipe("steps.contents").wanted(path) is comes


def test_libraries_that_only_what_stays_out_would_load_stay_out(recipe: Any) -> None:
    loads = {
        "/qt/QtGui.so": ["libQt6Gui.so.6", "libglib.so.0", "libpcre.so.0"],
        "/qt/libqxcb.so": ["libxcb-cursor.so.0"],
        "/lib/libgtk.so.0": ["libatk.so.0"],
    }
    entries = [
        ("PySide6/QtGui.abi3.so", "/qt/QtGui.so", "EXTENSION"),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", "/qt/libqxcb.so", "BINARY"),
        ("PySide6/Qt/lib/libQt6Gui.so.6", "/qt/libQt6Gui.so.6", "BINARY"),
        ("libQt6Gui.so.6", "PySide6/Qt/lib/libQt6Gui.so.6", "SYMLINK"),
        ("libglib.so.0", "/lib/libglib.so.0", "BINARY"),
        ("libpcre.so.0", "/lib/libpcre.so.0", "BINARY"),
        ("libxcb-cursor.so.0", "/lib/libxcb-cursor.so.0", "BINARY"),
        ("libgtk.so.0", "/lib/libgtk.so.0", "BINARY"),
        ("libatk.so.0", "/lib/libatk.so.0", "BINARY"),
        ("libQt6Qml.so.6", "PySide6/Qt/lib/libQt6Qml.so.6", "SYMLINK"),
        ("libpython3.11.so.1.0", "/lib/libpython3.11.so.1.0", "BINARY"),
    ]
    kept = recipe("steps.contents").needed(entries, lambda path: [(name, None) for name in loads.get(path, ())])
    assert {e[0] for e in entries} - {e[0] for e in kept} == {"libgtk.so.0", "libatk.so.0", "libQt6Qml.so.6"}
    assert kept == [e for e in entries if e in kept]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ldd is Linux's")
def test_a_library_that_is_nowhere_is_found_before_a_user_misses_it(recipe: Any, tmp_path: Path) -> None:
    lost = recipe("steps.freeze").lost_libraries
    (tmp_path / "_internal").mkdir()
    extension = next(Path(sysconfig.get_path("stdlib"), "lib-dynload").glob("_ctypes.*.so"))
    shutil.copy(extension, tmp_path / "_internal")
    assert lost(tmp_path) == {}
    body = extension.read_bytes()
    assert body.count(b"libffi.so.") >= 1
    (tmp_path / "_internal" / "other.so").write_bytes(body.replace(b"libffi.so.", b"libnix.so."))
    (missing,) = lost(tmp_path)
    assert missing.startswith("libnix.so.")
    assert lost(tmp_path)[missing] == "_internal/other.so"


def test_an_archive_is_of_something(recipe: Any, tmp_path: Path) -> None:
    plan, tarball = recipe("steps.plan"), recipe("steps.tarball")
    with pytest.raises(plan.BuildError, match="no frozen program"):
        tarball.make(plan.Build("9.9", 1_700_000_000, "linux", "x86_64", tmp_path))
    assert not list(tmp_path.rglob("*.xz"))


def test_what_it_stands_on_is_asked_of_the_environment(recipe: Any) -> None:
    found = recipe("steps.contents").distributions()
    assert {"numba", "llvmlite", "numpy", "certifi", "msgspec"} <= set(found)
    assert not {"liqdesk", "pytest", "pyarrow", "distributed", "pyinstaller"} & set(found)


def test_the_digest_of_a_package_changes_with_any_source(
    recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = recipe("steps.contents")
    (tmp_path / "liqdesk" / "market").mkdir(parents=True)
    constant = tmp_path / "liqdesk" / "market" / "units.py"
    constant.write_text("BIN = 1")
    monkeypatch.setattr(contents, "PACKAGING", tmp_path / "packaging")
    target = contents.write_digest(tmp_path / "new")
    assert target.name == DIGEST
    first = target.read_text("ascii")
    assert re.fullmatch(r"[0-9a-f]{16}\n", first)
    assert contents.write_digest(tmp_path / "new").read_text("ascii") == first
    constant.write_text("BIN = 2")
    assert contents.write_digest(tmp_path / "new").read_text("ascii") != first


def test_pins_are_of_what_the_program_stands_on(recipe: Any) -> None:
    lines = [
        line for line in (PACKAGING / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")
    ]
    pinned = {name.lower().replace("_", "-") for name, _, _ in (line.partition("==") for line in lines)}
    assert all("==" in line for line in lines)
    needed = {name.lower().replace("_", "-") for name in recipe("steps.contents").distributions()}
    assert needed <= pinned, sorted(needed - pinned)


def test_the_same_folder_gives_the_same_archive(recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, tarball, freeze = recipe("steps.plan"), recipe("steps.tarball"), recipe("steps.freeze")
    packed = []
    for n, names in enumerate((["b", "a é", "liqdesk"], ["liqdesk", "a é", "b"])):
        root = tmp_path / str(n)
        build = plan.Build("9.9", 1_700_000_000, "linux", "x86_64", root)
        (build.frozen / "below").mkdir(parents=True)
        for name in names:
            (build.frozen / "below" / name).write_text(name)
        (build.frozen / "below" / "liqdesk").chmod(0o700 if n else 0o775)
        (build.frozen / "link").symlink_to("below/b")
        freeze.settle(build.frozen, build.epoch)
        packed += tarball.make(build)
    first, second = (path.read_bytes() for path in packed)
    assert first == second
    assert packed[0].name == "liqdesk-9.9-linux-x86_64.tar.xz"
    with tarfile.open(packed[0]) as archive:
        members = {m.name: m for m in archive.getmembers()}
    assert members["liqdesk-9.9/below/liqdesk"].mode == 0o755
    assert members["liqdesk-9.9/below/b"].mode == 0o644
    assert members["liqdesk-9.9/link"].linkname == "below/b"
    assert {(m.uid, m.gid, m.uname, m.mtime) for m in members.values()} == {(0, 0, "root", 1_700_000_000)}
