"""What the program is: its version and how versions compare, what it stands on, whose licences those are, and where it is at home.

Law: nothing is fetched and nothing is opened here; no Qt, and no library is imported for the sake of its version: what is loaded is asked.
"""

from liqdesk.about.facts import UNKNOWN, Fact, standing_on
from liqdesk.about.stamp import Stamp, stamp
from liqdesk.about.version import Version, version_from

__all__ = ["UNKNOWN", "Fact", "Stamp", "Version", "stamp", "standing_on", "version_from"]
