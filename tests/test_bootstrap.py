"""Preparing a checkout: what is lacking is found, what may be added is added, and nothing is done twice."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "packaging" / "bootstrap.py"
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lacks libraries")


@pytest.fixture
def bootstrap(tmp_path: Path) -> ModuleType:
    """Return the script as a module whose environment lies in a folder of the test's own."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.VENV, module.STAMP = tmp_path / ".venv", tmp_path / ".venv" / "liqdesk.json"
    return module


@on_linux
def test_absent_libraries_are_found(bootstrap: ModuleType) -> None:
    assert bootstrap.lacking({"libc.so.6": "libc6", "libnowhere.so.9": "libnowhere9"}) == {
        "libnowhere.so.9": "libnowhere9"
    }
    assert bootstrap.lacking_programs({"sh": "dash", "no-such-program": "nothing"}) == {"no-such-program": "nothing"}


@pytest.mark.parametrize(
    ("environ", "seen"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ""}, False),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen:fonts"}, False),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "xcb"}, True),
    ],
)
@on_linux
def test_display_is_recognised(bootstrap: ModuleType, environ: dict[str, str], seen: bool) -> None:
    assert bootstrap.has_display(environ) is seen


def fake_apt(folder: Path, body: str) -> Path:
    """Write an apt-get that notes its arguments, and return where."""
    log = folder / "calls"
    script = folder / "apt-get"
    script.write_text(f'#!/bin/sh\necho "$*" >> {log}\n{body}\n')
    script.chmod(0o755)
    return log


@on_linux
def test_packages_are_installed_where_allowed(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = fake_apt(
        tmp_path, f'case "$*" in *--simulate*) test -e {tmp_path}/known;; *update*) : > {tmp_path}/known;; esac'
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(bootstrap, "administrator", lambda: ["env"])
    bootstrap.add_packages({"libb.so": "libb1", "liba.so": "liba1"})
    calls = log.read_text().splitlines()
    assert ["simulate" in calls[0], calls[1].endswith("update"), calls[2].endswith("liba1 libb1")] == [True] * 3
    assert len(calls) == 3


@on_linux
def test_line_to_type_is_printed_where_a_password_is_needed(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = fake_apt(tmp_path, "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bootstrap.add_packages({"libb.so": "libb1"})
    assert "    sudo apt-get install -y --no-install-recommends libb1\n" in capsys.readouterr().out
    assert not log.exists()


@on_linux
def test_no_package_manager_is_no_failure(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    bootstrap.add_packages({"libb.so": "libb1"})
    assert "lacks libb.so" in capsys.readouterr().out


@on_linux
def test_stamp_saves_the_work(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda command, **_: ran.append(command))
    bootstrap.venv_python().parent.mkdir(parents=True)
    bootstrap.venv_python().touch()
    monkeypatch.setattr(bootstrap, "usable_venv", lambda: True)
    bootstrap.install(tests=True)
    assert [command[1:4] for command in ran] == [["-m", "pip", "install"]]
    assert ran[0][-1].endswith("[dev]")
    bootstrap.install(tests=True)
    bootstrap.install(tests=False)
    assert len(ran) == 1, "what the tests need holds what a run needs"
    bootstrap.STAMP.write_text(json.dumps({"dev": "made from something else"}))
    bootstrap.install(tests=False)
    assert len(ran) == 2
    bootstrap.STAMP.write_text("torn")
    bootstrap.install(tests=False)
    assert len(ran) == 3


def test_broken_environment_is_not_usable(bootstrap: ModuleType) -> None:
    assert not bootstrap.usable_venv()
    bootstrap.venv_python().parent.mkdir(parents=True)
    bootstrap.venv_python().write_text("not a program")
    assert not bootstrap.usable_venv()


def test_unknown_action_is_refused() -> None:
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "launch"], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 2
    assert "bootstrap.py run" in run.stderr


def test_make_and_ci_call_it() -> None:
    root = SCRIPT.parents[1]
    assert "packaging/bootstrap.py run" in (root / "Makefile").read_text("utf-8")
    assert "make test" in (root / ".ci" / "run").read_text("utf-8")
    assert os.access(root / ".ci" / "run", os.X_OK) or os.name == "nt"
