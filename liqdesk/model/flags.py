"""Marks a frozen column carries."""

from __future__ import annotations

from typing import Final

BACK: Final = 1  # back-computed from history; may be replaced while loading
LIVE: Final = 2  # computed as its last minute closed; never replaced
