"""Where files live: the profile (settings, alerts, history, log), the cache, and the program's own resources."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import appdirs

from liqdesk import __version__
from liqdesk.errors import InputError, ProfileError

if TYPE_CHECKING:
    from types import FunctionType

APP = "liqdesk"
ANY_PROCESSOR: Final = "generic"  # LLVM's name for what every processor of a kind understands
DIGEST: Final = "kernels.digest"  # beside the package, in a frozen program


class Profile:
    """One folder that holds everything liqdesk writes, except caches that can be made again."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def alerts(self) -> Path:
        return self.root / "alerts.json"

    @property
    def history(self) -> Path:
        return self.root / "history.sqlite"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def log(self) -> Path:
        return self.root / "liqdesk.log"

    def create(self) -> bool:
        """Make the folder; return whether it can be written. Raises ProfileError where it is not a folder at all."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except FileExistsError as e:
            raise ProfileError(
                f"{self.root} is a file", f"{self.root} is a file, not a folder; name another --profile."
            ) from e
        except OSError:
            return False
        return os.access(self.root, os.W_OK | os.X_OK)


def default_profile() -> Profile:
    return Profile(Path(appdirs.user_data_dir(APP, False)))


def profile_at(text: str | None) -> Profile:
    """Return the profile a user named, or the default one. Raises InputError for text that cannot be a path."""
    if text is None:
        return default_profile()
    if not text.strip() or "\0" in text:
        raise InputError(f"profile {text!r}", "The profile must be the path of a folder.")
    try:
        return Profile(Path(text).expanduser().absolute())
    except (RuntimeError, OSError) as e:  # ~ of a user that is not there; a working folder that is gone
        raise InputError(f"profile {text!r}: {e}", "The profile names a folder that cannot be found.") from e


def cache_dir() -> Path:
    return Path(appdirs.user_cache_dir(APP, False))


def prepare_numba_cache() -> None:
    """Point numba at the user's cache, unless the user set it; must run before numba is first imported.

    The folder is named by a digest of the sources that kernels are compiled from: numba itself looks at one file's time and size, not at
    constants a kernel takes from elsewhere.
    """
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_dir() / f"kernels-{kernel_digest()}"))
    if frozen():
        os.environ.setdefault("NUMBA_CACHE_LOCATOR_CLASSES", f"{__name__}.{FrozenKernel.__name__}")
        if shipped_kernels().is_dir():
            os.environ.setdefault("NUMBA_CPU_NAME", ANY_PROCESSOR)
            os.environ.setdefault("NUMBA_CPU_FEATURES", "")
            target = Path(os.environ["NUMBA_CACHE_DIR"])
            if os.environ["NUMBA_CPU_NAME"] == ANY_PROCESSOR and not target.exists():
                with contextlib.suppress(OSError):  # FrozenKernel finds another place for what cannot be kept there
                    _lay_out(target)


def shipped_kernels() -> Path:
    """Return the folder of the kernels that a frozen program brings along, compiled for any processor of its kind; it need not be there."""
    return Path(__file__).resolve().parent / "kernels"


def _lay_out(target: Path) -> None:
    """Copy the kernels that came along, so that another process sees all of them or none. Raises OSError where they cannot be kept."""
    import shutil
    import tempfile

    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{target.name}."))
    try:
        for source in shipped_kernels().rglob("*"):
            copy = folder / source.relative_to(shipped_kernels())
            if source.is_file():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)  # without the rights, which may forbid to add another one
        folder.chmod(0o755)
        os.replace(folder, target)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@functools.cache
def kernel_digest() -> str:
    """Return what tells compiled kernels of these sources from any other, 16 hexadecimal digits; a frozen program brings its own along."""
    if frozen():
        return (Path(__file__).resolve().parent / DIGEST).read_text("ascii").strip()
    import hashlib  # not before the first paint; so is tempfile below

    digest = hashlib.sha256(__version__.encode())
    for source in kernel_sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def kernel_sources() -> list[Path]:
    """Return the files that kernels are compiled from, in a fixed order; a frozen program has none."""
    package = Path(__file__).resolve().parent
    patterns = ("model/*.py", "lab/kernels.py", "simulator/*.py", "ui/chart/*.py")
    return [source for pattern in patterns for source in sorted(package.glob(pattern))]


class FrozenKernel:
    """Where numba keeps one compiled kernel of a frozen program; it has the methods that numba calls of a class that
    NUMBA_CACHE_LOCATOR_CLASSES names.

    A frozen module has no file but a relative name, so that numba's own choice would depend on the folder the program was started from.
    """

    def __init__(self, folder: Path, line: int) -> None:
        self._folder = folder
        self._line = line

    @classmethod
    def from_function(cls, function: FunctionType, file: str) -> FrozenKernel:
        """Return the place of a function in NUMBA_CACHE_DIR, or, where that cannot be written, in a folder that goes with the process."""
        program = Path(__file__).resolve().parents[1]
        name = Path(file).relative_to(program) if Path(file).is_relative_to(program) else Path(file)
        below = ".".join(name.parts[:-1]) if not name.is_absolute() else name.parent.name
        line = function.__code__.co_firstlineno
        try:
            place = cls(Path(os.environ["NUMBA_CACHE_DIR"], below), line)
            place.ensure_cache_path()
        except OSError:
            place = cls(_passing_folder() / below, line)
            place.ensure_cache_path()
        return place

    def ensure_cache_path(self) -> None:
        """Make the folder. Raises OSError where it cannot be written."""
        import tempfile

        self._folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=self._folder).close()

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return kernel_digest()

    def get_disambiguator(self) -> str:
        return str(self._line)


@functools.cache
def _passing_folder() -> Path:
    """Make a folder of this process alone, removed when it ends: what numba reads from it is code, so it is nobody else's to write."""
    import atexit
    import shutil
    import tempfile

    outer = tempfile.mkdtemp(prefix="liqdesk-kernels-")
    atexit.register(shutil.rmtree, outer, ignore_errors=True)
    folder = Path(outer) / "kernels"
    if shipped_kernels().is_dir():
        _lay_out(folder)
    return folder


