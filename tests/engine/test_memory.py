"""Large blocks stay apart from small ones, however large a block was freed before."""

from __future__ import annotations

import subprocess
import sys

import pytest

MAPPED = """
import ctypes
from liqdesk.engine import memory

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

library = ctypes.CDLL("libc.so.6")
library.mallinfo2.restype = Info
library.malloc.restype = ctypes.c_void_p
library.malloc.argtypes = [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
if KEPT:
    memory.keep_apart()
library.free(library.malloc(20 << 20))
before = library.mallinfo2().hblkhd
held = library.malloc(2 << 20)
memory.give_back()
print(library.mallinfo2().hblkhd - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc moves the size from which it maps a block by itself")
def test_a_large_block_is_mapped_by_itself_after_a_larger_one_was_freed() -> None:
    for kept in (False, True):
        run = subprocess.run(
            [sys.executable, "-c", MAPPED.replace("KEPT", repr(kept))], check=True, capture_output=True, text=True
        )
        assert (int(run.stdout) >= 2 << 20) == kept
