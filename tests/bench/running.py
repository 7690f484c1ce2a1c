"""What a running window costs: GUI time per frame under a flood of messages, and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import report
import requests
from support.everything import ALL_PANES
from support.exchange import Exchange
from support.program import Program, write_settings
from support.xserver import XServer, missing
from websocket import create_connection

BARE = Path(__file__).with_name("bare_window.py")
BARE_STREAM = Path(__file__).with_name("bare_stream.py")
FURNISHED = Path(__file__).with_name("furnished.py")
RATE = 6_200  # the market splits its volume by chance; this asks for more than 5,000 a second at any time
SAMPLE_S = 60.0  # a thousand frames and more: of fewer the 99th percentile is a matter of chance
REST_S = 180.0


def delivered(exchange: Exchange, seconds: float = 10.0) -> float:
    """Return how many trade messages a second the market really sends."""
    link = create_connection(f"{exchange.stream}/market/ws/btcusdt@aggTrade", timeout=10, skip_utf8_validation=True)
    try:
        link.recv()
        count, began = 0, time.monotonic()
        while time.monotonic() - began < seconds:
            link.recv()
            count += 1
        return count / (time.monotonic() - began)
    finally:
        link.close()


def at_rest(exchange: Exchange) -> Exchange:
    """Wait until every contract of the market lives: making their past takes a core of its own."""
    trading = {
        c["symbol"]
        for c in requests.get(f"{exchange.rest}/fapi/v1/exchangeInfo", timeout=10).json()["symbols"]
        if c["status"] == "TRADING"
    }
    deadline = time.monotonic() + REST_S
    while time.monotonic() < deadline:
        living = {c["symbol"] for c in requests.get(f"{exchange.rest}/fapi/v1/ticker/24hr", timeout=10).json()}
        if trading <= living:
            return exchange
        time.sleep(1)
    raise AssertionError(f"these contracts do not come to life: {sorted(trading - living)}")


def copy_ms() -> float:
    """Return the time to copy one 1920x1080 picture once: less than this no frame can cost."""
    picture = np.zeros((1080, 1920), np.uint32)
    target = np.empty_like(picture)
    times = []
    for _ in range(200):
        began = time.perf_counter_ns()
        np.copyto(target, picture)
        times.append((time.perf_counter_ns() - began) / 1e6)
    return report.percentile(times, 0.5)


def enlarge(server: XServer, pid: int) -> None:
    """Make the program's window fill the screen."""
    words = ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(pid)]
    found = subprocess.run(words, env=server.env, capture_output=True, text=True, check=True, timeout=30)
    for window in found.stdout.split():
        subprocess.run(["xdotool", "windowmove", window, "0", "0"], env=server.env, check=True, timeout=30)
        subprocess.run(["xdotool", "windowsize", window, "1920", "1080"], env=server.env, check=True, timeout=30)


def floor_ms(exchange: Exchange, server: XServer) -> list[float]:
    """Return the busy times of a bare window that takes the same trades in a thread and paints almost nothing, ms a frame."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Program([sys.executable, str(BARE_STREAM), exchange.stream], Path(folder) / "bare.jsonl", server.env)
        try:
            bare.wait_for("map_ready", 60)
            time.sleep(5)
            bare.read()
            time.sleep(SAMPLE_S)
            return [e["ms"] for e in bare.read() if e["event"] == "frame_busy"]
        finally:
            bare.kill()


Busy = tuple[list[float], list[float], float]


def sampled(exchange: Exchange, home: Path, server: XServer, large: bool = False) -> Busy:
    """Return the GUI's busy time between each two frames and what of it it computed for, ms, and the resident memory, MB, of the program
    on a profile."""
    urls = ["--rest-url", exchange.rest, "--stream-url", exchange.stream]
    program = Program.liqdesk(urls, home, server.env)
    try:
        program.wait_for("map_ready", 120)
        if large:
            enlarge(server, program.pid)
        time.sleep(5)
        program.read()
        time.sleep(SAMPLE_S)
        told = [e for e in program.read() if e["event"] == "frame_busy"]
        return [e["ms"] for e in told], [e["cpu_ms"] for e in told], program.rss_mb()
    finally:
        program.close()


def frames() -> None:
    """Hold the GUI thread's busy time between two frames, at 1920x1080 on X11, against one copy of the picture."""
    reason = missing()
    if reason:
        report.line("frames", f"not measured: {reason}", "", "")
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_settings(home / "profile", window_ms=86_400_000)
        server, exchange = XServer(), Exchange(seed=7, trades=RATE)
        try:
            rate = delivered(at_rest(exchange))
            busy, computed, rss = sampled(exchange, home, server, large=True)
            floor = floor_ms(exchange, server)
        finally:
            exchange.close()
            server.stop()
    p50, p99 = report.percentile(busy, 0.5), report.percentile(busy, 0.99)
    report.line(
        "frames",
        f"GUI busy p50 {p50:.1f}, p99 {p99:.1f} ms (computing {report.percentile(computed, 0.99):.1f}), n {len(busy)}, "
        f"at {rate:.0f} trades/s",
        f"bare window with the same trades p50 {report.percentile(floor, 0.5):.1f}, p99 {report.percentile(floor, 0.99):.1f} ms, "
        f"one copy of the picture {copy_ms():.2f} ms",
        f"p99 {report.aim(p99, 8, 'ms')}",
    )
    _memory(rss, f"with {rate:.0f} trades/s")