def frozen() -> bool:
    """Return whether this is the packaged program rather than Python running its sources."""
    return bool(getattr(sys, "frozen", False))


def command() -> list[str]:
    """Return the words that start this same program, before its arguments.

    On Windows the window's executable has no standard output; the one for the command line stands beside it.
    """
    if not frozen():
        return [sys.executable, "-m", "liqdesk"]
    beside = Path(sys.executable).with_name("liqdesk-cli.exe")
    return [str(beside) if sys.platform == "win32" and beside.exists() else sys.executable]


def resource(name: str) -> Path:
    """Return the path of a file of the program: in a checkout `resources/` or `docs/`, in an installed or frozen program beside the
    package."""
    package = Path(__file__).resolve().parent
    folders = [package / "_resources", package.parent / "resources", package.parent / "docs"]
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    raise InputError(
        f"resource {name} is in none of {folders}", f"The program's own file “{name}” is missing; install it again."
    )


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data` so that a reader, or a crash at any instant, sees the old file or the new one whole.

    Raises OSError (disk full, read-only folder); the old file is then untouched.
    """
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def free_aside(path: Path) -> Path:
    """Return a name beside `path` that is free: `….broken`, else `….broken-2` and so on. Raises FileExistsError after 9,999."""
    for number in range(1, 10_000):
        broken = path.with_name(f"{path.name}.broken" + (f"-{number}" if number > 1 else ""))
        if not os.path.lexists(broken):
            return broken
    raise FileExistsError(errno.EEXIST, "there are 9,999 damaged copies beside it", str(path))


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be read to a free name beside it and return that. Raises OSError."""
    broken = free_aside(path)
    os.rename(path, broken)
    return broken
