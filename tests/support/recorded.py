"""The recorded files of frames, and what each decodes to: kinds of frames, kinds of events, frames that mean nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from liqdesk.errors import DecodeError
from liqdesk.market import Instrument
from liqdesk.venues.binance.codec import Codec

INSTRUMENTS = {
    i.symbol: i
    for i in (
        Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001),
        Instrument("SUSHIUSDT", "SUSHI", "USDT", 0.001, 1.0),
        Instrument("AKROUSDT", "AKRO", "USDT", 0.00001, 1.0),
        Instrument("KEEPUSDT", "KEEP", "USDT", 0.0001, 1.0),
        Instrument("CTKUSDT", "CTK", "USDT", 0.00001, 1.0),
    )
}


class Counts(NamedTuple):
    kinds: dict[str, int]
    events: dict[str, int]
    rejected: int


FILES = {
    "binance_usdm_btcusdt_20230405.jsonl.gz": Counts(
        {"other": 48178, "book": 11788, "mark": 415}, {"BookUpdate": 11788, "MarkPrice": 415}, 0
    ),
    "binance_usdm_btcusdt_20240808.jsonl.gz": Counts({"other": 87402, "book": 6551}, {"BookUpdate": 6551}, 1),
    "binance_usdm_aggtrade_kline_20210722.txt.gz": Counts(
        {"book": 764, "kline": 67, "other": 613, "trade": 91}, {"BookUpdate": 764, "Kline": 67, "Trade": 91}, 0
    ),
    # Two other venues' frames and two REST rows mean nothing to us.
    "current_frames_2026.jsonl": Counts(
        {"trade": 1, "forced": 6, "mark": 1}, {"Trade": 1, "ForcedOrder": 6, "MarkPrice": 1}, 5
    ),
}


def count(bodies: Iterable[bytes]) -> Counts:
    """Decode frames one by one; control replies are left out."""
    codec = Codec(INSTRUMENTS)
    kinds: Counter[str] = Counter()
    events: Counter[str] = Counter()
    rejected = 0
    for body in bodies:
        try:
            decoded = codec.decode(body)
        except DecodeError:
            rejected += 1
            continue
        if decoded.control is not None:
            continue
        kinds[decoded.kind] += 1
        events.update(type(e).__name__ for e in decoded.events)
        assert decoded.rejected == 0
        assert decoded.dropped == 0
    assert not codec.unknown
    return Counts(dict(kinds), dict(events), rejected)
