"""CSV text of the archive, plain or zipped, in bounded parts; and its numeric columns, checked row by row at array
speed.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

import msgspec
import numpy as np
import numpy.typing as npt

from liqdesk.errors import InputError

Rows = npt.NDArray[np.void]

PART: Final = 4 * 1024 * 1024  # reading a part takes up to sixteen times as much memory
SMALL: Final = 16 * 1024 * 1024
LONGEST_HEAD: Final = 4_096
LARGEST: Final = 16 * 1024**3
# What the zip library raises for damaged headers, beyond its own error.
ZIP_FAULTS: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError)
SWELL: Final = 200  # CSV of prices packs about 6:1; a file of zeros 1000:1
EARLIEST_MS: Final = 1_483_228_800_000  # 2017
LATEST_MS: Final = 4_102_444_800_000  # 2100
BEYOND: Final = float(1 << 62)
COMMA: Final = 44
NEWLINE: Final = 10


class Table(msgspec.Struct, frozen=True):
    """A part of one CSV: whole lines without the header, which is None where the file has none. `first` counts the rows
    before.
    """

    name: str
    member: str
    header: list[str] | None
    width: int
    body: bytes
    first: int = 0

    def columns(self, names: list[str]) -> list[int]:
        """Return where the named columns stand: by header, else in the archive's own order."""
        if self.header is not None:
            return [self._column(n) for n in names]
        if self.width < len(names):
            raise InputError(f"{self.name}: {self.width} columns", f"“{self.name}” has too few columns.")
        return list(range(len(names)))

    def _column(self, name: str) -> int:
        try:
            return (self.header or []).index(name)
        except ValueError:
            raise InputError(f"{self.name}: no column {name}", f"“{self.name}” has no column “{name}”.") from None

    def lines(self) -> list[str]:
        try:
            return self.body.decode("utf-8").splitlines()
        except UnicodeDecodeError as e:
            raise InputError(f"{self.name}: {e}", f"“{self.name}” is not text.") from e


def chunks(name: str, data: bytes | BinaryIO) -> Iterator[Table]:
    """Yield the tables of a CSV or of the one CSV in a zip. Raises InputError."""
    short = PurePosixPath(name.replace("\\", "/")).name or name
    stream: BinaryIO = io.BytesIO(data) if isinstance(data, bytes) else data
    head = stream.read(4)
    stream.seek(0)
    if head[:2] == b"PK":
        yield from _unzipped(short, stream)
    elif short.lower().endswith(".zip"):
        raise InputError(f"{name}: no zip", f"“{short}” is not a zip file, or was not downloaded whole.")
    else:
        yield from _tables(short, short, stream)


def _unzipped(short: str, stream: BinaryIO) -> Iterator[Table]:
    try:
        with zipfile.ZipFile(stream) as packed:
            infos = packed.infolist()
            if len(infos) != 1 or not infos[0].filename.lower().endswith(".csv"):
                raise InputError(f"{short}: {len(infos)} members", f"“{short}” does not hold exactly one CSV file.")
            info = infos[0]
            if "/" in info.filename or "\\" in info.filename or info.filename.startswith("."):
                raise InputError(
                    f"{short}: member {info.filename!r}", f"“{short}” holds a file with a path in its name."
                )
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise InputError(
                    f"{short}: compression {info.compress_type}", f"“{short}” is packed in an unknown way."
                )
            if info.flag_bits & 1:
                raise InputError(f"{short}: encrypted", f"“{short}” is encrypted.")
            if info.file_size > LARGEST or info.file_size > max(SMALL, SWELL * info.compress_size):
                raise InputError(
                    f"{short}: {info.file_size} bytes unpacked", f"“{short}” would unpack to an absurd size."
                )
            with packed.open(info) as member:
                yield from _tables(short, info.filename, member)  # type: ignore[arg-type]
    except ZIP_FAULTS as e:
        raise InputError(f"{short}: {e}", f"“{short}” is a broken zip file; download it again.") from e


