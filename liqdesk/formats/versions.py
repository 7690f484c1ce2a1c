"""The versions that this program writes, and a look at a whole profile before anything of it is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from liqdesk.errors import NewerError
from liqdesk.formats.database import stated_version
from liqdesk.formats.documents import refuse_newer

SETTINGS: Final = 1
ALERTS: Final = 1
LAYOUTS: Final = 1
LINES: Final = 1
POSITIONS: Final = 1
HISTORY: Final = 3
RECORDING: Final = 1  # of frames

DOCUMENTS: Final = {
    "settings.json": SETTINGS,
    "alerts.json": ALERTS,
    "layouts.json": LAYOUTS,
    "lines.json": LINES,
    "positions.json": POSITIONS,
}
LARGEST: Final = 8 * 1024 * 1024  # no document is read that is larger; it is damage to whoever loads it


def check_profile(folder: Path) -> None:
    """Raise NewerError where a file of a profile is of a later format than this program's.

    Files are read and nothing else; it stands on the start path. What cannot be read is passed over.
    """
    for name, known in DOCUMENTS.items():
        path = folder / name
        try:
            raw = path.read_bytes() if path.stat().st_size <= LARGEST else b""
        except OSError:
            continue
        refuse_newer(path, raw, known)
    for path in sorted(folder.glob("history*.sqlite")):
        found = stated_version(path)
        if found > HISTORY:
            raise NewerError(path, found, HISTORY)
