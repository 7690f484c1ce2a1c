"""Colour maps: ramps of 256 stops made from few anchors in OKLab, and the tables cells are painted with.

One rule, three forms: `colour_of` for a single value, `heat_table` for the painting kernel, `stops` for the legend. On a
light ground every map runs the other way, so that more USD always stands farther from the ground.
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
# van der Walt and Smith 2015, the default of matplotlib since 2.0 (CC0): every 17th of its 256 stops
VIRIDIS: Final = (
    "#440154",
    "#481A6C",
    "#472F7D",
    "#414487",
    "#39568C",
    "#31688E",
    "#2A788E",
    "#23888E",
    "#1F988B",
    "#22A884",
    "#35B779",
    "#54C568",
    "#7AD151",
    "#A5DB36",
    "#D2E21B",
    "#FDE725",
)
# Nuñez, Anderton and Renslow 2018, doi 10.1371/journal.pone.0199239 (CC0): every 17th of its 256 stops
CIVIDIS: Final = (
    "#00204D",
    "#002C6A",
    "#0F386E",
    "#31446B",
    "#46506B",
    "#575C6D",
    "#666970",
    "#757575",
    "#848279",
    "#958F78",
    "#A69D75",
    "#B8AB70",
    "#CBBA69",
    "#DDC95F",
    "#F1D951",
    "#FFEA46",
)
LONG: Final = ("#0B0E16", "#3D1210", "#8C2E22", "#DC5A44", "#FF8A75", "#FFD3C7")
SHORT: Final = ("#0B0E16", "#06263A", "#0A5578", "#1C8DBD", "#48C6F2", "#B5EAFF")
LONG_LIGHT: Final = ("#FAF9FC", "#FBCFC4", "#F08E78", "#D05A42", "#B53622", "#5A1206")
SHORT_LIGHT: Final = ("#FAF9FC", "#C3E6F6", "#6FBFE2", "#2B8DB8", "#066690", "#033349")
RAMPS: Final = {
    "ember": EMBER,
    "paper": PAPER,
    "viridis": VIRIDIS,
    "viridis light": VIRIDIS[::-1],
    "cividis": CIVIDIS,
    "cividis light": CIVIDIS[::-1],
    "grey": ("#101010", "#F6F6F6"),
    "grey light": ("#F6F6F6", "#151515"),
    "long": LONG,
    "short": SHORT,
    "long light": LONG_LIGHT,
    "short light": SHORT_LIGHT,
}
SIDED: Final = "two-sided"
MAPS: Final = ("ember", "viridis", "cividis", "grey", SIDED)
WORDS: Final = {
    "ember": "Ember, cool to hot",
    "viridis": "Viridis",
    "cividis": "Cividis, safe for colour-blind eyes",
    "grey": "Grey",
    SIDED: "Two-sided, longs coral and shorts cyan",
}
ENDS: Final = {  # OKLab lightness where both sides end: an equal amount is equally light on either
    "long": 0.88,
    "short": 0.88,
    "long light": 0.32,
    "short light": 0.32,
}

STOPS: Final = 256
FADES: Final = 9  # levels of the prior's share, 0 … 1
SIDES: Final = 9  # levels of the shorts' share, 0 … 1
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


def ramp_of(heat_map: str, dark: bool) -> str:
    """Return which ramp a colour map (one of MAPS, but for the two-sided one) takes on a dark or light ground."""
    if heat_map == "ember":
        return "ember" if dark else "paper"
    return heat_map if dark else f"{heat_map} light"


@cache
def stops(name: str) -> NDArray[np.float64]:
    """Return a ramp as sRGB floats [256, 3], read-only. Neighbours lie at equal OKLab distance; those of the two sides at equal
    steps of lightness up to one end; published maps and grey keep their anchors at even positions."""
    anchors = oklab_from_srgb(np.stack([rgb_from_hex(h) for h in RAMPS[name]]))
    fine = np.linspace(0.0, len(anchors) - 1.0, 8_192)
    path = np.stack([np.interp(fine, np.arange(len(anchors)), anchors[:, i]) for i in range(3)], axis=1)
    if name in ENDS:
        rising = 1.0 if ENDS[name] > path[0, 0] else -1.0
        along, last = rising * path[:, 0], rising * ENDS[name]
    elif name in ("ember", "paper"):
        along = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))))
        last = along[-1]
    else:
        along, last = fine, fine[-1]
    even = np.linspace(along[0], last, STOPS)
    rgb = srgb_from_oklab(np.stack([np.interp(even, along, path[:, i]) for i in range(3)], axis=1))
    rgb.setflags(write=False)
    return rgb


@cache
def _mixed(dark: bool) -> NDArray[np.float64]:
    """Return the two sides' ramps mixed in OKLab, sRGB [9, 256, 3] by the shorts' share: even halves are grey."""
    long, short = (oklab_from_srgb(stops(ramp_of(side, dark))) for side in ("long", "short"))
    share = (np.arange(SIDES) / (SIDES - 1))[:, None, None]
    return srgb_from_oklab(long[None] * (1 - share) + short[None] * share)


def pack(rgb: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return opaque 0xFFRRGGBB words for floats [..., 3] in [0, 1]."""
    eight = np.round(np.clip(rgb, 0.0, 1.0) * 255)
    words: NDArray[np.uint32] = (0xFF000000 + eight @ np.array([65_536.0, 256.0, 1.0])).astype(np.uint32)
    return words


