"""The part of the process that needs aiohttp: a host that answers on loopback until it is over, and says where."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from liqdesk import collector
from liqdesk.simulator.host import HOST, Host


def run(host: Host, port: int, line: dict[str, Any], over: Callable[[], bool]) -> None:
    """Open `host`, write its addresses and `line` as one line of JSON, and serve until `over`. Raises what made the host fail."""
    asyncio.run(_run(host, port, line, over))


async def _run(host: Host, port: int, line: dict[str, Any], over: Callable[[], bool]) -> None:
    bound = await host.open(port)
    where = {"rest": f"http://{HOST}:{bound}", "stream": f"ws://{HOST}:{bound}"}
    sys.stdout.write(json.dumps(where | line) + "\n")
    sys.stdout.flush()
    collector.resume()
    failure = asyncio.create_task(host.failed())
    try:
        while not failure.done() and not over():
            await asyncio.wait([failure], timeout=0.1)
        if failure.done():
            failure.result()
    finally:
        failure.cancel()
        await asyncio.gather(failure, return_exceptions=True)
        await host.close()