def _tables(short: str, member: str, stream: BinaryIO) -> Iterator[Table]:
    header: list[str] | None = None
    width = rows = 0
    for text in _whole_lines(short, stream):
        if not width:
            line, _, after = text.partition(b"\n")
            if len(line) > LONGEST_HEAD:
                raise InputError(f"{short}: a first line of {len(line)} bytes", f"“{short}” is not a CSV file.")
            width = line.count(b",") + 1
            if not line[:1].isdigit():
                header = [f.strip() for f in line.decode("utf-8", "replace").split(",")]
                text = after
        if text:
            yield Table(short, member, header, width, text, rows)
            rows += text.count(b"\n")
    if not rows:
        raise InputError(f"{short}: no rows", f"“{short}” holds no rows.")


def _whole_lines(short: str, stream: BinaryIO) -> Iterator[bytes]:
    """Yield parts that end with a newline and hold no empty lines at their ends; a byte order mark is taken off."""
    rest = b""
    first = True
    while True:
        part = stream.read(PART)
        text = (rest + part).replace(b"\r", b"")
        if part:
            cut = text.rfind(b"\n") + 1
            if not cut and len(text) > PART:
                raise InputError(f"{short}: no lines", f"“{short}” is not a CSV file.")
            text, rest = text[:cut], text[cut:]
        text = (text.removeprefix(b"\xef\xbb\xbf") if first else text).strip(b"\n")
        if text:
            first = False
            yield text + b"\n"
        if not part:
            return


def numbers(table: Table, names: list[str]) -> npt.NDArray[np.float64]:
    """Return the named columns as float64 [rows, names]; where a file has no header, the first columns in the archive's
    order.

    Every row must have the same number of fields, all of them finite numbers (true and false count as 1 and 0).
    Whole numbers up to 2^53 (ids, microseconds) are exact.
    """
    order = table.columns(names)
    body = table.body
    start = body[:4096].lower()
    if b"true" in start or b"false" in start:
        body = body.lower().replace(b"true", b"1").replace(b"false", b"0")
    raw = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(raw == NEWLINE)
    commas = np.flatnonzero(raw == COMMA)
    count = len(ends)
    ragged = InputError(f"{table.name}: ragged rows", f"“{table.name}” is broken: its rows differ in length.")
    if len(commas) != count * (table.width - 1):
        raise ragged
    if table.width > 1:
        grid = commas.reshape(count, table.width - 1)
        if np.any(grid[:, -1] > ends) or np.any(grid[1:, 0] < ends[:-1]):
            raise ragged
    unreadable = InputError(
        f"{table.name}: not all numbers", f"“{table.name}” is broken: it holds text where numbers should be."
    )
    if np.any(raw <= 32) and np.count_nonzero(raw <= 32) != count:
        raise unreadable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            flat: npt.NDArray[np.float64] = np.fromstring(body[:-1].replace(b"\n", b",").decode("ascii"), sep=",")
    except (ValueError, DeprecationWarning) as e:
        raise unreadable from e
    if len(flat) != count * table.width or not np.all(np.isfinite(flat)):
        raise unreadable
    return flat.reshape(count, table.width)[:, order]


def whole(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return numbers as whole ones; those beyond 2^62 become that, which no id or stamp is."""
    held: npt.NDArray[np.int64] = np.clip(values, -BEYOND, BEYOND).astype(np.int64)
    return held


def instants(table: Table, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return times in milliseconds, of stamps in milliseconds or microseconds. Raises InputError for years outside 2017
    to 2100.
    """
    stamps: npt.NDArray[Any] = whole(values)
    stamps = np.where(stamps > LATEST_MS * 100, stamps // 1000, stamps)
    if np.any(stamps < EARLIEST_MS) or np.any(stamps > LATEST_MS):
        raise InputError(
            f"{table.name}: stamps out of range", f"“{table.name}” is broken: it holds times that cannot be."
        )
    return stamps
