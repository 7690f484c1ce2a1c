"""The versions of what is running, each as text: of the program, of what it stands on, of the machine's system."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from liqdesk import __version__
from liqdesk.about.stamp import Stamp, stamp
from liqdesk.paths import frozen

UNKNOWN: Final = "–"
DAY: Final = re.compile(r"\s+\d{1,2} [A-Z][a-z]{2} \d{4}$")  # OpenSSL's


class Fact(msgspec.Struct, frozen=True):
    """A name, and what is true of it."""

    name: str
    value: str


def _attribute(name: str) -> Callable[[Any], str]:
    return lambda module: str(getattr(module, name))


def _asked(name: str) -> Callable[[Any], str]:
    return lambda module: str(getattr(module, name)())


# shown name: (module that is asked where it is loaded, how; distribution that is asked where it is not)
STANDING_ON: Final = {
    "Qt": ("PySide6.QtCore", _asked("qVersion"), "PySide6_Essentials"),
    "PySide6": ("PySide6", _attribute("__version__"), "PySide6_Essentials"),
    "pyqtgraph": ("pyqtgraph", _attribute("__version__"), "pyqtgraph"),
    "NumPy": ("numpy", _attribute("__version__"), "numpy"),
    "numba": ("numba", _attribute("__version__"), "numba"),
    "llvmlite": ("llvmlite", _attribute("__version__"), "llvmlite"),
    "msgspec": ("msgspec", _attribute("__version__"), "msgspec"),
    "SQLite": ("sqlite3", _attribute("sqlite_version"), ""),
    "OpenSSL": ("ssl", _attribute("OPENSSL_VERSION"), ""),
    "requests": ("requests", _attribute("__version__"), "requests"),
    "websocket-client": ("websocket", _attribute("__version__"), "websocket-client"),
}


def python() -> Fact:
    bits = 64 if sys.maxsize > 2**32 else 32
    return Fact("Python", f"{sys.version.split()[0]} ({sys.implementation.name}, {bits} bit)")


def program(built: Stamp | None = None) -> tuple[Fact, Fact]:
    """Return the program's version, and what it runs from."""
    made = stamp() if built is None else built
    if frozen() or made.built:
        origin = " ".join(x for x in ("a build of", made.built or "an unknown day", made.commit[:12]) if x)
    else:
        package = Path(__file__).resolve().parents[1]
        origin = "its source" if (package.parent / "pyproject.toml").exists() else "an installed package"
    return Fact("liqdesk", __version__), Fact("Runs from", origin)


def system() -> Fact:
    """Return the machine's system. Slow the first time: it may read files of the system."""
    import platform

    return Fact("System", platform.platform())


def standing_on() -> tuple[Fact, ...]:
    """Return Python and the libraries, with their versions as they are loaded, or as they are installed."""
    return (python(), *(Fact(name, version_of(name)) for name in STANDING_ON))


def described() -> dict[str, str]:
    """Return everything here by name, for a report."""
    return {fact.name: fact.value for fact in (*program(), *standing_on(), system())}


def version_of(name: str) -> str:
    """Return the version of one of `STANDING_ON`; unknown where neither it, its package nor the build tells."""
    module_name, ask, distribution = STANDING_ON[name]
    module = sys.modules.get(module_name)
    if module is not None:
        try:
            return DAY.sub("", str(ask(module)).removeprefix("OpenSSL "))
        except AttributeError:  # half loaded: its package tells
            pass
    found = _installed(distribution) if distribution else ""
    return found or stamp().versions.get(name, "") or UNKNOWN


def _installed(distribution: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
