"""The manual page, written from the command line's own words, so that it cannot tell of another program."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator

from liqdesk import __version__
from liqdesk.cli import parser

EXIT_CODES = {
    0: "done",
    1: "failed",
    2: "bad input",
    3: "the profile cannot be used",
    4: "no data",
    5: "the venue refused or could not be reached",
}
FILES = {
    "~/.local/share/liqdesk": "the profile: settings, alerts, log, and the history of what was received. Removing the package leaves it.",
    "~/.cache/liqdesk": "compiled kernels, which can be made again.",
}


def escaped(text: str) -> str:
    """Return a text that roff takes as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def _name(action: argparse.Action) -> str:
    shown = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    if action.choices is not None and action.metavar is None:
        shown = "|".join(map(str, action.choices))
    value = " ".join(shown) if isinstance(shown, tuple) else shown
    if not action.option_strings:
        return f"\\fI{escaped(value)}\\fR"
    names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in action.option_strings)
    return f"{names} \\fI{escaped(value)}\\fR" if action.nargs != 0 else names


def _options(of: argparse.ArgumentParser) -> Iterator[str]:
    for action in of._actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        yield ".TP"
        yield _name(action)
        default = "" if action.default in (None, argparse.SUPPRESS) else f"default {action.default}"
        yield escaped(action.help or default or "see above")


def page(day: dt.date) -> str:
    """Return liqdesk(1) as roff."""
    top = parser()
    commands = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
    told = {choice.dest: choice.help or "" for choice in commands._choices_actions}
    lines = [
        f'.TH LIQDESK 1 "{day.isoformat()}" "liqdesk {__version__}" "User Commands"',
        ".SH NAME",
        "liqdesk \\- estimated liquidation map of perpetual futures, live",
        ".SH SYNOPSIS",
        ".B liqdesk",
        "[\\fIOPTION\\fR]... [\\fIFILE\\fR | \\fICOMMAND\\fR ...]",
        ".SH DESCRIPTION",
        escaped(top.description or ""),
        escaped("Without a command the window opens; with a FILE, which liqdesk recorded, it opens on that recording."),
        escaped("The map is an estimate, not advice, and nothing in the program trades."),
        ".SH OPTIONS",
        *_options(top),
        ".SH COMMANDS",
    ]
    for name, command in commands.choices.items():
        words = escaped(told.get(name, command.description or ""))
        lines += [f'.SS "{escaped(name)}"', words[:1].upper() + words[1:] + ".", *_options(command)]
    lines.append(".SH EXIT STATUS")
    for code, meaning in EXIT_CODES.items():
        lines += [".TP", f"\\fB{code}\\fR", meaning]
    lines.append(".SH FILES")
    for file, words in FILES.items():
        lines += [".TP", f"\\fI{escaped(file)}\\fR", escaped(words)]
    return "\n".join(lines) + "\n"
