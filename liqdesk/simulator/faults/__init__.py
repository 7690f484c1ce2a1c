"""Faults as data: a plan says what goes wrong with the simulated exchange, when, and to whom; a log says what did.

Law: nothing here knows the market; it stands between what the exchange says and the wire. Every draw comes from the plan's seed.
"""

from liqdesk.simulator.faults.journal import Journal
from liqdesk.simulator.faults.plan import Plan, read_plan
from liqdesk.simulator.faults.trouble import Trouble

__all__ = ["Journal", "Plan", "Trouble", "read_plan"]
