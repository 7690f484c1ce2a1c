"""When forced orders were listened to and when not: every moment of a session comes out as one of the two."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from liqdesk.engine.feed import FeedThread
from liqdesk.engine.inbox import Garbled, Inbox
from liqdesk.engine.interest import HOLE_MS, InterestRepair
from liqdesk.engine.listening import CONNECTING, LOST, PRINTED_MS, SWITCHED, UNREADABLE, Listening, Missing
from liqdesk.engine.minute import Assembler
from liqdesk.engine.recorder import Recorder
from liqdesk.errors import Refusal, VenueError
from liqdesk.history import EVERY_SYMBOL, FORCED, Gap, History
from liqdesk.history.coverage import joined, without
from liqdesk.market import ForcedOrder, Instrument, LinkPhase, LinkState, MarkPrice, Side, Trade
from liqdesk.market.rows import BAR, INTEREST
from liqdesk.venues.binance import Binance
from liqdesk.venues.venue import Request

T0 = 1_780_000_020_000
SECOND = 1_000
BTC = Instrument("BTCUSDT", "BTC", "USDT", 0.1, 0.001)


class Stage:
    """A listening whose answers are put together as a history would."""

    def __init__(self) -> None:
        self.listening = Listening()
        self.heard: list[tuple[int, int]] = []
        self.missing: dict[int, Missing] = {}

    def settle(self, now_ms: int, key: object = "a") -> None:
        heard, missing = self.listening.settle(key, now_ms)
        self.heard += heard
        for m in missing:
            before = self.missing.get(m.from_ms, m)
            self.missing[m.from_ms] = Missing(m.from_ms, max(m.to_ms, before.to_ms), m.reason)

    def hear(self, key: object, first_ms: int, last_ms: int) -> None:
        for t in range(first_ms, last_ms + 1, 500):
            self.listening.heard(key, t, t + 100)
            self.settle(t + 100)

    @property
    def covered(self) -> list[tuple[int, int]]:
        gaps = joined((m.from_ms, m.to_ms) for m in self.missing.values())
        return without(joined(self.heard), gaps)


def test_nothing_is_known_before_a_session_begins() -> None:
    stage = Stage()
    stage.listening.opened("a")
    stage.hear("a", T0, T0 + 10 * SECOND)
    assert stage.heard == []
    assert stage.missing == {}


def test_a_stretch_begins_with_the_first_message_and_ends_before_the_last() -> None:
    stage = Stage()
    stage.listening.begin(T0)
    stage.settle(T0 + SECOND)
    stage.listening.opened("a")
    stage.hear("a", T0 + 2 * SECOND, T0 + 60 * SECOND)
    assert stage.covered == [(T0 + 2 * SECOND, T0 + 60 * SECOND - PRINTED_MS)]
    assert list(stage.missing.values()) == [Missing(T0, T0 + 2 * SECOND, CONNECTING)]


def test_a_lost_link_is_missing_from_its_last_proof_on_and_for_as_long_as_it_lasts() -> None:
    stage = Stage()
    stage.listening.begin(T0)
    stage.listening.opened("a")
    stage.hear("a", T0, T0 + 60 * SECOND)
    begins = T0 + 60 * SECOND - PRINTED_MS
    stage.settle(T0 + 100 * SECOND)  # half open: nobody knows yet
    assert T0 not in stage.missing
    stage.listening.lost("a", "the venue has gone quiet.")
    stage.settle(T0 + 105 * SECOND)
    assert stage.missing[begins] == Missing(begins, T0 + 105 * SECOND, "the venue has gone quiet.")
    stage.settle(T0 + 110 * SECOND)
    assert stage.missing[begins].to_ms == T0 + 110 * SECOND
    stage.listening.opened("a")
    stage.listening.opened("a")
    stage.settle(T0 + 111 * SECOND)
    stage.hear("a", T0 + 112 * SECOND, T0 + 130 * SECOND)
    assert stage.missing[begins].to_ms == T0 + 112 * SECOND
    assert stage.covered == [(T0, begins), (T0 + 112 * SECOND, T0 + 130 * SECOND - PRINTED_MS)]


def test_two_sockets_stand_in_for_each_other() -> None:
    stage = Stage()
    stage.listening.begin(T0)
    stage.listening.opened("a")
    stage.hear("a", T0, T0 + 60 * SECOND)
    stage.listening.opened("b")
    stage.hear("b", T0 + 50 * SECOND, T0 + 70 * SECOND)
    stage.listening.lost("a")
    stage.hear("b", T0 + 70 * SECOND, T0 + 90 * SECOND)
    assert stage.missing == {}
    assert stage.covered == [(T0, T0 + 90 * SECOND - PRINTED_MS)]
    stage.listening.lost("b")
    stage.settle(T0 + 95 * SECOND)
    assert [m.reason for m in stage.missing.values()] == [LOST]


def test_a_session_that_learns_the_time_later_than_another_turns_nothing_back() -> None:
    stage = Stage()
    stage.listening.begin(T0)
    for key in ("a", "b"):
        stage.listening.opened(key)
    stage.hear("a", T0, T0 + 60 * SECOND)
    stage.settle(T0 + 60 * SECOND, "b")
    later = T0 + 3_600 * SECOND  # the machine has slept, and both sockets were cut
    stage.listening.lost("a")
    stage.listening.lost("b")
    stage.listening.opened("a")
    stage.hear("a", later, later + 20 * SECOND)
    stage.settle(T0 + 61 * SECOND, "b")
    stage.hear("a", later + 20 * SECOND, later + 40 * SECOND)
    assert [m.reason for m in stage.missing.values()] == [LOST]
    assert stage.covered[-1] == (later, later + 40 * SECOND - PRINTED_MS)


def test_another_market_between_two_sessions_is_missing() -> None:
    stage = Stage()
    stage.listening.begin(T0)
    stage.listening.opened(1)
    stage.hear(1, T0, T0 + 60 * SECOND)
    stage.listening.closed(1)
    stage.listening.begin(T0 + 200 * SECOND)
    stage.listening.opened(2)
    stage.hear(2, T0 + 202 * SECOND, T0 + 210 * SECOND)
    assert list(stage.missing.values()) == [Missing(T0 + 60 * SECOND - PRINTED_MS, T0 + 202 * SECOND, SWITCHED)]


def test_a_message_that_cannot_be_read_may_have_been_a_forced_order() -> None:
    stage = Stage()
    stage.listening.begin(T0)
    stage.listening.opened("a")
    stage.hear("a", T0, T0 + 60 * SECOND)
    stage.listening.unreadable("a", T0 + 61 * SECOND)
    stage.hear("a", T0 + 61 * SECOND, T0 + 120 * SECOND)
    hole = (T0 + 60 * SECOND - PRINTED_MS, T0 + 61 * SECOND + 1)
    assert list(stage.missing.values()) == [Missing(*hole, UNREADABLE)]
    assert stage.covered == [(T0, hole[0]), (hole[1], T0 + 120 * SECOND - PRINTED_MS)]


def test_a_stamp_from_the_future_proves_nothing_and_a_clock_that_went_back_is_followed() -> None:
    stage = Stage()
    stage.listening.begin(T0)
    stage.listening.opened("a")
    stage.hear("a", T0, T0 + 60 * SECOND)
    stage.listening.heard("a", T0 + 86_400_000, T0 + 61 * SECOND)
    stage.settle(T0 + 61 * SECOND)
    assert stage.covered[-1][1] <= T0 + 60 * SECOND
    stage.hear("a", T0 + 3_600 * SECOND, T0 + 3_610 * SECOND)  # the clock itself goes wrong for a while
    stage.hear("a", T0 + 70 * SECOND, T0 + 100 * SECOND)
    assert stage.covered[-1][1] == T0 + 70 * SECOND + 100, "what lies ahead is not vouched for"
    assert max(m.to_ms for m in stage.missing.values()) == T0 + 3_610 * SECOND - PRINTED_MS


def test_whatever_happens_nothing_is_covered_that_was_not_listened_to() -> None:
    chance = random.Random(5)
    for _ in range(40):
        stage, t = Stage(), T0
        stage.listening.begin(t)
        truly: list[tuple[int, int]] = []
        for _ in range(12):
            stage.settle(t + chance.randrange(3_000))
            t += chance.randrange(3_000, 90_000, 500)
            stage.listening.opened("a")
            end = t + chance.randrange(0, 60_000, 500)
            stage.hear("a", t, end)
            truly.append((t, end))
            t = end + chance.randrange(0, 30_000)
            stage.listening.lost("a")
        stage.settle(t)
        assert without(stage.covered, truly) == []
        least = joined((a, b - PRINTED_MS) for a, b in truly if b - PRINTED_MS > a)
        assert stage.covered == least
        gaps = joined((m.from_ms, m.to_ms) for m in stage.missing.values())
        assert joined([*gaps, *stage.covered]) == [(T0, max(t, gaps[-1][1]))], "each moment is one or the other"


# -- through the recorder into a file


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[], History]:
    return lambda: History.open(tmp_path / "history.sqlite", tmp_path / "lock")


def test_a_crash_ends_what_is_covered_at_what_was_last_written(folder: Callable[[], History], tmp_path: Path) -> None:
    with folder() as history:
        recorder = Recorder(history)
        recorder.begin(T0)
        recorder.link(LinkState("market", LinkPhase.OPEN))
        for second in range(30):
            t = T0 + second * SECOND
            recorder.forced(ForcedOrder("ETHUSDT", Side.LONG, t, t + 900, 3_000.0, 2_990.0, 1.0))
            recorder.heard(t + 950, t + 1_000)
            recorder.flush(second * 10**9, t + 1_000)
            with History.open(tmp_path / "history.sqlite", tmp_path / "lock", read_only=True) as reader:
                held = {o.time_ms for o in reader.forced(None)}
                covered = reader.coverage("ETHUSDT", FORCED)
            assert held == {T0 + i * SECOND for i in range(second + 1)}
            if second > 4:
                assert covered == [(T0 + 950, t + 950 - PRINTED_MS)]
        recorder.link(LinkState("market", LinkPhase.WAITING, "127.0.0.1:80 closed the connection."))
        recorder.flush(40 * 10**9, T0 + 60 * SECOND)
        assert history.gaps("ETHUSDT") == [
            Gap(EVERY_SYMBOL, FORCED, T0, T0 + 950, CONNECTING),
            Gap(EVERY_SYMBOL, FORCED, T0 + 29_950 - PRINTED_MS, T0 + 60_000, "127.0.0.1:80 closed the connection."),
        ]
        recorder.close(41 * 10**9, T0 + 61 * SECOND)
        assert history.waiting == 0


def test_what_came_of_an_open_minute_is_kept_until_it_is_closed(folder: Callable[[], History]) -> None:
    start = T0 - T0 % 60_000
    assembler = Assembler(start)
    with folder() as history:
        recorder = Recorder(history)
        for i in range(200):
            t = start + i * 500
            assembler.mark(MarkPrice("BTCUSDT", t, 60_000.0, 60_000.0, 0.0, 0))
            assembler.trade(Trade("BTCUSDT", 500 + i, t, 600_000 + i % 3, 0.25, True))
            for part in assembler.open_minutes():
                recorder.open_minute(BTC, part)
        recorder.flush(10**9, T0)
        assert not list(assembler.open_minutes()), "nothing is new"
        parts = history.unfinished("BTCUSDT")
        assert [(p.t_ms, p.first_id, p.last_id) for p in parts] == [(start, 500, 619), (start + 60_000, 620, 699)]
        assert [float(p.rows["quantity"].sum()) for p in parts] == [30.0, 20.0]
        minute = assembler.take()
        assert minute is not None
        recorder.minute(BTC, minute)
        recorder.flush(2 * 10**9, T0)
        assert [p.t_ms for p in history.unfinished("BTCUSDT")] == [start + 60_000]
        assert float(history.volume_at_price("BTCUSDT")["quantity"].sum()) == 30.0


def test_candles_that_are_given_back_close_the_gap(folder: Callable[[], History]) -> None:
    rows = np.zeros(5, BAR)
    rows["t"] = T0 - T0 % 60_000 + 60_000 * np.arange(5)
    for name in ("open", "high", "low", "close"):
        rows[name] = 60_000.0
    t = rows["t"].tolist()
    with folder() as history:
        recorder = Recorder(history)
        for i in (1, 3):
            recorder.gap("BTCUSDT", "trades", t[i], t[i] + 60_000, "the venue could not give it back")
        recorder.flush(10**9, T0)
        recorder.given_back("BTCUSDT", 60_000, False, rows[[0, 1, 2, 4]])
        recorder.flush(2 * 10**9, T0)
        assert [g.from_ms for g in history.gaps("BTCUSDT")] == [t[3]]
        assert history.coverage("BTCUSDT", "trades") == [(t[0], t[3]), (t[4], t[4] + 60_000)]


class _Session:
    """What a repair of open interest sees of a session."""

    instrument = BTC

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.gaps: list[tuple[int, int]] = []

    def repaired_interest(self, rows: np.ndarray) -> None:
        self.rows += rows["t"].tolist()

    def add_gap(self, from_ms: int, to_ms: int, stream: str, reason: str) -> None:
        assert stream == "OI"
        self.gaps.append((from_ms, to_ms))


@pytest.mark.parametrize("has_record", [True, False])
def test_open_interest_is_given_back_or_missing(has_record: bool) -> None:
    end = T0 + 4 * 3_600_000
    asked: list[Request] = []

    def ask(request: Request, take: Callable[[object, int], None], fail: Callable[[VenueError], None]) -> None:
        asked.append(request)
        if not has_record:
            fail(VenueError(Refusal.SERVER, "503"))
            return
        times = [t for t in range(request.from_ms, request.to_ms, 300_000) if not T0 + 3_600_000 < t < T0 + 5_400_000]
        take(np.array([(t, 80_000.0, np.nan) for t in times], INTEREST), 0)

    session = _Session()
    InterestRepair(session, T0, end, ask).go()  # type: ignore[arg-type]
    assert asked
    if not has_record:
        assert session.gaps == [(T0, end)]
        return
    assert all(T0 < t < end for t in session.rows)
    assert len(session.rows) >= 38
    assert len(session.gaps) == 1
    assert session.gaps[0][1] - session.gaps[0][0] > HOLE_MS


@pytest.mark.parametrize(
    ("data", "route", "forced"),
    [
        (b'{"stream":"!forceOrder@arr","data":{"e":', "market", True),
        (b'{"stream":"btcusdt@aggTrade","data":{"e":', "market", False),
        (b'{"stream":"btcu\x00dt@aggTrade","data":{"e":', "market", True),
        (b"\xff\xfe\x00", "market", True),
        (b"\xff\xfe\x00", "public", False),
    ],
)
def test_what_cannot_be_read_counts_unless_it_is_told_to_be_something_else(
    data: bytes, route: str, forced: bool
) -> None:
    venue = Binance()
    plan = next(p for p in venue.sockets(venue.endpoints(), "BTCUSDT") if p.name == route)
    inbox = Inbox()
    FeedThread(plan, venue.dialect, venue.codec({"BTCUSDT": BTC}), inbox)._frame(data, 5)
    (message,) = inbox.drain(10)
    assert isinstance(message, Garbled)
    assert message.forced is forced


@pytest.mark.parametrize("seed", range(8))
def test_a_minute_was_listened_to_exactly_where_the_history_says_so(seed: int) -> None:
    """Links come and go, and now and then a message cannot be read; what is asked at once agrees with what was kept in the end."""
    chance = random.Random(seed)
    stage = Stage()
    stage.listening.begin(T0)
    now, said = T0, {}
    for _ in range(12):
        if chance.random() < 0.7:
            stage.listening.opened("a")
            stop = now + chance.randrange(20, 200) * SECOND
            stage.hear("a", now, stop)
            now = stop
            if chance.random() < 0.3:
                stage.listening.unreadable("a", now)
                stage.settle(now)
        if chance.random() < 0.5:
            stage.listening.lost("a", "cut")
            now += chance.randrange(2, 90) * SECOND
            stage.settle(now)
        for start in range(T0, now - 30 * SECOND, 30 * SECOND):
            answer = stage.listening.heard_over(start, start + 30 * SECOND)
            if answer is not None:
                assert said.setdefault(start, answer) == answer, "what is certain does not change"
    assert len(said) > 10
    assert len(set(said.values())) == 2
    for start, answer in said.items():
        inside = any(a <= start and start + 30 * SECOND <= b for a, b in stage.covered)
        assert answer == inside, start - T0
