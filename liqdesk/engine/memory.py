"""What the allocator keeps for itself: little, and given back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Final

APART: Final = 1 << 17  # bytes; a block of this size or more is mapped by itself, and unmapped when it is freed
POOLS: Final = 2  # the window's and one for all other threads, which take turns at the interpreter anyway
M_MMAP_THRESHOLD: Final = -3  # of glibc's malloc.h
M_ARENA_MAX: Final = -8


@cache
def _glibc() -> ctypes.CDLL | None:
    """Return the C library where it is glibc: only that keeps what was freed between longer-lived blocks."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
        return library if library.mallopt and library.malloc_trim else None
    except (OSError, AttributeError):  # another C library
        return None


def keep_little() -> None:
    """Have large blocks mapped by themselves for good, and threads share their pools.

    glibc raises the size from which it maps a block by itself to that of the largest block freed, up to 32 MB; what lives for
    minutes then lies among what lives for days, and the gaps between them only grow. It also makes a pool for each thread, up to
    eight a core, and each keeps gaps of its own. To be called before there are many threads.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(M_MMAP_THRESHOLD, APART)
        library.mallopt(M_ARENA_MAX, POOLS)


def give_back() -> None:
    """Return whole pages that are free to the system; takes some milliseconds, without the interpreter's lock."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)
