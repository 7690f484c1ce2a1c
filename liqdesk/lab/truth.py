"""What was truly liquidated, per bar and side: from a file, or from the forced orders of a record."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.errors import InputError, NoDataError
from liqdesk.history import FORCED
from liqdesk.lab.sources import BEGINNING, END, Record
from liqdesk.lab.swept import HEADER
from liqdesk.lab.words import length
from liqdesk.market import MINUTE_MS

GZIP: Final = b"\x1f\x8b"


class Truth(msgspec.Struct, frozen=True):
    """Liquidated USD of the bars that are known: `t` int64 [n] bar opens in ms, ascending; `usd` float64 [n, 2 side] by
    who was liquidated; `words` say where it is from."""

    t: NDArray[np.int64]
    usd: NDArray[np.float64]
    words: str


def read_truth(path: Path, bar_ms: int) -> Truth:
    """Read a CSV file, plain or gzip, with the columns t_open_ms,long_usd,short_usd and one row per known bar.

    Raises InputError, naming the line, for what is not that, is not ascending, or does not fit bars of `bar_ms`.
    """
    times: list[int] = []
    usd: list[tuple[float, float]] = []
    for number, line in enumerate(_lines(path), start=1):
        if number == 1:
            if line.strip().lower() != HEADER:
                raise _wrong(path, 1, f"the header must be {HEADER}")
            continue
        if not line.strip():
            continue
        t, row = _row(path, number, line)
        if t % bar_ms:
            raise _wrong(path, number, f"no bar of {length(bar_ms)} opens at {t} ms")
        if times and t <= times[-1]:
            raise _wrong(path, number, "its bar does not come after the one before")
        times.append(t)
        usd.append(row)
    if not times:
        raise InputError(f"{path}: no rows", f"{path} holds no bars.")
    t_open = np.array(times, dtype=np.int64)
    step = int(np.diff(t_open).min()) if len(t_open) > 1 else bar_ms
    if step != bar_ms:
        raise InputError(
            f"{path}: rows {step} ms apart, bars of {bar_ms} ms",
            f"The bars of {path} are {length(step)} apart; ask for bars of that length.",
        )
    return Truth(t_open, np.array(usd), path.name)


def _lines(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
        if data.startswith(GZIP):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig").splitlines()
    except (EOFError, zlib.error, gzip.BadGzipFile) as e:
        raise InputError(f"{path}: {e}", f"{path} is not a whole gzip file.") from e
    except UnicodeDecodeError as e:
        raise InputError(f"{path}: {e}", f"{path} is not a text file.") from e
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else e
        raise InputError(f"{path}: {e}", f"{path} cannot be read: {reason}.") from e


def _row(path: Path, number: int, line: str) -> tuple[int, tuple[float, float]]:
    parts = line.split(",")
    if len(parts) != 3:
        raise _wrong(path, number, f"it has {len(parts)} columns instead of 3")
    try:
        t = int(parts[0])
        long, short = float(parts[1]), float(parts[2])
    except ValueError as e:
        raise _wrong(path, number, "it is not three numbers") from e
    if not 0 <= t < END:
        raise _wrong(path, number, f"{t} is not a time in ms")
    if not (0 <= long < math.inf and 0 <= short < math.inf):
        raise _wrong(path, number, "an amount is negative or not finite")
    return t, (long, short)


def _wrong(path: Path, number: int, reason: str) -> InputError:
    return InputError(f"{path}:{number}: {reason}", f"{path}, line {number}: {reason}.")


def recorded_truth(record: Record, symbol: str, bar_ms: int, until_ms: int = END) -> Truth:
    """Return what the venue printed, in the bars during all of which its forced orders were listened to.

    A venue that prints one order a second prints less than there was. Raises NoDataError where no bar is known.
    """
    known = [
        np.arange(-(-a // bar_ms), b // bar_ms, dtype=np.int64)
        for a, b in record.coverage(symbol, FORCED, BEGINNING, until_ms)
    ]
    slots = np.concatenate([np.zeros(0, np.int64), *known])
    if not len(slots):
        raise NoDataError(
            f"no forced orders of {symbol} were recorded over a whole bar of {bar_ms // MINUTE_MS} min",
            f"No forced orders of {symbol} were recorded over a whole bar of {length(bar_ms)}; "
            "record them first (liqdesk record), or name a file with --truth.",
        )
    usd = np.zeros((len(slots), 2))
    for order in record.forced(symbol, BEGINNING, until_ms):
        slot = order.time_ms // bar_ms
        at = int(np.searchsorted(slots, slot))
        if at < len(slots) and slots[at] == slot:
            usd[at, order.side] += order.usd
    return Truth(slots * bar_ms, usd, "the forced orders recorded from the venue, at most one a second")
