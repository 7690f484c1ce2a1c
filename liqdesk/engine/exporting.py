"""What a frame's data are of, as files say it, and the sheets of what a frame stands for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec.structs import replace

from liqdesk.engine.frames import SourceKind
from liqdesk.exports import Origin, Sheet, map_sheet, zones_sheet
from liqdesk.exports.tables import Open

if TYPE_CHECKING:
    from liqdesk.engine.frames import Frame, Source
    from liqdesk.model import DensityGrid


def source_words(source: Source) -> str:
    """Return how a file names a source; nothing but Binance itself is called live."""
    if source.replayed:
        of = "Binance data" if source.of is SourceKind.LIVE else source_words(replace(source, kind=source.origin))
        return f"REPLAY of an earlier moment, not live: {of}"
    match source.kind:
        case SourceKind.LIVE:
            return "Binance, live"
        case SourceKind.DEMO:
            seed = "" if source.seed is None else f", seed {source.seed}"
            return f"DEMO: simulated market{seed}, not Binance"
        case SourceKind.HISTORY if source.whose:
            return f"RECORDING: {source.whose}, not Binance"
        case SourceKind.HISTORY:
            return "HISTORY: Binance data as recorded or imported, not live"
    return f"NOT BINANCE: {source.host}"


def origin_of(frame: Frame) -> Origin:
    """Return what the data of a frame are of; their age is the mark price's, None where nothing moves."""
    age: float | None = None
    if frame.source.kind not in (SourceKind.HISTORY, SourceKind.REPLAY):
        age = next((s.age_s for s in frame.streams if s.name == "mark"), None)
    venue = {
        SourceKind.LIVE: "Binance USDⓈ-M",
        SourceKind.DEMO: "built-in market",
        SourceKind.HISTORY: frame.source.whose or "Binance USDⓈ-M",
    }
    return Origin(
        frame.instrument.symbol,
        venue.get(frame.source.origin, frame.source.host),
        source_words(frame.source),
        frame.model_version,
        frame.venue_ms,
        age if age is not None and math.isfinite(age) else None,
    )


def map_of(frame: Frame, grid: DensityGrid, from_ms: int, to_ms: int) -> Sheet:
    """Return the map of a stretch of venue time, with the open column where it lies within."""
    now = frame.now
    open_ = None if now is None else Open(now.time_ms, now.base, now.mark, now.usd, now.shares)
    return map_sheet(grid, from_ms, to_ms, open_, origin_of(frame))


def zones_of(frame: Frame) -> Sheet:
    """Return the zones of the frame's moment."""
    return zones_sheet(frame.zones, origin_of(frame))
