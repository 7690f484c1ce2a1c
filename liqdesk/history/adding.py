"""The adding half of a history: rows are looked at, put into the form the file keeps, and left waiting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liqdesk.history import door
from liqdesk.history.blobs import volume_blob
from liqdesk.history.fold import Fold
from liqdesk.history.pending import Pending, Row
from liqdesk.market import MINUTE_MS, ForcedOrder, Funding

WRITE_AT: Final = 20_000
KEEP: Final = 200_000

Rows = NDArray[np.void]


class Adding:
    """Leaves what is added in `_pending`, and has it written when that is much. In a read-only history nothing is kept."""

    def __init__(self) -> None:
        self.read_only = True
        self.rejected = 0
        self._trouble = ""
        self._pending = Pending(KEEP)
        self._folds: dict[str, Fold] = {}

    def _write(self) -> bool:
        raise NotImplementedError

    def _admit(self, good: bool, count: int = 1) -> bool:
        if self.read_only:
            return False
        if not good:
            self.rejected += count
        return good

    def _put(self, kind: str, symbol: str, rows: Sequence[Row]) -> None:
        self._pending.put(kind, symbol, rows)
        self._spill()

    def _spill(self) -> None:
        if self._trouble:
            self._pending.bound()
        elif self._pending.size >= WRITE_AT:
            self._write()

    def add_forced(self, order: ForcedOrder) -> None:
        """Keep a printed liquidation of any symbol; the same one twice is kept once."""
        if self._admit(door.is_forced(order)):
            row = (order.time_ms, int(order.side), order.quantity, order.limit_price, order.event_ms, order.price)
            self._put("forced", order.symbol, [row])

    def add_marks(self, symbol: str, rows: Iterable[tuple[int, float]]) -> None:
        """Keep mark prices as (venue ms, quote units)."""
        for t_ms, mark in rows:
            if self._admit(door.is_symbol(symbol) and door.is_time(t_ms) and door.is_amount(mark, zero=False)):
                minute, offset = divmod(int(t_ms), MINUTE_MS)
                self._pending.put_mark(symbol, minute, offset, float(mark))
        self._spill()

    def add_volume_at_price(
        self, symbol: str, minute_ms: int, bins: NDArray[np.integer], quantity: NDArray[np.floating]
    ) -> None:
        """Keep a minute's base quantity per 5 bp bin of ln price; it replaces what was known of that minute.

        bins, quantity: one-dimensional, equally long. Raises ValueError for other shapes.
        """
        if bins.shape != quantity.shape or bins.ndim != 1:
            raise ValueError(
                f"bins {bins.shape} and quantity {quantity.shape} must be one-dimensional and equally long"
            )
        good = np.isfinite(quantity) & (quantity > 0) & (np.abs(bins) < 1 << 31)
        known = door.is_symbol(symbol) and door.is_time(minute_ms) and minute_ms % MINUTE_MS == 0
        if self._admit(bool(known), bins.size) and good.any():
            self.rejected += int((~good).sum())
            self._put("volume", symbol, [(int(minute_ms) // MINUTE_MS, volume_blob(bins[good], quantity[good]))])

    def add_bars(self, symbol: str, span_ms: int, mark: bool, rows: Rows) -> None:
        """Keep candles of dtype `market.rows.BAR`, of trades or of the mark; they replace bars of the same start."""
        good = door.good_bars(rows)
        if self._admit(door.is_symbol(symbol) and span_ms > 0, rows.size):
            self.rejected += rows.size - good.size
            self._put("bar", symbol, [(int(span_ms), int(mark), *row) for row in good.tolist()])

    def add_trades(self, symbol: str, rows: Rows) -> None:
        """Fold trades of dtype `market.rows.TRADE`, by rising id, into minute bars and volume at price; single trades are not kept.

        They may come in parts of any size. A fold never replaces a bar of more volume: parts of a minute are no candle.
        """
        good = door.good_trades(rows)
        if not self._admit(door.is_symbol(symbol), rows.size):
            return
        self.rejected += rows.size - good.size
        folded = list(self._folds.setdefault(symbol, Fold()).minutes(good))
        self._pending.put("volume", symbol, [(int(f.bar[0]) // MINUTE_MS, f.volume) for f in folded])
        self._put("folded", symbol, [(MINUTE_MS, 0, *f.bar) for f in folded])

    def add_open_interest(self, symbol: str, rows: Rows) -> None:
        """Keep samples of dtype `market.rows.INTEREST`; a later one of the same time replaces the contracts, and the USD if it has any."""
        good = door.good_interest(rows)
        if self._admit(door.is_symbol(symbol), rows.size):
            self.rejected += rows.size - good.size
            known = [(t, contracts, usd if door.is_amount(usd) else None) for t, contracts, usd in good.tolist()]
            self._put("interest", symbol, known)

    def add_gain(self, symbol: str, time_ms: int, long: float, short: float) -> None:
        """Keep the gains (printed share of swept basis, per side) in force from a time on."""
        if self._admit(
            door.is_symbol(symbol) and door.is_time(time_ms) and door.is_amount(long) and door.is_amount(short)
        ):
            self._put("gain", symbol, [(time_ms, float(long), float(short))])

    def add_record(self, symbol: str, kind: str, time_ms: int, model: int, body: bytes) -> None:
        """Keep what was said for a time and what came, for good: of two records of one kind, time and model the first one stays.

        `model` is the version of what said it; `body` is packed by the caller, at most a megabyte.
        """
        if self._admit(door.is_symbol(symbol) and door.is_record(kind, time_ms, model, body)):
            self._put("record", symbol, [(kind, int(time_ms), int(model), body)])

    def add_funding(self, rows: Iterable[Funding]) -> None:
        """Keep settled payments of any symbols."""
        for row in rows:
            if self._admit(door.is_symbol(row.symbol) and door.is_time(row.time_ms) and bool(np.isfinite(row.rate))):
                self._put("funding", row.symbol, [(row.time_ms, float(row.rate))])

    def add_gap(self, symbol: str, stream: str, from_ms: int, to_ms: int, reason: str) -> None:
        """Keep that a stream gave nothing over [from_ms, to_ms); a gap of the same start is prolonged."""
        if self._admit(door.is_stretch(symbol, stream, from_ms, to_ms) and door.is_text(reason, door.LONGEST_TEXT)):
            self._put("gap", symbol, [(int(from_ms), stream, int(to_ms), reason)])

    def fill_gaps(self, symbol: str, stream: str, from_ms: int, to_ms: int) -> None:
        """Take back the gaps that lie wholly within [from_ms, to_ms): what was missing has been added since."""
        if self._admit(door.is_stretch(symbol, stream, from_ms, to_ms)):
            self._put("filled", symbol, [(stream, int(from_ms), int(to_ms))])

    def add_covered(self, symbol: str, stream: str, from_ms: int, to_ms: int) -> None:
        """Keep that all that a stream gave over [from_ms, to_ms) has been added before; a stretch that reaches up to it is prolonged."""
        if self._admit(door.is_stretch(symbol, stream, from_ms, to_ms)):
            self._put("covered", symbol, [(stream, int(from_ms), int(to_ms))])

    def add_unfinished(
        self,
        symbol: str,
        minute_ms: int,
        first_id: int,
        last_id: int,
        bins: NDArray[np.integer],
        quantity: NDArray[np.floating],
    ) -> None:
        """Keep what was seen so far of an open minute, as for `add_volume_at_price`; what came since the same first trade replaces it."""
        good = door.is_symbol(symbol) and door.is_time(minute_ms) and minute_ms % MINUTE_MS == 0
        if self._admit(bool(good and bins.size and first_id <= last_id < 1 << 63)):
            row = (int(minute_ms) // MINUTE_MS, int(first_id), int(last_id), volume_blob(bins, quantity))
            self._put("unfinished", symbol, [row])

    def finish_minute(self, symbol: str, minute_ms: int) -> None:
        """Forget what was kept of an open minute: it has been added whole."""
        if self._admit(door.is_symbol(symbol) and door.is_time(minute_ms)):
            self._put("finished", symbol, [(int(minute_ms) // MINUTE_MS,)])
