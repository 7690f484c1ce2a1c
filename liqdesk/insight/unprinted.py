"""What was not printed: from a record of prints, which rule the venue follows, and how much it left out.

Nothing of the map goes into it. How busy a second was comes from its neighbours: the share of seconds with a print, among those
that look alike from outside, is 1 − G(0) of `throttle`. Which rule holds is read from the sizes of prints (`rule`), and, under
`largest`, how much orders clump within a second from how much larger they are where it is busy; for that, sizes are taken to be alike
in calm and busy seconds. Under `latest` prints say nothing of clumps, and the estimate is one from below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.monotone import rising
from liqdesk.insight.rule import RuleTest, tested
from liqdesk.insight.throttle import POISSON, Rule, SizeLaw, hidden, hidden_variance, log_ratio, orders, rate_of
from liqdesk.market import DAY_MS, HOUR_MS, SECOND_MS

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

REACHES: Final = (2, 10, 60)  # s on either side that tell how busy a second is
STRIDE: Final = 7  # of the seconds without a print every so many-th is looked at
GROUP: Final = 25  # prints at least in a group of seconds that look alike
MOST_GROUPS: Final = 60
BUSIEST: Final = 0.95  # share of seconds with a print, at most
CALM: Final = 0.15  # share of seconds with a print below which a print is taken as a single order
LEAST_CALM: Final = 40
ENOUGH: Final = (
    800  # for an estimate: of simulated records, those of 400 fell short by a third, those of 800 by nothing
)
CLUMPINGS: Final = (POISSON, 8.0, 4.0, 2.5, 1.7, 1.2, 0.9, 0.7)
WIDEST: Final = CLUMPINGS[-1]  # under `latest`, which says nothing of it
RESAMPLES: Final = 400
BAND: Final = (0.1, 0.9)
MODEL_ERROR: Final = 0.2  # of the estimate: what a day's is off by beyond chance, on simulated months
PILE: Final = (
    0.9,
    10,
    0.02,
)  # prints within this share of the largest, so many and so large a part of all, are cut orders
QUARTILE: Final = 0.6744897501960817  # of the normal law


class Prints(msgspec.Struct, frozen=True):
    """A record of one symbol's prints, ascending: venue ms int64 [n], USD float64 [n], side int8 [n] (0 long), and over which stretches
    [from, to) in ms it is whole."""

    t: Whole
    usd: Numbers
    side: NDArray[np.int8]
    covered: tuple[tuple[int, int], ...]

    @staticmethod
    def of(found: NDArray[np.void], covered: Sequence[tuple[int, int]]) -> Prints:
        """Return the record of printed liquidations [n] in any order (fields t ms, usd, side), without those outside of `covered`."""
        rows = np.sort(found[found["usd"] > 0], order=("t", "usd", "side"))
        t = rows["t"].astype(np.int64)
        stretches = tuple(sorted(covered))
        starts = np.array([a for a, _ in stretches], np.int64)
        ends = np.array([b for _, b in stretches], np.int64)
        at = np.searchsorted(starts, t, side="right") - 1
        inside = (at >= 0) & (t < ends[np.maximum(at, 0)]) if starts.size else np.zeros(t.size, np.bool_)
        return Prints(t[inside], rows["usd"][inside], rows["side"][inside], stretches)

    @property
    def covered_ms(self) -> int:
        return sum(b - a for a, b in self.covered)


class Unprinted(msgspec.Struct, frozen=True):
    """The last hours before `until_ms` of which `covered_ms` are whole: USD printed by side (long, short), and an estimate of what was
    not, with its 80 % interval, which holds what the law of a second leaves open and not whether that law is right."""

    until_ms: int
    window_ms: int
    covered_ms: int
    prints: int
    printed: tuple[float, float]
    hidden: tuple[float, float]
    low: tuple[float, float]
    high: tuple[float, float]
    total_low: float
    total_high: float

    @property
    def printed_usd(self) -> float:
        return sum(self.printed)

    @property
    def hidden_usd(self) -> float:
        return sum(self.hidden)


class Study(msgspec.Struct, frozen=True):
    """What a record of prints says: the rule it speaks for, and how much was not printed (None: too few prints to say)."""

    test: RuleTest
    unprinted: Unprinted | None
    clumping: float  # k of the law of a second that was used
    record_ms: int
    needed: int = ENOUGH  # prints that an estimate takes


def study(prints: Prints, until_ms: int, window_ms: int = DAY_MS) -> Study:
    """Return which rule the record speaks for and what was not printed over the last `window_ms` before `until_ms`.

    Prints of calm seconds (a share of less than 15 % of their like has one) give the law of sizes. Where the rule is undecided, the one in
    the venue's documents (largest) gives the estimate and both its interval. Takes some milliseconds for a week of prints.
    """
    n = prints.t.size
    record_ms = prints.covered_ms
    none = RuleTest(None, 0.0, 0.0, 0.0, n)
    if n < LEAST_CALM:
        return Study(none, None, POISSON, record_ms)
    occupied = occupancy(prints)
    calm = occupied < CALM
    if calm.sum() < LEAST_CALM:
        return Study(none, None, POISSON, record_ms)
    law = SizeLaw(prints.usd[calm])
    fits = np.stack([log_ratio(rate_of(occupied, k), prints.usd, law, k) for k in CLUMPINGS], axis=1)
    hour = prints.t // HOUR_MS
    starts = np.flatnonzero(np.concatenate([[True], hour[1:] != hour[:-1]]))
    by_hour = np.add.reduceat(fits, starts, axis=0)
    draws = _draws(len(by_hour))
    drawn = draws @ by_hour
    test = tested(prints.usd, occupied, calm, starts, draws)
    best = int(np.argmax(by_hour.sum(axis=0)))
    if n < ENOUGH:
        return Study(test, None, CLUMPINGS[best], record_ms)
    inside = (prints.t >= until_ms - window_ms) & (prints.t < until_ms)
    found = _Hidden(prints, occupied, law, inside)
    chosen = np.argmax(drawn, axis=1)
    if test.rule is Rule.LATEST:
        middle, likely = found.latest()
    elif test.rule is Rule.LARGEST:
        middle, likely = found.largest(best, chosen)
    else:
        middle, likely = found.largest(best, chosen)
        likely = np.concatenate([likely, found.latest()[1]])
    clumping = CLUMPINGS[best] if test.rule is not Rule.LATEST else POISSON
    return Study(test, _told(prints, inside, middle, likely, until_ms, window_ms), clumping, record_ms)


def occupancy(prints: Prints) -> Numbers:
    """Return for each print the share of seconds with a print, among the covered ones that look alike from outside.

    Seconds are grouped by how many of their neighbours within 2, 10 and 60 s have a print, as the sum of the three shares, the second
    itself left out; shares are made to rise with that (pool adjacent violators).
    """
    seconds = np.unique(prints.t // SECOND_MS)
    mine = np.searchsorted(seconds, prints.t // SECOND_MS)
    empty = np.concatenate([np.arange(-(-a // SECOND_MS), b // SECOND_MS, STRIDE) for a, b in prints.covered])
    empty = empty[~np.isin(empty, seconds)]
    here, there = _busyness(seconds, seconds), _busyness(empty, seconds)
    groups = min(max(seconds.size // GROUP, 1), MOST_GROUPS)
    edges = np.unique(np.quantile(here, np.linspace(0, 1, groups + 1)[1:-1]))
    mine_at, empty_at = np.searchsorted(edges, here, side="right"), np.searchsorted(edges, there, side="right")
    hit = np.bincount(mine_at, minlength=edges.size + 1).astype(np.float64)
    miss = np.bincount(empty_at, minlength=edges.size + 1) * float(STRIDE)
    share = rising((hit + 0.5) / (hit + miss + 1), hit + miss)
    return np.minimum(share[mine_at], BUSIEST)[mine]


def _busyness(at: Whole, seconds: Whole) -> Numbers:
    """Return the sum over REACHES of the share of seconds around each of `at` that are among `seconds`, itself left out."""
    own = np.isin(at, seconds)
    found = np.zeros(at.size)
    for reach in REACHES:
        inside = np.searchsorted(seconds, at + reach, side="right") - np.searchsorted(seconds, at - reach, side="left")
        found += (inside - own) / (2 * reach)
    return found


def _draws(blocks: int) -> Numbers:
    """Return how often each block is drawn, float64 [RESAMPLES, blocks]; the same draws every time."""
    rng = np.random.default_rng(0)
    return rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES).astype(np.float64)


def cut_size(sizes: Numbers) -> tuple[float, float, float] | None:
    """Return (size from which on orders are cut, USD that a cut position has beyond one order on average, the square of its spread);
    None where none are.

    Where a venue sells large positions in orders of one size, prints pile up at the largest, c: more than any smooth law has there. Their
    positions are taken as the tail of a log-normal law with the quartiles of the sizes: E[X | X > c] − c and Var[X | X > c].
    """
    share, least, part = PILE
    largest = float(sizes.max())
    piled = int((sizes >= share * largest).sum())
    if piled < max(least, part * sizes.size):
        return None
    low, middle, high = np.quantile(np.log(sizes), (0.25, 0.5, 0.75)).tolist()
    width = (high - low) / (2 * QUARTILE)
    if width <= 0:
        return None
    far = (math.log(largest) - middle) / width
    mean, square = (
        math.exp(m * middle + (m * width) ** 2 / 2)
        * math.erfc((far - m * width) / math.sqrt(2))
        / math.erfc(far / math.sqrt(2))
        for m in (1, 2)
    )
    return share * largest, max(mean - largest, 0.0), max(square - mean**2, 0.0)


class _Hidden:
    """The estimates for the prints of a window, by side: `middle` float64 [2], draws float64 [RESAMPLES, 2]."""

    def __init__(self, prints: Prints, occupied: Numbers, law: SizeLaw, inside: NDArray[np.bool_]) -> None:
        self._occupied, self._usd, self._law = occupied[inside], prints.usd[inside], law
        self._shares = _side_shares(prints)[inside]
        self._rng = np.random.default_rng(1)
        cut = cut_size(law.sizes)
        start, rest, spread = (math.inf, 0.0, 0.0) if cut is None else cut
        self._rest = np.where(self._usd >= start, rest, 0.0)
        self._rest_spread = np.where(self._usd >= start, spread, 0.0)

    def _largest(self, clumping: float) -> tuple[Numbers, Numbers]:
        rate = rate_of(self._occupied, clumping)
        mean = hidden(Rule.LARGEST, rate, self._usd, self._law, clumping) + self._rest
        variance = hidden_variance(rate, self._usd, self._law, clumping) + self._rest_spread
        return mean @ self._shares, variance @ self._shares

    def largest(self, best: int, chosen: Whole) -> tuple[Numbers, Numbers]:
        found = [self._largest(k) for k in CLUMPINGS]
        means, spread = np.stack([m for m, _ in found]), np.sqrt(np.stack([v for _, v in found]))
        return means[best], self._noised(means[chosen], spread[chosen])

    def latest(self) -> tuple[Numbers, Numbers]:
        both = []
        for clumping in (POISSON, WIDEST):
            rate = rate_of(self._occupied, clumping)
            more = orders(Rule.LATEST, rate, self._usd, self._law, clumping) - 1
            spread = np.maximum(more * (self._law.squares_below(np.array([math.inf])) + self._law.mean**2), 0)
            both.append(
                ((more * self._law.mean + self._rest) @ self._shares, (spread + self._rest_spread) @ self._shares)
            )
        (low, a), (high, b) = both
        way = self._rng.random((RESAMPLES, 1))
        return 0.5 * (low + high), self._noised(low + way * (high - low), np.sqrt(a + way * (b - a)))

    def _noised(self, means: Numbers, spread: Numbers) -> Numbers:
        """Draw around means and spreads [draws, 2]; a sum of many clumps, never below zero, is near log-normal."""
        with np.errstate(divide="ignore", invalid="ignore"):
            width = np.sqrt(np.log1p(np.where(means > 0, (spread / means) ** 2, 0.0)) + MODEL_ERROR**2)
        normal = self._rng.standard_normal((len(means), 1))  # the sides are off together
        return np.asarray(means * np.exp(width * normal - 0.5 * width**2))


def _side_shares(prints: Prints) -> Numbers:
    """Return how orders around each print divide into long and short, float64 [n, 2]: its own and the prints within 10 s."""
    reach = 10 * SECOND_MS
    first = np.searchsorted(prints.t, prints.t - reach, side="left")
    last = np.searchsorted(prints.t, prints.t + reach, side="right")
    before = np.concatenate([[0], np.cumsum(prints.side)])
    short = (before[last] - before[first]) / (last - first)
    return np.stack([1 - short, short], axis=1).astype(np.float64)


def _told(
    prints: Prints, inside: NDArray[np.bool_], middle: Numbers, draws: Numbers, until_ms: int, window_ms: int
) -> Unprinted:
    usd, side = prints.usd[inside], prints.side[inside]
    from_ms = until_ms - window_ms
    covered = sum(max(0, min(b, until_ms) - max(a, from_ms)) for a, b in prints.covered)
    low, high = np.quantile(draws, BAND, axis=0)
    total = np.quantile(draws.sum(axis=1), BAND)
    return Unprinted(
        until_ms,
        window_ms,
        covered,
        int(inside.sum()),
        (float(usd[side == 0].sum()), float(usd[side == 1].sum())),
        (float(middle[0]), float(middle[1])),
        (float(low[0]), float(low[1])),
        (float(high[0]), float(high[1])),
        float(total[0]),
        float(total[1]),
    )
