"""Alert rules, when they fire, and where they are kept. Never shows or plays anything.

Law: `evaluate` and `check` are pure; all times are venue time; a rule fires once per cooldown while its condition holds, and after a
restart it is armed anew. What is watched while data are stale or being filled in is the caller's business: it does not ask then.
"""

from liqdesk.alerts.book import AlertBook
from liqdesk.alerts.check import check
from liqdesk.alerts.evaluate import MarketView, evaluate
from liqdesk.alerts.rules import (
    AnyRule,
    Cross,
    Fired,
    ForcedBurst,
    FundingBeyond,
    ImbalanceBeyond,
    PriceCrosses,
    Rule,
    RuleStatus,
    Which,
    ZoneNear,
)
from liqdesk.alerts.store import AlertStore
from liqdesk.alerts.words import describe

__all__ = [
    "AlertBook",
    "AlertStore",
    "AnyRule",
    "Cross",
    "Fired",
    "ForcedBurst",
    "FundingBeyond",
    "ImbalanceBeyond",
    "MarketView",
    "PriceCrosses",
    "Rule",
    "RuleStatus",
    "Which",
    "ZoneNear",
    "check",
    "describe",
    "evaluate",
]
