"""What the allocator keeps for itself, given back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


@cache
def _trim() -> Any:
    """Return glibc's malloc_trim, None where there is none: only glibc keeps what was freed between longer-lived blocks."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):  # another C library
        return None


def give_back() -> None:
    """Return whole pages that are free to the system; takes some milliseconds, without the interpreter's lock."""
    trim = _trim()
    if trim is not None:
        trim(0)
