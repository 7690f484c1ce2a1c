"""The reports kept of runs that went wrong: written without what is private, few and small, told once, forgotten when that is wished."""

from __future__ import annotations

import calendar
import contextlib
import logging
import os
import re
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

import msgspec

from liqdesk.crash.private import DELICATE, Private, without_numbers
from liqdesk.crash.watch import FOLDER, LOG, RUNNING, hold
from liqdesk.paths import write_atomic

if TYPE_CHECKING:
    from liqdesk.crash.watch import Watch

log = logging.getLogger(__name__)

MOST: Final = 10
LONGEST_TRACE: Final = 40_000  # characters
LONGEST_LOG: Final = 24_000
MOST_LINES: Final = 150
TAIL: Final = 96 * 1024
LARGEST: Final = 1024 * 1024
UNTOLD: Final = ".new.txt"
GRACE_S: Final = 2.0
DIED: Final = re.compile(r"^(?:Fatal Python error: |Windows fatal exception: )(.+)$", re.MULTILINE)
FACT: Final = re.compile(r"([A-Za-z][\w .-]{0,30}): (.*)")
PASSED_OVER: Final = re.compile(r"code 0x[0-9a-f]+", re.IGNORECASE)  # Windows tells of these where programs go on
STAMPED: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z ")
HEAD: Final = (
    "liqdesk crash report\n"
    "Kept on this machine; nothing was sent. Positions, sizes, prices of alerts and\n"
    "lines, passwords, tokens, addresses of machines and names of persons were taken\n"
    "out; names of contracts stay. Read it before you give it to anyone.\n"
)
WHEN: Final = "%Y-%m-%dT%H:%M:%SZ"


class Report(msgspec.Struct, frozen=True):
    """A report on disk: what happened in a few words, when (UTC, s since 1970), and whether the program went on."""

    path: Path
    what: str
    time_s: float
    went_on: bool

    def text(self) -> str:
        """Return the whole report. Raises OSError."""
        return self.path.read_text("utf-8", "replace")


def of_error(
    watch: Watch, kind: type[BaseException], error: BaseException, trace: TracebackType | None, thread: str
) -> Path | None:
    """Write the report of an error that nobody foresaw in the run that is watched, and return its path."""
    if watch.profile is None:
        return None
    private = Private.of(watch.profile)
    lines = traceback.format_exception(kind, error, trace)
    if DELICATE.search("".join(line for line in lines if line.lstrip().startswith("File "))):
        lines = [line if line.lstrip().startswith("File ") else without_numbers(line) for line in lines]
    facts = {"thread": thread or "unknown", **watch.facts}
    what = f"{kind.__name__}, an error that nobody foresaw"
    return _write(
        watch.profile, what, time.time(), watch.began_s, facts, "".join(lines), went_on=watch.running, private=private
    )  # fmt: skip


def gather(profile: Path) -> tuple[Path, ...]:
    """Write the reports of runs that died, and take the traces of all runs that are over away; return the paths written.

    A run without last words was killed from outside or lost its machine: it leaves none.
    """
    out = []
    for path in sorted(_listed(profile, RUNNING)):
        try:
            made = _bury(profile, path)
        except OSError as e:
            log.info("what is left of a run cannot be read or kept: %s", e)
            continue
        out += [made] if made is not None else []
    return tuple(out)


def _bury(profile: Path, path: Path) -> Path | None:
    """Write the report of one run if it died, and take its trace away if it is over. Raises OSError."""
    if sys.platform == "win32":  # an open file cannot be renamed there
        try:
            path = path.rename(path)
        except PermissionError:
            return None
    handle = os.open(path, os.O_RDWR)
    try:
        if not hold(handle):
            return None  # it runs
        made = None
        died_s = os.fstat(handle).st_mtime
        facts, words = last_words(os.read(handle, LARGEST).decode("utf-8", "replace"))
        if words:
            made = _write(profile, _what(words), died_s, _began(path, died_s), facts, words, went_on=False)
        if sys.platform != "win32":  # where it goes while it is held, no other run takes it up
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)
    if sys.platform == "win32":
        path.unlink(missing_ok=True)
    return made


def kept(profile: Path) -> tuple[Report, ...]:
    """Return the reports of a profile, newest first."""
    found = [_report(path) for path in _listed(profile, "crash-")]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (-one.time_s, one.path.name)))


def untold(profile: Path) -> tuple[Report, ...]:
    """Return the reports that nobody was told of, newest first."""
    return tuple(one for one in kept(profile) if one.path.name.endswith(UNTOLD))


def told(report: Report) -> Report:
    """Note that a report was told of, and return it as it is named now."""
    path = report.path.with_name(report.path.name.removesuffix(UNTOLD) + ".txt")
    try:
        os.replace(report.path, path)
    except OSError as e:
        log.info("a crash report keeps its name: %s", e)
        return report
    return msgspec.structs.replace(report, path=path)


