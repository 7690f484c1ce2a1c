"""What a trader reads from the model: zones, imbalance, how far each may be off, touch odds, and what forced orders say of
those that were not printed.

Law: pure functions of the density and the mark; numpy alone, no Qt, no I/O, no clock, no state. Row r of a column is display bin
base + r of ln price; longs stand below mark, shorts above. "Nothing stands out" is a valid answer.
"""

from liqdesk.insight.confluence import COHORTS, Confluence, confluence_of
from liqdesk.insight.funding import FundingRecord, funding_record
from liqdesk.insight.imbalance import RADII, Imbalance, imbalance_of
from liqdesk.insight.rule import RuleTest
from liqdesk.insight.spread import Spread, band_of, deviation_of, warm_bands
from liqdesk.insight.throttle import Rule
from liqdesk.insight.touch import Calibration, Chance
from liqdesk.insight.unprinted import Prints, Study, Unprinted, study
from liqdesk.insight.zones import MOST_ZONES, REACH, SIGNIFICANT, Zone, zones_of

__all__ = [
    "COHORTS",
    "MOST_ZONES",
    "RADII",
    "REACH",
    "SIGNIFICANT",
    "Calibration",
    "Chance",
    "Confluence",
    "FundingRecord",
    "Imbalance",
    "Prints",
    "Rule",
    "RuleTest",
    "Spread",
    "Study",
    "Unprinted",
    "Zone",
    "band_of",
    "confluence_of",
    "deviation_of",
    "funding_record",
    "imbalance_of",
    "study",
    "warm_bands",
    "zones_of",
]
