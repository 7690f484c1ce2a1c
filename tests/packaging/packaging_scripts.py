"""The scripts of packaging/ as modules, for tests: their folder is no package, and is on the path only while one is read."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    """Return packaging/NAME.py, or a module of one of its folders, such as linux.deb."""
    sys.path.insert(0, str(ROOT / "packaging"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "packaging"))
