"""The recipes of packaging/, which is no package, as its own scripts see them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that imports a module of packaging/; none of them stays."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(PACKAGING)):
            del sys.modules[name]


@pytest.fixture
def frozen(recipe: Any, tmp_path: Path) -> Any:
    """Return a Build whose frozen folder holds a program of some files and folders, made for the test."""
    plan = recipe("steps.plan")
    build = plan.Build("0.1.0", 1_700_000_000, "linux", "x86_64", tmp_path)
    for name in ("liqdesk", "_internal/liqdesk/_resources/logo.svg", "_internal/numpy/core/a b.so", "_internal/z.dll"):
        path = build.frozen / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return build
