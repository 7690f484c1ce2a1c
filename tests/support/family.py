"""A process and all below it, while any of them may end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import psutil

T = TypeVar("T")


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all below it, nothing when it has ended."""
    return asked([], lambda: [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)])


def children(pid: int | None = None) -> list[psutil.Process]:
    """Return the children of a process, of this one when none is named."""
    return asked([], lambda: psutil.Process(pid).children())


def words(process: psutil.Process) -> list[str]:
    """Return the command line, nothing when the process has ended."""
    return asked([], process.cmdline)


def sockets(process: psutil.Process) -> list[Any]:
    """Return the internet sockets as psutil describes them, none when the process has ended."""
    return asked([], lambda: process.net_connections("inet"))


def peers(process: psutil.Process) -> set[tuple[str, int]]:
    """Return whom a process is connected to as (ip, port), nobody when it has ended."""
    return {(one.raddr.ip, one.raddr.port) for one in sockets(process) if one.raddr}


def asked(otherwise: T, question: Callable[[], T]) -> T:
    """Return what a process answers, or `otherwise` from one that has ended."""
    try:
        return question()
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return otherwise
