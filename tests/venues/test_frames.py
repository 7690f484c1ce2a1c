"""Recorded frames of three years: exactly what each file decodes to."""

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqdesk.errors import DecodeError
from liqdesk.market import BookUpdate, ForcedOrder, Instrument, Side, Trade
from liqdesk.venues.binance.codec import Codec

pytestmark = pytest.mark.data

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


def frames(path: Path, separator: bytes) -> Iterator[bytes]:
    with gzip.open(path) as lines:
        for line in lines:
            _, found, body = line.rstrip(b"\n").partition(separator)
            if found and body.startswith(b"{"):
                yield body


def count(bodies: Iterator[bytes]) -> tuple[Counter[str], Counter[str], int]:
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
        kinds[decoded.kind] += 1
        events.update(type(e).__name__ for e in decoded.events)
        assert decoded.rejected == 0
        assert decoded.dropped == 0
    assert not codec.unknown
    return kinds, events, rejected


def test_the_frames_of_2023(data_dir: Path) -> None:
    kinds, events, rejected = count(frames(data_dir / "frames/binance_usdm_btcusdt_20230405.jsonl.gz", b" "))
    assert kinds == {"other": 48178, "book": 11788, "mark": 415}
    assert events == {"BookUpdate": 11788, "MarkPrice": 415}
    assert rejected == 0


def test_the_frames_of_2024(data_dir: Path) -> None:
    kinds, events, rejected = count(frames(data_dir / "frames/binance_usdm_btcusdt_20240808.jsonl.gz", b" "))
    assert kinds == {"other": 87402, "book": 6551}
    assert events == {"BookUpdate": 6551}
    assert rejected == 1


def test_the_frames_of_2021(data_dir: Path) -> None:
    kinds, events, rejected = count(frames(data_dir / "frames/binance_usdm_aggtrade_kline_20210722.txt.gz", b": "))
    assert kinds == {"book": 764, "kline": 67, "other": 613, "trade": 91}
    assert events == {"BookUpdate": 764, "Kline": 67, "Trade": 91}
    assert rejected == 0


def test_the_frames_of_2026(data_dir: Path) -> None:
    bodies = (data_dir / "frames/current_frames_2026.jsonl").read_bytes().splitlines()
    kinds, events, rejected = count(iter(bodies))
    assert kinds == {"trade": 1, "forced": 6, "mark": 1}
    assert events == {"Trade": 1, "ForcedOrder": 6, "MarkPrice": 1}
    assert rejected == 5, "two venues' frames that are not Binance's, and two REST rows"
    codec = Codec(INSTRUMENTS)
    decoded = [codec.decode_frame(b)[0] for b in bodies[:7]]
    assert decoded[0] == Trade("BTCUSDT", 3478018549, 1791391081874, 834344, 0.016, False)
    forced = [e for e in decoded if isinstance(e, ForcedOrder)]
    assert [(f.symbol, f.side) for f in forced] == [
        ("ILVUSDT", Side.LONG),
        ("BTCUSDT", Side.LONG),
        ("牛来USDT", Side.LONG),
        ("RAYSOLUSDT", Side.LONG),
        ("BTCUSDT", Side.SHORT),
        ("ETHUSDT", Side.SHORT),
    ]
    assert forced[0] == ForcedOrder("ILVUSDT", Side.LONG, 1791391082119, 1791391083124, 3.85642, 3.803, 116.5)


def test_prices_of_recorded_books_lie_on_the_grid_and_updates_follow_each_other(data_dir: Path) -> None:
    codec = Codec(INSTRUMENTS)
    breaks = updates = 0
    last = 0
    for body in frames(data_dir / "frames/binance_usdm_btcusdt_20230405.jsonl.gz", b" "):
        for event in codec.decode_frame(body):
            if isinstance(event, BookUpdate):
                updates += 1
                breaks += bool(last) and event.previous_id != last
                last = event.last_id
                for ticks, quantity in (*event.bids, *event.asks):
                    assert ticks > 0
                    assert quantity >= 0
    assert updates == 11788
    assert breaks == 0
