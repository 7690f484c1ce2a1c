"""Sources and wheel hold what git keeps, and nothing else; whatever is too many or too few is named."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    yield importlib.import_module("steps.wheel")
    for name in [one for one in sys.modules if one.split(".")[0] in ("steps", "bootstrap")]:
        del sys.modules[name]


def test_what_git_keeps_is_listed_with_what_is_new_and_without_what_is_ignored(
    wheel: ModuleType, tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("build/\n")
    for name in ("kept.py", "gone.py", "é ü.txt"):
        (tmp_path / name).write_text("x")
    subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
    (tmp_path / "gone.py").unlink()
    (tmp_path / "new.py").write_text("x")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "left.o").write_text("x")
    assert wheel.kept_by_git(tmp_path) == {".gitignore", "kept.py", "new.py", "é ü.txt"}
    with pytest.raises(importlib.import_module("steps.plan").BuildError, match="git does not say what it keeps"):
        wheel.kept_by_git(tmp_path / "nowhere")


def test_a_wheel_brings_code_resources_and_the_methodology(wheel: ModuleType) -> None:
    wanted = wheel.as_installed(wheel.kept_by_git(ROOT))
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "liqdesk").rglob("*.py")}
    assert code <= wanted
    assert {
        "liqdesk/_resources/brackets-binance.json",
        "liqdesk/_resources/icons/bell.svg",
        "liqdesk/_resources/sounds/zone.wav",
        "liqdesk/_resources/methodology.md",
        "METADATA",
        "entry_points.txt",
    } <= wanted
    assert not [name for name in wanted if name.startswith(("tests/", "packaging/", "docs/")) or "__pycache__" in name]


def test_archives_are_read_and_held_against_it(wheel: ModuleType, tmp_path: Path) -> None:
    sources, built = tmp_path / "liqdesk-1.tar.gz", tmp_path / "liqdesk-1-py3-none-any.whl"
    with tarfile.open(sources, "w:gz") as archive:
        for name in ("liqdesk-1/PKG-INFO", "liqdesk-1/liqdesk/cli.py"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with zipfile.ZipFile(built, "w") as packed:
        packed.writestr("liqdesk/cli.py", "")
        packed.writestr("liqdesk-1.dist-info/METADATA", "")
        packed.writestr("liqdesk-1.dist-info/licenses/LICENSE", "")
    assert wheel.in_sources(sources) == {"PKG-INFO", "liqdesk/cli.py"}
    assert wheel.in_wheel(built) == {"liqdesk/cli.py", "METADATA", "licenses/LICENSE"}
    wheel.hold("x", {"a"}, {"a"})
    with pytest.raises(
        importlib.import_module("steps.plan").BuildError,
        match=r"liqdesk-1: build/a\.o should not be there; liqdesk/b\.py is not there",
    ):
        wheel.hold("liqdesk-1", {"a", "build/a.o"}, {"a", "liqdesk/b.py"})
