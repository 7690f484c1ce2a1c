"""The exchange as a process: it ends when told to or left alone, comes back as if never gone, and drops who does not read."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
import requests

from liqdesk.errors import InputError
from liqdesk.simulator import serve as serve_here
from liqdesk.simulator.server import start_ms_of

START = "2026-03-02T08:00:00+00:00"
Serve = Callable[..., Any]


def get(one: Any, path: str, **params: Any) -> Any:
    with requests.get(one.rest + path, params=params, timeout=20) as answer:
        assert answer.ok, answer.text
        return answer.json()


def test_a_market_that_was_killed_goes_on_as_if_it_had_never_stopped(serve: Serve) -> None:
    options = {"seed": 5, "speed": 30.0, "past_days": 2}
    broken = serve(**options)
    epoch = broken.line["epoch"]
    twin = serve(**options, start=START, epoch=epoch)
    assert twin.line["epoch"] == epoch
    time.sleep(0.5)
    broken.kill()
    time.sleep(1.0)
    back = serve(**options, start=START, epoch=epoch)
    end = min(get(back, "/fapi/v1/time")["serverTime"], get(twin, "/fapi/v1/time")["serverTime"]) - 1000
    for path, params in (
        ("/fapi/v1/klines", {"interval": "1m", "endTime": end - 60_000, "limit": 1500}),
        ("/fapi/v1/markPriceKlines", {"interval": "1m", "endTime": end - 60_000, "limit": 1500}),
        ("/fapi/v1/aggTrades", {"endTime": end, "limit": 1000}),
        ("/futures/data/openInterestHist", {"period": "5m", "endTime": end, "limit": 500}),
        ("/sim/truth/liquidations", {"endTime": end}),
    ):
        ours, theirs = (get(one, path, symbol="BTCUSDT", **params) for one in (back, twin))
        assert len(ours) > 100
        assert ours == theirs, path


def test_it_ends_politely_when_told(serve: Serve) -> None:
    one = serve(past_days=1)
    assert one.stop() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a console interrupt needs a console")
def test_it_ends_politely_when_interrupted(serve: Serve) -> None:
    one = serve(past_days=1)
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(10) == 0
    one.process.stdout.close()


def test_it_ends_when_its_parent_died() -> None:
    code = (
        "import subprocess, sys, os\n"
        "child = subprocess.Popen([sys.executable, '-c', 'from liqdesk.simulator import serve; '\n"
        "    f'serve(past_days=1, parent={os.getpid()})'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.readline()\n"
        "os._exit(1)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdin is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.stdin.write(b"\n")
    parent.stdin.close()
    parent.wait(10)
    parent.stdout.close()
    child.wait(10)


def test_a_client_that_does_not_read_is_cut_off_and_memory_stays_bounded(serve: Serve) -> None:
    one = serve(past_days=1, trades_per_second=20_000.0)
    with socket.create_connection(("127.0.0.1", one.port), timeout=10) as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.sendall(
            b"GET /market/ws/btcusdt@aggTrade HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert lazy.recv(12).startswith(b"HTTP/1.1 101")
        process = psutil.Process(one.process.pid)
        end = time.monotonic() + 60
        while time.monotonic() < end and any(
            c.status == psutil.CONN_ESTABLISHED and c.laddr.port == one.port for c in process.net_connections("tcp")
        ):
            time.sleep(0.2)
        assert time.monotonic() < end, "still connected"
    assert get(one, "/fapi/v1/time")["serverTime"] > 0


def test_a_taken_port_is_a_sentence(serve: Serve) -> None:
    one = serve(past_days=1)
    with pytest.raises(InputError, match="cannot bind") as caught:
        serve_here(port=one.port, past_days=1)
    assert str(one.port) in caught.value.user


def test_start_times_are_read_as_utc_whole_seconds() -> None:
    assert start_ms_of("2026-03-02T08:00:00.9") == 1_772_438_400_000
    assert start_ms_of("2026-03-02T09:00:00+01:00") == 1_772_438_400_000
    assert start_ms_of(None) % 1000 == 0
    with pytest.raises(InputError, match="start"):
        start_ms_of("tomorrow")


def test_the_room_costs_nothing_until_it_is_used() -> None:
    code = "import sys, liqdesk.simulator; sys.exit(int(bool({'numba', 'aiohttp'} & set(sys.modules))))"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
