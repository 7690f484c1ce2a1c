"""Which part each file of the frozen folder belongs to: a distribution, Python, Qt, PyInstaller, a package of the system, or nobody known.

Asked of the environment that was frozen, of the modules inside the executable, and, on Debian and what came of it, of dpkg.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from steps.plan import Build, BuildError

# What the frozen environment's own Python says; the modules are those inside the executable, which are no files.
ASK: Final = """
import importlib.metadata, json, pyexpat, sqlite3, ssl, sys, sysconfig, zlib
from PyInstaller.archive.readers import CArchiveReader
from PySide6.QtCore import qVersion
outer = CArchiveReader(sys.argv[1])
inner = [name for name, entry in outer.toc.items() if entry[4] == "z"]
modules = [name for archive in inner for name in outer.open_embedded_archive(archive).toc]
print(json.dumps({
    "site": [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")],
    "base": sys.base_prefix,
    "python": sys.version.split()[0],
    "standard": sorted(sys.stdlib_module_names),
    "pyinstaller": importlib.metadata.version("pyinstaller"),
    "qt": qVersion(),
    "openssl": ssl.OPENSSL_VERSION.split()[1],
    "sqlite": sqlite3.sqlite_version,
    "zlib": zlib.ZLIB_RUNTIME_VERSION,
    "expat": pyexpat.EXPAT_VERSION.removeprefix("expat_"),
    "modules": modules,
}))
"""
PYTHON_FILES: Final = re.compile(
    r"(lib)?python3?[\d.]*(_?\w*)?\.(dll|dylib|so.*)$|base_library\.zip$|(python3[\d.]*/)?lib-dynload/|Python(\.framework/.*)?$"
)
QT_FILES: Final = re.compile(r"PySide6/(Qt/|plugins/|Qt6\w+\.dll$|translations/)")
LINKED: Final = {
    "openssl": "lib(ssl|crypto)",
    "sqlite": "libsqlite3|sqlite3",
    "zlib": "libz\\.|zlib1",
    "expat": "libexpat",
}


@dataclass
class Part:
    """Something that was made by others, or the program itself, and the files and modules of it that are shipped."""

    kind: str  # "pypi", "generic", "deb", or "" for what nobody is known of
    name: str
    version: str
    licence: str = ""
    home: str = ""
    spdx: bool = True  # whether the licence is an SPDX expression, not only what the part calls it
    needs: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # path in the folder -> SHA-256
    modules: int = 0
    qualifiers: str = ""

    @property
    def shipped(self) -> bool:
        return bool(self.files or self.modules)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def normal(name: str) -> str:
    """Return a distribution's name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(metadata: importlib.metadata.PackageMetadata) -> tuple[str, bool]:
    """Return the licence a distribution states, and whether that is an SPDX expression: its expression, a short name, its classifiers."""
    for key in ("License-Expression", "License"):
        stated = str((metadata.get_all(key) or [""])[0]).strip()
        if stated and "\n" not in stated and len(stated) < 100:
            return stated, key == "License-Expression"
    classifiers = [str(row) for row in metadata.get_all("Classifier") or []]
    named = [row.rsplit(" :: ", 1)[1] for row in classifiers if row.startswith("License :: ") and row.count("::") > 1]
    return "; ".join(named), False


def ask(build: Build) -> dict[str, Any]:
    """Return what the frozen environment's own Python says of itself and of the executable. Raises BuildError."""
    command = [str(build.python), "-c", ASK, str(build.program)]
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=build.environ())
    if run.returncode != 0:
        raise BuildError(f"what is in {build.program.name} cannot be read: {run.stderr.strip()[-500:]}")
    said: dict[str, Any] = json.loads(run.stdout)
    return said


