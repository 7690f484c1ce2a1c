"""The order book: a pure function of the contract, the moment and the price, so that snapshot and changes always agree.

Moments are counted in beats of about 100 ms of wall time. A price level keeps its quantity for a time of its own, then takes another.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator import layout as at
from liqdesk.simulator.chance import mix
from liqdesk.simulator.course import Course

DEPTH: Final = 1000  # levels of a side that a snapshot tells of at most
TOLD: Final = 5000  # levels of a side whose changes are told: the venue tells of all of them
IDS_PER_BEAT: Final = 64
STALE_BY: Final = 12  # beats, more than a second of wall time
STALE_ONCE_IN: Final = 4
RETAIL_LEVELS: Final = 20
RETAIL_BEATS: Final = 20
BASE_ID: Final = 11_757_000_000_000
A, B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
S = np.uint64(31)

Levels = NDArray[np.int64]  # rows of ticks, steps; steps 0 deletes


def beat_ms(speed: float) -> int:
    return 100 * max(1, round(speed))


def last_id(beat: int) -> int:
    return BASE_ID + beat * IDS_PER_BEAT


def snapshot_beat(course: Course, ms: int, speed: float, number: int) -> int:
    """Return the beat of which REST tells at `ms`: for about every fourth request, by its running number, an old one."""
    stale = int(mix(course.key ^ np.uint64(number))) % STALE_ONCE_IN == 0
    return ms // beat_ms(speed) - (STALE_BY if stale else 0)


def best_bid(course: Course, ms: int) -> int:
    """Return the best bid in ticks at `ms`; the best ask is one tick above."""
    s = min(max(ms // 1000, course.oldest_s), course.now_s)
    before = course.second(s - 1)[0][at.S_PRICE]
    after = course.second(s)[0][at.S_PRICE]
    share = min((ms - s * 1000) / 1000, 1.0)
    return max(1, int((before + (after - before) * share) / course.contract.tick))


def _steps(course: Course, ticks: NDArray[np.int64], beat: int) -> NDArray[np.int64]:
    """Return the quantity of each level at a beat: a lasting mean of its own, and a draw renewed every 2 to 65 beats, of most levels
    sixteen times as seldom."""
    t = ticks.astype(np.uint64)
    own = (t * A) ^ course.key
    own = (own ^ (own >> S)) * B
    own ^= own >> S
    life = ((own & np.uint64(63)).astype(np.int64) + 2) * np.where(own >> np.uint64(20) & np.uint64(3), 16, 1)
    age = (beat + (own >> np.uint64(8) & np.uint64(255)).astype(np.int64)) // life
    draw = (own + age.astype(np.uint64) * A) * B
    draw = (draw ^ (draw >> S)) * A
    u = ((draw >> np.uint64(11)).astype(np.float64) + 1.0) / 9007199254740993.0
    round_price = np.where(ticks % 1000 == 0, 8.0, np.where(ticks % 100 == 0, 3.0, 1.0))
    typical = max(course.contract.churn * 0.12, course.contract.step)
    quantity = typical * -np.log(u) * round_price / course.contract.step
    steps: NDArray[np.int64] = np.maximum(quantity.astype(np.int64), 1)
    return steps


def _retail(course: Course, ticks: NDArray[np.int64], beat: int) -> NDArray[np.int64]:
    """Return what retail orders (RPI) add to each level: to every fourth of the best twenty, and then to others."""
    near = np.arange(len(ticks)) < RETAIL_LEVELS
    held = (ticks + beat // RETAIL_BEATS) % 4 == 0
    added: NDArray[np.int64] = _steps(course, ticks, beat) // 8 + 1
    return np.where(near & held, added, 0)


def sides(course: Course, beat: int, speed: float, depth: int = DEPTH, retail: bool = False) -> tuple[Levels, Levels]:
    """Return bids (descending) and asks (ascending) at a beat, at most `depth` rows each; with `retail`, RPI orders are counted in."""
    bid = best_bid(course, beat * beat_ms(speed))
    down = np.arange(bid, max(bid - depth, 0), -1, dtype=np.int64)
    up = np.arange(bid + 1, bid + 1 + depth, dtype=np.int64)
    steps = [_steps(course, ticks, beat) + (_retail(course, ticks, beat) if retail else 0) for ticks in (down, up)]
    return np.column_stack([down, steps[0]]), np.column_stack([up, steps[1]])


def changes(course: Course, beat: int, speed: float, retail: bool = False) -> tuple[Levels, Levels]:
    """Return what changed from the beat before to `beat`: absolute steps, zero where a level left the book."""
    old, new = (sides(course, b, speed, TOLD, retail) for b in (beat - 1, beat))
    return _difference(old[0], new[0]), _difference(old[1], new[1])


def _difference(old: Levels, new: Levels) -> Levels:
    gone = old[~np.isin(old[:, 0], new[:, 0])].copy()
    gone[:, 1] = 0
    common = np.isin(new[:, 0], old[:, 0])
    order = np.argsort(old[:, 0])
    at = np.searchsorted(old[order, 0], new[:, 0]).clip(max=len(old) - 1)
    same = common & (old[order[at], 1] == new[:, 1])
    return np.concatenate([gone, new[~same]])
