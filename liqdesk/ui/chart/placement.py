"""Where labels go when they would touch: in the order of what they name, a gap apart, moved as little as possible."""

from __future__ import annotations


def spread(wanted: list[float], heights: list[float], gap: float, top: float, bottom: float) -> list[float]:
    """Return the centres nearest to `wanted` (ascending) that keep labels apart and inside [top, bottom].

    Least sum of squared moves: labels that touch merge into a block placed at the mean of its members' wishes, then
    blocks are clamped. Where the room is too small for all, they are packed from the top.
    """
    if not wanted:
        return []
    offsets: list[float] = [0.0]
    for i in range(1, len(wanted)):
        offsets.append(offsets[-1] + (heights[i - 1] + heights[i]) / 2 + gap)
    # With u_i = centre_i − offset_i the rule is u ascending: isotonic regression by pooling neighbours.
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, n = blocks.pop()
            mean, count = (mean * count + other * n) / (count + n), count + n
        blocks.append((mean, count))
    least = top + heights[0] / 2
    most = bottom - heights[-1] / 2 - offsets[-1]
    flat = [min(max(mean, least), max(most, least)) for mean, count in blocks for _ in range(count)]
    return [u + offset for u, offset in zip(flat, offsets, strict=True)]


def spread_around(
    wanted: list[float], fixed: float | None, height: float, gap: float, top: float, bottom: float
) -> list[float]:
    """Return centres for `wanted` (ascending) of equal `height` that also keep clear of one label that never moves."""
    if fixed is None:
        return spread(wanted, [height] * len(wanted), gap, top, bottom)
    edge = height / 2 + gap
    above = [w for w in wanted if w < fixed]
    below = wanted[len(above) :]
    return [
        *spread(above, [height] * len(above), gap, top, max(top, fixed - edge)),
        *spread(below, [height] * len(below), gap, min(bottom, fixed + edge), bottom),
    ]
