"""The works liqdesk is made of and stands on, each with its licence in full: read from what is installed, or from the list of a build."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from liqdesk import __version__
from liqdesk.about.facts import python, version_of
from liqdesk.about.licence import expression_of
from liqdesk.errors import InputError
from liqdesk.paths import resource

FILE: Final = "licences.json"
FOLDER: Final = "licences"  # the texts that no package brings
REQUIRED: Final = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "numba", "websocket-client", "requests", "python-socks", "appdirs", "msgspec",
    "aiohttp", "tzdata",
)  # fmt: skip
QT: Final = ("qt.txt", "LGPL-3.0.txt", "GPL-3.0.txt")
ADDED: Final = {"pyside6-essentials": QT, "shiboken6": QT, "certifi": ("MPL-2.0.txt",)}
SHOWN: Final = {
    "pyside6-essentials": "PySide6 (Qt for Python)", "shiboken6": "shiboken6 (Qt for Python)", "numpy": "NumPy",
    "websocket-client": "websocket-client", "typing-extensions": "typing_extensions",
}  # fmt: skip
REQUIREMENT: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
BUNDLED: Final = re.compile(r"^Name: (.+)\nFiles: .+\n(?:.+\n)*?License: (.+)\n", re.MULTILINE)
RULE: Final = f"\n\n{'=' * 78}\n\n"


class Work(msgspec.Struct, frozen=True):
    """A work: its name and version, its licence as an SPDX expression, the licence's full text, where it is at home, and of what larger
    work it came as a part ("" for none)."""

    name: str
    version: str
    licence: str
    text: str
    home: str = ""
    part_of: str = ""


def works() -> tuple[Work, ...]:
    """Return all works: of the build's own list where it brings one, else as they are installed here.

    Raises InputError where a build's list, or a text that the program brings, cannot be read.
    """
    try:
        path = resource(FILE)
    except InputError:
        return gathered()
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Work, ...])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise InputError(f"{path}: {e}", "The list of licences cannot be read; install the program again.") from e


def gathered(more: Iterable[str] = ()) -> tuple[Work, ...]:
    """Return what is installed: liqdesk first, Python, Qt, then what it stands on and what that stands on, by name.

    more: further packages of which a part is shipped, by name, without what they stand on. Raises InputError for a text of the program's
    own that is missing, and for a package that is not installed.
    """
    found = {**_packages(REQUIRED), **_packages(more, follow=False)}
    packages = sorted(found.values(), key=lambda one: one.name.lower())
    parts = [part for one in packages for part in _parts_of(one)]
    first = (_liqdesk(), _python(), *_qt())
    return (*first, *packages, *parts, *_libraries())


def normal(name: str) -> str:
    """Return a package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def text_of(name: str) -> str:
    """Return a licence text of the program's own. Raises InputError."""
    path = resource(f"{FOLDER}/{name}")
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"{path}: {e}", f"The licence text {name} cannot be read; install the program again.") from e


def _packages(names: Iterable[str], follow: bool = True) -> dict[str, Work]:
    found: dict[str, Work] = {}
    waiting = [(name, True) for name in names]
    while waiting:
        name, needed = waiting.pop()
        if normal(name) in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError as e:
            if needed:
                raise InputError(f"no package {name}", f"The package {name} is not installed.") from e
            continue  # of another system or another Python
        found[normal(name)] = _work_of(distribution)
        waiting += [(one, False) for one in _stands_on(distribution)] if follow else []
    return found


def _stands_on(distribution: metadata.Distribution) -> Iterator[str]:
    for line in distribution.requires or ():
        words, _, condition = line.partition(";")
        match = REQUIREMENT.match(words)
        if match is not None and "extra ==" not in condition:
            yield match[1]


