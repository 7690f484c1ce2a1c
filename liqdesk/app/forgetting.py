"""Forget: what liqdesk keeps of a user is shown, and taken away when the user says so. For whoever removes the program."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from liqdesk.app.preparing import another
from liqdesk.errors import ProfileError
from liqdesk.history.lock import Lock, LockTakenError
from liqdesk.paths import Profile, cache_dir, default_profile, profile_at

# Whole names, and what follows them: `.broken`, `.new`, SQLite's own beside a history. docs/profile.md tells of each.
OURS: Final = (
    "settings.json*", "alerts.json*", "layouts.json*", "lines.json*", "positions.json*", "history*.sqlite*", "liqdesk.log*", "crashes",
    "QtProject.conf*", "lock",
)  # fmt: skip
YES: Final = "yes"


def forget(profile_text: str | None, *, sure: bool) -> int:
    """Take away the profile's files, and the cache with those of the default one; asks first unless `sure`.

    A file that is not ours stays, and so does then its folder. Returns 0, or 1 when the user said no. Raises ProfileError while another
    liqdesk uses the profile, or where a file cannot be taken away.
    """
    profile = profile_at(profile_text)
    targets = _of(profile)
    if profile.root == default_profile().root and cache_dir().is_dir():
        targets.append(cache_dir())
    if not targets:
        sys.stdout.write(f"There is nothing of liqdesk in {profile.root}.\n")
        return 0
    lines = [f"  {path}  ({_megabytes(path):.1f} MB)" for path in targets]
    sys.stdout.write("\n".join(["This is what liqdesk keeps:", *lines, ""]))
    if not sure and not _agreed():
        sys.stdout.write("Nothing was deleted.\n")
        return 1
    _take_away(profile, targets)
    left = f"{profile.root} holds other files and stays." if profile.root.exists() else f"{profile.root} is gone."
    sys.stdout.write(f"Deleted. {left}\n")
    return 0


def _of(profile: Profile) -> list[Path]:
    """Return what a profile holds of ours, its lock last."""
    return [path for pattern in OURS for path in sorted(profile.root.glob(pattern))] if profile.root.is_dir() else []


def _megabytes(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else (path,)
    return sum(f.lstat().st_size for f in files) / 1e6


def _agreed() -> bool:
    sys.stdout.write(f"Delete it for good? Type {YES} to do so: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() == YES


def _take_away(profile: Profile, targets: list[Path]) -> None:
    try:
        lock = Lock(profile.lock, profile.settings) if profile.root.is_dir() else None
    except LockTakenError as e:
        raise ProfileError(str(e), f"{another(profile)}: nothing was deleted. Close it first.") from e
    except OSError as e:
        words = f"The profile {profile.root} cannot be locked ({e.strerror}): nothing was deleted."
        raise ProfileError(str(e), words) from e
    try:
        for path in targets:
            if path != profile.lock:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    except OSError as e:
        raise ProfileError(str(e), f"{e.filename} could not be deleted ({e.strerror}).") from e
    finally:
        if lock is not None:
            lock.release()
    profile.lock.unlink(missing_ok=True)
    if profile.root.is_dir() and not any(profile.root.iterdir()):
        profile.root.rmdir()
