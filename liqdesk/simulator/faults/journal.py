"""The log of what went wrong: JSON lines, one for each thing that a fault touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from liqdesk.clock import utc_ms
from liqdesk.errors import InputError
from liqdesk.simulator.faults.plan import Fault, kind_of
from liqdesk.simulator.faults.schedule import Occurrence

WHEN = frozenset(Fault.__struct_fields__)


class Journal:
    """Writes what happened as it happens; without a file it only counts. Raises InputError when the file cannot be written."""

    def __init__(self, path: Path | None = None) -> None:
        self.count = 0
        try:
            self._file = None if path is None else path.open("w", encoding="utf-8", buffering=1)
        except OSError as e:
            raise InputError(f"fault log: {e}", f"{path} cannot be written.") from e

    def write(self, occurrence: Occurrence, after_s: float, **target: Any) -> None:
        """Note that an occurrence touched something, `after_s` since the exchange began to serve."""
        self.count += 1
        if self._file is None:
            return
        fault = occurrence.fault
        row = {
            "time": utc_ms(),
            "after_s": round(after_s, 3),
            "kind": kind_of(fault),
            "fault": occurrence.number,
            "occurrence": occurrence.serial,
            "target": target,
            "parameters": {k: v for k, v in msgspec.structs.asdict(fault).items() if k not in WHEN and v is not None},
            "for_s": round(occurrence.to_s - occurrence.from_s, 3),
        }
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
