"""What is private on this machine, and its removal from a text: passwords, tokens, names, places, and what a person holds or watches for.

Names of contracts stay: they tell what was on screen, which a repair needs, not what is held. A number that a person typed (entry,
size, margin, alert, line) goes wherever it stands, in any way of writing it; where an error passed through the parts that handle such
numbers, every number of its message goes, for it may be computed from one.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import math
import os
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

LARGEST: Final = 4 * 1024 * 1024
LEAST_ROUNDED: Final = 4  # significant digits of a number that may be a rounded one
NOT_HELD: Final = frozenset({"version", "cooldown_s", "seconds"})
LONGEST_LINE: Final = 1_500
LEAST_WORD: Final = 3  # shorter names stand in too many words
HIDDEN: Final = "[private]"
TOLD_BY: Final = ("positions.json", "alerts.json", "lines.json")
PROXIES: Final = (
    "LIQDESK_PROXY_URL",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
)
COMMON: Final = frozenset({"root", "user", "admin", "liqdesk", "localhost", "python", "home", "qt"})
DELICATE: Final = re.compile(
    r"liqdesk[/\\.](ui[/\\.]position|insight[/\\.]position|alerts|ui[/\\.](keptlines|lining|dialogs[/\\.]alert))"
)

URL_USER: Final = re.compile(r"(\b[a-zA-Z][\w+.-]{1,15}://)[^/\s@'\"]{1,500}@")
URL_QUERY: Final = re.compile(r"(\b[a-zA-Z][\w+.-]{1,15}://[^\s?'\"<>]{1,1000})\?[^\s'\"<>]+")
HEADER: Final = re.compile(
    r"(?i)\b((?:proxy-)?authorization|cookie|set-cookie|x-mbx-apikey)(['\"]?\s*[:=]\s*)(?:(?:basic|bearer|digest)\s+)?[^\s,;'\"]+"
)
BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
NAMED: Final = re.compile(
    r"(?i)\b([\w-]*(?:passw(?:or)?d|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signature|credential)s?)"
    r"(['\"]?\s*[:=]\s*)(['\"]?)[^\s,;)'\"]+"
)
HELD: Final = re.compile(
    r"(?i)\b((?:\w+[._-])?(?:entry|quantity|qty|size|margin|extra|leverage|wallet|balance|liquidation|bankruptcy|pnl|notional|price|"
    r"threshold|min_usd|min_medians|usd|within|rate)(?:_\w+)?)(['\"]?\s*(?:=|:)\s*)[-−+]?\d[\d,_]*(?:\.\d+)?(?:[eE][-+]?\d+)?"
)  # fmt: skip
TOKEN: Final = re.compile(  # long, with a letter and three digits, and no part of a path or an expression
    r"(?<![\w/\\.+=-])(?=(?:[A-Za-z+/_=-]*\d){3})(?=[\d+/_=-]*[A-Za-z])[A-Za-z0-9+/_=-]{24,}(?![\w/\\.])"
)
IN_URL: Final = re.compile(r"(?<=[/=])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,}")
URL: Final = re.compile(r"\b[a-zA-Z][\w+.-]{1,15}://[^\s'\"<>]+")
MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}\b")
IPV4: Final = re.compile(r"(?<![\d.])(?!127\.)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
IPV6: Final = re.compile(
    r"(?<![\w:])(?:(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4}"
    r"|(?:[0-9a-fA-F]{1,4}:){1,6}:(?:[0-9a-fA-F]{1,4}:){0,5}[0-9a-fA-F]{1,4})(?![\w:])"
)
HOMES: Final = re.compile(r"(?i)((?:/home|/Users|[A-Z]:\\+Users)[/\\]+)[^/\\\s:'\"<>]+")
NUMBER: Final = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")
CODE_PLACE: Final = re.compile(r'^\s*File ".*?", line \d+')
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Private(msgspec.Struct, frozen=True):
    """What is known to be private: texts with what is put in their place, and numbers."""

    words: tuple[tuple[str, str], ...] = ()
    numbers: frozenset[float] = frozenset()

    @classmethod
    def of(cls, profile: Path, environ: Mapping[str, str] = os.environ) -> Private:
        """Gather it from a profile and from this machine; what cannot be read has nothing to tell."""
        words: dict[str, str] = {str(profile): "[profile]", os.path.realpath(profile): "[profile]"}
        home = str(Path.home())
        if len(home) > 1:
            words |= {home: "~", os.path.realpath(home): "~"}
        settings = _read(profile / "settings.json")
        addresses = [environ.get(name, "") for name in PROXIES]
        if isinstance(settings, dict):
            addresses.append(str(settings.get("proxy_url", "")))
        for address in addresses:
            words |= dict.fromkeys(_of_address(address), HIDDEN)
        for name, instead in ((_user(), "[user]"), (socket.gethostname(), "[machine]"), (Path(home).name, "[user]")):
            if len(name) >= LEAST_WORD and name.lower() not in COMMON:
                words.setdefault(name, instead)
        kept = [_read(profile / file) for file in TOLD_BY]
        numbers = frozenset(n for one in kept for n in (*_numbers(one), *_worth(one)) if _tells(n))
        return cls(tuple(sorted(words.items(), key=lambda pair: -len(pair[0]))), numbers)

    def clean(self, text: str) -> str:
        """Return a text without what is private, its longest lines shortened."""
        return "\n".join(self._clean_line(_shortened(CONTROL.sub(" ", line))) for line in text.split("\n"))

    def _clean_line(self, line: str) -> str:
        line = URL_USER.sub(rf"\1{HIDDEN}@", line)
        line = URL_QUERY.sub(rf"\1?{HIDDEN}", line)
        line = HEADER.sub(rf"\1\2{HIDDEN}", line)
        line = BEARER.sub(rf"\1 {HIDDEN}", line)
        line = NAMED.sub(rf"\1\2\3{HIDDEN}", line)
        for word, instead in self.words:
            if word in line:
                line = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", instead, line)
        line = HOMES.sub(r"\1[user]", line)
        line = URL.sub(lambda url: IN_URL.sub("[token]", url[0]), line)
        line = MAIL.sub("[mail address]", line)
        line = TOKEN.sub("[token]", line)
        line = IPV4.sub("[address]", line)
        line = IPV6.sub("[address]", line)
        return self._without_numbers(line)

    def _without_numbers(self, line: str) -> str:
        place = CODE_PLACE.match(line)
        at = place.end() if place else 0
        rest = HELD.sub(rf"\1\2{HIDDEN}", line[at:])
        return line[:at] + NUMBER.sub(self._number, rest)

    def _number(self, match: re.Match[str]) -> str:
        text = match[0]
        with contextlib.suppress(ValueError):
            value = float(text.replace(",", ""))
            decimals = len(text.partition(".")[2]) if "e" not in text.lower() else 17
            if any(_same(value, known, decimals) for known in self.numbers):
                return HIDDEN
        return text


def _shortened(line: str) -> str:
    """Return a line cut where a word ends: half of a secret is not known for one."""
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE].rpartition(" ")[0] + " […]"


def without_numbers(text: str) -> str:
    """Return a text in which no number is left."""
    return re.sub(r"[-−+]?\d[\d,._]*(?:[eE][-+]?\d+)?", HIDDEN, text)


def _same(value: float, known: float, decimals: int) -> bool:
    """Return whether a number is one that is known, exactly or as it is rounded to the decimals written."""
    if math.isclose(value, known, rel_tol=1e-9):
        return True
    return _digits(value) >= LEAST_ROUNDED and abs(value - known) <= 0.5000001 * 10.0**-decimals


def _tells(number: float) -> bool:
    """Return whether a number says something where it stands alone: 25 or 0.5 do not, 67,081.4 and 0.137 do."""
    return math.isfinite(number) and (_digits(number) >= 3 or abs(number) >= 1_000)


def _digits(number: float) -> int:
    """Return how many significant digits a number has."""
    return len(f"{abs(number):.12g}".partition("e")[0].replace(".", "").strip("0"))


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _numbers(value: Any) -> Iterator[float]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [inner for name, inner in one.items() if name not in NOT_HELD]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield float(one)


def _worth(value: Any) -> Iterator[float]:
    """Yield what positions were worth when they were opened, and what stands behind them."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        waiting += one.values()
        entry, quantity, leverage, extra = (one.get(name, 0) for name in ("entry", "quantity", "leverage", "extra"))
        with contextlib.suppress(TypeError, OverflowError, ZeroDivisionError):
            yield entry * quantity
            yield entry * quantity / leverage
            yield entry * quantity / leverage + extra


def _of_address(address: str) -> Iterator[str]:
    """Yield what a proxy's address tells: its name and password as written and as meant, and its host."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        found = {parts.username or "", parts.password or "", parts.hostname or ""}
    except ValueError:
        return
    for one in found | {unquote(x) for x in found}:
        if len(one) >= LEAST_WORD and one not in ("localhost", "127.0.0.1", "::1"):
            yield one


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