def everything() -> None:
    """Hold the same with every pane open, then with every panel too, one of them floating, and then with two more charts on a second
    screen, against the window as it first stands."""
    reason = missing()
    if reason:
        report.line("everything", f"not measured: {reason}", "", "")
        return
    with tempfile.TemporaryDirectory() as folder:
        plain, paned, whole, full = (Path(folder) / name for name in ("plain", "panes", "whole", "full"))
        write_settings(plain / "profile", window_ms=86_400_000)
        write_settings(paned / "profile", window_ms=86_400_000, **ALL_PANES)
        server, exchange = XServer("3840x1080"), Exchange(seed=7, trades=RATE)
        try:
            for home, charts in ((whole, 0), (full, 2)):
                words = [sys.executable, str(FURNISHED), str(home / "profile"), str(charts)]
                made = subprocess.run(words, env=server.env, capture_output=True, text=True, check=True, timeout=120)
                hidden = json.loads(made.stdout.splitlines()[-1])
                assert hidden == [], f"not everything is open: {hidden}"
            rate = delivered(at_rest(exchange))
            alone, _, _ = sampled(exchange, plain, server, large=True)
            panes, within, _ = sampled(exchange, paned, server, large=True)
            panels, under, _ = sampled(exchange, whole, server)
            busy, computed, rss = sampled(exchange, full, server)
        finally:
            exchange.close()
            server.stop()
    before = f"first arrangement p50 {report.percentile(alone, 0.5):.1f}, p99 {report.percentile(alone, 0.99):.1f} ms, n {len(alone)}"
    for name, ms, computing in (
        ("six panes", panes, within),
        ("all panels", panels, under),
        ("everything", busy, computed),
    ):
        p50, p99 = report.percentile(ms, 0.5), report.percentile(ms, 0.99)
        report.line(
            name,
            f"GUI busy p50 {p50:.1f}, p99 {p99:.1f} ms (computing {report.percentile(computing, 0.99):.1f}), n {len(ms)}, "
            f"at {rate:.0f} trades/s",
            f"{before}, one copy {copy_ms():.2f} ms",
            f"p99 {report.aim(p99, 8, 'ms')}" + (f", resident {rss:.0f} MB" if ms is busy else ""),
        )


def memory() -> None:
    """Hold the demo's resident memory against a bare window and against the libraries alone."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_settings(home / "profile")
        program = Program.liqdesk(["--demo", "--seed", "7"], home)
        try:
            program.wait_for("map_ready", 120)
            time.sleep(10)
            rss = program.rss_mb()
        finally:
            program.close()
    _memory(rss, "demo")


def _memory(rss: float, what: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = Program([sys.executable, str(BARE)], Path(folder) / "bare.jsonl")
        try:
            bare.wait_for("first_paint", 60)
            floor = bare.rss_mb()
        finally:
            bare.kill()
    code = (
        "import numba, pyqtgraph, requests, websocket, msgspec, psutil; print(psutil.Process().memory_info().rss / 1e6)"
    )
    libraries = float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60).stdout)
    report.line(
        "memory",
        f"resident {rss:.0f} MB, {what}",
        f"bare window {floor:.0f} MB, libraries {libraries:.0f} MB, rings 108 MB",
        report.aim(rss, 500, "MB"),
    )
