"""The commands that need no window: import and score."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from liqdesk.app.preparing import need_history
from liqdesk.errors import NoDataError, ProfileError
from liqdesk.paths import prepare_numba_cache, profile_at
from liqdesk.venues.binance import Binance


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def _done() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def import_archive(paths: Sequence[Path], profile_text: str | None) -> int:
    """Read archive files into the history; print what was taken and what was not. Returns 0, or 2 when nothing could be read."""
    from liqdesk.history import History
    from liqdesk.lab.imports import import_paths

    profile = profile_at(profile_text)
    if not profile.create():
        raise ProfileError(f"{profile.root} is not writable", f"The profile {profile.root} cannot be written.")
    history = History.open(profile.history, profile.lock, origin="binance")
    try:
        if history.read_only:
            raise ProfileError(
                f"the history is read-only: {history.notice}", f"Nothing can be imported. {history.notice}"
            )
        report = import_paths(paths, history, _say)
        if history.notice:
            sys.stderr.write(f"liqdesk: {history.notice}\n")
    finally:
        history.close()
        _done()
    (sys.stdout if report.taken else sys.stderr).write(report.text() + "\n")
    return 0 if report.taken else 2


def score_swept(
    profile_text: str | None, symbol: str, from_ms: int | None, to_ms: int | None, bar_ms: int, out: Path
) -> int:
    """Write the swept mass per bar and side from the history. Raises NoDataError when the history does not hold the symbol."""
    prepare_numba_cache()
    from liqdesk.history import History
    from liqdesk.lab.swept import write_swept

    profile = profile_at(profile_text)
    path = need_history(profile)
    history = History.open(path, profile.lock, origin="binance", read_only=True)
    try:
        rows = write_swept(history, Binance().check_symbol(symbol), from_ms, to_ms, bar_ms, out, _say)
    except NoDataError as e:
        if history.notice:
            raise ProfileError(f"{path}: {history.notice}", history.notice) from e
        raise
    finally:
        history.close()
        _done()
    sys.stdout.write(f"{rows} bars written to {out}\n")
    return 0
