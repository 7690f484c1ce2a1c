"""Convert a public copy of Binance's leverage tiers to the compact file that liqdesk ships.

    python packaging/convert_brackets.py IN.json[.gz] YYYY-MM-DD resources/brackets-binance.json

IN maps unified names ("BTC/USDT:USDT") to lists of {"info": {notionalFloor, notionalCap, maintMarginRatio,
initialLeverage, cum}}. Only the numbers are kept. Every floor and cum is checked against what the program will derive;
any difference ends the conversion.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from pathlib import Path

from liqdesk.venues.binance.brackets import expand


def exchange_symbol(name: str) -> str:
    """Return "BTCUSDT" for "BTC/USDT:USDT" and "BTCUSDT_261225" for "BTC/USDT:USDT-261225"."""
    pair, _, settle = name.partition(":")
    _, _, expiry = settle.partition("-")
    return pair.replace("/", "") + (f"_{expiry}" if expiry else "")


def convert(source: Path, as_of: str) -> dict[str, object]:
    raw = source.read_bytes()
    tiers = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    tables: dict[tuple[tuple[float, float, int], ...], int] = {}
    symbols: dict[str, int] = {}
    for name, rows in sorted(tiers.items()):
        infos = [row["info"] for row in rows]
        table = tuple((i["notionalCap"], i["maintMarginRatio"], int(i["initialLeverage"])) for i in infos)
        for info, bracket in zip(infos, expand(list(table)), strict=True):
            near = abs(bracket.cum - float(info["cum"])) <= 1e-6 * max(1.0, bracket.cum)
            if bracket.floor != info["notionalFloor"] or not near:
                raise SystemExit(f"{name}: {info} does not follow from the bracket before it")
        symbols[exchange_symbol(name)] = tables.setdefault(table, len(tables))
    commonest = Counter(symbols.values()).most_common(1)[0][0]
    return {
        "source": "Binance leverage and margin tiers",
        "as_of": as_of,
        "generic": commonest,
        "tables": list(tables),
        "symbols": symbols,
    }


def main() -> None:
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    result = convert(Path(sys.argv[1]), sys.argv[2])
    text = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
    Path(sys.argv[3]).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
