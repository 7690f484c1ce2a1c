"""Where files live: the profile (settings, alerts, history, log), the cache, and the program's own resources."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

import appdirs

from liqdesk import __version__
from liqdesk.errors import InputError, ProfileError

APP = "liqdesk"


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
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_dir() / f"kernels-{_kernel_digest()}"))


def _kernel_digest() -> str:
    import hashlib  # not before the first paint; so is tempfile below

    package = Path(__file__).resolve().parent
    digest = hashlib.sha256(__version__.encode())
    for pattern in ("model/*.py", "lab/kernels.py", "simulator/*.py", "ui/chart/*.py"):
        for source in sorted(package.glob(pattern)):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def resource(name: str) -> Path:
    """Return the path of a file of the program: in a checkout `resources/` or `docs/`, in an installed or frozen program beside the
    package."""
    package = Path(__file__).resolve().parent
    frozen = getattr(sys, "_MEIPASS", None)
    folders = [package / "_resources", package.parent / "resources", package.parent / "docs"]
    if frozen:
        folders.insert(0, Path(frozen) / "liqdesk" / "_resources")
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
