"""The score command: what is in the history, held against what was liquidated."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from liqdesk.app import progress
from liqdesk.app.preparing import known_profile, need_history
from liqdesk.errors import InputError, NoDataError, ProfileError
from liqdesk.paths import prepare_numba_cache
from liqdesk.venues.binance import Binance

if TYPE_CHECKING:
    from liqdesk.history import History
    from liqdesk.lab.chunks import Chunk, SweptBars
    from liqdesk.lab.report import Report
    from liqdesk.lab.truth import Truth

ENDINGS: Final = (".html", ".csv", ".json")


class Scoring(msgspec.Struct, frozen=True):
    """What is asked for. `truth` are names of files, or SYMBOL=name; without one the record is the truth."""

    profile: str | None
    symbols: tuple[str, ...]
    from_ms: int | None
    to_ms: int | None
    bar_ms: int
    truth: tuple[str, ...] = ()
    report: Path | None = None
    swept: Path | None = None
    workers: int | None = None
    dask: str | None = None

    @property
    def judges(self) -> bool:
        """Whether a score is wanted, and not the swept mass alone."""
        return self.swept is None or bool(self.truth) or self.report is not None


def run(wanted: Scoring) -> int:
    """Score, print and write. Raises InputError, NoDataError or ProfileError with a sentence."""
    prepare_numba_cache()
    venue = Binance()
    symbols = tuple(dict.fromkeys(venue.check_symbol(symbol) for symbol in wanted.symbols))
    wanted = msgspec.structs.replace(wanted, symbols=symbols)
    if wanted.swept is not None and len(symbols) > 1:
        raise InputError("score --swept with several symbols", "--swept takes one --symbol.")
    files = _truth_files(wanted)
    _check_report(wanted.report)
    profile = known_profile(wanted.profile)
    path = need_history(profile)
    from liqdesk.history import History

    history = History.open(path, profile.lock, origin="binance", read_only=True)
    try:
        if wanted.swept is not None:
            _write_swept(history, wanted, wanted.swept)
        tasks = (
            {symbol: _read(history, symbol, files.get(symbol), wanted) for symbol in symbols} if wanted.judges else {}
        )
    except NoDataError as e:
        if history.notice:
            raise ProfileError(f"{path}: {history.notice}", history.notice) from e
        raise
    finally:
        history.close()
        progress.done()
    if tasks:
        _judge(tasks, wanted)
    return 0


def _truth_files(wanted: Scoring) -> dict[str, Path]:
    """Return the truth's file of each symbol that has one."""
    files: dict[str, Path] = {}
    for text in wanted.truth:
        name, sign, rest = text.partition("=")
        if sign and name.upper() in wanted.symbols:
            files[name.upper()] = Path(rest)
        elif len(wanted.symbols) == 1:
            files[wanted.symbols[0]] = Path(text)
        else:
            raise InputError(
                f"--truth {text} for {wanted.symbols}",
                f"Of several contracts, say which one a file is of: --truth {wanted.symbols[0]}=FILE.",
            )
    return files


def _check_report(report: Path | None) -> None:
    """See to it, before anything is computed, that a report can be written."""
    if report is None:
        return
    if report.suffix.lower() not in ENDINGS:
        if report.suffix and not report.is_dir():
            raise InputError(
                f"report {report}", f"“{report}” must end in {', '.join(ENDINGS)}, or be a folder for all three."
            )
        try:
            report.mkdir(exist_ok=True)
        except OSError as e:
            raise InputError(f"{report}: {e}", f"The folder {report} cannot be made: {e.strerror or e}.") from e
    elif report.is_dir():
        raise InputError(f"{report} is a folder", f"{report} is a folder, not a file.")
    elif not report.absolute().parent.is_dir():
        raise InputError(f"no folder for {report}", f"The folder of {report} does not exist.")


def _write_swept(history: History, wanted: Scoring, out: Path) -> None:
    from liqdesk.lab.swept import write_swept

    rows = write_swept(history, wanted.symbols[0], wanted.from_ms, wanted.to_ms, wanted.bar_ms, out, progress.say)
    progress.done()
    sys.stdout.write(f"{rows} bars written to {out}\n")


