"""The program asks nobody for newer versions by itself: seen by the one it would ask."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from support.family import family, peers
from support.program import Program, write_settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_a_start_a_map_and_an_end_ask_nobody_for_a_newer_version(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        write_settings(tmp_path / "profile", update_url=f"https://127.0.0.1:{port}/releases/latest", sounds=False)
        program = Program.liqdesk(["--demo", "--seed", "7"], tmp_path)
        met: set[tuple[str, int]] = set()
        try:
            deadline = time.monotonic() + 120
            while not any(event["event"] == "map_ready" for event in program.events):
                assert time.monotonic() < deadline
                program.read()
                met |= {peer for process in family(program.pid) for peer in peers(process)}
                time.sleep(0.1)
        finally:
            code = program.close()
        assert code == 0, program.errors()
        assert met, "it was looked at while it talked to its market"
        assert {ip for ip, _ in met} == {"127.0.0.1"}
        assert port not in {theirs for _, theirs in met}
        with pytest.raises(BlockingIOError):
            listener.accept()
