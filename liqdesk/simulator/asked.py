"""What a request asks for: its parameters, read or refused, and the contract that they name."""

from __future__ import annotations

from liqdesk.errors import LiqdeskError
from liqdesk.simulator.contracts import Contract, symbol_of
from liqdesk.simulator.course import Course
from liqdesk.simulator.indices import asset_of
from liqdesk.simulator.market import Market

Query = dict[str, str]


class BadRequestError(LiqdeskError):
    """A request that the venue refuses with a code of its own; HTTP 400 but where a key is missing."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def whole(query: Query, name: str, most: int | None = None, default: int | None = None) -> int | None:
    """Read a whole number. Raises BadRequestError -1102 where it is not one, -1130 where it is beyond `most`."""
    given = query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal()):
        raise BadRequestError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    value = int(given)
    if most is not None and not 1 <= value <= most:
        raise BadRequestError(-1130, f"Data sent for parameter '{name}' is not valid.")
    return value


def needed(query: Query, name: str) -> str:
    given = query.get(name)
    if not given:
        raise BadRequestError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return given


class Asked:
    """The market that is asked about."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def asked(self, query: Query) -> str:
        """Return the symbol that a request is about, however it names it; "" where it names none."""
        pair = symbol_of(query.get("pair", ""))
        if kind := query.get("contractType"):
            found = (
                c.symbol for c in self.market.listed if (c.pair, c.contract_type, c.symbol_type) == (pair, kind, 1)
            )
            return next(found, "?")
        symbol = symbol_of(query.get("symbol", "")) or pair
        return f"{asset}USDT" if (asset := asset_of(symbol)) is not None else symbol

    def contract(self, query: Query, name: str = "symbol") -> Contract:
        contract = self.market.contracts.get(symbol_of(needed(query, name)))
        if contract is None or contract.symbol_type != 1:
            raise BadRequestError(-1121, "Invalid symbol.")
        return contract

    def course(self, query: Query, name: str = "symbol") -> Course:
        contract = self.contract(query, name)
        course = self.market.courses.get(contract.symbol)
        if course is None:
            raise BadRequestError(-1122, "Invalid symbol status.")
        return course

    def courses(self) -> list[Course]:
        ready = self.market.courses
        return [ready[c.symbol] for c in self.market.listed if c.symbol in ready and c.symbol_type == 1]
