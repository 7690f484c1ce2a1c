"""The venue's JSON, as text. Prices and quantities are decimal strings; ids and times integers."""

from __future__ import annotations

import json
from typing import Any

from liqdesk.simulator import layout as at
from liqdesk.simulator.calendar import Notice
from liqdesk.simulator.candles import Candle
from liqdesk.simulator.contracts import Contract
from liqdesk.simulator.course import FIRST_TRADE_ID, Course
from liqdesk.simulator.trades import Liquidation, Trade

RAW_PER_TRADE = 2  # every aggregated trade stands for two fills
FIRST_FILL = 8_153_000_000


def text(value: Any) -> str:
    """Return compact JSON with raw UTF-8, as the venue writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def price(contract: Contract, ticks: float) -> str:
    return f"{ticks * contract.tick:.{contract.price_places}f}"


def amount(contract: Contract, steps: float) -> str:
    return f"{steps * contract.step:.{contract.quantity_places}f}"


def quote(contract: Contract, ticks_steps: int) -> str:
    """Return a volume in quote units; in coins for a coin-margined contract, whose prices hardly vary within a sum."""
    return f"{ticks_steps * contract.tick * contract.step:.{contract.price_places + contract.quantity_places}f}"


def fill(trade_id: int) -> int:
    return FIRST_FILL + (trade_id - FIRST_TRADE_ID) * RAW_PER_TRADE


def against_retail(t: Trade) -> bool:
    """Whether the second fill of a trade met a retail order (RPI): of about one in eight."""
    return t.steps >= RAW_PER_TRADE and t.id * 2_654_435_761 >> 16 & 7 == 0


def others(t: Trade) -> int:
    """Return the steps of a trade that met no retail orders."""
    return t.steps - t.steps // RAW_PER_TRADE if against_retail(t) else t.steps


def trade_event(c: Contract, t: Trade, event_ms: int) -> str:
    q = amount(c, t.steps)
    f = fill(t.id)
    return (
        f'{{"e":"aggTrade","E":{event_ms},"a":{t.id},"s":"{c.symbol}","p":"{price(c, t.ticks)}","q":"{q}","nq":"{amount(c, others(t))}",'
        f'"f":{f},"l":{f + RAW_PER_TRADE - 1},"T":{t.time_ms},"m":{"false" if t.buy else "true"},"st":{c.symbol_type}}}'
    )


def trade_row(c: Contract, t: Trade) -> dict[str, Any]:
    f = fill(t.id)
    return {
        "a": t.id, "p": price(c, t.ticks), "q": amount(c, t.steps), "nq": amount(c, others(t)), "f": f, "l": f + RAW_PER_TRADE - 1,
        "T": t.time_ms, "m": not t.buy,
    }  # fmt: skip


def fills(t: Trade) -> list[tuple[int, int]]:
    """Return (id, steps) of the fills of a trade; one of a single step has but one, and leaves a gap in the ids."""
    first = fill(t.id)
    parts = t.steps - t.steps // RAW_PER_TRADE, t.steps // RAW_PER_TRADE
    return [(first + n, steps) for n, steps in enumerate(parts) if steps]


def fill_events(c: Contract, t: Trade, event_ms: int) -> list[str]:
    return [
        f'{{"e":"trade","E":{event_ms},"T":{t.time_ms},"s":"{c.symbol}","t":{number},"p":"{price(c, t.ticks)}",'
        f'"q":"{amount(c, steps)}","X":"MARKET","m":{"false" if t.buy else "true"},"st":{c.symbol_type}}}'
        for number, steps in fills(t)
    ]


def fill_rows(c: Contract, t: Trade) -> list[dict[str, Any]]:
    return [
        {"id": number, "price": price(c, t.ticks), "qty": amount(c, steps), "quoteQty": quote(c, t.ticks * steps),
         "time": t.time_ms, "isBuyerMaker": not t.buy, "isRPITrade": against_retail(t) and number != fill(t.id)}
        for number, steps in fills(t)
    ]  # fmt: skip


def next_funding(c: Contract, ms: int) -> int:
    span = c.funding_hours * 3_600_000
    return (ms // span + 1) * span if c.funded else 0


def mark_event(course: Course, s: int, event_ms: int) -> str:
    """Return the mark struck at second `s`, told at `event_ms`."""
    c = course.contract
    f = course.second(s)[0].tolist()
    mark = f"{f[at.S_MARK]:.8f}"
    rate = f"{f[at.S_RATE]:.8f}" if c.funded else ""
    return (
        f'{{"e":"markPriceUpdate","E":{event_ms},"s":"{c.symbol}","p":"{mark}","ap":"{mark}","P":"{f[at.S_INDEX]:.8f}",'
        f'"i":"{f[at.S_INDEX]:.8f}","r":"{rate}","T":{next_funding(c, s * 1000)},"st":{c.symbol_type}}}'
    )


def settled_mark_event(c: Contract, ms: int) -> str:
    """Return the mark of a contract that no longer trades: its last price, no funding, no next time."""
    p = f"{c.price:.8f}"
    return (
        f'{{"e":"markPriceUpdate","E":{ms},"s":"{c.symbol}","p":"{p}","ap":"{p}","P":"{p}","i":"{p}",'
        f'"r":"0.00000000","T":0,"st":{c.symbol_type}}}'
    )


def forced_event(c: Contract, e: Liquidation) -> str:
    q = amount(c, e.steps)
    return (
        f'{{"e":"forceOrder","E":{e.event_ms},"o":{{"s":"{c.symbol}","S":"{"BUY" if e.side else "SELL"}","o":"LIMIT","f":"IOC",'
        f'"q":"{q}","p":"{price(c, e.limit)}","ap":"{price(c, e.ticks)}","X":"FILLED","l":"{amount(c, e.last_fill)}","z":"{q}",'
        f'"T":{e.time_ms},"ps":"{c.pair}","st":{c.symbol_type}}}}}'
    )


def kline_event(c: Contract, x: Candle, interval: str, event_ms: int, final: bool) -> dict[str, Any]:
    f = fill(x.first_id) if x.count else -1
    last = f + x.count * RAW_PER_TRADE - 1 if x.count else -1
    return {
        "e": "kline", "E": event_ms, "s": c.symbol,
        "k": {
            "t": x.open_ms, "T": x.close_ms - 1, "s": c.symbol, "i": interval, "f": f, "L": last, "o": price(c, x.open),
            "c": price(c, x.close), "h": price(c, x.high), "l": price(c, x.low), "v": amount(c, x.volume),
            "n": x.count * RAW_PER_TRADE, "x": final, "q": quote(c, x.quote), "V": amount(c, x.bought),
            "Q": quote(c, x.quote_bought), "B": "0",
        },
    }  # fmt: skip


def kline_row(c: Contract, x: Candle) -> list[Any]:
    return [
        x.open_ms, price(c, x.open), price(c, x.high), price(c, x.low), price(c, x.close), amount(c, x.volume), x.close_ms - 1,
        quote(c, x.quote), x.count * RAW_PER_TRADE, amount(c, x.bought), quote(c, x.quote_bought), "0",
    ]  # fmt: skip


def rate_row(x: Candle) -> list[Any]:
    """Return a mark or index candle: no volumes, a sample count."""
    p = (f"{v:.8f}" for v in (x.open, x.high, x.low, x.close))
    return [x.open_ms, *p, "0", x.close_ms - 1, "0", x.count, "0", "0", "0"]


def day(course: Course, now_ms: int) -> dict[str, Any]:
    """Return the rolling 24 h of a contract under REST's names; the streams rename it."""
    from liqdesk.simulator.candles import minute_rows

    c = course.contract
    last_minute = now_ms // 60_000
    first = max(last_minute - 1439, course.oldest_minute)
    rows = minute_rows(course, first, last_minute, now_ms)
    opened, closed = int(rows[0, at.OPEN]), int(rows[-1, at.CLOSE])
    volume, quoted, count = (int(rows[:, i].sum()) for i in (at.VOLUME, at.QUOTE, at.COUNT))
    first_id, last_id = int(rows[0, at.FIRST_ID]), int(rows[0, at.FIRST_ID]) + count - 1
    average = quoted / volume if volume else closed
    quoted_text = quote(c, quoted)
    if c.symbol_type == 2:  # in coins: a contract is worth 100 USD
        quoted_text = f"{volume * 100 / (average * c.tick):.8f}" if volume else "0"
    return {
        "symbol": c.symbol, "priceChange": price(c, closed - opened), "priceChangePercent": f"{(closed / opened - 1) * 100:.3f}",
        "weightedAvgPrice": price(c, average), "lastPrice": price(c, closed), "lastQty": amount(c, 1),
        "openPrice": price(c, opened), "highPrice": price(c, int(rows[:, at.HIGH].max())), "lowPrice": price(c, int(rows[:, at.LOW].min())),
        "volume": amount(c, volume), "quoteVolume": quoted_text, "openTime": first * 60_000, "closeTime": now_ms,
        "firstId": fill(first_id), "lastId": fill(last_id) + RAW_PER_TRADE - 1, "count": count * RAW_PER_TRADE,
    }  # fmt: skip


