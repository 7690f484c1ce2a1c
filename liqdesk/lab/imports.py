"""Files of the venue's public archive, brought into the history."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from liqdesk.errors import LiqdeskError
from liqdesk.lab.sources import Sink
from liqdesk.market import Funding
from liqdesk.venues.binance.archive import (
    ArchiveFile,
    ArchiveFunding,
    ArchiveKlines,
    ArchiveOpenInterest,
    batches,
)

ENDINGS: Final = (".zip", ".csv")
SHOWN: Final = 20
LONGEST_SHOWN: Final = 1_000


class ImportReport(msgspec.Struct, frozen=True):
    """What an import did: `taken` files, `rows` per kind of data, one sentence per file or path that was left out, and
    how many rows the history turned away."""

    taken: int
    rows: dict[str, int]
    skipped: tuple[str, ...]
    rejected: int = 0

    def text(self) -> str:
        """Return the report in lines for a terminal."""
        files = f"{self.taken:,} file{'' if self.taken == 1 else 's'}"
        parts = ", ".join(f"{count:,} {what}" for what, count in sorted(self.rows.items()))
        lines = [f"Imported {files}{': ' + parts if parts else ''}."]
        if self.rejected:
            lines.append(f"{self.rejected:,} rows made no sense and were left out.")
        if self.skipped:
            lines.append(f"Left out {len(self.skipped):,}:")
            lines += [f"  {reason}" for reason in self.skipped[:SHOWN]]
            if len(self.skipped) > SHOWN:
                lines.append(f"  and {len(self.skipped) - SHOWN:,} more")
        return "\n".join(lines)


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield archive files, those named and those anywhere below named folders, each once, in order of their paths.

    Raises OSError for a folder that cannot be listed.
    """
    seen: set[str] = set()
    for path in paths:
        found = sorted(_below(path)) if path.is_dir() else [path]
        for file in found:
            whole = os.path.realpath(file)  # unlike Path.resolve, it bears links that lead to themselves
            if whole not in seen:
                seen.add(whole)
                yield file


def _below(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    for root, _, names in os.walk(folder, onerror=fail):
        for name in names:
            if name.lower().endswith(ENDINGS):
                yield Path(root, name)


def import_paths(paths: Sequence[Path], history: Sink, say: Callable[[str], None] | None = None) -> ImportReport:
    """Read zip and CSV files, and folders of them, into the history. `say` is told which file is being read.

    Takes klines and mark klines of any interval, aggTrades, metrics and fundingRate. A file that cannot be used is left
    out with a sentence; of one that breaks off half way, what came before is kept and the sentence says so. Errors of the
    history itself are raised.
    """
    taken = 0
    before = history.rejected
    rows: dict[str, int] = {}
    skipped: list[str] = []
    for path in paths:
        if not os.path.lexists(path):
            skipped.append(f"“{_shown(path)}” does not exist.")
            continue
        try:
            files = list(find_files([path]))
        except OSError as e:
            skipped.append(f"“{path}” cannot be listed: {e.strerror or e}.")
            continue
        if not files:
            skipped.append(f"“{path}” holds no zip or CSV file.")
        for number, file in enumerate(files, start=1):
            if say is not None:
                say(f"{number:,} of {len(files):,}: {file.name}")
            reason = _take(file, history, rows)
            if reason is None:
                taken += 1
            else:
                skipped.append(reason)
            history.commit()
    return ImportReport(taken, rows, tuple(skipped), history.rejected - before)


def _shown(path: Path) -> str:
    text = str(path)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _take(file: Path, history: Sink, rows: dict[str, int]) -> str | None:
    """Import one file; returns why not, if it could not be, or not wholly."""
    unreadable = f"“{_shown(file)}” cannot be read: "
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # opening a pipe would wait for whoever writes into it
            return unreadable + "it is not a file."
        stream = file.open("rb")
    except OSError as e:
        return f"{unreadable}{e.strerror or e}."
    kept = ""
    with stream:
        parts = batches(str(file), stream)
        while True:
            try:
                batch = next(parts, None)
            except LiqdeskError as e:
                return e.user + kept
            except OSError as e:
                return f"{unreadable}{e.strerror or e}.{kept}"
            if batch is None:
                return None
            _put(batch, history, rows)
            kept = " What came before that is kept."


def _put(batch: ArchiveFile, history: Sink, rows: dict[str, int]) -> None:
    if isinstance(batch, ArchiveKlines):
        history.add_bars(batch.symbol, batch.span_ms, batch.mark, batch.rows)
        what = "mark candles" if batch.mark else "candles"
    elif isinstance(batch, ArchiveOpenInterest):
        history.add_open_interest(batch.symbol, batch.rows)
        what = "open interest samples"
    elif isinstance(batch, ArchiveFunding):
        history.add_funding([Funding(batch.symbol, int(t), float(rate)) for t, rate in batch.rows.tolist()])
        what = "funding payments"
    else:
        history.add_trades(batch.symbol, batch.rows)
        what = "trades"
    rows[what] = rows.get(what, 0) + len(batch.rows)
