"""What breaks naive clients of the venue: each trap with the tests that fail when this client falls into it.

A trap's number and title are those of the list of traps that this client was built against. Some are held here, the
others where they belong.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import msgspec
import pytest
from test_codec import AGG, DEPTH, changed, frame, only
from test_rest_codec import LISTED, LOT_SIZE, exchange_info

from liqdesk.market import BookUpdate, Trade, price_from_ticks
from liqdesk.net import LinkTiming
from liqdesk.venues import Request, venue
from liqdesk.venues.binance import backfill, rest_codec, wire
from liqdesk.venues.binance.codec import SPANS_MS, Codec
from liqdesk.venues.binance.streams import subscriptions

TESTS = Path(__file__).parents[1]
HERE = "venues/test_traps.py"
CODEC = "venues/test_codec.py"
REST = "venues/test_rest_codec.py"
LINK = "net/test_link.py"
OKX_ALONE = "OKX alone; that venue is not built"

# number: (title, the tests that hold it, or why no test does)
TRAPS: dict[int, tuple[str, tuple[str, ...] | str]] = {
    1: (
        "an acknowledgement is not data",
        (
            f"{LINK}::test_a_stream_that_never_comes_is_told_asked_again_and_at_last_reopened",
            f"{LINK}::test_a_stream_that_stops_beside_others_is_asked_for_again",
            f"{HERE}::test_streams_are_named_in_lower_case_and_routed_by_kind",
            "net/test_built_in_market.py::test_a_stream_on_the_wrong_path_is_acknowledged_and_found_silent",
        ),
    ),
    2: (
        "two sockets, and never an unrouted address",
        (
            "venues/test_streams.py::test_a_watched_symbol_needs_these_streams",
            "venues/test_endpoints.py::test_the_venue_plans_two_sockets_and_never_an_unrouted_one",
        ),
    ),
    3: ("COIN-M rows in all-market streams", (f"{CODEC}::test_coin_margined_contracts_are_dropped_everywhere",)),
    4: (
        "the order's side is not the position's (Binance's part; Bybit and OKX are not built)",
        (f"{CODEC}::test_a_forced_order_names_who_is_liquidated_its_fill_and_the_time_of_the_fill",),
    ),
    5: (
        "`ap` of a mark is no fill",
        (
            f"{CODEC}::test_a_mark_takes_p_and_never_ap",
            f"{CODEC}::test_a_forced_order_names_who_is_liquidated_its_fill_and_the_time_of_the_fill",
        ),
    ),
    6: (
        "a forced order's `p` is its limit",
        (
            f"{CODEC}::test_a_forced_order_names_who_is_liquidated_its_fill_and_the_time_of_the_fill",
            "market/test_events.py::test_a_forced_order_is_worth_its_fill_not_its_limit",
        ),
    ),
    7: (
        "a forced order's size is `z`",
        (f"{HERE}::test_a_forced_order_has_the_size_of_its_whole_fill",),
    ),
    8: (
        "printed liquidations are a sample",
        (
            "ui/test_shell_panels.py::test_forced_orders_are_called_a_floor_wherever_they_are_listed",
            "ui/test_shell_dialogs.py::test_help_says_what_is_assumed_and_what_is_a_floor",
        ),
    ),
    9: (
        "the print comes a second after the fill",
        (f"{CODEC}::test_a_forced_order_names_who_is_liquidated_its_fill_and_the_time_of_the_fill",),
    ),
    10: (
        "one object or an array",
        (
            f"{CODEC}::test_forced_orders_come_as_one_object_or_as_a_list",
            f"{CODEC}::test_tickers_of_a_frame_come_together",
        ),
    ),
    11: (
        "a frame is not the universe",
        ("engine/test_watching.py::test_a_frame_of_many_symbols_is_not_the_universe",),
    ),
    12: ("no funding: `T` is zero", (f"{CODEC}::test_a_contract_without_funding_has_no_rate",)),
    13: (
        "open interest counts each pair once, in coins",
        (
            f"{REST}::test_live_open_interest",
            "engine/test_one_session.py::test_it_is_whole_once_every_page_has_come_and_grows_by_minutes",
        ),
    ),
    14: (
        "thirty days of open interest, paged backwards",
        (
            "venues/test_backfill.py::test_before_each_page_of_bars_comes_the_open_interest_up_to_its_end_and_no_more",
            "venues/test_backfill.py::test_open_interest_is_paged_by_its_end_alone",
            f"{REST}::test_pages_come_out_ascending_and_empty_ones_stay_empty",
        ),
    ),
    15: (
        "who takes",
        (
            f"{CODEC}::test_a_trade_is_in_whole_ticks_and_told_by_its_taker",
            f"{CODEC}::test_a_candle_is_read_with_its_taker_volume",
        ),
    ),
    16: (
        "retail orders are in `q` and not in `nq`",
        (f"{HERE}::test_a_trade_against_retail_orders_counts_whole",),
    ),
    17: (
        "bars made of trades are not the venue's bars",
        ("engine/test_minutes.py::test_joining_inside_a_minute_takes_that_minute_from_klines",),
    ),
    18: (
        "the last candle is still open",
        (
            f"{REST}::test_klines_are_closed_when_their_span_has_ended",
            f"{CODEC}::test_a_candle_is_read_with_its_taker_volume",
            "engine/test_watching.py::test_an_open_candle_is_shown_and_neither_kept_nor_taken_for_whole",
            "engine/test_watching.py::test_a_candle_whose_end_was_missed_is_asked_for_again",
            "engine/test_watching.py::test_a_candle_that_was_overtaken_changes_nothing",
        ),
    ),
    19: (
        "the mark liquidates, not the last trade",
        ("engine/test_watching.py::test_alerts_and_the_map_follow_the_mark_and_not_the_last_trade",),
    ),
    20: (
        "the bracket at the liquidation price decides",
        ("market/test_margin.py::test_at_the_liquidation_price_equity_equals_maintenance_margin",),
    ),
    21: (
        "leverage is not published",
        ("ui/test_shell_dialogs.py::test_help_says_what_is_assumed_and_what_is_a_floor",),
    ),
    22: (
        "maintMarginPercent is a placeholder",
        (f"{HERE}::test_the_placeholder_for_the_margin_rate_is_never_read",),
    ),
    23: ("tickSize is not 10^-pricePrecision", (f"{REST}::test_the_grid_comes_from_the_filters",)),
    24: (
        "a price for a bundle (Binance's part; other venues are not built)",
        (f"{HERE}::test_a_bundle_is_priced_and_counted_as_the_venue_does",),
    ),
    25: (
        "names beyond ASCII",
        (
            "venues/test_streams.py::test_lower_case_touches_ascii_alone",
            "net/test_rest_client.py::test_a_reply_brings_the_weight_and_the_clock",
            "simulator/test_sim_sockets.py::test_symbols_beyond_ascii_are_raw_utf8_both_ways",
        ),
    ),
    26: (
        "delivery and TradFi contracts",
        ("market/test_events.py::test_only_trading_crypto_perpetuals_in_dollars_are_mapped",),
    ),
    27: (
        "contracts that settled stay listed",
        (
            "market/test_events.py::test_only_trading_crypto_perpetuals_in_dollars_are_mapped",
            "ui/test_shell_dialogs.py::test_search_finds_by_text_then_turnover_and_marks_what_has_no_map",
        ),
    ),
    28: (
        "funding intervals differ and change (Binance's part)",
        (
            f"{REST}::test_funding_intervals",
            "ui/test_shell_panels.py::test_funding_says_who_pays_and_what_it_is_a_year",
            "e2e/test_funding_hours.py::test_the_countdown_and_the_year_follow_a_shorter_interval",
        ),
    ),
    29: (
        "clocks are off",
        (
            "test_clock.py::test_it_never_runs_ahead_of_the_venue_nor_lags_more_than_the_best_recent_delay",
            "test_clock.py::test_a_stamp_far_ahead_is_believed_only_when_a_second_agrees",
            "test_clock.py::test_a_stamp_some_seconds_ahead_is_believed_at_once",
            "engine/test_watching.py::test_a_mark_some_seconds_ahead_of_the_clock_is_taken",
        ),
    ),
    30: (
        "connections end, and some without a word",
        (
            f"{LINK}::test_a_cut_connection_comes_back_with_its_subscriptions",
            f"{LINK}::test_a_half_open_socket_is_found_out",
            f"{LINK}::test_data_that_stop_while_pings_go_on_are_found_out",
            "net/test_roll_over.py::test_sockets_rolled_every_second_lose_no_trade_and_double_none",
            "e2e/test_rolled_over.py::test_a_history_has_no_seam_where_sockets_were_replaced",
        ),
    ),
    31: (
        "the budget of messages to the venue",
        (
            f"{LINK}::test_the_budget_of_ten_messages_a_second_is_kept",
            f"{LINK}::test_control_messages_keep_their_distance",
            f"{HERE}::test_what_is_sent_in_a_second_stays_below_what_the_venue_allows",
        ),
    ),
    32: (
        "the 1,025th stream",
        (f"{LINK}::test_a_connection_is_never_asked_for_more_streams_than_it_holds",),
    ),
    33: (
        "429, 418, 403, 451",
        (
            "net/test_refusals.py::test_every_status_is_a_state_of_its_own_with_two_texts",
            "net/test_rest_client.py::test_refusals_are_different_states",
            "net/test_rest_client.py::test_during_a_ban_requests_fail_at_once_and_are_not_sent",
        ),
    ),
    34: (
        "the weight is the venue's, by the UTC minute, and refused requests cost",
        (
            "net/test_pacing.py::test_the_venues_own_count_is_the_truth",
            "net/test_pacing.py::test_a_budget_waits_for_the_minute_to_turn",
            "net/test_pacing.py::test_a_budget_turns_with_the_utc_minute_whenever_it_was_spent",
            "net/test_rest_client.py::test_fetch_follows_the_venues_count",
        ),
    ),
    35: ("`limit` is always sent", (f"{HERE}::test_every_page_names_its_limit_and_costs_what_that_costs",)),
    36: (
        "prices are text on a grid",
        (
            f"{CODEC}::test_a_trade_is_in_whole_ticks_and_told_by_its_taker",
            "market/test_units.py::test_a_price_prints_as_the_venue_wrote_it",
        ),
    ),
    37: (
        "numbers as text and as numbers",
        (
            f"{CODEC}::test_times_and_numbers_may_come_as_either",
            f"{REST}::test_open_interest_history_takes_stamps_as_number_or_text",
        ),
    ),
    38: (
        "@250ms and 1s look valid",
        (f"{HERE}::test_no_stream_or_interval_is_asked_for_that_the_venue_never_sends",),
    ),
    39: (
        "a book follows `pu` alone",
        (f"{HERE}::test_a_book_update_names_the_one_before_it_by_pu",),
    ),
    40: ("zero in any dress", (f"{HERE}::test_a_quantity_of_zero_is_zero_in_any_dress",)),
    41: ("bare text for ping and pong", OKX_ALONE),
    42: ("the first message is a backlog", OKX_ALONE),
    43: (
        "archive rows unsorted",
        ("venues/test_archive.py::test_open_interest_is_sorted_and_brought_to_the_grid",),
    ),
    44: (
        "without gzip the list of contracts is a megabyte",
        (
            "net/test_rest_client.py::test_a_reply_brings_the_weight_and_the_clock",
            "net/test_rest_client.py::test_one_connection_serves_many_requests",
        ),
    ),
    45: (
        "networks the venue does not serve (Binance's part)",
        (
            f"{LINK}::test_a_refused_handshake_says_why",
            "app/test_snapshot.py::test_a_venue_that_refuses_is_told_in_a_sentence",
        ),
    ),
}


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_every_trap_is_held_by_tests_that_exist() -> None:
    assert list(TRAPS) == list(range(1, 46))
    known: dict[str, set[str]] = {}
    missing = []
    for number, (title, held) in TRAPS.items():
        assert title
        if isinstance(held, str):
            assert "not built" in held
            continue
        assert held, number
        for name in held:
            path, _, test = name.partition("::")
            if path not in known:
                known[path] = functions(TESTS / path)
            if test not in known[path] or not test.startswith("test_"):
                missing.append(f"{number}: {name}")
    assert not missing, "\n".join(missing)
    assert sum(isinstance(held, str) for _, held in TRAPS.values()) == 2


def test_a_forced_order_has_the_size_of_its_whole_fill() -> None:
    """7: `l` is the last part of the fill, `q` what was ordered."""
    order = {
        "s": "BTCUSDT", "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "9.000", "p": "82338.30", "ap": "82651.90",
        "X": "PARTIALLY_FILLED", "l": "0.155", "z": "0.190", "T": 1791565602120, "ps": "BTCUSDT", "st": 1,
    }  # fmt: skip
    event = only({"e": "forceOrder", "E": 1791565603055, "o": order})
    assert event.quantity == 0.19
    assert event.usd == pytest.approx(0.19 * 82_651.9)


@pytest.mark.parametrize("nq", ["0", "0.010", "0.022"])
def test_a_trade_against_retail_orders_counts_whole(nq: str) -> None:
    """16"""
    assert only(changed(AGG, nq=nq)).quantity == 0.022


def test_the_placeholder_for_the_margin_rate_is_never_read() -> None:
    """22: margins come from the table of brackets, patched by !contractInfo."""
    plain = rest_codec.universe(exchange_info(LISTED))
    other = {**LISTED, "maintMarginPercent": "99.0000", "requiredMarginPercent": "99.0000"}
    assert rest_codec.universe(exchange_info(other)) == plain
    assert not any("argin" in field.name for field in msgspec.structs.fields(wire.Listed))


def test_a_bundle_is_priced_and_counted_as_the_venue_does() -> None:
    """24: price and quantity are both of the bundle, so their product is the USD; nothing is multiplied or stripped."""
    tick = {"filterType": "PRICE_FILTER", "tickSize": "0.0000001"}
    row = {**LISTED, "symbol": "1000PEPEUSDT", "baseAsset": "1000PEPE", "filters": [tick, LOT_SIZE]}
    (pepe,) = rest_codec.universe(exchange_info(row)).instruments
    assert (pepe.symbol, pepe.base) == ("1000PEPEUSDT", "1000PEPE")
    assert pepe.mapped
    trade = changed(AGG, s="1000PEPEUSDT", p="0.0123456", q="81000")
    (event,) = Codec({"1000PEPEUSDT": pepe}).decode_frame(frame(trade))
    assert isinstance(event, Trade)
    assert price_from_ticks(event.price_ticks, pepe.tick) * event.quantity == pytest.approx(1_000.0, rel=1e-4)
    assert subscriptions("1000PEPEUSDT")["market"][0] == "1000pepeusdt@markPrice@1s"


def plans() -> list[Request]:
    return [*backfill.plan("BTCUSDT", 1791391082024), backfill.book("BTCUSDT"), *backfill.missing_trades("X", 0, 2_500)]


def test_every_page_names_its_limit_and_costs_what_that_costs() -> None:
    """35: without one, klines cost 5 for 500 rows. The tops of the steps are inclusive, as measured."""
    assert [backfill.kline_weight(n) for n in (1, 100, 101, 500, 501, 1000, 1001, 1500)] == [1, 1, 2, 2, 5, 5, 10, 10]
    for request in plans():
        limit = int(request.params["limit"])
        if request.path in ("/fapi/v1/klines", "/fapi/v1/markPriceKlines"):
            assert request.weight == (1 if limit <= 100 else 2 if limit <= 500 else 5 if limit <= 1000 else 10)
        elif request.path == "/fapi/v1/depth":
            assert (limit, request.weight) == (1000, 20)
        elif request.path == "/fapi/v1/aggTrades":
            assert request.weight == 20
        else:
            assert request.path == "/futures/data/openInterestHist"


def test_what_is_sent_in_a_second_stays_below_what_the_venue_allows() -> None:
    """31: control messages and pings together, as links are timed unless a test says otherwise; the answers to pings come on top."""
    timing = LinkTiming()
    assert 1 / timing.pace_s + 1 / timing.ping_s + 1 <= 10


def test_no_stream_or_interval_is_asked_for_that_the_venue_never_sends() -> None:
    """38"""
    streams = [name for names in subscriptions("BTCUSDT").values() for name in names]
    assert not [name for name in streams if name.endswith(("@250ms", "kline_1s"))]
    for name in streams:
        if "kline_" in name:
            assert name.partition("kline_")[2] in SPANS_MS
        if "@depth" in name:
            assert name.rpartition("@")[2] in ("100ms", "500ms") or name.endswith(
                ("depth", "depth5", "depth10", "depth20")
            )
    assert "1s" not in SPANS_MS
    assert "1s" not in backfill.INTERVALS.values()
    assert {r.params["interval"] for r in plans() if "interval" in r.params} <= set(SPANS_MS)


def test_a_book_update_names_the_one_before_it_by_pu() -> None:
    """39: `U` is not `pu` + 1, neither in the sample nor by rule."""
    event = only(DEPTH)
    assert isinstance(event, BookUpdate)
    assert event.first_id != event.previous_id + 1
    following = only(changed(DEPTH, U=event.last_id + 137, u=event.last_id + 900, pu=event.last_id))
    assert isinstance(following, BookUpdate)
    assert following.previous_id == event.last_id
    assert following.first_id > event.last_id + 1, "a jump here is no gap"


@pytest.mark.parametrize("zero", ["0", "0.000", "0.00000000", 0, 0.0])
def test_a_quantity_of_zero_is_zero_in_any_dress(zero: str | float) -> None:
    """40"""
    event = only(changed(DEPTH, b=[["83091.60", zero]], a=[]))
    assert isinstance(event, BookUpdate)
    assert event.bids == ((830916, 0.0),)


def test_streams_are_named_in_lower_case_and_routed_by_kind() -> None:
    """1, 2: the venue acknowledges a wrong case and a wrong path, and sends nothing."""
    binance = venue("binance")
    for plan in binance.sockets(binance.endpoints(), "BTCUSDT"):
        assert plan.url == f"wss://fstream.binance.com/{plan.name}/stream"
        for name in plan.streams:
            assert (plan.name == "public") == ("depth" in name or "bookTicker" in name)
            assert name.startswith(("!", "btcusdt@"))
        asked = [json.loads(text) for text in binance.dialect.subscribe(plan.streams, 1)]
        assert [n for one in asked for n in one["params"]] == list(plan.streams)