@cache
def heat_table(heat_map: str, ground: str, stale: bool = False) -> NDArray[np.uint32]:
    """Return what a cell is painted with: words [81, 256] by level and position on the ramp, for one of MAPS and a ground.

    A level is 9 · the shorts' share in eighths + the prior's share in eighths; only the two-sided map heeds the former. At
    no prior the colour is the ramp's, let through the ground below position 0.10; at a prior of 1 its hue-poor form (38 %
    colour + 62 % own luma, then 80 % of that + 20 % ground); levels between are blends. `stale` replaces the colour by its
    grey at 62 %. The array is read-only.
    """
    base = rgb_from_hex(ground)
    dark = float(base @ _LUMA) < 0.5
    colour = _mixed(dark) if heat_map == SIDED else stops(ramp_of(heat_map, dark))[None]
    luma = (colour @ _LUMA)[..., None]
    if stale:
        colour = STALE * luma + (1 - STALE) * base
        luma = (colour @ _LUMA)[..., None]
    faded = 0.8 * (0.38 * colour + 0.62 * luma) + 0.2 * base
    share = (np.arange(FADES) / (FADES - 1))[None, :, None, None]
    mixed = colour[:, None] * (1 - share) + faded[:, None] * share
    alpha = np.clip(np.linspace(0.0, 1.0, STOPS) / OPAQUE_AT, 0.0, 1.0)[:, None]
    words = pack(base * (1 - alpha) + mixed * alpha)
    table = np.ascontiguousarray(np.broadcast_to(words, (SIDES, FADES, STOPS))).reshape(SIDES * FADES, STOPS)
    table.setflags(write=False)
    return table


def position(usd: float, low: float, high: float) -> int:
    """Return the stop, 0 … 255, that `usd` takes between two handles; 0 is the bare ground."""
    if not usd > low or not high > low:
        return 0
    return min(STOPS - 1, int((usd - low) / (high - low) * (STOPS - 1) + 0.5))


def colour_of(
    usd: float,
    low: float,
    high: float,
    share: float,
    heat_map: str,
    ground: str,
    stale: bool = False,
    short: float = 0.0,
) -> int:
    """Return the 0xFFRRGGBB word a cell of `usd` per 10 bp is painted with; `share` is the prior's and `short` the shorts', in
    [0, 1]."""
    level = int(short * (SIDES - 1) + 0.5) * FADES + int(share * (FADES - 1) + 0.5)
    return int(heat_table(heat_map, ground, stale)[level, position(usd, low, high)])
