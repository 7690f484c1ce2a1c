"""Files of what was estimated and seen: map, zones, forced orders, candles; as CSV or Parquet, for pandas or a spreadsheet.

Law: the unit stands in the name of every column, and every row says which contract and which source it is of and how old the data
were: a file of simulated or recorded data cannot pass for live ones, even when nothing but its rows is left. A file is written whole
or not at all.
"""

from liqdesk.exports.sheet import Column, Origin, Sheet
from liqdesk.exports.tables import bars_sheet, forced_sheet, map_sheet, zones_sheet
from liqdesk.exports.writing import Cancelled, Format, has_parquet, write

__all__ = [
    "Cancelled",
    "Column",
    "Format",
    "Origin",
    "Sheet",
    "bars_sheet",
    "forced_sheet",
    "has_parquet",
    "map_sheet",
    "write",
    "zones_sheet",
]
