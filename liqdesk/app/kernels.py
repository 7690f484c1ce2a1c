"""Every compiled kernel of window and engine, into the user's cache."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from collections.abc import Iterator
from pathlib import Path

from liqdesk.engine.compiling import marker
from liqdesk.errors import InputError


def compile_kernels() -> None:
    """Compile every kernel, or load it from the cache, and leave the marker. Raises InputError where the cache cannot be written, before
    anything is compiled if that can be seen."""
    at = marker()
    with _told(at):
        at.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=at.parent).close()
    from liqdesk.lab.warming import warm as warm_naive
    from liqdesk.model import warm as warm_model
    from liqdesk.ui.chart.kernels import warm as warm_chart
    from liqdesk.venues.binance.brackets import shipped_brackets

    warm_chart()
    warm_model()
    warm_naive(shipped_brackets().table("BTCUSDT"))
    with _told(at):
        at.touch()


@contextlib.contextmanager
def _told(at: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        why = e.strerror or errno.errorcode.get(e.errno or 0, "")
        raise InputError(f"{at}: {e}", f"The compiled kernels cannot be kept in {at.parent} ({why}).") from e
