"""What ELF files ask of the system: the libraries they name, and the versions of the C library they were linked against."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

MAGIC: Final = b"\x7fELF"
LOAD, DYNAMIC = 1, 2  # segments
NEEDED, STRTAB, SONAME, VERNEED, VERNEEDNUM = 1, 5, 14, 0x6FFFFFFE, 0x6FFFFFFF  # entries of the dynamic segment


class Asked(NamedTuple):
    """What one file asks for: sonames, its own soname, and symbol versions such as GLIBC_2.34."""

    needed: tuple[str, ...]
    soname: str
    versions: tuple[str, ...]


def read(path: Path) -> Asked | None:
    """Return what a 64-bit little-endian ELF file asks for; None where it is none, or is not linked dynamically."""
    data = path.read_bytes()
    if data[:4] != MAGIC or data[4:6] != b"\x02\x01":
        return None
    at, size, count = struct.unpack_from("<Q14xHH", data, 32)
    segments = [struct.unpack_from("<IIQQQQ", data, at + size * n) for n in range(count)]
    loads: list[tuple[int, int, int]] = [
        (address, offset, length) for kind, _, offset, address, _, length in segments if kind == LOAD
    ]
    dynamic = next(((offset, length) for kind, _, offset, _, _, length in segments if kind == DYNAMIC), None)
    if dynamic is None:
        return None

    def place(address: int) -> int:
        return next(offset + address - start for start, offset, length in loads if start <= address < start + length)

    entries = [struct.unpack_from("<qQ", data, dynamic[0] + n) for n in range(0, dynamic[1], 16)]
    first = dict(reversed(entries))
    texts = place(first[STRTAB])

    def text(offset: int) -> str:
        return data[texts + offset : data.index(b"\0", texts + offset)].decode()

    versions = []
    if VERNEED in first:
        group = place(first[VERNEED])
        for _ in range(first[VERNEEDNUM]):
            _, names, _, aux, following = struct.unpack_from("<HHIII", data, group)
            name = group + aux
            for _ in range(names):
                _, _, _, offset, step = struct.unpack_from("<IHHII", data, name)
                versions.append(text(offset))
                name += step
            group += following
    needed = tuple(text(value) for tag, value in entries if tag == NEEDED)
    return Asked(needed, text(first[SONAME]) if SONAME in first else "", tuple(versions))


def files(folder: Path) -> Iterator[tuple[Path, Asked]]:
    """Return every dynamically linked file of a folder, links left out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as f:
                if f.read(4) != MAGIC:
                    continue
            asked = read(path)
            if asked is not None:
                yield path, asked


def missing(folder: Path) -> dict[str, Path]:
    """Return the sonames that files of a folder need and the folder does not hold, each with one file that needs it."""
    held = {path.name for path in folder.rglob("*") if path.is_file()}
    wanted: dict[str, Path] = {}
    for path, asked in files(folder):
        held.add(asked.soname)
        for name in asked.needed:
            wanted.setdefault(name, path)
    return {name: path for name, path in sorted(wanted.items()) if name not in held}


def glibc(folder: Path) -> str:
    """Return the newest version of the C library that any file of a folder was linked against, such as 2.34."""
    found = {v for _, asked in files(folder) for v in asked.versions if re.fullmatch(r"GLIBC_\d+(\.\d+)+", v)}
    newest = max(found, key=lambda v: [int(n) for n in v[6:].split(".")], default="GLIBC_2.17")
    return newest[6:]
