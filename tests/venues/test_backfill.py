from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from liqdesk.market import DAY_MS, MINUTE_MS
from liqdesk.venues import Pool, Reply, Request, venue
from liqdesk.venues.binance import backfill

nows = st.integers(min_value=1_700_000_000_000, max_value=1_900_000_000_000)


def bars_of(requests: list[Request], kind: Reply) -> list[tuple[int, int]]:
    """Return every (open time, span) that the pages of a kind ask for."""
    found = []
    for r in requests:
        if r.kind is kind:
            assert r.from_ms == int(r.params["startTime"])
            assert r.to_ms == int(r.params["endTime"]) + 1
            opens = range(r.from_ms, r.to_ms, r.span_ms)
            assert len(opens) == int(r.params["limit"]) <= 1500
            found += [(t, r.span_ms) for t in opens]
    return found


@given(nows)
def test_bars_follow_each_other_without_hole_or_overlap_from_coarse_to_fine(now: int) -> None:
    requests = backfill.plan("BTCUSDT", now)
    bars = bars_of(requests, Reply.BARS)
    assert bars == bars_of(requests, Reply.MARK_BARS)
    assert all(b[0] == a[0] + a[1] for a, b in pairwise(bars))
    assert all(t % span == 0 for t, span in bars)
    assert [s for i, (_, s) in enumerate(bars) if i == 0 or bars[i - 1][1] != s] == [900_000, 300_000, 60_000]
    assert bars[0][0] <= now - 30 * DAY_MS < bars[0][0] + 900_000
    assert bars[-1][0] <= now <= bars[-1][0] + MINUTE_MS


@given(nows)
def test_before_each_page_of_bars_comes_the_open_interest_up_to_its_end_and_no_more(now: int) -> None:
    known = 0
    requests = backfill.plan("BTCUSDT", now)
    for request, following in pairwise(requests):
        if request.kind is Reply.INTEREST_HISTORY:
            known = request.to_ms
        elif request.kind is Reply.BARS:
            assert known > min(request.to_ms, now // 300_000 * 300_000)
            assert known - request.to_ms < 2 * 500 * 300_000
            assert following.kind is Reply.MARK_BARS


@given(nows)
def test_open_interest_is_paged_by_its_end_alone(now: int) -> None:
    pages = [r for r in backfill.plan("BTCUSDT", now) if r.kind is Reply.INTEREST_HISTORY]
    assert len(pages) == 18
    stamps: list[int] = []
    for page in pages:
        assert "startTime" not in page.params
        assert page.pool is Pool.STATISTICS
        end, limit = int(page.params["endTime"]), int(page.params["limit"])
        assert limit <= 500
        stamps += [end - i * 300_000 for i in reversed(range(limit))]
        assert (page.from_ms, page.to_ms) == (stamps[-limit], end + 1)
    assert stamps == list(range(stamps[0], stamps[-1] + 1, 300_000))
    assert stamps[-1] <= now < stamps[-1] + 300_000
    assert now - 30 * DAY_MS < stamps[0] + 300_000


def test_a_full_back_fill_is_about_thirty_requests_and_says_what_it_loads() -> None:
    requests = backfill.plan("BTCUSDT", 1791391082024)
    assert len(requests) == 30
    assert sum(r.weight for r in requests if r.pool is Pool.WEIGHT) <= 120
    assert requests[2].text == "open interest, page 3 of 18"
    assert requests[10].text == "15m candles, page 1 of 2"
    assert requests[-1].text == "1m mark candles, page 2 of 2"
    assert venue("binance").back_fill("BTCUSDT", 1791391082024) == tuple(requests)


@given(st.integers(0, 10**12), st.integers(0, 5000))
def test_missing_trades_are_asked_for_once_each(first: int, count: int) -> None:
    ids: list[int] = []
    for r in backfill.missing_trades("BTCUSDT", first, first + count):
        assert r.weight == 20
        ids += range(int(r.params["fromId"]), int(r.params["fromId"]) + int(r.params["limit"]))
    assert ids == list(range(first, first + count))


def test_an_empty_stretch_asks_for_nothing() -> None:
    assert list(backfill.bars("BTCUSDT", MINUTE_MS, 600_000, 600_000)) == []
    assert list(backfill.bars("BTCUSDT", MINUTE_MS, 600_000, 540_000)) == []


def test_kline_weights_step_at_inclusive_tops() -> None:
    assert [backfill.kline_weight(n) for n in (1, 100, 101, 500, 501, 1000, 1001, 1500)] == [1, 1, 2, 2, 5, 5, 10, 10]


def test_no_request_is_signed_or_carries_a_key() -> None:
    now = 1791391082024
    singles = [
        backfill.clock(),
        backfill.universe(),
        backfill.tickers(),
        backfill.interest("X"),
        backfill.mark("X"),
        backfill.funding("X"),
        backfill.funding_intervals(),
        backfill.book("X"),
    ]
    for request in [*backfill.plan("X", now), *singles]:
        assert request.path.startswith(("/fapi/v1/", "/futures/data/"))
        assert not {"signature", "timestamp", "recvWindow"} & set(request.params)
        assert request.text
