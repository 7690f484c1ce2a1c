"""What liqdesk remembers: one SQLite file per origin, kept in the profile.

Law: one writer, who holds the profile's lock; everyone else reads. Nothing is asked of a clock: times come with the rows, and the
wall reading with `flush`. Genuine data never share a file with simulated or foreign data. A damaged file is set aside, never
overwritten; a full disk delays writing, it does not stop the stream.
"""

from liqdesk.history.records import (
    EVERY_SYMBOL,
    EVIDENCE,
    FORCED,
    GAIN,
    INTEREST,
    MARK,
    MARKS,
    ODDS,
    PRINT,
    SCORE,
    TRADES,
    VOLUME,
    Extent,
    Gap,
    Part,
    Record,
    Trimmed,
)
from liqdesk.history.store import GENUINE, History

__all__ = [
    "EVERY_SYMBOL",
    "EVIDENCE",
    "FORCED",
    "GAIN",
    "GENUINE",
    "INTEREST",
    "MARK",
    "MARKS",
    "ODDS",
    "PRINT",
    "SCORE",
    "TRADES",
    "VOLUME",
    "Extent",
    "Gap",
    "History",
    "Part",
    "Record",
    "Trimmed",
]