TICKER_KEYS = {
    "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "c": "lastPrice", "Q": "lastQty", "o": "openPrice",
    "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume", "O": "openTime", "C": "closeTime", "F": "firstId",
    "L": "lastId", "n": "count",
}  # fmt: skip
MINI_KEYS = {key: TICKER_KEYS[key] for key in "cohlvq"}


def ticker_event(c: Contract, row: dict[str, Any], event_ms: int, mini: bool) -> dict[str, Any]:
    keys = MINI_KEYS if mini else TICKER_KEYS
    head = {"e": "24hrMiniTicker" if mini else "24hrTicker", "E": event_ms, "s": c.symbol, "ps": c.pair}
    return {**head, **{short: row[name] for short, name in keys.items()}, "st": c.symbol_type}


def contract_event(notice: Notice) -> dict[str, Any]:
    """Return a contractInfo, with the margin brackets where the notice announces them."""
    c = notice.contract
    row: dict[str, Any] = {
        "e": "contractInfo", "E": notice.at_ms, "s": c.symbol, "ct": c.contract_type, "dt": c.delivery_ms, "ot": c.onboard_ms,
        "cs": c.status,
    }  # fmt: skip
    if notice.brackets:
        floor, row["bks"], brackets = 0, [], c.brackets().tolist()
        for n, (cap, rate, cum, most) in enumerate(brackets, start=1):
            least = int(brackets[n][3]) + 1 if n < len(brackets) else 1
            row["bks"].append(
                {"bs": n, "bnf": floor, "bnc": int(cap), "mmr": rate, "cf": round(cum), "mi": least, "ma": int(most)}
            )
            floor = int(cap)
    return row | {"st": c.symbol_type}
