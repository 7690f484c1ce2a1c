"""One line on a terminal that says how far a command is; nothing where standard error is no terminal."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Replace the line."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def done() -> None:
    """Clear the line."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