class Census:
    """The parts of one frozen folder, and what of it belongs to which."""

    def __init__(self, build: Build, said: Mapping[str, Any]) -> None:
        """Look through a frozen folder, with what `ask` said of the environment it came from."""
        self.build = build
        self.said = said
        self.own = Part("generic", "liqdesk", build.version, "MIT")
        self.python = Part("generic", "python", self.said["python"], "PSF-2.0", "https://www.python.org/")
        self.qt = Part("generic", "qt", self.said["qt"], "LGPL-3.0-only", "https://www.qt.io/")
        self.loader = Part(
            "pypi", "pyinstaller", self.said["pyinstaller"], "GPL-2.0-or-later WITH Bootloader-exception",
            "https://pyinstaller.org/",
        )  # fmt: skip
        self.distributions: dict[str, Part] = {}
        self.packages: dict[str, Part] = {}
        self.unknown: dict[str, Part] = {}
        self._owner_of_path: dict[str, Part] = {}
        self._owner_of_top: dict[str, Part] = {}
        self._libraries: dict[str, list[tuple[Path, Part]]] = {}
        for folder in dict.fromkeys(self.said["site"]):
            for distribution in importlib.metadata.distributions(path=[folder]):
                self._know(distribution)
        self._files()
        self._modules(self.said["modules"])

    def _know(self, distribution: importlib.metadata.Distribution) -> None:
        name = normal(distribution.metadata["Name"])
        if name == "liqdesk":
            return
        licence, spdx = licence_of(distribution.metadata)
        home = str((distribution.metadata.get_all("Home-page") or [""])[0])
        part = self.loader if name == "pyinstaller" else Part("pypi", name, distribution.version, licence, home, spdx)
        wanted = [row for row in distribution.requires or [] if "extra ==" not in row]
        part.needs = [normal(match[0]) for row in wanted if (match := re.match(r"[\w.-]+", row))]
        self.distributions[name] = part
        for path in distribution.files or []:
            self._owner_of_path[path.as_posix()] = part
            if path.suffix in (".dll", ".dylib") or ".so" in path.suffixes:
                self._libraries.setdefault(path.name, []).append((Path(str(path.locate())), part))
            top = path.parts[0].split(".")[0]
            if path.suffix in (".py", ".so", ".pyd") or len(path.parts) > 1:
                self._owner_of_top.setdefault(top, part)

    def _files(self) -> None:
        frozen = self.build.frozen
        for path in sorted(p for p in frozen.rglob("*") if p.is_file() and not p.is_symlink()):
            name = path.relative_to(frozen).as_posix()
            inside = name.removeprefix("_internal/")
            self._owner(inside, path).files[name] = digest(path)

    def _owner(self, inside: str, path: Path) -> Part:
        """Return whose a file is, by its place below _internal; what has no place there is looked for in the system."""
        first = PurePosixPath(inside).parts[0]
        if QT_FILES.match(inside):
            return self.qt
        if first.endswith(".dist-info"):
            return self.distributions.get(normal(first.removesuffix(".dist-info").rsplit("-", 1)[0]), self.own)
        if first == "liqdesk" or inside in ("liqdesk", "liqdesk.exe", "liqdesk-cli.exe"):
            return self.own
        known = self._owner_of_path.get(inside)
        if known is not None:
            return known
        if PYTHON_FILES.match(inside):
            return self.python
        if len(PurePosixPath(inside).parts) > 1 and first in self._owner_of_top:
            return self._owner_of_top[first]
        return self._of_system(path)

    def _of_system(self, path: Path) -> Part:
        """Return whose a library is that lies where no part has one: by name and bytes a distribution's, Python's, a package's, nobody's.

        On macOS the name has to do: PyInstaller writes other paths into each library, and signs it again.
        """
        own = digest(path)
        candidates = [
            *self._libraries.get(path.name, []),
            *((found, self.python) for found in self._in_python(path.name)),
        ]
        for found, part in candidates:
            if found.is_file() and (self.build.system == "macos" or digest(found) == own):
                return self.qt if part.name == "pyside6-essentials" and "Qt" in path.name else part
        package = owner_by_dpkg(path.name, own)
        if package is not None:
            return self.packages.setdefault(package.name, package)
        return self.unknown.setdefault(path.name, Part("", path.name, ""))

    def _in_python(self, name: str) -> list[Path]:
        base = Path(str(self.said["base"]))
        if base == Path("/usr"):  # there the system's packages tell more
            return []
        return [folder / name for folder in (base, base / "DLLs", base / "bin", base / "lib", base / "Library" / "bin")]

    def _modules(self, modules: Iterable[str]) -> None:
        standard = set(self.said["standard"])
        for name in modules:
            top = name.split(".")[0]
            if top == "liqdesk":
                owner = self.own
            elif top in standard or top.startswith("_sysconfigdata"):
                owner = self.python
            elif top.startswith("_pyi_"):
                owner = self.loader
            else:
                path = name.replace(".", "/")
                by_path = self._owner_of_path.get(f"{path}.py") or self._owner_of_path.get(f"{path}/__init__.py")
                owner = by_path or self._owner_of_top.get(top) or self.unknown.setdefault(top, Part("", top, ""))
            owner.modules += 1

    def linked(self) -> list[Part]:
        """Return what Python says is built into it and is not a file of some package beside it."""
        names = [PurePosixPath(name).name for part in self.packages.values() for name in part.files]
        return [
            Part("generic", library, str(self.said[library]))
            for library, pattern in LINKED.items()
            if not any(re.match(pattern, name) for name in names)
        ]

    def parts(self) -> list[Part]:
        """Return everything of which something is shipped, the program itself left out."""
        self.loader.modules += 1  # what starts the executable
        every = [
            self.python,
            self.qt,
            self.loader,
            *self.distributions.values(),
            *self.packages.values(),
            *self.unknown.values(),
        ]
        unique = {id(part): part for part in every if part.shipped}
        return [*unique.values(), *self.linked()]


def owner_by_dpkg(name: str, own: str) -> Part | None:
    """Return the Debian package that installed a library of this name with these very bytes, where dpkg knows one."""
    query = shutil.which("dpkg-query")
    if query is None:
        return None
    found = subprocess.run([query, "--search", f"*/{name}"], check=False, capture_output=True, text=True)
    for line in found.stdout.splitlines():
        package, _, where = line.partition(": ")
        path = Path(where)
        if not path.is_file() or digest(path) != own:
            continue
        shown = "${source:Package}\\t${Version}\\t${Architecture}\\t${Homepage}"
        rows = subprocess.run(
            [query, "--show", f"--showformat={shown}", package.split(",")[0]],
            check=False,
            capture_output=True,
            text=True,
        )
        if rows.returncode == 0:
            _, version, architecture, home = rows.stdout.split("\t")
            return Part("deb", package.split(":")[0], version, "", home, qualifiers=f"?arch={architecture}")
    return None
