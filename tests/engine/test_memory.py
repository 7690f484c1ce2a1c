"""Large blocks stay apart from small ones, however large a block was freed before, and threads share their pools."""

from __future__ import annotations

import subprocess
import sys

import pytest

from liqdesk.engine import memory

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
    memory.keep_little()
library.free(library.malloc(20 << 20))
before = library.mallinfo2().hblkhd
held = [library.malloc(memory.APART) for _ in range(40)]  # the first may fit into what is free
memory.give_back()
print(library.mallinfo2().hblkhd - before)
"""


POOLED = """
import ctypes, threading
from liqdesk.engine import memory

library = ctypes.PyDLL("libc.so.6")
library.malloc.restype = ctypes.c_void_p
if KEPT:
    memory.keep_little()
at_once = threading.Barrier(6)

def take():
    library.malloc(1000)
    at_once.wait()

threads = [threading.Thread(target=take) for _ in range(6)]
for one in threads:
    one.start()
for one in threads:
    one.join()
library.malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has a pool for each thread")
def test_threads_share_two_pools() -> None:
    pools = {}
    for kept in (False, True):
        run = subprocess.run(
            [sys.executable, "-c", POOLED.replace("KEPT", repr(kept))], check=True, capture_output=True, text=True
        )
        pools[kept] = run.stderr.count("Arena ")
    assert pools[True] == memory.POOLS < pools[False]


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc moves the size from which it maps a block by itself")
def test_a_large_block_is_mapped_by_itself_after_a_larger_one_was_freed() -> None:
    for kept in (False, True):
        run = subprocess.run(
            [sys.executable, "-c", MAPPED.replace("KEPT", repr(kept))], check=True, capture_output=True, text=True
        )
        assert (int(run.stdout) >= 30 * memory.APART) == kept