def _read(history: History, symbol: str, file: Path | None, wanted: Scoring) -> tuple[Truth, list[Chunk]]:
    """Read all that a symbol's score needs, so that the history can be closed."""
    from liqdesk.lab.chunks import cut
    from liqdesk.lab.sources import END
    from liqdesk.lab.swept import check_bars, steps_of, taker_buy_of
    from liqdesk.lab.truth import read_truth, recorded_truth
    from liqdesk.venues.binance.brackets import shipped_brackets

    progress.say(f"{symbol}: reading the history")
    until = END if wanted.to_ms is None else wanted.to_ms
    truth = read_truth(file, wanted.bar_ms) if file else recorded_truth(history, symbol, wanted.bar_ms, until)
    steps = steps_of(history, symbol, until)
    check_bars(steps, wanted.bar_ms)
    bought = taker_buy_of(history, symbol, steps)
    return truth, cut(symbol, shipped_brackets().table(symbol), wanted.bar_ms, steps, bought)


def _judge(tasks: dict[str, tuple[Truth, list[Chunk]]], wanted: Scoring) -> None:
    from liqdesk.lab.chunks import put_together
    from liqdesk.lab.report import Report, as_text
    from liqdesk.lab.scoring import score

    chunks = [chunk for _, found in tasks.values() for chunk in found]
    swept = _compute(chunks, wanted)
    scores = []
    for symbol, (truth, _) in tasks.items():
        progress.say(f"{symbol}: scoring")
        mine = put_together([part for chunk, part in zip(chunks, swept, strict=True) if chunk.symbol == symbol])
        scores.append(score(symbol, wanted.bar_ms, mine, truth, wanted.from_ms, wanted.to_ms))
    progress.done()
    report = Report(tuple(scores), _command(wanted))
    sys.stdout.write("\n\n".join(as_text(each) for each in scores) + "\n")
    if wanted.report is not None:
        _write_report(report, wanted.report)


def _compute(chunks: list[Chunk], wanted: Scoring) -> list[SweptBars]:
    from liqdesk.lab.chunks import run_chunk
    from liqdesk.lab.workers import run_here, run_on_cluster

    def tell(done: int, total: int) -> None:
        progress.say(f"{done:,} of {total:,} parts computed")

    tell(0, len(chunks))
    try:
        if wanted.dask is not None:
            return run_on_cluster(run_chunk, chunks, wanted.dask, tell)
        return run_here(run_chunk, chunks, wanted.workers, tell)
    finally:
        progress.done()


def _command(wanted: Scoring) -> str:
    """Return the command that repeats a run, without what changes no number."""
    import datetime as dt

    words = ["liqdesk", "score", "--symbol", *wanted.symbols]
    for option, ms in (("--from", wanted.from_ms), ("--to", wanted.to_ms)):
        if ms is not None:
            words += [option, dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m-%dT%H:%MZ")]
    words += ["--bars", f"{wanted.bar_ms // 60_000}m" if wanted.bar_ms < 3_600_000 else _hours(wanted.bar_ms)]
    for text in wanted.truth:
        words += ["--truth", text]
    return shlex.join(words)


def _hours(ms: int) -> str:
    return f"{ms // 86_400_000}d" if ms % 86_400_000 == 0 else f"{ms // 3_600_000}h"


def _write_report(report: Report, target: Path) -> None:
    from liqdesk.lab.page import as_html
    from liqdesk.lab.report import as_csv, as_json
    from liqdesk.lab.swept import write_whole

    texts = {".html": as_html, ".csv": as_csv, ".json": as_json}
    suffix = target.suffix.lower()
    chosen = (
        {target: texts[suffix]} if suffix in texts else {target / f"score{end}": make for end, make in texts.items()}
    )
    for path, make in chosen.items():
        write_whole(path, make(report))
        sys.stdout.write(f"Written: {path}\n")
