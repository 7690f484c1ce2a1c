"""Forced orders in words: what triggered one, and how much of them was not printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liqdesk.market import DAY_MS, HOUR_MS, BracketTable, liquidation_price
from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.insight import Study, Unprinted
    from liqdesk.market import ForcedOrder, Instrument


def lines_of(study: Study, compact: bool) -> tuple[str, str]:
    """Return the two lines under the tape: what was printed, a floor, and what was not, an estimate."""
    told = study.unprinted
    if told is None:
        few = f"{study.test.prints:,} of {study.needed:,} prints on record"
        return few, "too few to estimate what was not printed"
    hours = f"{told.window_ms // HOUR_MS} h"
    heard = "" if _whole(told) else f" · {_hours(told.covered_ms)} listened"
    rest = f"about ${present.usd_round(_short(told.hidden_usd))} [{_range(told.total_low, told.total_high)}]"
    return (
        f"{hours}: printed ${present.usd(told.printed_usd)}, a floor{heard}",
        f"{rest} not printed (est.)" if compact else f"{rest} was not printed (estimate)",
    )


def tip_of(study: Study) -> str:
    """Return what stands behind the two lines: the sides, the rule that the prints speak for, and how the estimate is made."""
    lines = []
    told = study.unprinted
    if told is not None:
        over = f"the last {told.window_ms // HOUR_MS} h"
        lines.append(f"{over}, of which {_hours(told.covered_ms)} were listened to:")
        for name, i in (("longs", 0), ("shorts", 1)):
            rest = f"about ${present.usd_round(_short(told.hidden[i]))} [{_range(told.low[i], told.high[i])}] was not"
            lines.append(f"{name}: ${present.usd(told.printed[i])} was printed, {rest}")
        lines[0] = lines[0][0].upper() + lines[0][1:]
    lines += [
        "Binance prints at most one liquidation per contract and second, so printed sums are a floor.",
        rule_sentence(study),
        "Estimate: how many orders a second hid follows from how busy the seconds around it were, their sizes from",
        "calm seconds; 80 % interval. What is cut or clumped in ways that prints do not show is missing. Not advice.",
    ]
    return "\n".join(lines)


def rule_sentence(study: Study) -> str:
    """Return which order of a second the venue seems to print, and on how many prints that stands."""
    test = study.test
    days = max(1, round(study.record_ms / DAY_MS))
    record = f"{test.prints:,} prints in {days} day{'s' if days != 1 else ''}"
    ratio, low, high = (present.number(x, 0, signed=True) for x in (test.ratio, test.low, test.high))
    by = f"log likelihood ratio {ratio} nats, 95 % {low} to {high}"
    if test.rule is None:
        return (
            f"Which one: the documents say the largest; {record} cannot tell yet, so both rules make up the interval."
        )
    if test.rule.value == "largest":
        return f"Which one: the documents say the largest; {record} agree ({by})."
    return f"Which one: the documents say the largest; {record} speak for the latest ({by})."


def order_tip(order: ForcedOrder, table: BracketTable | None, unit: Instrument) -> str:
    """Return one order's particulars: fill, limit, and the mark that was due, reconstructed."""
    fill = present.price(order.price, unit.price_decimals)
    limit = present.price(order.limit_price, unit.price_decimals)
    lines = [f"{order.side.word} liquidated, filled at {fill} on average"]
    solved = None
    if table is not None and order.limit_price > 0 and order.quantity > 0:
        solved = liquidation_price(order.side, order.limit_price, order.quantity, 0.0, table)
    if solved is None or table is None:
        return "\n".join([*lines, f"Limit {limit}, the bankruptcy price"])
    price, number = solved
    rate = present.percent(table.brackets[number - 1].rate, 2, signed=False)
    return "\n".join(
        [
            *lines,
            f"Trigger: mark {present.price(price, unit.price_decimals)}, reconstructed",
            f"from the order's limit {limit}, the bankruptcy price, and the maintenance rate of {rate}",
            f"of bracket {number} ({table.as_of}); exact when the order was the whole position",
        ]
    )


def _short(value: float) -> float:
    """Round an estimate to two digits: more would be pretence."""
    return float(f"{value:.2g}")


def _range(low: float, high: float) -> str:
    return f"{present.usd_round(_short(low))}–{present.usd_round(_short(high))}"


def _hours(ms: int) -> str:
    return f"{ms / HOUR_MS:.1f} h"


def _whole(told: Unprinted) -> bool:
    return told.covered_ms >= 0.98 * told.window_ms
