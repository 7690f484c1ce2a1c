"""What crosses between engine and window: frames one way, commands the other. All frozen; arrays inside belong to the receiver."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from liqdesk.engine.bookview import BookView
from liqdesk.engine.pasts import AskPast, PastView
from liqdesk.engine.scales import GainView, ScoreView, SetScale
from liqdesk.engine.series import SeriesView
from liqdesk.engine.watches import SetWatch, WatchView
from liqdesk.engine.whys import AskWhy, Why
from liqdesk.market import BracketTable, ForcedOrder, Instrument, LinkPhase, LinkState

if TYPE_CHECKING:
    # Annotations only: these rooms load numpy, and the window's first paint must not wait for it.
    import numpy as np
    from numpy.typing import NDArray

    from liqdesk.alerts import AnyRule, Fired, RuleStatus
    from liqdesk.insight import Calibration, Confluence, Imbalance, Spread, Study, Zone
    from liqdesk.insight.depth import InTheWay
    from liqdesk.insight.squeeze import Squeeze
    from liqdesk.model.quality import Oddity


class SourceKind(StrEnum):
    LIVE = "live"  # Binance itself, and nothing else is ever called that
    DEMO = "demo"  # the built-in market
    CUSTOM = "custom"  # an endpoint the user typed in
    HISTORY = "history"  # imported or recorded data, no connection
    REPLAY = "replay"  # an earlier moment of what is shown, in the window alone


class Source(msgspec.Struct, frozen=True):
    """Where the data come from. `host` is shown in the pill for anything but LIVE; seed and speed are the demo's."""

    kind: SourceKind
    host: str
    seed: int | None = None
    speed: float = 1.0
    note: str = ""  # why the demo replaced the live market, one sentence
    file: str = ""  # the name of a recording that was opened
    whose: str = ""  # whose data it holds, where they are not the venue's own
    of: SourceKind | None = None  # of a replay: what is replayed
    afterwards: bool = False  # of a replay: its map was computed after that moment, not drawn in it

    @property
    def replayed(self) -> bool:
        """Whether an earlier moment is shown."""
        return self.kind is SourceKind.REPLAY

    @property
    def origin(self) -> SourceKind:
        """Where the data came from in the first place."""
        return self.of or self.kind


class StreamStatus(msgspec.Struct, frozen=True):
    """One stream. `age_s` is venue seconds since the last event (None: nothing yet); `limit_s` is the age at which it counts as stale
    (None: silence is normal). `gaps` and `gap_ms` count what could not be given back; `dropped` the updates that a newer one replaced
    before the engine had time for them. Minor streams are not in the status bar."""

    name: str  # mark, trades, book, forced, OI, funding, candles, tickers, contracts
    age_s: float | None
    limit_s: float | None
    rate: float  # events per wall second: the last 5 s, of seldom ones the last minute
    dropped: int
    events: int = 0
    latency_ms: float | None = (
        None  # from the venue's stamp to here, by the estimated venue clock; None where that means nothing
    )
    gaps: int = 0
    gap_ms: int = 0
    link: str = ""  # what brings it: market, public, REST
    minor: bool = False

    @property
    def stale(self) -> bool:
        return self.limit_s is not None and self.age_s is not None and self.age_s > self.limit_s


class LinkStatus(msgspec.Struct, frozen=True):
    """One socket. `rate` and `messages` count what came on it, `losses` connections that ended unasked, `renewals` those replaced in
    time; `silent` names streams that were acknowledged and never came."""

    name: str  # market, public
    phase: LinkPhase
    endpoint: str
    sentence: str
    rate: float  # messages per wall second, last 5 s
    messages: int
    round_trip_ms: float | None
    open_s: float | None  # None while it is not
    losses: int
    renewals: int
    silent: tuple[str, ...]


class RestStatus(msgspec.Struct, frozen=True):
    """The requests. `used_weight` of `weight_limit` is the venue's own count for this address and minute (None: not told)."""

    endpoint: str
    used_weight: int | None
    weight_limit: int
    answer_ms: float | None  # how long the last answer took
    answers: int
    failures: int
    proxy: str = ""  # as it may be shown; empty where there is none


class Health(StrEnum):
    LOADING = "loading"
    FRESH = "fresh"
    STALE = "stale"  # older than 30 s: the map dims
    DOWN = "down"
    ENDED = "ended"  # history: nothing will move


class Connection(msgspec.Struct, frozen=True):
    """What the pill says. `sentence` names cause and way out; `retry_in_s` counts down on wall time."""

    health: Health
    latency_ms: float | None
    sentence: str
    retry_in_s: float | None
    attempt: int
    links: tuple[LinkState, ...]


class Progress(msgspec.Struct, frozen=True):
    """Back-fill: `done` of `total` pages, and what is being loaded now."""

    done: int
    total: int
    text: str


class Prices(msgspec.Struct, frozen=True):
    """Quote units; NaN where not known yet. `change_24h` is a fraction."""

    last: float
    mark: float
    index: float
    change_24h: float
    mark_ms: int


class FundingView(msgspec.Struct, frozen=True):
    """`rate` is the predicted rate per interval (a fraction, None where the contract has no funding); `history` is settled
    payments (venue ms, rate), oldest first."""

    rate: float | None
    interval_h: int
    next_ms: int
    history: tuple[tuple[int, float], ...]


