"""Heat ramps: anchors interpolated in OKLab, re-sampled to 256 stops of equal OKLab distance, and the map's tables.

One rule, three forms: `colour_of` for a single value, `heat_table` for the painting kernel, `stops` for the legend.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

EMBER: Final = (
    "#0B0E16",
    "#1D1749",
    "#382079",
    "#622A9B",
    "#9630A0",
    "#C53A8C",
    "#E6516C",
    "#F8774F",
    "#FEA445",
    "#F9D36F",
    "#FDF6BC",
)
PAPER: Final = (
    "#FAF9FC",
    "#E3D9F7",
    "#D0B9EF",
    "#C398E3",
    "#BF73C9",
    "#BF4CA1",
    "#B62A6E",
    "#A0163C",
    "#7D1714",
    "#561701",
    "#331202",
)
RAMPS: Final = {"ember": EMBER, "paper": PAPER}

STOPS: Final = 256
FADES: Final = 9  # levels of the prior's share, 0 … 1
OPAQUE_AT: Final = 0.10  # position from which nothing of the ground shows
STALE: Final = 0.62

_TO_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_LUMA: Final = np.array([0.2126, 0.7152, 0.0722])


def oklab_from_srgb(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert gamma-coded sRGB in [0, 1], shape [..., 3], to OKLab (Ottosson 2020)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T
    return lab


def srgb_from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert OKLab, shape [..., 3], to gamma-coded sRGB clipped into [0, 1]."""
    linear = np.clip(((lab @ np.linalg.inv(_TO_LAB).T) ** 3) @ np.linalg.inv(_TO_LMS).T, 0.0, 1.0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def rgb_from_hex(text: str) -> NDArray[np.float64]:
    """Return #RRGGBB as three floats in [0, 1]."""
    return np.array([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)])


@cache
def stops(name: str) -> NDArray[np.float64]:
    """Return the ramp as sRGB floats [256, 3], neighbours at equal OKLab distance; the array is read-only."""
    anchors = oklab_from_srgb(np.stack([rgb_from_hex(h) for h in RAMPS[name]]))
    fine = np.linspace(0.0, len(anchors) - 1.0, 8_192)
    path = np.stack([np.interp(fine, np.arange(len(anchors)), anchors[:, i]) for i in range(3)], axis=1)
    along = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))))
    even = np.linspace(0.0, along[-1], STOPS)
    rgb = srgb_from_oklab(np.stack([np.interp(even, along, path[:, i]) for i in range(3)], axis=1))
    rgb.setflags(write=False)
    return rgb


def pack(rgb: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return opaque 0xFFRRGGBB words for floats [..., 3] in [0, 1]."""
    eight = np.round(np.clip(rgb, 0.0, 1.0) * 255)
    words: NDArray[np.uint32] = (0xFF000000 + eight @ np.array([65_536.0, 256.0, 1.0])).astype(np.uint32)
    return words


@cache
def heat_table(name: str, ground: str, stale: bool = False) -> NDArray[np.uint32]:
    """Return what a cell is painted with: words [9, 256] by level of the prior's share and position on the ramp.

    Row 0 is the ramp, let through the ground below position 0.10; row 8 its hue-poor form (38 % colour + 62 % own
    luma, then 80 % of that + 20 % ground); rows between are blends. `stale` replaces the colour by its grey at 62 %.
    The array is read-only.
    """
    base = rgb_from_hex(ground)
    colour = stops(name)
    luma = (colour @ _LUMA)[:, None]
    if stale:
        colour = STALE * luma + (1 - STALE) * base
        luma = (colour @ _LUMA)[:, None]
    faded = 0.8 * (0.38 * colour + 0.62 * luma) + 0.2 * base
    share = (np.arange(FADES) / (FADES - 1))[:, None, None]
    mixed = colour[None] * (1 - share) + faded[None] * share
    alpha = np.clip(np.linspace(0.0, 1.0, STOPS) / OPAQUE_AT, 0.0, 1.0)[None, :, None]
    table = pack(base * (1 - alpha) + mixed * alpha)
    table.setflags(write=False)
    return table


def position(usd: float, low: float, high: float) -> int:
    """Return the stop, 0 … 255, that `usd` takes between two handles; 0 is the bare ground."""
    if not usd > low or not high > low:
        return 0
    return min(STOPS - 1, int((usd - low) / (high - low) * (STOPS - 1) + 0.5))


def colour_of(usd: float, low: float, high: float, share: float, name: str, ground: str, stale: bool = False) -> int:
    """Return the 0xFFRRGGBB word a cell of `usd` per 10 bp is painted with; `share` is the prior's, in [0, 1]."""
    level = int(share * (FADES - 1) + 0.5)
    return int(heat_table(name, ground, stale)[level, position(usd, low, high)])
