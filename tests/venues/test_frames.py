"""Recorded frames of three years: exactly what each file decodes to."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.recorded import FILES, INSTRUMENTS, count

from liqdesk.market import BookUpdate, ForcedOrder, Side, Trade
from liqdesk.venues.binance.codec import Codec

pytestmark = pytest.mark.data


def frames(path: Path, separator: bytes) -> Iterator[bytes]:
    with gzip.open(path) as lines:
        for line in lines:
            _, found, body = line.rstrip(b"\n").partition(separator)
            if found and body.startswith(b"{"):
                yield body


@pytest.mark.parametrize(
    ("name", "separator"),
    [
        ("binance_usdm_btcusdt_20230405.jsonl.gz", b" "),
        ("binance_usdm_btcusdt_20240808.jsonl.gz", b" "),
        ("binance_usdm_aggtrade_kline_20210722.txt.gz", b": "),
    ],
)
def test_the_frames_of_earlier_years(data_dir: Path, name: str, separator: bytes) -> None:
    assert count(frames(data_dir / "frames" / name, separator)) == FILES[name]


def test_the_frames_of_2026(data_dir: Path) -> None:
    bodies = (data_dir / "frames/current_frames_2026.jsonl").read_bytes().splitlines()
    assert count(bodies) == FILES["current_frames_2026.jsonl"]
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