class NowPlanes(msgspec.Struct, frozen=True):
    """The density now, between columns: `usd` float32 [10, 800], estimated USD per 10 bp row with the gain applied, plane =
    side·5 + class; row 0 is display bin `base`. `shares` float32 [5] is how much of each class is prior. It belongs to the open
    column of every ring."""

    time_ms: int
    base: int
    mark: float
    usd: NDArray[np.float32]
    shares: NDArray[np.float32]


class Published(msgspec.Struct, frozen=True):
    """Frozen columns a reader may look at in one ring: absolute numbers [first, last]; last < first when there are none.
    Columns numbered below `live_from` were back-computed."""

    span_ms: int
    first: int
    last: int
    live_from: int


class GapView(msgspec.Struct, frozen=True):
    """A stretch of venue time without data, [from_ms, to_ms)."""

    from_ms: int
    to_ms: int
    stream: str
    reason: str


class SideLedger(msgspec.Struct, frozen=True):
    """gain · standing basis + not liquidatable = open interest, in USD at mark, for one side."""

    liquidatable_usd: float
    not_liquidatable_usd: float


class Ledger(msgspec.Struct, frozen=True):
    """The mass balance of the model. `audit_error` is the relative gap between the running and the full sum; `clamped` says that
    the estimate exceeded open interest and the residual was held at zero."""

    long: SideLedger
    short: SideLedger
    open_interest_usd: float
    audit_error: float
    clamped: bool


class Bars(msgspec.Struct, frozen=True):
    """Candles that are new or changed, one array per span: dtype `liqdesk.model.candles.BAR`."""

    span_ms: int
    rows: NDArray[np.void]


class LiveOffer(msgspec.Struct, frozen=True):
    """Shown while the built-in market stands in for the venue: whether the venue answers again, and in a sentence why not."""

    reachable: bool
    sentence: str
    retry_in_s: float | None


class Frame(msgspec.Struct, frozen=True):
    """Everything the window shows at one moment. A new `epoch` (symbol or source changed) voids all that came before; lists whose
    name starts with `new_` hold what came since the last frame taken."""

    epoch: int
    serial: int
    source: Source
    instrument: Instrument
    venue_ms: int
    connection: Connection
    streams: tuple[StreamStatus, ...]
    progress: Progress | None
    prices: Prices
    funding: FundingView
    open_interest: float  # contracts; NaN before the first sample
    published: tuple[Published, ...]  # finest ring first
    now: NowPlanes | None
    new_bars: tuple[Bars, ...]
    new_forced: tuple[ForcedOrder, ...]  # of this symbol and of others
    imbalance: tuple[Imbalance, ...]
    zones: tuple[Zone, ...]  # by price, highest first; those that are not significant are rises that may be chance
    ledger: Ledger | None
    gaps: tuple[GapView, ...]
    rules: tuple[RuleStatus, ...]
    new_fired: tuple[Fired, ...]
    gain: float
    gain_default: bool
    model_version: str
    brackets_as_of: str
    notices: tuple[str, ...]  # sentences that stay true: read-only profile, disk full, recording off
    live_offer: LiveOffer | None = None  # one click goes back to the venue
    garbled: int = 0  # frames of this source, or rows in them, that meant nothing
    links: tuple[LinkStatus, ...] = ()
    rest: RestStatus | None = None
    scale: GainView | None = None
    score: ScoreView | None = None
    why: Why | None = None  # the answer to the newest question, once
    brackets: BracketTable | None = None
    odds: tuple[Calibration, ...] = ()  # how touch odds have held, by horizon; the odds are with the zones
    reach: tuple[float, ...] = ()  # σ√T by horizon, which odds of any distance are read with; empty while not known
    study: Study | None = None  # what the week's prints say of the rest; None without a record
    spread: Spread | None = None  # what the 80 % bands are made of; None before the first map
    book: BookView = BookView()
    in_the_way: tuple[InTheWay | None, ...] = ()  # of the book, for each of `zones`
    watch: WatchView | None = None  # for the watchlist; None while nobody looks at it
    quality: tuple[Oddity, ...] = ()  # impossible inputs of the last 24 h, by kind
    squeeze: Squeeze | None = None  # what one is judged by; None before there is a map
    confluence: Confluence | None = None  # of the newest closed minute; None before it is known
    series: SeriesView | None = None  # what runs beneath the chart; None before there is a session
    past: PastView | None = None  # how often alert rules would have fired; None before there is anything to say
    meanwhile_ms: int | None = None  # of a replay: the venue's time

    @property
    def feed_ms(self) -> int:
        """The venue's time, whatever moment is shown: what streams and alert rules go by."""
        return self.venue_ms if self.meanwhile_ms is None else self.meanwhile_ms


class SetSymbol(msgspec.Struct, frozen=True):
    symbol: str


class UseLive(msgspec.Struct, frozen=True):
    """Go (back) to the configured venue."""


class UseDemo(msgspec.Struct, frozen=True):
    pass


class RetryNow(msgspec.Struct, frozen=True):
    pass


class PutRule(msgspec.Struct, frozen=True):
    """Add a rule, or replace the one with the same id."""

    rule: AnyRule


class DropRule(msgspec.Struct, frozen=True):
    rule_id: str


Command = SetScale | SetSymbol | SetWatch | UseLive | UseDemo | RetryNow | PutRule | DropRule | AskWhy | AskPast
