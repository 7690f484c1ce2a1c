"""Counter-based chance: every second of every contract draws from its own stream, so any second can be made again alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liqdesk.simulator.compiled import compiled

WEYL = np.uint64(0x9E3779B97F4A7C15)
MIX_A = np.uint64(0xBF58476D1CE4E5B9)
MIX_B = np.uint64(0x94D049BB133111EB)
S27, S30, S31, S11 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(11)
UNIT = 1.0 / 9007199254740992.0


@compiled
def mix(z: np.uint64) -> np.uint64:
    """Scramble 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    z = (z ^ (z >> S30)) * MIX_A
    z = (z ^ (z >> S27)) * MIX_B
    return z ^ (z >> S31)


@compiled
def begin(rng: NDArray[np.uint64], seed: np.uint64, second: int, stream: int) -> None:
    """Point `rng` (one uint64) at the draws of one second (UTC seconds) and one purpose."""
    rng[0] = mix(mix(seed + np.uint64(stream) * MIX_A) + np.uint64(second) * WEYL)


@compiled
def uniform(rng: NDArray[np.uint64]) -> float:
    """Draw from (0, 1]."""
    rng[0] = rng[0] + WEYL
    return (np.float64(mix(rng[0]) >> S11) + 1.0) * UNIT


@compiled
def normal(rng: NDArray[np.uint64]) -> float:
    """Draw a standard normal (Box and Muller 1958, one of the pair)."""
    u = uniform(rng)
    return float(np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * uniform(rng)))


@compiled
def poisson(rng: NDArray[np.uint64], bar: float) -> int:
    """Draw a Poisson count of a small mean, given as `bar` = exp(−mean) (Knuth's product of uniforms)."""
    count = 0
    product = uniform(rng)
    while product > bar and count < 64:
        count += 1
        product *= uniform(rng)
    return count
