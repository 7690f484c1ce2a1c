"""The market's truth file, as a test reads it: by contract and moment."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

MINUTE_MS = 60_000


class Truth:
    """Follows a truth file while it is written. Minutes, marks and trades are found by contract and time or id."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset = path, 0
        self.market: dict[str, Any] = {}
        self.minutes: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
        self.trades: dict[str, dict[int, list[Any]]] = defaultdict(dict)
        self.liquidations: list[dict[str, Any]] = []
        self.contracts: list[dict[str, Any]] = []
        self.fundings: dict[tuple[str, int], dict[str, Any]] = {}
        self.accounts: dict[tuple[str, int], dict[str, Any]] = {}
        self.books: dict[tuple[str, int], dict[str, Any]] = {}
        self.read()

    def read(self) -> None:
        """Take what was written since; the last line may still be growing."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            self._take(json.loads(line))

    def until(self, ms: int, symbol: str = "BTCUSDT") -> None:
        """Read on until the minutes up to `ms` are told."""
        end = time.monotonic() + 20
        while max(self.minutes[symbol], default=0) + MINUTE_MS <= ms:
            assert time.monotonic() < end, f"the truth file does not reach {ms}"
            time.sleep(0.05)
            self.read()

    def second(self, symbol: str, ms: int, what: str) -> str:
        """Return mark, index, fundingRate or openInterest of the second that begins at `ms`."""
        minute = self.minutes[symbol][ms // MINUTE_MS * MINUTE_MS]
        value: str = minute[what][ms % MINUTE_MS // 1000]
        return value

    def _take(self, row: dict[str, Any]) -> None:
        match row["kind"]:
            case "market":
                self.market = row
            case "minute":
                self.minutes[row["symbol"]][row["time"]] = row
                self.trades[row["symbol"]].update({t[0]: t for t in row["trades"]})
            case "liquidation":
                self.liquidations.append(row)
            case "contract":
                self.contracts.append({key: value for key, value in row.items() if key != "kind"})
            case "funding":
                self.fundings[row["symbol"], row["time"]] = row
            case "accounts":
                self.accounts[row["symbol"], row["time"]] = row
            case "book":
                self.books[row["symbol"], row["lastUpdateId"]] = row
