"""Sheets into files: CSV with a JSON file beside it, or Parquet, which carries its metadata inside. Whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
from numpy.typing import NDArray

from liqdesk.errors import LiqdeskError
from liqdesk.exports.sheet import Column, Sheet
from liqdesk.paths import frozen, write_atomic

GROUP_ROWS: Final = 50_000  # of a Parquet row group
YIELD_S: Final = 0.0005  # given to the window after each part: formatting holds the interpreter

Say = Callable[[int, int], None]


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


class Cancelled(Exception):  # noqa: N818
    """The user asked for the end of it."""


def has_parquet() -> bool:
    """Return whether Parquet can be written here."""
    return importlib.util.find_spec("pyarrow") is not None


def no_parquet() -> str:
    """Return what a user is told where Parquet cannot be written."""
    if frozen():
        return "This package of liqdesk writes no Parquet: CSV needs nothing, and “liqdesk[parquet]” installed with pip writes both."
    return "Parquet needs pyarrow, which is not installed: pip install “liqdesk[parquet]”. CSV needs nothing."


def write(
    sheet: Sheet, path: Path, form: Format, say: Say | None = None, cancelled: Callable[[], bool] | None = None
) -> int:
    """Write a sheet and return how many rows it has. A CSV gets a `….json` beside it that says what it is of.

    `say(done, expected)` is told after each part. Raises Cancelled when asked to end, LiqdeskError with a sentence where the file
    cannot be written; either way nothing is left of it.
    """
    if form is Format.PARQUET and not has_parquet():
        raise LiqdeskError("no pyarrow", no_parquet())
    part = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        part = Path(name)
        rows = (_csv if form is Format.CSV else _parquet)(sheet, handle, _watched(sheet, say, cancelled))
        if form is Format.CSV:
            text = json.dumps(sheet.meta(), indent=1, ensure_ascii=False)
            write_atomic(path.with_name(path.name + ".json"), text.encode() + b"\n")
        os.replace(part, path)
    except OSError as e:
        raise LiqdeskError(f"cannot write {path}: {e}", sentence(path, e)) from e
    finally:
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink()
    return rows


def sentence(path: Path, error: OSError) -> str:
    """Return what a user is told when a file cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: nothing was written to {path.parent}."
    return f"{path} cannot be written: {error.strerror or error}."


def _watched(sheet: Sheet, say: Say | None, cancelled: Callable[[], bool] | None) -> Iterator[dict[str, NDArray[Any]]]:
    for done, part in enumerate(sheet.parts(), 1):
        if cancelled is not None and cancelled():
            raise Cancelled
        yield sheet.stamped(part)
        if say is not None:
            say(min(done, sheet.expected), sheet.expected)
        time.sleep(YIELD_S)


def _csv(sheet: Sheet, handle: int, parts: Iterator[dict[str, NDArray[Any]]]) -> int:
    rows = 0
    with open(handle, "w", encoding="utf-8", newline="\n") as out:
        out.write(",".join(c.name for c in sheet.all_columns) + "\n")
        for part in parts:
            rows += _csv_part(out, sheet.all_columns, part)
        out.flush()
        os.fsync(out.fileno())
    return rows


def _csv_part(out: TextIO, columns: tuple[Column, ...], part: dict[str, NDArray[Any]]) -> int:
    texts = [_texts(column, part[column.name]) for column in columns]
    lines = [",".join(row) for row in zip(*texts, strict=True)]
    if lines:
        out.write("\n".join(lines) + "\n")
    return len(lines)


def _texts(column: Column, values: NDArray[Any]) -> list[str]:
    match column.kind:
        case "str":
            return [_quoted(str(v)) for v in values.tolist()]
        case "bool":
            return ["True" if v else "False" for v in values.tolist()]
        case "int64":
            return [str(v) for v in values.tolist()]
    return ["" if v != v else repr(v) for v in values.astype(np.float64).tolist()]  # NaN is an empty cell


def _quoted(text: str) -> str:
    """Return a text as a cell; one that a spreadsheet would take for a formula keeps a quote before it."""
    if text[:1] in "=+-@\t\r":
        text = "'" + text if text else text
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n\r') else text


def _parquet(sheet: Sheet, handle: int, parts: Iterator[dict[str, NDArray[Any]]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_(), "str": pa.string()}
    meta = {"liqdesk": json.dumps(sheet.meta(), ensure_ascii=False), "source": sheet.origin.source, "time_zone": "UTC"}
    schema = pa.schema(
        [pa.field(c.name, kinds[c.kind], metadata={"words": c.words}) for c in sheet.all_columns], metadata=meta
    )
    rows, held, waiting = 0, 0, list[dict[str, NDArray[Any]]]()
    with os.fdopen(handle, "wb") as out:
        with pq.ParquetWriter(out, schema, compression="zstd") as writer:

            def put() -> None:
                nonlocal held
                if waiting:
                    arrays = [
                        pa.array(np.concatenate([part[c.name] for part in waiting]), kinds[c.kind], from_pandas=True)
                        for c in sheet.all_columns
                    ]
                    writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                    waiting.clear()
                    held = 0

            for part in parts:
                count = len(part[sheet.columns[0].name])
                waiting.append(part)
                rows, held = rows + count, held + count
                if held >= GROUP_ROWS:
                    put()
            put()
        out.flush()
        os.fsync(out.fileno())
    return rows
