"""Frames: everything the window shows, put together from a source and its session."""

from __future__ import annotations

import math
from typing import Final

import msgspec

from liqdesk.alerts import Fired, RuleStatus
from liqdesk.engine.bookview import BookView
from liqdesk.engine.connection import connection_of
from liqdesk.engine.frames import Bars, Frame, FundingView, LiveOffer, Prices, Progress
from liqdesk.engine.past import Past
from liqdesk.engine.run import Run
from liqdesk.market import ForcedOrder, Instrument
from liqdesk.model import DEFAULT_GAIN, MODEL_NAME, MODEL_VERSION

NOTHING: Final = Prices(math.nan, math.nan, math.nan, math.nan, 0)


class News(msgspec.Struct):
    """What came since the window took its last frame."""

    bars: list[Bars] = msgspec.field(default_factory=list)
    forced: list[ForcedOrder] = msgspec.field(default_factory=list)
    fired: list[Fired] = msgspec.field(default_factory=list)

    def gather(self, run: Run | Past) -> None:
        if run.session is None:
            return
        for mine, theirs in (
            (self.bars, run.session.new_bars),
            (self.forced, run.session.new_forced),
            (self.fired, run.session.new_fired),
        ):
            mine.extend(theirs)  # type: ignore[arg-type]
            theirs.clear()


def compose(
    run: Run | Past,
    epoch: int,
    serial: int,
    now_ns: int,
    news: News,
    rules: tuple[RuleStatus, ...],
    notices: tuple[str, ...],
    offer: LiveOffer | None,
) -> Frame:
    """Return the frame of this moment; `news` goes into it whole."""
    session = run.session
    venue_ms = run.clock.now_ms(now_ns)
    table = run.brackets.table(run.symbol)
    instrument = session.instrument if session else Instrument(run.symbol, "", "", 0.1, 0.001)
    scale = session.scoring.gain_view() if session else None
    return Frame(
        epoch=epoch,
        serial=serial,
        source=run.source,
        instrument=instrument,
        venue_ms=venue_ms,
        connection=run.connection() if isinstance(run, Past) else connection_of(run, now_ns),
        streams=session.meters.statuses(venue_ms, now_ns, run.inbox.dropped_book, session.gaps) if session else (),
        progress=_progress(run),
        prices=session.prices if session else NOTHING,
        funding=session.funding if session else FundingView(None, 8, 0, ()),
        open_interest=session.open_interest if session else math.nan,
        published=session.map.published() if session else (),
        now=session.now if session else None,
        new_bars=tuple(news.bars),
        new_forced=tuple(news.forced),
        imbalance=session.imbalance if session else (),
        zones=session.zones if session else (),
        squeeze=session.reading.squeeze(session, venue_ms) if session and session.loaded else None,
        confluence=session.reading.confluence if session else None,
        ledger=session.map.ledger(session.prices.mark, session.open_interest) if session and session.loaded else None,
        gaps=tuple(session.gaps) if session else (),
        rules=rules,
        new_fired=tuple(news.fired),
        gain=scale.value if scale else DEFAULT_GAIN,
        gain_default=scale.default if scale else True,
        model_version=f"{MODEL_NAME}.{MODEL_VERSION}",
        brackets_as_of=table.as_of,
        brackets=table,
        notices=notices,
        live_offer=offer,
        garbled=run.traffic.garbled,
        links=run.traffic.link_statuses(now_ns),
        spread=session.map.shown_spread if session else None,
        scale=scale,
        score=session.scoring.score_view() if session else None,
        book=BookView() if isinstance(run, Past) else run.booking.view(venue_ms),
        in_the_way=run.booking.in_the_way(session.zones, session.prices.mark)
        if session and isinstance(run, Run)
        else (),
        quality=session.quality.oddities(venue_ms) if session else (),
        watch=None if isinstance(run, Past) else run.watchlist.view,
        rest=None if isinstance(run, Past) else run.traffic.rest_status(now_ns),
    )


def _progress(run: Run | Past) -> Progress | None:
    """Return how far loading is, and what it waits for: a page, or why none comes."""
    if run.session is None or run.session.loaded:
        return None
    progress = run.session.loading.progress
    return progress if run.error is None else msgspec.structs.replace(progress, text=run.error.user)
