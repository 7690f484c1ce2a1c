"""Every setting: its type, its default, the values it may have, and its row in the settings dialog."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from liqdesk.formats import SETTINGS
from liqdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqdesk.settings.declared import (
    ALERTS,
    CHART,
    CONNECTION,
    HISTORY,
    LOOK,
    PANELS,
    SIMULATED,
    Hidden,
    OneOf,
    Row,
    Within,
)

VERSION: Final = SETTINGS
USD: Final = Within(0.0, 1e12)
CANDLES: Final = OneOf(
    (
        *((n * MINUTE_MS, f"{n}m") for n in (1, 3, 5, 15, 30)),
        *((n * HOUR_MS, f"{n}h") for n in (1, 2, 4, 12)),
        (DAY_MS, "1d"),
    )
)
WINDOWS: Final = OneOf(
    ((12 * HOUR_MS, "12h"), (DAY_MS, "1d"), (3 * DAY_MS, "3d"), (7 * DAY_MS, "1w"), (30 * DAY_MS, "1M"))
)
IN_BAR: Final = Hidden("chosen in the top bar")
PANES: Final = ("liquidations", "interest", "cvd", "funding", "volume", "rsi")  # beneath the chart
IN_PANES: Final = Hidden("chosen in the menu of the panes beneath the chart")
ON_LEGEND: Final = Hidden("set on the legend")
IN_SCORE: Final = Hidden("switched in the card of scale and score")
IN_WATCHLIST: Final = Hidden("chosen in the watchlist")
ON_TAPE: Final = Hidden("chosen over the forced orders")
IN_LAYERS: Final = Hidden("switched in the Layers menu of the top bar")
OF_ITSELF: Final = Hidden("the program keeps it for itself")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a user can set. Spans are milliseconds, sizes megabytes, USD dollars."""

    version: Annotated[int, OF_ITSELF] = VERSION
    first_run_done: Annotated[bool, OF_ITSELF] = False
    symbol: Annotated[str, Hidden("chosen in the search of contracts")] = "BTCUSDT"
    rest_url: Annotated[
        str,
        Row(
            CONNECTION, "REST", "An address that is not Binance's own is never called live.", kind="address", later=True
        ),
    ] = "https://fapi.binance.com"
    stream_url: Annotated[
        str,
        Row(
            CONNECTION,
            "Streams",
            "What is streamed from elsewhere is shown in amber, with its host.",
            kind="address",
            later=True,
        ),
    ] = "wss://fstream.binance.com"
    proxy_url: Annotated[  # may hold a password; empty takes the machine's own settings
        str,
        Row(
            CONNECTION,
            "Proxy",
            "http://host:port or socks5h://host:port, with user@ before the host where it asks for a name.",
            kind="proxy",
            later=True,
        ),
    ] = ""
    update_url: Annotated[  # empty takes the build's own, where it has one
        str,
        Row(
            CONNECTION,
            "Updates",
            "Where the newest release is asked for, only when you do that (Ctrl+U): an https address that answers like GitHub's "
            "releases/latest. Empty takes the build's own address, if it has one.",
            kind="address",
        ),
    ] = ""
    theme: Annotated[
        str, OneOf((("dark", "Dark"), ("light", "Light"))), Row(LOOK, "Theme", "Colours of the window and of the map.")
    ] = "dark"
    text_scale: Annotated[
        int,
        OneOf(((100, "100 %"), (125, "125 %"), (150, "150 %"), (200, "200 %"))),
        Row(LOOK, "Text size", "Of text and everything around it, on top of the system's own size."),
    ] = 100
    timezone: Annotated[str, Row(LOOK, "Time zone", "Of every clock and axis, by its IANA name.", kind="zone")] = "UTC"
    candle_ms: Annotated[int, CANDLES, IN_BAR] = 15 * MINUTE_MS
    window_ms: Annotated[int, WINDOWS, IN_BAR] = 3 * DAY_MS
    classes: Annotated[tuple[int, ...], IN_BAR] = (5, 10, 25, 50, 100)
    side: Annotated[str, OneOf((("long", "Long"), ("both", "Both"), ("short", "Short"))), IN_BAR] = "both"
    heat_map: Annotated[
        str,
        OneOf(
            (
                ("ember", "Ember"),
                ("viridis", "Viridis"),
                ("cividis", "Cividis"),
                ("grey", "Grey"),
                ("two-sided", "Two-sided"),
            )
        ),
        Row(
            CHART,
            "Colours",
            "Of the map. Cividis is safe for colour-blind eyes; two-sided paints longs coral and shorts cyan.",
        ),
    ] = "ember"
    unit: Annotated[
        str,
        OneOf((("usd", "USD"), ("coin", "Coins"))),
        Row(CHART, "Sizes in", "Coins are the contract's base, converted at the mark as it is now."),
    ] = "usd"
    panes: Annotated[tuple[str, ...], IN_PANES] = ("liquidations", "interest", "cvd", "funding")  # from the top down
    folded: Annotated[tuple[str, ...], IN_PANES] = ()
    folded_compact: Annotated[tuple[str, ...], IN_PANES] = ("cvd", "funding", "volume", "rsi")
    heat_auto: Annotated[bool, ON_LEGEND] = True
    heat_low_usd: Annotated[float, USD, ON_LEGEND] = 0.0
    heat_high_usd: Annotated[float, USD, ON_LEGEND] = 0.0
    hued_candles: Annotated[
        bool,
        OneOf(((False, "by lightness"), (True, "by hue"))),
        Row(CHART, "Candles", "Both pairs can be told apart by colour-blind eyes; lightness leaves hue to the map."),
    ] = False
    whatif_refill: Annotated[
        float,
        OneOf(((0.0, "nothing"), (0.25, "a quarter"), (0.5, "half"))),
        Row(
            CHART, "What-if refill", "How much of the forced orders new orders in the book take; not measured, a guess."
        ),
    ] = 0.0
    whatif_follow: Annotated[
        float,
        OneOf(((1.0, "fully"), (0.75, "by ¾"), (0.5, "by half"))),
        Row(CHART, "What-if mark", "How far the mark follows the last price as it slips; not measured, a guess."),
    ] = 1.0
    bubble_min_usd: Annotated[
        float, USD, Row(CHART, "Bubbles from", "The smallest forced order that gets a bubble on the chart.", "USD")
    ] = 150_000.0
    show_bubbles: Annotated[bool, IN_LAYERS] = True
    show_zones: Annotated[bool, IN_LAYERS] = True
    show_confluence: Annotated[bool, IN_LAYERS] = True
    show_index: Annotated[bool, IN_LAYERS] = True
    show_position: Annotated[bool, IN_LAYERS] = True
    show_gaps: Annotated[bool, IN_LAYERS] = True
    show_book: Annotated[bool, IN_LAYERS] = True
    tape_min_usd: Annotated[
        float, USD, Row(PANELS, "Tape from", "The smallest forced order in the list of forced orders.", "USD")
    ] = 10_000.0
    tape_side: Annotated[str, OneOf((("long", "Long"), ("both", "Both"), ("short", "Short"))), ON_TAPE] = "both"
    tape_all: Annotated[bool, ON_TAPE] = False  # of all contracts, not of the one on screen
    favourites: Annotated[tuple[str, ...], Hidden("starred in the watchlist and in the search of contracts")] = ()
    watch_by: Annotated[
        str,
        OneOf(
            (
                ("contract", "Contract"),
                ("price", "Price"),
                ("change", "24 h"),
                ("interest", "OI 24 h"),
                ("funding", "Funding"),
                ("zone", "Zone"),
                ("volume", "Volume"),
            )
        ),
        IN_WATCHLIST,
    ] = "volume"
    watch_down: Annotated[bool, IN_WATCHLIST] = True
    local_gain: Annotated[bool, IN_SCORE] = False  # each side's brightness follows its last 24 h
    all_venues: Annotated[bool, IN_SCORE] = False  # USD as estimated for all venues, not for this one
    sounds: Annotated[bool, Row(ALERTS, "Sounds", "Of alert rules that are set to sound.")] = True
    history_limit_mb: Annotated[
        int,
        Within(64, 10_000_000),
        Row(HISTORY, "Largest size", "The oldest minutes go when the history is larger.", "MB", later=True),
    ] = 4_096
    history_days: Annotated[
        int,
        Within(1, 36_500),
        Row(
            HISTORY,
            "Kept for",
            "Forced orders have no public record at Binance: a day not recorded is gone.",
            "days",
            later=True,
        ),
    ] = 400
    keep_recording: Annotated[
        bool, Row(HISTORY, "On closing", "Keep recording in the system tray when the window is closed.")
    ] = False
    demo_seed: Annotated[
        int,
        Within(0, 2**32 - 1),
        Row(SIMULATED, "Seed", "The same number makes the same simulated market.", later=True),
    ] = 7
    demo_speed: Annotated[float, Within(0.1, 600.0), Row(SIMULATED, "Speed", "1 is real time.", "×", later=True)] = 1.0
    tray_explained: Annotated[bool, OF_ITSELF] = False
    keys: Annotated[  # what differs from ui/keys.py: (command, key sequences in Qt's portable text)
        tuple[tuple[str, tuple[str, ...]], ...], Hidden("set in the sheet of keys")
    ] = ()
    window_geometry: Annotated[str, OF_ITSELF] = ""
