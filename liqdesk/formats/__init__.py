"""The formats of the files in a profile: one number each, and what this program does with another.

Law: a file without a number is of version 1. A number rises only when a program that does not know it would misread or lose something;
then an older program refuses the whole profile before it opens anything for writing. What a later program of the same number has added,
a field or an entry's field, is passed over and written back as it was.
"""

from liqdesk.formats.database import marker_of, stated_version
from liqdesk.formats.documents import refuse_newer, version_of
from liqdesk.formats.versions import ALERTS, HISTORY, LAYOUTS, LINES, POSITIONS, RECORDING, SETTINGS, check_profile

__all__ = [
    "ALERTS",
    "HISTORY",
    "LAYOUTS",
    "LINES",
    "POSITIONS",
    "RECORDING",
    "SETTINGS",
    "check_profile",
    "marker_of",
    "refuse_newer",
    "stated_version",
    "version_of",
]
