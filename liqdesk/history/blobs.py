"""Minutes as bytes: marks as (milliseconds into the minute, price), volume as (5 bp bin, base quantity), both little-endian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.history.records import MARK, VOLUME
from liqdesk.history.schema import DamageError
from liqdesk.market import MINUTE_MS

MARK_BLOB: Final = np.dtype([("offset", "<u2"), ("mark", "<f8")])
VOLUME_BLOB: Final = np.dtype([("bin", "<i4"), ("quantity", "<f8")])
MINUTE_BITS: Final = 32


def key_of(symbol_id: int, minute: int) -> int:
    return symbol_id << MINUTE_BITS | minute


def minute_of(key: int) -> int:
    return key & ((1 << MINUTE_BITS) - 1)


def _unpacked(blob: bytes, dtype: np.dtype[Any]) -> NDArray[np.void]:
    try:
        return np.frombuffer(blob, dtype)
    except (TypeError, ValueError) as e:
        raise DamageError(f"a minute that is no {dtype}: {e}") from e


def marks_blob(rows: Mapping[int, float]) -> bytes:
    """Pack {ms into the minute: mark}."""
    return np.array(sorted(rows.items()), MARK_BLOB).tobytes()


def marks_of_blob(blob: bytes) -> dict[int, float]:
    return dict(_unpacked(blob, MARK_BLOB).tolist())


def mark_rows(minute: int, blob: bytes) -> NDArray[np.void]:
    held = _unpacked(blob, MARK_BLOB)
    rows = np.empty(held.size, MARK)
    rows["t"] = minute * MINUTE_MS + held["offset"].astype(np.int64)
    rows["mark"] = held["mark"]
    return rows


def volume_blob(bins: NDArray[np.integer], quantity: NDArray[np.floating]) -> bytes:
    """Pack volume at price, equal bins added up, bins ascending. The arrays are one-dimensional and equally long."""
    held, where = np.unique(bins, return_inverse=True)
    rows = np.empty(held.size, VOLUME_BLOB)
    rows["bin"] = held
    rows["quantity"] = np.bincount(where, weights=quantity, minlength=held.size)
    return rows.tobytes()


def volume_rows(minute: int, blob: bytes) -> NDArray[np.void]:
    held = _unpacked(blob, VOLUME_BLOB)
    rows = np.empty(held.size, VOLUME)
    rows["t"] = minute * MINUTE_MS
    rows["bin"], rows["quantity"] = held["bin"], held["quantity"]
    return rows
