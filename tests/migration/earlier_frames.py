"""Record frames of the simulated exchange of the program that is on the path, in every form that `exchange --frames` takes.

    PYTHONPATH=ELSEWHERE python tests/migration/earlier_frames.py tests/migration/frames

`manifest.json` says what that version's own reader made of each file.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import websocket

STREAMS = "btcusdt@aggTrade/btcusdt@markPrice@1s/!forceOrder@arr/btcusdt@kline_1m"
FRAMES = 60


def recorded() -> list[tuple[int, str]]:
    """Return frames as they came, each with the wall's nanoseconds."""
    words = [sys.executable, "-m", "liqdesk", "exchange", "--port", "0", "--seed", "7", "--speed", "5", "--trades", "5"]
    words += ["--start", "2026-06-01T12:00:00+00:00"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        address = json.loads(child.stdout.readline())
        socket = websocket.create_connection(f"{address['stream']}/market/stream?streams={STREAMS}", timeout=60)
        frames = [(time.time_ns(), str(socket.recv())) for _ in range(FRAMES)]
        socket.close()
    finally:
        child.terminate()
        child.wait()
    return frames


def inside(frame: str) -> str:
    """Return the payload of a combined stream's frame, byte for byte."""
    return frame[frame.index('"data":') + 7 : -1]


def write(folder: Path) -> None:
    """Write the files, and what this version's reader finds in them."""
    folder.mkdir(parents=True)
    frames = recorded()
    forms = {
        "nanoseconds.jsonl": [f"{ns} {frame}" for ns, frame in frames],
        "milliseconds.txt": [f"{ns // 1_000_000}: {frame}" for ns, frame in frames],
        "seconds.txt.gz": [f"{ns / 1e9:.6f} {inside(frame)}" for ns, frame in frames],
        "untimed.jsonl.gz": [frame for _, frame in frames],
    }
    manifest = {}
    for name, lines in forms.items():
        text = ("\n".join(lines) + "\n").encode()
        (folder / name).write_bytes(gzip.compress(text, mtime=0) if name.endswith(".gz") else text)
        manifest[name] = read(folder / name)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


def read(path: Path) -> dict[str, object]:
    """Return what a reader makes of a file: frames by stream, and a digest of their times, in ms, and bytes."""
    from liqdesk.simulator.recording import Recording

    digest = hashlib.sha256()
    streams: Counter[str] = Counter()
    for one in Recording(path):
        streams[str(one.name)] += 1
        digest.update(b"%d %s %s\n" % (one.ns // 1_000_000, one.raw, one.wrapped))
    return {"streams": dict(sorted(streams.items())), "sha256": digest.hexdigest()}


if __name__ == "__main__":
    write(Path(sys.argv[1]))
