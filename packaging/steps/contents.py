"""What goes into the frozen program and what stays out; read by packaging/liqdesk.spec."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import sys
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path

from steps import identity

Entry = tuple[str, str, str]  # where it goes, where it comes from, what it is, as PyInstaller has them

PACKAGING = Path(__file__).resolve().parents[1]
ENTRY = "liqdesk/__main__.py"

# Imported by a name that is put together, or not imported at all.
HIDDEN = ["tzdata", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets"]

LEFT_OUT = [
    # optional, large, and asked for with pip alone: Parquet, Dask
    *("pyarrow", "pandas", "distributed", "dask"),
    # what numpy, numba and pyqtgraph would use if it were there
    *("IPython", "PIL", "matplotlib", "scipy", "cupy", "cffi", "yaml", "jinja2", "pygments", "OpenGL", "h5py", "tbb"),
    # what Python brings that a finished program has no use for
    *(
        "readline",  # brings GNU Readline, whose licence (GPL) a program under MIT cannot take along
        "tkinter",
        "_tkinter",
        "idlelib",
        "turtle",
        "turtledemo",
        "lib2to3",
        "ensurepip",
        "venv",
        "pip",
        "setuptools",
        "test",
    ),
    # Qt beside Core, Gui, Widgets, Svg
    *(
        f"PySide6.Qt{name}"
        for name in ("Qml", "Quick", "QuickWidgets", "Designer", "Help", "UiTools", "Test", "Sql", "Xml")
    ),
    *(f"PySide6.Qt{name}" for name in ("Network", "PrintSupport", "Concurrent", "DBus", "Pdf")),
    *("pyqtgraph.opengl", "pyqtgraph.examples", "pyqtgraph.canvas", "pyqtgraph.flowchart", "pyqtgraph.jupyter"),
    *("numba.tests", "numba.testing", "llvmlite.tests", "numpy.tests", "numpy.f2py", "numpy.distutils"),
]

# Qt's plugins by folder; a folder that is not named stays out whole.
PLUGINS = {
    "platforms": ("qxcb", "qwayland*", "qoffscreen", "qwindows", "qcocoa"),
    "platforminputcontexts": ("composeplatforminputcontextplugin", "ibusplatforminputcontextplugin"),
    "platformthemes": ("qxdgdesktopportal",),  # gtk3 would bring another toolkit into the process
    "styles": ("*",),
    "wayland-shell-integration": ("xdg-shell",),
    "wayland-decoration-client": ("*",),
    "wayland-graphics-integration-client": (),  # OpenGL's; the window is drawn without
}
QT_LEFT_OUT = (
    *("Qml", "Quick", "VirtualKeyboard", "Pdf", "Network", "Sql", "Test", "Designer", "PrintSupport"),
    *("EglFS", "EglFs", "WlShell", "WaylandCompositor", "WaylandEgl"),
)
LIBRARY = re.compile(rf"(?:^|/)(?:lib)?Qt6?(?:{'|'.join(QT_LEFT_OUT)})[^/]*\.(?:so|dll|dylib|framework)(?:$|[./])")
LIBRARY_FOLDER = re.compile(r"(?:PySide6/Qt/lib/)?[^/]+\.so[^/]*")
LEFT_OUT_FILES = (
    "numba/np/ufunc/tbbpool*",  # for parallel kernels, with a library that is not there
    "*opengl32sw.dll",
    "*d3dcompiler_*.dll",
    *(
        f"*.dist-info/{name}"
        for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "WHEEL", "top_level.txt")
    ),
    "*/translations/*",
    "pyqtgraph/colors/maps/*",  # the program has its own
    "pyqtgraph/icons/*",
    "*.pyi",
    "*/py.typed",
)


def wanted(target: str) -> bool:
    """Return whether a file comes along, by its path in the frozen folder."""
    path = target.replace("\\", "/")
    below = re.search(r"(?:^|/)plugins/([^/]+)/(?:lib)?([^/]+)\.(?:so|dll|dylib)$", path)
    if below is not None and "PySide6" in path:
        return any(fnmatch(below[2], kept) for kept in PLUGINS.get(below[1], ()))
    return LIBRARY.search(path) is None and not any(fnmatch(path, pattern) for pattern in LEFT_OUT_FILES)


def needed(binaries: Iterable[Entry], imports: Callable[[str], Iterable[tuple[str, str | None]]]) -> list[Entry]:
    """Return the binaries without the shared libraries that only what stays out would load.

    `imports(path)` names all libraries that a file loads, and what these load in turn (on Linux). A library is a file of the top folder
    or of Qt's; all other files are the program's own extensions and plugins, and stay.
    """
    entries = list(binaries)
    libraries = [e for e in entries if LIBRARY_FOLDER.fullmatch(e[0]) and not fnmatch(e[0], "libpython*")]
    called = {name for e in entries if e not in libraries and e[2] != "SYMLINK" for name, _ in imports(e[1])}
    return [e for e in entries if e not in libraries or Path(e[0]).name in called]


def distributions(name: str = "liqdesk") -> list[str]:
    """Return what a distribution stands on, without its extras and itself, sorted; the environment is asked."""
    found: set[str] = set()
    queue = [name]
    while queue:
        for requirement in importlib.metadata.requires(queue.pop()) or []:
            words, _, marker = requirement.partition(";")
            depends = re.match(r"[A-Za-z0-9._-]+", words.strip())
            if depends is None or "extra" in marker or depends[0] in found:
                continue
            try:
                importlib.metadata.version(depends[0])
            except importlib.metadata.PackageNotFoundError:  # a marker of another system or Python
                continue
            found.add(depends[0])
            queue.append(depends[0])
    return sorted(found)


def write_digest(folder: Path) -> Path:
    """Write what tells this program's compiled kernels from any other's: all of its sources, since a kernel may take a constant from any of
    them, and the versions of Python and the compiler."""
    from liqdesk.paths import DIGEST

    digest = hashlib.sha256(sys.version.encode())
    for name in ("numba", "llvmlite", "numpy"):
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    for source in sorted((PACKAGING.parent / "liqdesk").rglob("*.py")):
        digest.update(source.read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / DIGEST
    target.write_text(digest.hexdigest()[:16] + "\n", "ascii")
    return target


def icon(platform: str) -> Path | None:
    """Return the icon of the executable or the bundle; Linux has none in the file."""
    ending = {"win32": "ico", "darwin": "icns"}.get(platform)
    path = PACKAGING / "icons" / f"liqdesk.{ending}"
    return path if ending and path.exists() else None


def version_resource(version: str, folder: Path) -> str:
    """Write the Windows version resource and return its path."""
    target = folder / "version.txt"
    target.write_text(identity.version_resource(version), "utf-8")
    return str(target)
