"""Any log record at WARNING or above fails a test, unless the test said that it may or must come."""

from __future__ import annotations

import logging
import re


class LogWatch(logging.Handler):
    """Collects records at WARNING and above from every thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.allowed: list[str] = []
        self.expected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    def complaints(self) -> list[str]:
        """Return every unannounced record, and every announced one that did not come."""
        patterns = self.allowed + self.expected
        loud = [line for line in self.lines if not any(re.search(p, line) for p in patterns)]
        missing = [p for p in self.expected if not any(re.search(p, line) for line in self.lines)]
        return [f"unexpected log record: {line}" for line in loud] + [f"no log record matched {p!r}" for p in missing]
