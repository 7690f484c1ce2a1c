"""Every kind of fault, as our own client meets it: what it says, and how it recovers."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.exchange import Exchange
from support.faulty import DEPTH, MARK, QUICK, START_MS, TRADE, Faulty, Listener

from liqdesk.cli import RUN, parser
from liqdesk.clock import utc_ms
from liqdesk.errors import DecodeError, InputError, Refusal, VenueError
from liqdesk.net import LinkTiming
from liqdesk.net.rest import Rest
from liqdesk.simulator.faults import Plan, read_plan
from liqdesk.simulator.faults.plan import AnyFault, kind_of
from liqdesk.simulator.faults.schedule import occurrences
from liqdesk.simulator.market import Market
from liqdesk.venues.binance import Binance, rest_codec

Serve = Callable[..., Faulty]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running() -> Market:
    made = Market(4, START_MS, speed=20.0, past_days=1)
    made.lead(START_MS)
    return made


@pytest.fixture
def serve(running: Market, tmp_path: Path) -> Iterator[Serve]:
    opened: list[Faulty] = []

    def start(*faults: dict[str, Any], seed: int = 5) -> Faulty:
        opened.append(Faulty(running, tmp_path / "faults.jsonl", *faults, seed=seed).__enter__())
        return opened[-1]

    yield start
    for one in opened:
        one.__exit__()


def listen(faulty: Faulty, *streams: str, timing: LinkTiming = QUICK, route: str = "market") -> Listener:
    return Listener(f"{faulty.stream}/{route}/stream", streams or (MARK, TRADE), timing)


def kinds(faulty: Faulty) -> set[str]:
    return {row["kind"] for row in faulty.told()}


# -- sockets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "refusal"),
    [(1000, Refusal.OFFLINE), (1001, Refusal.OFFLINE), (1008, Refusal.PROTOCOL), (1011, Refusal.OFFLINE)],
)
def test_a_closed_socket_is_opened_again(serve: Serve, code: int, refusal: Refusal) -> None:
    faulty = serve({"kind": "close", "at_s": 1.0, "code": code, "reason": "so it is"})
    with listen(faulty) as link:
        link.until(lambda: link.opened() == 2, "a second connection")
        lost = link.lost()
        assert lost is not None
        assert lost.refusal == refusal.value
        assert "closed the connection" in lost.user
        seen = len(link.frames)
        link.until(lambda: len(link.frames) > seen + 10, "frames go on")
    assert [(r["kind"], r["target"]["connection"], r["parameters"]["code"]) for r in faulty.told()] == [
        ("close", 1, code)
    ]


def test_a_reset_connection_is_opened_again(serve: Serve) -> None:
    faulty = serve({"kind": "abort", "at_s": 1.0, "route": "market"}, {"kind": "abort", "at_s": 1.1, "route": "public"})
    with listen(faulty) as link:
        link.until(lambda: link.opened() == 2 and link.frames, "a second connection")
        lost = link.lost()
        assert lost is not None
        assert lost.refusal == Refusal.OFFLINE.value
        assert lost.user
    assert [row["fault"] for row in faulty.told()] == [1], "the other route has no socket"


def test_a_half_open_socket_is_left(serve: Serve) -> None:
    timing = LinkTiming(
        tick_s=0.02, pace_s=0.02, first_retry_s=0.1, last_retry_s=0.2, ping_s=0.2, pinged_deadline_s=0.6, deadline_s=0.9
    )
    faulty = serve({"kind": "half-open", "at_s": 1.0, "for_s": 60})
    with listen(faulty, timing=timing) as link:
        link.until(lambda: link.opened() == 2, "a second connection")
        lost = link.lost()
        assert lost is not None
        assert "quiet" in lost.user
        seen = len(link.frames)
        link.until(lambda: len(link.frames) > seen + 10, "frames go on")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "split", "at_s": 0, "for_s": 60, "frames": 7, "writes": 9},
        {"kind": "slow", "at_s": 0, "for_s": 60, "delay_s": 0.02, "bytes_at_once": 40, "pause_s": 0.001},
    ],
)
def test_slow_and_split_messages_come_whole_and_in_order(serve: Serve, fault: dict[str, Any]) -> None:
    faulty = serve(fault)
    with listen(faulty) as link:
        link.until(lambda: len(link.of(TRADE)) > 10 and len(link.of(MARK)) > 3, "frames")
        ids = [row["a"] for row in link.rows(TRADE)]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        times = [row["E"] for row in link.rows(MARK)]
        assert times == sorted(set(times))
        assert link.lost() is None
    assert kinds(faulty) == {fault["kind"]}


def test_frames_come_twice(serve: Serve) -> None:
    faulty = serve({"kind": "duplicate", "at_s": 0, "for_s": 60, "share": 0.5, "stream": "*@aggTrade"})
    with listen(faulty) as link:
        link.until(lambda: len(link.of(TRADE)) > 200, "trades", 30)
        ids = [row["a"] for row in link.rows(TRADE)]
        assert len(ids) * 0.55 < len(set(ids)) < len(ids) * 0.8
        marks = link.of(MARK)
        assert len(marks) == len(set(marks))
    assert {row["target"]["stream"] for row in faulty.told()} == {TRADE}


def test_lost_frames_leave_holes_that_ids_show(serve: Serve) -> None:
    """Of the book every hole is one in `pu`, of trades one in their ids; as many as the log tells."""
    faulty = serve({"kind": "drop", "at_s": 0, "for_s": 60, "share": 0.2})
    with listen(faulty) as trades, listen(faulty, DEPTH, route="public") as book:

        def missing() -> tuple[int, int]:
            ids = [row["a"] for row in trades.rows(TRADE)]
            rows = book.rows(DEPTH)
            lost = [(b["pu"] - a["u"]) // (a["u"] - a["pu"]) for a, b in itertools.pairwise(rows)]
            return sum(b - a - 1 for a, b in itertools.pairwise(ids)), sum(lost)

        trades.until(lambda: all(missing()), "holes", 30)
        holes = missing()
        told = [row["target"]["stream"] for row in faulty.told()]
        assert trades.lost() is None
        assert book.lost() is None
    assert holes[0] <= told.count(TRADE)
    assert holes[1] <= told.count(DEPTH)


def test_frames_overtake_one_another(serve: Serve) -> None:
    faulty = serve({"kind": "reorder", "at_s": 0, "for_s": 60, "share": 0.3, "by_s": 0.4})
    with listen(faulty) as link:
        link.until(lambda: len(link.of(TRADE)) > 60, "trades")
        time.sleep(0.5)
        ids = [row["a"] for row in link.rows(TRADE)]
    assert ids != sorted(ids)
    assert len(ids) == len(set(ids))
    assert all(0 <= row["target"]["late_s"] <= 0.4 for row in faulty.told())


@pytest.mark.parametrize("how", ["bytes", "cut", "utf8", "types"])
def test_a_spoilt_frame_is_refused_or_harmless_and_the_next_is_read(serve: Serve, how: str) -> None:
    faulty = serve({"kind": "corrupt", "at_s": 0, "for_s": 60, "share": 0.5, "how": how})
    codec = Binance().codec({})
    with listen(faulty) as link:
        link.until(lambda: len(link.frames) > 60, "frames")
        assert link.lost() is None
        spoilt = whole = 0
        for frame in tuple(link.frames):
            try:
                whole += not codec.decode(frame).rejected
            except DecodeError:
                spoilt += 1
    assert whole > 15
    assert spoilt > 0 or how in ("bytes", "types"), "a changed digit, or a key nobody reads, is no error"
    assert {row["target"]["how"] for row in faulty.told()} == {how}


def test_a_message_that_is_too_large_costs_the_connection(serve: Serve) -> None:
    faulty = serve({"kind": "oversize", "at_s": 1.0})
    with listen(faulty) as link:
        link.until(lambda: link.opened() == 2, "a second connection")
        lost = link.lost()
        assert lost is not None
        assert lost.refusal == Refusal.PROTOCOL.value
        assert max(map(len, link.frames)) < 1_000_000


def test_a_connection_that_acknowledges_and_sends_nothing_is_left(serve: Serve) -> None:
    faulty = serve({"kind": "wrong-path", "at_s": 0, "for_s": 3.2, "route": "market"})
    with listen(faulty) as link:
        link.until(lambda: link.lost() is not None, "it is noticed")
        link.until(lambda: link.of(MARK), "data come at last")
        acknowledged = [f for f in link.frames if b'"result":null' in f]
        assert acknowledged
        lost = link.lost()
        assert lost is not None
        assert lost.user
    assert {row["target"]["stream"] for row in faulty.told()} == {MARK, TRADE}


def test_other_routes_are_left_alone(serve: Serve) -> None:
    faulty = serve({"kind": "wrong-path", "at_s": 0, "for_s": 60, "route": "market"})
    with listen(faulty, DEPTH, route="public") as link:
        link.until(lambda: len(link.of(DEPTH)) > 3, "the book")
    assert faulty.told() == []


@pytest.mark.parametrize("shift_s", [-5.0, 5.0])
def test_the_clock_is_off(serve: Serve, shift_s: float) -> None:
    faulty = serve({"kind": "clock", "at_s": 0, "for_s": 60, "shift_s": shift_s})
    rest = Rest(faulty.rest)
    with listen(faulty) as link:
        link.until(lambda: len(link.of(TRADE)) > 5, "trades")
        off = [row["E"] - row["T"] for row in link.rows(TRADE)]
        assert all(abs(ms - shift_s * 1000) < 1000 for ms in off), off
        before, answer, after = (rest.get(path).data for path in ("/sim/state", "/fapi/v1/time", "/sim/state"))
    rest.close()
    true = rest_codec.server_time(answer) - shift_s * 1000
    assert json.loads(before)["now"] - 1000 <= true <= json.loads(after)["now"] + 1000


# -- REST ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def ask() -> Iterator[Callable[[Faulty], Rest]]:
    made: list[Rest] = []

    def client(faulty: Faulty, **options: float) -> Rest:
        made.append(Rest(faulty.rest, **options))  # type: ignore[arg-type]
        return made[-1]

    yield client
    for one in made:
        one.close()


def refused(rest: Rest, path: str = "/fapi/v1/ping") -> VenueError:
    with pytest.raises(VenueError) as caught:
        rest.get(path)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "retry"),
    [
        (429, Refusal.RATE_LIMITED, True),
        (418, Refusal.BANNED, True),
        (403, Refusal.BLOCKED, False),
        (451, Refusal.REGION, False),
        (500, Refusal.SERVER, False),
        (502, Refusal.SERVER, False),
        (503, Refusal.SERVER, False),
        (504, Refusal.SERVER, False),
    ],
)
def test_refusals_are_told_apart_and_pass(
    serve: Serve, ask: Callable[..., Rest], status: int, kind: Refusal, retry: bool
) -> None:
    faulty = serve({"kind": "refuse", "at_s": 0, "for_s": 1.5, "status": status, "retry_s": 7, "path": "*/ping"})
    rest = ask(faulty)
    error = refused(rest)
    assert error.kind is kind
    assert error.user
    assert "<" not in error.user
    assert (error.retry_s == 7) is retry
    assert rest.get("/fapi/v1/time").data
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            assert rest.get("/fapi/v1/ping").data == b"{}"
            break
        except VenueError:
            time.sleep(0.05)
    else:
        pytest.fail("the refusal did not pass")
    assert {row["target"]["path"] for row in faulty.told()} == {"/fapi/v1/ping"}


def test_a_ban_says_until_when(serve: Serve, ask: Callable[..., Rest]) -> None:
    import requests

    faulty = serve({"kind": "refuse", "at_s": 0, "for_s": 60, "status": 418, "retry_s": 90})
    answer = requests.get(faulty.rest + "/fapi/v1/time", timeout=5)
    until = int(answer.json()["msg"].split("banned until ")[1].split(".")[0])
    assert abs(until - utc_ms() - 90_000) < 5_000
    assert answer.headers["Retry-After"] == "90"


def test_a_refused_handshake_is_told_and_passes(serve: Serve) -> None:
    faulty = serve({"kind": "refuse", "at_s": 0, "for_s": 0.8, "status": 451, "path": "/market/*"})
    with listen(faulty) as link:
        link.until(lambda: link.lost() is not None, "it is said")
        lost = link.lost()
        assert lost is not None
        assert lost.refusal == Refusal.REGION.value
        link.until(lambda: link.of(MARK), "data come at last")


def test_connections_are_reset_and_refused(serve: Serve, ask: Callable[..., Rest]) -> None:
    faulty = serve(
        {"kind": "reset", "at_s": 0, "for_s": 0.7, "path": "*/ping"}, {"kind": "refused", "at_s": 1.0, "for_s": 0.8}
    )
    rest = ask(faulty)
    assert refused(rest).kind is Refusal.OFFLINE
    assert rest.get("/fapi/v1/time").data, "other paths answer"
    seen: list[str] = []
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (seen and seen[-1] == "ok" and "no" in seen):
        fresh = Rest(faulty.rest)
        try:
            fresh.get("/fapi/v1/time")
            seen.append("ok")
        except VenueError as e:
            seen.append("no" if e.kind is Refusal.OFFLINE else str(e))
        finally:
            fresh.close()
        time.sleep(0.05)
    assert seen[-1] == "ok"
    assert set(seen) == {"ok", "no"}
    assert kinds(faulty) == {"reset", "refused"}


def test_slow_and_trickling_answers(serve: Serve, ask: Callable[..., Rest]) -> None:
    slow = {"kind": "slow-answer", "at_s": 0, "for_s": 60}
    faulty = serve(
        slow | {"path": "*/ping", "delay_s": 5.0},
        slow | {"path": "*/klines", "delay_s": 0.1, "bytes_at_once": 97, "pause_s": 0.0},
    )
    error = refused(ask(faulty, timeout=0.3))
    assert error.kind is Refusal.OFFLINE
    rows = rest_codec.klines_columns(
        ask(faulty).get("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": "40"}).data
    )
    assert len(rows) == 40


def test_truncated_bodies(serve: Serve, ask: Callable[..., Rest]) -> None:
    faulty = serve(
        {"kind": "truncate", "at_s": 0, "for_s": 60, "path": "*/exchangeInfo"},
        {"kind": "truncate", "at_s": 0, "for_s": 60, "path": "*/premiumIndex", "cut": False},
    )
    rest = ask(faulty)
    assert refused(rest, "/fapi/v1/exchangeInfo").kind is Refusal.OFFLINE
    with pytest.raises(DecodeError):
        rest_codec.mark_price(rest.get("/fapi/v1/premiumIndex", {"symbol": "BTCUSDT"}).data)
    assert rest.get("/fapi/v1/ping").data == b"{}"


def test_a_name_that_does_not_resolve_is_told() -> None:
    """No server can do this: the name of a host under .invalid has no address anywhere."""
    rest = Rest("http://liqdesk.invalid")
    try:
        error = refused(rest)
    finally:
        rest.close()
    assert error.kind is Refusal.OFFLINE
    assert "liqdesk.invalid" in error.user


# -- plans ---------------------------------------------------------------------------------------------------------


def plan_of(path: Path, text: str) -> Plan:
    path.write_text(text)
    return read_plan(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = ", "is not TOML"),
        ("sead = 1", "`sead`"),
        ("[[fault]]\nkind = 'closing'\nat_s = 1", "'closing' in fault 1, key kind"),
        ("[[fault]]\nkind = 'close'\nat_s = 1\ncode = 1005", "1005 in fault 1, key code"),
        (
            "[[fault]]\nkind = 'abort'\nat_s = 1\n[[fault]]\nkind = 'clock'\nat_s = 1\nshift_s = 9",
            "in fault 2, key shift_s",
        ),
        ("[[fault]]\nkind = 'abort'\nper_minute = 5e-324", "1e-06"),
        ("[[fault]]\nkind = 'abort'\nat_s = 1\nper_minute = 2", "fault 1 (abort) needs either at_s or per_minute"),
        ("[[fault]]\nkind = 'abort'\nat_s = 1\ntimes = 2", "go with per_minute"),
        ("[[fault]]\nkind = 'abort'\nper_minute = 1\nfrom_s = 5\nuntil_s = 5", "until_s must be greater"),
        ("[[fault]]\nkind = 'abort'\nat_s = inf", "in fault 1, key at_s"),
        pytest.param("a = " + "[" * 100_000, "is not TOML", id="deep"),
        pytest.param("seed = " + "9" * 5_000, "is not TOML", id="long number"),
        pytest.param(f"{'a' * 100_000} = 1", "unknown field `aaa", id="long name"),
    ],
)
def test_a_plan_that_is_none_is_refused_in_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_of(tmp_path / "plan.toml", text)
    assert words in caught.value.user
    assert caught.value.user.endswith(".")
    assert len(caught.value.user) < 1000


def test_what_comes_is_a_function_of_the_seed(tmp_path: Path) -> None:
    text = """
    seed = {}
    [[fault]]
    kind = "abort"
    per_minute = 30
    times = 40
    [[fault]]
    kind = "close"
    at_s = 10
    for_s = 20
    clock = "market"
    [[fault]]
    kind = "slow"
    per_minute = 6
    from_s = 5
    until_s = 300
    """

    def times(seed: int, speed: float = 1.0) -> list[tuple[int, float, float, float]]:
        plan = plan_of(tmp_path / "plan.toml", text.format(seed))
        return [(o.number, o.from_s, o.to_s, o.rng.random()) for o in occurrences(plan, speed)]

    first = times(1)
    assert first == times(1)
    assert first != times(2)
    assert [t for _, t, _, _ in first] == sorted(t for _, t, _, _ in first)
    aborts = [t for number, t, _, _ in first if number == 1]
    assert len(aborts) == 40
    assert 50 < aborts[-1] < 130, "forty at thirty a minute"
    slows = [(a, b) for number, a, b, _ in first if number == 3]
    assert all(5 < a < 300 and b - a == pytest.approx(5) for a, b in slows)
    assert 15 < len(slows) < 50
    assert [(a, b) for n, a, b, _ in times(1, 20) if n == 2] == [(0.5, 1.5)]


def test_the_example_in_the_book_of_faults_is_a_plan(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "faults.md").read_text("utf-8")
    example = text.split("```toml")[1].split("```")[0]
    plan = plan_of(tmp_path / "plan.toml", example)
    assert len(plan.fault) >= 4
    every = {str(kind.__struct_config__.tag) for kind in AnyFault.__args__}  # type: ignore[attr-defined]
    assert {kind_of(fault) for fault in plan.fault} <= every
    missing = [kind for kind in every if f"`{kind}`" not in text]
    assert not missing, "every kind is described"


@pytest.mark.e2e
def test_the_command_serves_recorded_frames_with_faults(exchange: Callable[..., Exchange], tmp_path: Path) -> None:
    frames, plan, log = tmp_path / "frames.txt", tmp_path / "plan.toml", tmp_path / "log.jsonl"
    mark = '{"stream":"%s","data":{"e":"markPriceUpdate","E":%d,"s":"BTCUSDT","p":"1.50"}}'
    lines = [f"{1_791_391_081_000 + n * 50} {mark % (MARK, n)}" for n in range(1, 11)]
    frames.write_text("\n".join(lines) + "\n")
    plan.write_text('seed = 1\n[[fault]]\nkind = "duplicate"\nat_s = 0\nfor_s = 60\n')
    market = exchange(frames=frames, faults=plan, fault_log=log)
    with Listener(market.stream + "/market/stream", (MARK,)) as link:
        link.until(lambda: len(link.of(MARK)) == 20, "every frame twice")
        assert sorted(row["E"] for row in link.rows(MARK)) == [n for n in range(1, 11) for _ in (1, 2)]
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(r["kind"], r["target"]["stream"]) for r in rows] == [("duplicate", MARK)] * 10


def test_a_log_needs_a_plan(tmp_path: Path) -> None:
    parsed = parser().parse_args(["exchange", "--fault-log", str(tmp_path / "log")])
    with pytest.raises(InputError) as caught:
        RUN["exchange"](parsed)
    assert caught.value.user == "--fault-log needs --faults."