def _work_of(distribution: metadata.Distribution) -> Work:
    said = distribution.metadata
    name = said["Name"]
    texts = [text for text in _licence_files(distribution) if text.strip()]
    texts += [text_of(one) for one in ADDED.get(normal(name), ())]
    lines = [line.partition(", ") for line in said.get_all("Project-URL") or ()]
    homes = [
        address for label, _, address in lines if normal(label) in ("homepage", "home-page", "repository", "source")
    ]
    return Work(
        SHOWN.get(normal(name), name),
        distribution.version,
        expression_of(_first(said, "License-Expression"), _first(said, "License"), said.get_all("Classifier") or ()),
        RULE.join(texts),
        _first(said, "Home-page") or next(iter(homes), ""),
    )


def _first(said: metadata.PackageMetadata, name: str) -> str:
    return next(iter(said.get_all(name) or ()), "")


def _licence_files(distribution: metadata.Distribution) -> Iterator[str]:
    """Yield the licence files of a package's own metadata: those it lists, else those whose names say it."""
    listed = distribution.metadata.get_all("License-File") or []
    said = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
    for file in sorted(distribution.files or (), key=lambda f: (len(f.parts), str(f))):
        if not file.parts[0].endswith(".dist-info") or file.name.endswith(".py"):
            continue
        inside = "/".join(file.parts[1:]).removeprefix("licenses/")
        if inside in listed or said.match(file.name):
            path = Path(str(distribution.locate_file(file)))
            if path.is_file():
                yield path.read_text("utf-8", "replace")


def _parts_of(work: Work) -> Iterator[Work]:
    """Yield what a package's licence text names as bundled, as NumPy's does of its linear algebra, and llvmlite's of LLVM."""
    found = list(BUNDLED.finditer(work.text))
    for match, after in zip(found, [*found[1:], None], strict=False):
        text = work.text[match.start() : after.start() if after is not None else len(work.text)]
        yield Work(match[1].strip(), "", match[2].strip(), text.strip("-= \n"), part_of=work.name)
    if work.name == "llvmlite":
        at = work.text.find("The llvmlite source tree includes code from LLVM")
        yield Work("LLVM", "", "Apache-2.0 WITH LLVM-exception", work.text[max(at, 0) :], "https://llvm.org", work.name)


def _liqdesk() -> Work:
    package = Path(__file__).resolve().parents[1]
    for path in (package.parent / "LICENSE", package / "_resources" / "LICENSE"):
        if path.is_file():
            return Work("liqdesk", __version__, "MIT", path.read_text("utf-8"))
    return Work("liqdesk", __version__, "MIT", RULE.join(_licence_files(metadata.distribution("liqdesk"))))


def _python() -> Work:
    places = [Path(metadata.__file__).resolve().parents[2], Path(sys.base_prefix)]  # the library's folder; Windows
    texts = [p.read_text("utf-8", "replace") for p in (place / "LICENSE.txt" for place in places) if p.is_file()]
    return Work("Python", python().value.split()[0], "PSF-2.0", texts[0] if texts else "", "https://www.python.org")


def _qt() -> tuple[Work, ...]:
    version = version_of("PySide6")
    own = RULE.join(text_of(one) for one in QT)
    out = [
        Work("Qt", version, "LGPL-3.0-only", own, "https://www.qt.io"),
        Work("Third-party parts of Qt", version, "BSD-3-Clause AND MIT AND Zlib AND FTL", text_of("qt-third-party.txt"), part_of="Qt"),
    ]  # fmt: skip
    if sys.platform.startswith("linux"):
        out.append(Work("ICU", "73", "ICU", text_of("ICU.txt"), "https://icu.unicode.org", "Qt"))
    return tuple(out)


def _libraries() -> tuple[Work, ...]:
    return (
        Work("OpenSSL", version_of("OpenSSL"), "Apache-2.0", text_of("Apache-2.0.txt"), "https://openssl-library.org", "Python"),
        Work("SQLite", version_of("SQLite"), "blessing", text_of("SQLite.txt"), "https://sqlite.org", "Python"),
    )  # fmt: skip
