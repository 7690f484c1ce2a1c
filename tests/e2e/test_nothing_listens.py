"""Nothing listens but the simulated exchange, and that on 127.0.0.1 alone: seen from outside, in the sockets of every process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest
from support.exchange import Exchange
from support.family import asked, family, peers, sockets, words
from support.program import Program, write_settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
LISTENING = 0x10000  # __SO_ACCEPTCON in /proc/net/unix
EVERY_S = 0.1


def unix_listeners(process: psutil.Process) -> list[str]:
    """Return the local sockets by which another program could speak to a process, where the system shows them."""
    table = Path("/proc/net/unix")
    if not table.exists():
        return []
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    inodes = {row[6]: " ".join(row[7:]) for row in rows if int(row[3], 16) & LISTENING}
    found = []
    for handle in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            kind, _, inode = os.readlink(handle).partition(":[")
        except FileNotFoundError:
            continue
        if kind == "socket" and inode.rstrip("]") in inodes:
            found.append(f"unix {inodes[inode.rstrip(']')]}")
    return found


def listeners(root: int) -> set[tuple[str, str]]:
    """Return (program, where) of every listening or unconnected socket of a process and all below it."""
    found: set[tuple[str, str]] = set()
    for process in family(root):
        said = words(process)
        name = next((w for w in ("exchange", "snapshot", "record") if w in said), "window")
        for one in sockets(process):
            if one.status == psutil.CONN_LISTEN or (one.type == socket.SOCK_DGRAM and not one.raddr):
                found.add((name, one.laddr.ip if one.laddr else ""))
        found |= {(name, word) for word in asked([], partial(unix_listeners, process))}
    return found


def test_the_exchange_listens_on_this_machine_alone(exchange: Callable[..., Exchange]) -> None:
    market = exchange(seed=7, speed=10)
    assert listeners(market.pid) == {("exchange", "127.0.0.1")}
    ports = {c.laddr.port for c in psutil.Process(market.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert ports == {market.port}


def test_the_window_listens_to_nobody(tmp_path: Path) -> None:
    write_settings(tmp_path / "profile")
    program = Program.liqdesk(["--demo", "--seed", "7"], tmp_path)
    seen: set[tuple[str, str]] = set()
    looked = 0
    try:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and program.alive():
            seen |= listeners(program.pid)
            looked += 1
            if any(event["event"] == "map_ready" for event in program.read() + program.events):
                break
            time.sleep(EVERY_S)
        program.wait_for("map_ready", 1)
        for _ in range(10):
            seen |= listeners(program.pid)
            time.sleep(EVERY_S)
    finally:
        code = program.close()
    assert code == 0, program.errors()
    assert looked > 5
    assert seen == {("exchange", "127.0.0.1")}


def test_a_snapshot_listens_to_nobody(exchange: Callable[..., Exchange], tmp_path: Path) -> None:
    market = exchange(seed=7, speed=10)
    urls = ["--rest-url", market.rest, "--stream-url", market.stream]
    command = [sys.executable, "-m", "liqdesk", "snapshot", "--profile", str(tmp_path / "p"), "--settle", "1", *urls]
    picture = tmp_path / "x.png"
    process = subprocess.Popen(
        [*command, "--out", str(picture)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    looked = 0
    seen: set[tuple[str, str]] = set()
    while process.poll() is None:
        seen |= listeners(process.pid)
        looked += 1
        time.sleep(EVERY_S)
    assert process.returncode == 0
    assert picture.exists()
    assert looked > 5
    assert seen == set()


def test_a_recording_listens_to_nobody(exchange: Callable[..., Exchange], tmp_path: Path) -> None:
    market = exchange(seed=7, speed=10)
    command = [sys.executable, "-m", "liqdesk", "record", "--profile", str(tmp_path / "p"), "--minutes", "0.2"]
    process = subprocess.Popen(
        [*command, "--symbol", "BTCUSDT", "ETHUSDT", "--rest-url", market.rest, "--stream-url", market.stream],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    looked = 0
    connected = False
    seen: set[tuple[str, str]] = set()
    while process.poll() is None:
        seen |= listeners(process.pid)
        connected = connected or any(port == market.port for one in family(process.pid) for _, port in peers(one))
        looked += 1
        time.sleep(EVERY_S)
    assert process.returncode == 0
    assert connected, "it was looked at while it recorded"
    assert looked > 20
    assert seen == set()
