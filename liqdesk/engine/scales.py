"""The scale of figures in USD and the score of the map, as frames carry them. All frozen."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    # Annotations only: the room loads numpy, and the window's first paint must not wait for it.
    from liqdesk.lab.verdict import Headline


class SideGain(msgspec.Struct, frozen=True):
    """The gain of one side with its 80 % interval, the share of it that this market taught, and the factor of its last 24 h (1 where
    that is not in use)."""

    value: float
    low: float
    high: float
    learned: float
    local: float


class GainView(msgspec.Struct, frozen=True):
    """The scale of every figure in USD: basis × value × local × `factor`. `default` says that most of it is the shipped constant.

    `local_on` and `all_venues` are the switches; `venues_factor` is the factor that the second one means. Learned from `orders` and
    `printed_usd` over `minutes`, each weighing less by age, since `since_ms` (0: from nothing).
    """

    long: SideGain
    short: SideGain
    default: bool
    local_on: bool
    all_venues: bool
    factor: float
    venues_factor: float
    shipped: float
    orders: float
    printed_usd: float
    minutes: float
    since_ms: int

    @property
    def value(self) -> float:
        return (self.long.value * self.long.local + self.short.value * self.short.local) / 2

    @property
    def low(self) -> float:
        return (self.long.low * self.long.local + self.short.low * self.short.local) / 2

    @property
    def high(self) -> float:
        return (self.long.high * self.long.local + self.short.high * self.short.local) / 2

    @property
    def learned(self) -> float:
        return (self.long.learned + self.short.learned) / 2


class ScoreStage(StrEnum):
    WARMING = "warming"  # the naive maps are being computed, or what was kept is being read
    LEARNING = "learning"  # the first day: nothing is foreseen yet
    SCORING = "scoring"
    ENDED = "ended"  # history: what was scored until then


class ScoreView(msgspec.Struct, frozen=True):
    """The live score. `titles` are (name, title) of all maps, ours first; `progress` how far the naive maps are."""

    stage: ScoreStage
    progress: float
    headline: Headline
    titles: tuple[tuple[str, str], ...]
    notice: str = ""

    def title(self, name: str) -> str:
        return dict(self.titles).get(name, name)


class SetScale(msgspec.Struct, frozen=True):
    """How figures in USD are scaled from now on: by the last 24 h of each side or not, to this venue or to all."""

    local_gain: bool
    all_venues: bool
