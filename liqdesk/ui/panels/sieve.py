"""Which forced orders the tape lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from liqdesk.ui import present

if TYPE_CHECKING:
    from liqdesk.market import ForcedOrder
    from liqdesk.settings import Settings


class Sieve(NamedTuple):
    """What of the tape is shown: from which USD on, which sides (long, both, short), of this contract or of all."""

    least_usd: float
    side: str
    everything: bool

    @classmethod
    def of(cls, settings: Settings) -> Sieve:
        return cls(settings.tape_min_usd, settings.tape_side, settings.tape_all)

    def lets(self, order: ForcedOrder, mine: bool) -> bool:
        """Return whether an order is shown; `mine` says that it is of the contract on screen."""
        return order.usd >= self.least_usd and self.side in ("both", order.side.word) and (mine or self.everything)

    def nothing(self, base: str) -> str:
        """Return what is said where nothing was let through."""
        side = "" if self.side == "both" else f"{self.side} "
        size = f" of ${present.usd_round(self.least_usd)} or more" if self.least_usd > 0 else ""
        where = "in any contract " if self.everything else f"in {base} " if base else ""
        return f"no {side}order{size} {where}printed yet"
