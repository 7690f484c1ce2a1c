"""What a field of the settings declares of itself, in its annotation: the values it may have, and its row in the dialog."""

from __future__ import annotations

from typing import Final

import msgspec

LOOK: Final = "Look"
CHART: Final = "Chart"
PANELS: Final = "Panels"
ALERTS: Final = "Alerts"
CONNECTION: Final = "Connection"
HISTORY: Final = "History"
SIMULATED: Final = "Built-in market"
SECTIONS: Final = (LOOK, CHART, PANELS, ALERTS, CONNECTION, HISTORY, SIMULATED)


class Within(msgspec.Struct, frozen=True):
    """A number from `low` to `high`, both included, in the unit of the row."""

    low: float
    high: float


class OneOf(msgspec.Struct, frozen=True):
    """One of a few values, each with the word it is chosen by."""

    choices: tuple[tuple[object, str], ...]

    @property
    def values(self) -> tuple[object, ...]:
        return tuple(value for value, _ in self.choices)


class Row(msgspec.Struct, frozen=True):
    """A field's row in the settings dialog: its section, its label, one sentence of help, the unit written inside a number's field.

    `kind` says how a text is edited: "zone" (an IANA time zone), "address" (an endpoint), "proxy", or "" for plain text; other types and
    `OneOf` need none. `later` marks what is used from the next start.
    """

    section: str
    label: str
    help: str
    unit: str = ""
    kind: str = ""
    later: bool = False


class Hidden(msgspec.Struct, frozen=True):
    """A field without a row, and where it is set instead."""

    why: str


class Declared(msgspec.Struct, frozen=True):
    """A field as it is declared; `shown` is None where it does not say whether it has a row."""

    name: str
    type: object
    default: object
    shown: Row | Hidden | None
    values: Within | OneOf | None
