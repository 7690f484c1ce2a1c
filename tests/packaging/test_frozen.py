"""What the program does otherwise once it is frozen, held without freezing it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import liqdesk.__main__ as entry
from liqdesk import paths
from liqdesk.engine import child
from liqdesk.exports import writing

FIRST_IMPORT = """
import json, os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "numba":
            seen.append({key: os.environ.get(key) for key in ("NUMBA_CACHE_DIR", "NUMBA_CACHE_LOCATOR_CLASSES")})
        return None
seen = []
sys.meta_path.insert(0, Watch())
from liqdesk.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as e:
    code = e.code
print(json.dumps({"seen": seen, "code": code}))
"""
KERNEL = """
import sys, types
from pathlib import Path
from liqdesk import paths
if sys.argv[1] == "frozen":
    sys.frozen = True
    paths.kernel_digest = lambda: sys.argv[2]
    paths.prepare_numba_cache()
module = sys.modules["liqdesk.model.twice"] = types.ModuleType("liqdesk.model.twice")
module.__file__ = "liqdesk/model/twice.py"  # the relative name a frozen module has
exec(compile(Path(sys.argv[3]).read_text(), module.__file__, "exec"), vars(module))
print(module.twice(21), sum(module.twice.stats.cache_hits.values()), module.twice.stats.cache_path)
"""
TWICE = "from numba import njit\n@njit(cache=True)\ndef twice(x):\n    return 2 * x\n"

on_xdg = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the cache folder is moved by XDG's variable")


def environ(cache: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    return {**kept, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(Path(paths.__file__).resolve().parents[1])}


@pytest.fixture
def as_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)


def test_the_source_starts_itself_by_its_name() -> None:
    assert paths.command() == [sys.executable, "-m", "liqdesk"]
    assert child.command(7, 20.0, None)[:6] == [sys.executable, "-m", "liqdesk", "exchange", "--port", "0"]


@pytest.mark.usefixtures("as_frozen")
def test_a_frozen_program_starts_its_executable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "liqdesk"))
    words = child.command(7, 20.0, "2026-03-02T08:00:00+00:00")
    assert words[:2] == [str(tmp_path / "liqdesk"), "exchange"]
    assert words[words.index("--parent") + 1] == str(os.getpid())
    assert "-m" not in words


@pytest.mark.usefixtures("as_frozen")
def test_on_windows_children_have_a_standard_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "liqdesk.exe"))
    assert paths.command() == [str(tmp_path / "liqdesk.exe")]
    (tmp_path / "liqdesk-cli.exe").touch()
    assert paths.command() == [str(tmp_path / "liqdesk-cli.exe")]


@pytest.mark.parametrize("users", [None, "/opt/mine"])
def test_what_it_starts_does_not_load_its_libraries(monkeypatch: pytest.MonkeyPatch, users: str | None) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/somewhere/_internal")
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    monkeypatch.setenv("QT_PLUGIN_PATH", "/somewhere/_internal/plugins")
    monkeypatch.setenv("PYINSTALLER_RESET_ENVIRONMENT", "")
    if users is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", users)
    entry._keep_to_ourselves()
    assert os.environ.get("LD_LIBRARY_PATH") == users
    assert "QT_PLUGIN_PATH" not in os.environ
    assert os.environ["PYINSTALLER_RESET_ENVIRONMENT"] == "1"


@pytest.mark.parametrize(
    ("words", "worker"),
    [
        (["liqdesk"], False),
        (["liqdesk", "score", "--workers", "2"], False),
        (["liqdesk", "--multiprocessing-fork", "tracker_fd=5", "pipe_handle=7"], True),
        (["liqdesk", "-B", "-S", "-c", "from multiprocessing.resource_tracker import main;main(4)"], True),
    ],
)
def test_workers_of_a_score_are_known(monkeypatch: pytest.MonkeyPatch, words: list[str], worker: bool) -> None:
    monkeypatch.setattr(sys, "argv", words)
    assert entry._worker() is worker


def test_the_sentence_for_parquet_fits_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "which is not installed" in writing.no_parquet()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert "This package of liqdesk writes no Parquet" in writing.no_parquet()


@on_xdg
@pytest.mark.parametrize("words", [["kernels"], ["exchange", "--frames", "/nowhere"], ["score", "--symbol", "BTCUSDT"]])
def test_the_cache_is_named_before_the_compiler_is_imported(words: list[str], tmp_path: Path) -> None:
    cache = Path(os.environ["NUMBA_CACHE_DIR"])
    kept = {**environ(tmp_path), "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    (tmp_path / "liqdesk").mkdir()
    (tmp_path / "liqdesk" / cache.name).symlink_to(cache)  # what is compiled already need not be compiled here
    run = subprocess.run(
        [sys.executable, "-c", FIRST_IMPORT, *words],
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    said = json.loads(run.stdout.splitlines()[-1])
    assert said["code"] in (0, 1, 2, 4), run.stderr
    if words == ["kernels"]:
        assert said["seen"], "numba was never imported"
    assert all(one["NUMBA_CACHE_DIR"] == str(tmp_path / "liqdesk" / cache.name) for one in said["seen"])


@on_xdg
def test_frozen_kernels_are_found_again_from_any_folder_and_by_no_other_program(tmp_path: Path) -> None:
    source = tmp_path / "twice.py"
    source.write_text(TWICE)

    def start(digest: str, folder: Path) -> list[str]:
        folder.mkdir(exist_ok=True)
        words = [sys.executable, "-c", KERNEL, "frozen", digest, str(source)]
        run = subprocess.run(words, env=environ(tmp_path), capture_output=True, text=True, check=False, cwd=folder)
        assert run.returncode == 0, run.stderr
        return run.stdout.split()

    value, hits, place = start("a" * 16, tmp_path / "here")
    assert (value, hits) == ("42", "0")
    assert Path(place) == tmp_path / "liqdesk" / f"kernels-{'a' * 16}" / "liqdesk.model"
    assert start("a" * 16, tmp_path / "there") == ["42", "1", place]
    source.write_text(TWICE.replace("2 * x", "x + x"))
    value, hits, other = start("b" * 16, tmp_path / "here")
    assert (value, hits) == ("42", "0")
    assert other != place


def test_an_older_programs_kernels_are_not_taken_from_a_folder_the_user_named(tmp_path: Path) -> None:
    source = tmp_path / "twice.py"
    named = {**environ(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "named")}
    for digest, body, value in (("a" * 16, "2 * x", "42"), ("b" * 16, "3 * x", "63"), ("b" * 16, "3 * x", "63")):
        source.write_text(TWICE.replace("2 * x", body))
        words = [sys.executable, "-c", KERNEL, "frozen", digest, str(source)]
        run = subprocess.run(words, env=named, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert run.stdout.split()[0] == value, run.stderr
    assert run.stdout.split()[1] == "1"


def test_where_nothing_can_be_kept_kernels_stay_with_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "below"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    paths._passing_folder.cache_clear()
    place = paths.FrozenKernel.from_function(test_the_source_starts_itself_by_its_name, "liqdesk/model/kernels.py")  # type: ignore[arg-type]
    folder = Path(place.get_cache_path())
    assert folder.is_dir()
    outer = folder.parents[1]
    assert outer.name.startswith("liqdesk-kernels-")
    assert outer.stat().st_mode & 0o077 == 0, "what is read from it is code"
    paths._passing_folder.cache_clear()


def test_what_was_compiled_with_the_package_is_laid_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "shipped"
    (shipped / "liqdesk.model").mkdir(parents=True)
    (shipped / "liqdesk.model" / "run.nbi").write_bytes(b"x")
    (shipped / "whole").touch()
    for path in (shipped / "liqdesk.model" / "run.nbi", shipped / "liqdesk.model", shipped):
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(paths, "shipped_kernels", lambda: shipped)
    target = tmp_path / "cache" / "kernels-0"
    for name, value in (("NUMBA_CACHE_DIR", str(target)), ("NUMBA_CACHE_LOCATOR_CLASSES", "")):
        monkeypatch.setenv(name, value)
    for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    paths.prepare_numba_cache()
    assert (os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"]) == ("generic", "")
    assert (target / "liqdesk.model" / "run.nbi").read_bytes() == b"x"
    assert (target / "liqdesk.model").stat().st_mode & 0o200, "another kernel could not be added"
    assert sorted(p.name for p in target.parent.iterdir()) == ["kernels-0"]
    (target / "whole").unlink()
    paths.prepare_numba_cache()
    assert not (target / "whole").exists(), "what is there is not replaced"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("NUMBA_CPU_NAME", "znver3")
    paths.prepare_numba_cache()
    assert not (tmp_path / "other").exists(), "they would not be looked at"
    for path in (shipped, shipped / "liqdesk.model"):
        path.chmod(0o755)


def test_the_class_answers_what_numba_asks_a_place_for() -> None:
    """A class that is named need not derive from numba's, so its methods are held against them."""
    from numba.core.caching import _CacheLocator

    asked = {name for name in vars(_CacheLocator) if not name.startswith("_")} - {"get_suitable_cache_subpath"}
    assert asked >= {"get_cache_path", "get_source_stamp", "get_disambiguator", "ensure_cache_path", "from_function"}
    assert all(callable(getattr(paths.FrozenKernel, name, None)) for name in asked)
