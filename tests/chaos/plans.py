"""Fault plans of chaos runs: so many faults of all kinds, a function of the seed alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

MARK, TRADE, KLINE, DEPTH = "*@markPrice@1s", "*@aggTrade", "*@kline_1m", "*@depth@500ms"
REPAIRS: Final = ("/fapi/v1/aggTrades", "/fapi/v1/*lines", "/fapi/v1/openInterest", "/f*")

Draw = random.Random


def _of(rng: Draw) -> dict[str, Any]:
    route = rng.choice(["market", "market", "public", None])
    return {} if route is None else {"route": route}


# How often each kind comes, and what of it a client can live through without a loss that nobody could notice:
# the forced orders' stream is not silenced alone, and marks keep their stamps, which are what a mark's time is.
KINDS: Final[dict[str, tuple[int, Callable[[Draw], dict[str, Any]]]]] = {
    "close": (3, lambda r: _of(r) | {"code": r.choice([1000, 1001, 1008, 1011])}),
    "abort": (4, _of),
    "half-open": (1, lambda r: _of(r) | {"for_s": r.uniform(0.5, 3)}),
    "slow": (2, lambda r: {"for_s": r.uniform(0.2, 1), "delay_s": r.uniform(0, 0.01), "bytes_at_once": 200, "pause_s": 0}),
    "split": (3, lambda r: {"for_s": r.uniform(0.2, 2), "frames": r.randint(1, 6), "writes": r.randint(1, 6)}),
    "duplicate": (4, lambda r: {"for_s": r.uniform(0.2, 2), "share": r.uniform(0.1, 1), "by_s": r.uniform(0, 0.3)}),
    "reorder": (4, lambda r: {"for_s": r.uniform(0.2, 2), "share": r.uniform(0.05, 0.5), "by_s": r.uniform(0.02, 0.1)}),
    "corrupt": (4, lambda r: {"for_s": r.uniform(0.1, 1), "share": r.uniform(0.02, 0.3)}),
    "oversize": (1, lambda r: _of(r)),
    "wrong-path": (3, lambda r: {"for_s": r.uniform(0.2, 2), "stream": r.choice([MARK, TRADE, KLINE, DEPTH])}),
    "clock": (2, lambda r: {"for_s": r.uniform(0.2, 2), "stream": r.choice([TRADE, DEPTH]), "shift_s": r.uniform(-5, 5)}),
    "refuse": (
        6,
        lambda r: {
            "for_s": r.uniform(0.2, 2),
            "path": r.choice([*REPAIRS, "/market/*"]),
            "status": r.choice([403, 418, 429, 451, 500, 502, 503, 504]),
            "retry_s": r.randint(0, 2),
        },
    ),
    "reset": (3, lambda r: {"for_s": r.uniform(0.2, 2), "path": r.choice([*REPAIRS, "/market/*"])}),
    "refused": (1, lambda r: {"for_s": r.uniform(0.2, 2)}),
    "slow-answer": (3, lambda r: {"for_s": r.uniform(0.2, 1.5), "path": r.choice(REPAIRS), "delay_s": r.uniform(0, 1.5)}),
    "truncate": (3, lambda r: {"for_s": r.uniform(0.2, 2), "path": r.choice(REPAIRS), "cut": r.random() < 0.5}),
}  # fmt: skip


def faults_of(seed: int, events: int, from_s: float, per_second: float) -> list[dict[str, Any]]:
    """Return the faults in order of time; each kind comes about as often as it weighs."""
    rng = random.Random(seed)
    weights = [weight for weight, _ in KINDS.values()]
    made, at = [], from_s
    for _ in range(events):
        at += rng.expovariate(per_second)
        kind = rng.choices(list(KINDS), weights)[0]
        made.append({"kind": kind, "at_s": round(at, 3)} | KINDS[kind][1](rng))
    return made


def toml_of(seed: int, faults: list[dict[str, Any]]) -> str:
    """Return the plan as a file."""
    lines = [f"seed = {seed}"]
    for fault in faults:
        lines.append("\n[[fault]]")
        lines += [f"{key} = {_value(value)}" for key, value in fault.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value}"
