"""Candles of one symbol at three spans, put together into the spans a chart offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.market.rows import BAR
from liqdesk.model.tiling import STEP_SPANS, tile

__all__ = ["BAR", "CANDLE", "DEPTH", "SPANS", "CandleBook"]

SPANS: Final = (
    *(n * MINUTE_MS for n in (1, 3, 5, 15, 30)),
    *(n * HOUR_MS for n in (1, 2, 4, 12)),
    DAY_MS,
)
DEPTH: Final[Mapping[int, int]] = {MINUTE_MS: 2 * DAY_MS, 5 * MINUTE_MS: 8 * DAY_MS, 15 * MINUTE_MS: 30 * DAY_MS}
NEVER: Final = 1 << 62
CANDLE: Final = np.dtype([*((name, BAR[name]) for name in BAR.names or ()), ("span", np.int64)])


class CandleBook:
    """Bars of 1 min over 2 d, 5 min over 8 d and 15 min over 30 d, each in a ring of its own; finer bars fill the coarser rings too."""

    def __init__(self) -> None:
        self._bars: dict[int, NDArray[np.void]] = {}
        self.newest_ms = -1  # the start of the newest bar of any span, −1 when empty
        for span in STEP_SPANS:
            rows = np.zeros(DEPTH[span] // span, dtype=BAR)
            rows["t"] = -1
            self._bars[span] = rows

    def update(self, span_ms: int, rows: NDArray[np.void]) -> None:
        """Add or replace bars (dtype BAR, any order) of a span of 1, 5 or 15 min; bars older than the ring holds are
        left out.

        Raises ValueError for another span or a start off its grid."""
        if span_ms not in self._bars:
            raise ValueError(f"candles of {span_ms} ms are not kept")
        rows = np.atleast_1d(rows)
        if np.any(rows["t"] % span_ms) or np.any(rows["t"] < 0):
            raise ValueError(f"a bar does not start on the {span_ms} ms grid")
        self.newest_ms = max(self.newest_ms, int(rows["t"].max(initial=-1)))
        self._put(span_ms, rows[np.argsort(rows["t"], kind="stable")] if len(rows) > 1 else rows)

    def _put(self, span_ms: int, rows: NDArray[np.void]) -> None:
        ring = self._bars[span_ms]
        slots = rows["t"] // span_ms % len(ring)
        newer = ring["t"][slots] <= rows["t"]
        ring[slots[newer]] = rows[newer]  # ascending: of two rows in one slot the later stays
        coarser = next((s for s in STEP_SPANS if s > span_ms), None)
        if coarser is not None:
            starts = rows["t"] // coarser * coarser
            self._fold(span_ms, coarser, np.unique(starts) if len(starts) > 1 else starts)

    def _fold(self, span_ms: int, coarser: int, starts: NDArray[np.int64]) -> None:
        """Keep the coarser bars that finer ones fill entirely, for when those have left their shorter ring."""
        ring, count = self._bars[span_ms], coarser // span_ms
        times = starts[:, None] + np.arange(count) * span_ms
        parts = ring[times // span_ms % len(ring)]
        parts = parts[(parts["t"] == times).all(axis=1)]
        if not len(parts):
            return
        bars = parts[:, 0].copy()
        bars["close"] = parts["close"][:, -1]
        bars["high"], bars["low"] = parts["high"].max(axis=1), parts["low"].min(axis=1)
        bars["volume"], bars["taker_buy"] = parts["volume"].sum(axis=1), parts["taker_buy"].sum(axis=1)
        self._put(coarser, bars)

    def bars(self, span_ms: int, t0: int, t1: int) -> NDArray[np.void]:
        """Return the kept bars of one span that start in [t0, t1), dtype BAR, ascending."""
        ring = self._bars[span_ms]
        first, end = -(-max(t0, 0) // span_ms), -(-t1 // span_ms)
        if end - first < len(ring):
            numbers = np.arange(first, end)
            found = ring[numbers % len(ring)]
            kept: NDArray[np.void] = found[found["t"] == numbers * span_ms]
            return kept
        found = ring[(ring["t"] >= max(t0, 0)) & (ring["t"] < t1)]
        return found[np.argsort(found["t"])]

    @property
    def oldest_ms(self) -> int | None:
        """The start of the oldest bar of any span, None when empty."""
        found = [int(ring["t"][ring["t"] >= 0].min(initial=NEVER)) for ring in self._bars.values()]
        return min(found) if min(found) < NEVER else None

    def clear(self) -> None:
        self.newest_ms = -1
        for ring in self._bars.values():
            ring["t"] = -1

    def series(self, interval_ms: int, t0: int, t1: int) -> NDArray[np.void]:
        """Return candles that overlap [t0, t1), dtype CANDLE (BAR and its own span in ms), ascending.

        Finer bars are put together into `interval_ms` (one of SPANS). Where only coarser bars exist they come as they
        are, with their own span. A candle whose bars are not all there is made of those that are; only the oldest of all
        is left out where its beginning is not held: its open, high and low would not be true. `t` is always the start of its
        interval, counted from midnight UTC as at the venue.
        """
        if interval_ms not in SPANS:
            raise ValueError(f"candles of {interval_ms} ms are not offered")
        widest = max(interval_ms, max(STEP_SPANS))
        begin, end = t0 // widest * widest, -(-t1 // widest) * widest
        found = {span: self.bars(span, begin, end) for span in STEP_SPANS}
        mask = tile({span: rows["t"].astype(np.int64) for span, rows in found.items()})
        parts = []
        for span, rows in found.items():
            part = np.zeros(int(mask[span].sum()), dtype=CANDLE)
            for name in BAR.names or ():
                part[name] = rows[name][mask[span]]
            part["span"] = span
            parts.append(part)
        pieces = np.concatenate(parts)
        pieces = pieces[np.argsort(pieces["t"], kind="stable")]
        whole = _merged(pieces, interval_ms)
        if len(whole) > 1 and pieces["t"][0] > whole["t"][0] and pieces["t"][0] == self.oldest_ms:
            whole = whole[1:]
        wanted: NDArray[np.void] = whole[(whole["t"] + whole["span"] > t0) & (whole["t"] < t1)]
        return wanted

    def open_candle(self, interval_ms: int, start_ms: int) -> NDArray[np.void] | None:
        """Return the newest candle of all, dtype CANDLE, length 1, as `series` gives it, in a tenth of the time; None where it does not
        start at `start_ms`, or is not made of minutes alone."""
        minutes = self.bars(MINUTE_MS, start_ms, start_ms + interval_ms)
        end = start_ms + len(minutes) * MINUTE_MS
        if start_ms % interval_ms or not len(minutes) or self.newest_ms != end - MINUTE_MS:
            return None
        for span in STEP_SPANS[1:]:  # a coarser bar that minutes do not fill counts instead of them
            ring, slots = self._bars[span], {start_ms // span, (end - 1) // span}
            if any(
                (n * span < start_ms or end < (n + 1) * span) and ring["t"][n % len(ring)] == n * span for n in slots
            ):
                return None
        out = np.zeros(1, CANDLE)
        for name in ("t", "open"):
            out[name] = minutes[name][0]
        out["close"], out["span"] = minutes["close"][-1], interval_ms
        out["high"], out["low"] = minutes["high"].max(), minutes["low"].min()
        for name in ("volume", "taker_buy"):
            out[name] = np.add.reduceat(minutes[name], [0])
        return out


def _merged(pieces: NDArray[np.void], interval_ms: int) -> NDArray[np.void]:
    """Merge ascending pieces of at most `interval_ms` by interval; longer ones stay."""
    if not len(pieces):
        return pieces
    width = np.maximum(pieces["span"], interval_ms)
    start = pieces["t"] // width * width
    first = np.flatnonzero(np.concatenate([[True], start[1:] != start[:-1]]))
    last = np.append(first[1:], len(pieces)) - 1
    out = pieces[first].copy()
    out["t"] = start[first]
    out["span"] = width[first]
    out["close"] = pieces["close"][last]
    out["high"] = np.maximum.reduceat(pieces["high"], first)
    out["low"] = np.minimum.reduceat(pieces["low"], first)
    out["volume"] = np.add.reduceat(pieces["volume"], first)
    out["taker_buy"] = np.add.reduceat(pieces["taker_buy"], first)
    return out
