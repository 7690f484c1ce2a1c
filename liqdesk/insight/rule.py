"""Which order of a second the venue prints, told from the sizes of a record of prints.

Under `largest` prints are larger where it is busy, as maxima are (`throttle`). But sizes may grow with the rush by themselves, and then
prints of the latest order grow too. So each rule is given its best growth b, the sizes of a second of rate λ being those of calm seconds
times (1 + λ)^b, and what decides is the shape: the largest of many vary less than one of them, larger ones do not.

    ratio = max_b Σ ln [f(m')·p(m' | print, largest)/p(m' | print, latest)] − max_b Σ ln f(m'),    m' = m/(1 + λ)^b

f is the density of ln size in calm seconds (a Gaussian kernel, Silverman 1986), seconds are Poisson, and hours drawn anew give the
interval.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqdesk.insight.throttle import Rule, SizeLaw, log_ratio, rate_of

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

GROWTHS: Final = np.linspace(-0.4, 1.2, 17)
SURE: Final = (0.025, 0.975)
LEAST_RATIO: Final = 3.0  # nats
LEAST_PRINTS: Final = 100
GRID: Final = 801
REACH: Final = 200  # of the kernel, in steps of the grid
LEAST_DENSITY: Final = 1e-6


class RuleTest(msgspec.Struct, frozen=True):
    """Which rule a record speaks for: `rule` None is undecided. `ratio` is the log likelihood ratio of `largest` over `latest` in nats,
    [low, high] its 95 % interval from hours drawn anew, `prints` how many were looked at."""

    rule: Rule | None
    ratio: float
    low: float
    high: float
    prints: int


def tested(usd: Numbers, occupied: Numbers, calm: NDArray[np.bool_], starts: Whole, draws: Numbers) -> RuleTest:
    """Compare the rules on prints in order of time.

    usd float64 [n]; occupied [n]: share of seconds like theirs with a print; calm [n]: whose sizes are the law; starts: where each hour
    begins among them; draws float64 [resamples, hours]: how often each is drawn.
    """
    law, rate = SizeLaw(usd[calm]), rate_of(occupied)
    grid, density = _density(np.log(usd[calm]))
    largest, latest = np.zeros((len(starts), len(GROWTHS))), np.zeros((len(starts), len(GROWTHS)))
    for i, growth in enumerate(GROWTHS.tolist()):
        size = np.log(usd) - growth * np.log1p(rate)
        plain = np.log(np.interp(size, grid, density, left=LEAST_DENSITY, right=LEAST_DENSITY))
        latest[:, i] = np.add.reduceat(plain, starts)
        largest[:, i] = np.add.reduceat(plain + log_ratio(rate, np.exp(size), law), starts)
    ratio = float(largest.sum(axis=0).max() - latest.sum(axis=0).max())
    low, high = np.quantile((draws @ largest).max(axis=1) - (draws @ latest).max(axis=1), SURE).tolist()
    rule = None
    if len(usd) >= LEAST_PRINTS and abs(ratio) >= LEAST_RATIO:
        rule = Rule.LARGEST if low > 0 else Rule.LATEST if high < 0 else None
    return RuleTest(rule, ratio, low, high, len(usd))


def _density(logs: Numbers) -> tuple[Numbers, Numbers]:
    """Return a grid of ln size and the density there, float64 [GRID] each, never below LEAST_DENSITY."""
    low, high = np.quantile(logs, (0.25, 0.75))
    width = max(0.9 * min(float(logs.std()), float(high - low) / 1.34) * logs.size**-0.2, 1e-3)
    grid = np.linspace(logs.min() - 4 * width - 1, logs.max() + 4 * width + 1, GRID)
    step = float(grid[1] - grid[0])
    count, _ = np.histogram(logs, bins=np.append(grid - step / 2, grid[-1] + step / 2))
    kernel = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) * step / width) ** 2)
    return grid, np.convolve(count, kernel / kernel.sum(), "same") / (logs.size * step) + LEAST_DENSITY
