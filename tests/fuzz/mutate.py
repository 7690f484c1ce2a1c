"""Changed bytes: the same seed makes the same ones. No dependency, so that a failing case is its seed and its number."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

LARGEST: Final = 256 * 1024
TOKENS: Final = (
    b"NaN", b"Infinity", b"-Infinity", b"nan", b"1e999", b"-1e999", b"1e-999", b"5e-324", b"1.7976931348623157e308",
    b"9" * 400, b"9" * 5_000, b"-1", b"0", b"-0.0", b"9223372036854775808", b"18446744073709551616", b"0x10", b"1_000",
    b"null", b"true", b"false", b'""', b"[]", b"{}", b'"\\ud800"', b'"\\udc00\\ud800"', b"\xed\xa0\x80", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\x00", b"\xc0\x80", "龙虾".encode(), "９".encode(), b"\x85", "\u2028".encode(), b"../../x",
    b"..\\x", b"/etc/x", b"C:\\x", b"%s%n{0}", b"\r\n", b"\n\n", b",", b'"', b"\\", b"PK\x05\x06", b"PK\x01\x02",
    b"<html>", b'"e":"aggTrade"', b'"stream":"x@y",', b"SQLite format 3\x00",
)  # fmt: skip
ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 1 << 31, 1 << 53, 1 << 62, 1 << 63, 1 << 64, -(1 << 63), 10**30, 10**400, 0.0, -0.0, 5e-324,
    1e-300, 1e12, 1e16, 1e300, float("nan"), float("inf"), float("-inf"), "", "0", "nan", "inf", "-1", "1e999", "1_0",
    " 1", "x", "x" * 1_000, "9" * 400, "9" * 5_000, "龙虾USDT", "\u2028", "../x", "/x", "\x00", "\ud800", "BTCUSD_PERP",
    "SELL", "aggTrade", "markPriceUpdate", "1m", "2017", [], {}, [[]], [0], ["0", "0"], {"": {}}, {"e": "kline"},
)  # fmt: skip
WIDTHS: Final = (1, 2, 4, 8)


def case(seed: int, name: str, number: int, corpus: Sequence[bytes]) -> bytes:
    """Return case `number` of a target, made from the samples it starts from."""
    rng = random.Random(f"{seed}/{name}/{number}")
    return Mutator(rng, corpus).make()


class Mutator:
    """Makes new inputs from samples; never larger than 256 KiB plus one step."""

    def __init__(self, rng: random.Random, corpus: Sequence[bytes]) -> None:
        self._rng = rng
        self._corpus = corpus

    def make(self) -> bytes:
        """Return a sample after one to eight changes, of its bytes or, where it is JSON, of its values."""
        rng = self._rng
        data = rng.choice(self._corpus)
        if rng.random() < 0.5 and data[:1] in (b"{", b"["):
            changed = self._values(data)
            if changed is not None:
                data = changed
                if rng.random() < 0.7:
                    return data
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            data = rng.choice(STEPS)(self, data)
            if len(data) > LARGEST:
                break
        return data

    def _spot(self, data: bytes) -> tuple[int, int]:
        start = self._rng.randrange(len(data) + 1)
        return start, min(len(data), start + self._rng.choice((1, 2, 4, 16, 64, 512, 4_096)))

    def flip(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(self._rng.choice((1, 1, 2, 8))):
            if changed:
                changed[self._rng.randrange(len(changed))] ^= 1 << self._rng.randrange(8)
        return bytes(changed)

    def overwrite(self, data: bytes) -> bytes:
        start, end = self._spot(data)
        return data[:start] + self._rng.randbytes(end - start) + data[end:]

    def fill(self, data: bytes) -> bytes:
        start, end = self._spot(data)
        return data[:start] + self._rng.choice((b"\0", b"\xff", b" ", b"0", b"9")) * (end - start) + data[end:]

    def integer(self, data: bytes) -> bytes:
        """Set a number as binary headers hold them."""
        width, order = self._rng.choice(WIDTHS), self._rng.choice(("little", "big"))
        value = self._rng.choice(
            (0, 1, (1 << 8 * width) - 1, 1 << (8 * width - 1), self._rng.randrange(1 << 8 * width))
        )
        start = self._rng.randrange(len(data) + 1)
        return data[:start] + value.to_bytes(width, order) + data[start + width :]  # type: ignore[arg-type]

    def cut(self, data: bytes) -> bytes:
        start, end = self._spot(data)
        return data[:start] + data[end:]

    def truncate(self, data: bytes) -> bytes:
        return data[: self._rng.randrange(len(data) + 1)]

    def duplicate(self, data: bytes) -> bytes:
        start, end = self._spot(data)
        times = min(self._rng.choice((1, 1, 2, 50, 1_000)), LARGEST // max(end - start, 1))
        return data[:end] + data[start:end] * times + data[end:]

    def token(self, data: bytes) -> bytes:
        start, end = self._spot(data)
        return data[:start] + self._rng.choice(TOKENS) + data[self._rng.choice((start, end)) :]

    def splice(self, data: bytes) -> bytes:
        other = self._rng.choice(self._corpus)
        return data[: self._spot(data)[0]] + other[self._spot(other)[0] :]

    def nest(self, data: bytes) -> bytes:
        start = self._rng.randrange(len(data) + 1)
        deep = self._rng.choice((b"[", b'{"a":', b'{"data":', b"(", b'[{"o":')) * self._rng.choice((10, 500, 20_000))
        return data[:start] + deep + data[start:]

    def reencode(self, data: bytes) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        return text.encode(self._rng.choice(("utf-16", "utf-32", "utf-8-sig", "latin-1")), "replace")

    def _values(self, data: bytes) -> bytes | None:
        """Change values and keys of a JSON document, keeping it well formed but for what JSON cannot say."""
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            return None
        for _ in range(self._rng.choice((1, 1, 2, 4))):
            document = self._change(document)
        tight = self._rng.random() < 0.8
        text = json.dumps(document, ensure_ascii=self._rng.random() < 0.3, separators=(",", ":") if tight else None)
        return text.encode("utf-8", "surrogatepass")

    def _change(self, node: Any) -> Any:
        rng = self._rng
        if isinstance(node, dict) and node and rng.random() < 0.9:
            key = rng.choice(list(node))
            what = rng.random()
            if what < 0.1:
                return {k: v for k, v in node.items() if k != key}
            if what < 0.2:
                return {(rng.choice((k.swapcase(), k * 2, "")) if k == key else k): v for k, v in node.items()}
            return {k: self._change(v) if k == key else v for k, v in node.items()}
        if isinstance(node, list) and node and rng.random() < 0.9:
            at = rng.randrange(len(node))
            what = rng.random()
            if what < 0.1:
                return node[:at] + node[at + 1 :]
            if what < 0.2:
                return node[: at + 1] + [node[at]] * rng.choice((1, 3, 200)) + node[at + 1 :]
            return [*node[:at], self._change(node[at]), *node[at + 1 :]]
        return self._odd(node)

    def _odd(self, node: Any) -> Any:
        rng = self._rng
        if isinstance(node, str) and rng.random() < 0.3:
            try:
                return float(node)
            except ValueError:
                return node + rng.choice(("\x00", "龙", "_", " ", "\ud800", "'", "x" * 40))
        if isinstance(node, int | float) and rng.random() < 0.4:
            try:
                return rng.choice((str(node), -node, node * 10**6, node * 1e300, [node], node + 1))
            except OverflowError:
                return 0
        return rng.choice(ODD)


STEPS: Final[tuple[Callable[[Mutator, bytes], bytes], ...]] = (
    Mutator.flip, Mutator.flip, Mutator.flip, Mutator.overwrite, Mutator.fill, Mutator.integer, Mutator.integer,
    Mutator.cut, Mutator.truncate, Mutator.duplicate, Mutator.token, Mutator.token, Mutator.token, Mutator.splice,
    Mutator.nest, Mutator.reencode,
)  # fmt: skip