def forget(report: Report) -> None:
    """Delete a report. Raises OSError where it is there and cannot be deleted."""
    report.path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # others are in it
        report.path.parent.rmdir()


def _listed(profile: Path, prefix: str) -> list[Path]:
    try:
        return [path for path in (profile / FOLDER).iterdir() if path.name.startswith(prefix)]
    except OSError:
        return []


def last_words(text: str) -> tuple[dict[str, str], str]:
    """Return the facts of a run from its trace, and what was written when it died, "" where nothing was."""
    facts: dict[str, str] = {}
    lines = text.split("\n")
    at = 0
    while at < len(lines) and not DIED.match(lines[at]) and (fact := FACT.fullmatch(lines[at])):
        facts[fact[1]] = fact[2]
        at += 1
    words = "\n".join(lines[at:]).strip()
    died = [found[1] for found in DIED.finditer(words)]
    return facts, words if any(not PASSED_OVER.fullmatch(one) for one in died) else ""


def _what(words: str) -> str:
    """Return in a few words how a run died: the interpreter's name for it, and Qt's own word before."""
    died = next((found[1] for found in DIED.finditer(words) if not PASSED_OVER.fullmatch(found[1])), "unknown")
    return f"{died[0].lower()}{died[1:]}{', asked for by Qt' if words.startswith('Qt:') else ''}"


def _began(path: Path, otherwise_s: float) -> float:
    try:
        stamp = path.name.removeprefix(RUNNING).partition("-")[0]
        return float(calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ")))
    except (ValueError, OverflowError):
        return otherwise_s


def _write(
    profile: Path,
    what: str,
    when_s: float,
    began_s: float,
    facts: dict[str, str],
    trace: str,
    *,
    went_on: bool,
    private: Private | None = None,
) -> Path | None:
    private = Private.of(profile) if private is None else private
    stamp = time.strftime(WHEN, time.gmtime(when_s))
    head = {
        "what": what,
        "when": stamp,
        "ran for": f"{max(0.0, when_s - began_s):,.0f} s",
        "then": "the program went on" if went_on else "the program ended",
        **facts,
    }
    body = "".join(f"{name}: {private.clean(value)}\n" for name, value in head.items())
    log_lines = private.clean(_log_tail(profile, began_s, when_s))
    shown = private.clean(_cut(trace.strip()))
    text = f"{HEAD}\n{body}\nTrace\n\n{shown}\n\nLast lines of the log\n\n{log_lines or '(none)'}\n"
    folder = profile / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = _free(folder, f"crash-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(when_s))}")
    write_atomic(path, text.encode("utf-8", "replace"))
    _prune(profile)
    return path


def _free(folder: Path, stem: str) -> Path:
    for number in range(1, 1000):
        path = folder / f"{stem}-{number}{UNTOLD}"
        if not path.exists() and not path.with_name(f"{stem}-{number}.txt").exists():
            return path
    return folder / f"{stem}{UNTOLD}"


def _prune(profile: Path) -> None:
    """Let the oldest reports go."""
    for path in sorted(_listed(profile, "crash-"), key=lambda p: p.name, reverse=True)[MOST:]:
        with contextlib.suppress(OSError):
            path.unlink()


def _report(path: Path) -> Report | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as f:
            head = f.read(4_000)
    except OSError:
        return None
    facts = dict(re.findall(r"^(what|when|then): (.*)$", head, re.MULTILINE))
    try:
        when = time.strptime(facts["when"], WHEN)
        return Report(path, facts["what"], float(calendar.timegm(when)), facts.get("then") == "the program went on")
    except (KeyError, ValueError):
        return None


def _log_tail(profile: Path, since_s: float, until_s: float) -> str:
    """Return the last lines that a run wrote to the log."""
    try:
        with (profile / LOG).open("rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - TAIL))
            lines = f.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    first = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_s - GRACE_S))
    last = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(until_s + GRACE_S))
    out: list[str] = []
    taken = False
    for line in lines:
        stamped = STAMPED.match(line)
        if stamped is not None:
            taken = first <= stamped[1] <= last
        if taken and line:
            out.append(line)
    return _cut("\n".join(out[-MOST_LINES:]), 0, LONGEST_LOG)


def _cut(text: str, first: int = LONGEST_TRACE // 2, last: int = LONGEST_TRACE // 2) -> str:
    """Return the first and the last characters of a text, in whole lines, where it is longer than both."""
    if len(text) <= first + last:
        return text
    head, tail = text[:first].rpartition("\n")[0], text[-last:].partition("\n")[2]
    return f"{head}\n[…]\n{tail}".strip()
