"""Every command of the window, in one table: shortcuts, the sheet under `?` and the menus are made from it.

What a command does is said elsewhere, by `window.act.learn(name, call)`. Sequences are Qt's portable text, such as "Ctrl+Shift+C";
the first is the one that is written beside the command. The user may give others (`settings.keys`).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Key(NamedTuple):
    """A command: the name it is learned by, the section it stands in, its key sequences (none is fine), what it does, and whether that
    is to open a card, a menu or a window: `liqdesk check` opens and closes all of those."""

    name: str
    section: str
    sequences: tuple[str, ...]
    words: str
    opens: bool = False


MARKET: Final = "Market"
CHART: Final = "Chart"
MAP: Final = "Map"
ALERTS: Final = "Alerts"
WINDOW: Final = "Window"
PICTURES: Final = "Pictures and files"
HELP: Final = "Help"

KEYS: Final = (
    Key("search", MARKET, ("Ctrl+K", "/"), "choose a contract", opens=True),
    Key("watchlist", MARKET, ("Ctrl+L",), "watchlist of all contracts"),
    Key("retry", MARKET, ("R",), "reconnect now"),
    Key("market", MARKET, ("Ctrl+D",), "built-in market, or back to the venue"),
    Key("streams", MARKET, ("D",), "streams: rates, gaps, connections", opens=True),
    Key("candle_1m", CHART, ("1",), "candles of 1 minute"),
    Key("candle_5m", CHART, ("2",), "candles of 5 minutes"),
    Key("candle_15m", CHART, ("3",), "candles of 15 minutes"),
    Key("candle_1h", CHART, ("4",), "candles of 1 hour"),
    Key("candle_4h", CHART, ("5",), "candles of 4 hours"),
    Key("candle_3m", CHART, ("Alt+1",), "candles of 3 minutes"),
    Key("candle_30m", CHART, ("Alt+2",), "candles of 30 minutes"),
    Key("candle_2h", CHART, ("Alt+3",), "candles of 2 hours"),
    Key("candle_12h", CHART, ("Alt+4",), "candles of 12 hours"),
    Key("candle_1d", CHART, ("Alt+5",), "candles of 1 day"),
    Key("window_12h", CHART, ("Ctrl+1",), "show 12 hours"),
    Key("window_1d", CHART, ("Ctrl+2",), "show 1 day"),
    Key("window_3d", CHART, ("Ctrl+3",), "show 3 days"),
    Key("window_1w", CHART, ("Ctrl+4",), "show 1 week"),
    Key("window_1M", CHART, ("Ctrl+5",), "show 1 month"),
    Key("layers", CHART, ("V",), "layers: what is drawn over the map", opens=True),
    Key("show_bubbles", CHART, (), "realised liquidations on or off"),
    Key("show_zones", CHART, ("Z",), "zone labels on or off"),
    Key("show_confluence", CHART, ("Y",), "confluence of what was opened lately on or off"),
    Key("show_index", CHART, (), "index price tag on or off"),
    Key("panes", CHART, ("F9",), "choose the panes beneath the chart", opens=True),
    Key("pane_liquidations", CHART, ("F3",), "realised liquidations: show, fold, open"),
    Key("pane_interest", CHART, ("F4",), "open interest: show, fold, open"),
    Key("pane_cvd", CHART, ("F5",), "cumulative volume delta: show, fold, open"),
    Key("pane_funding", CHART, ("F6",), "funding: show, fold, open"),
    Key("pane_volume", CHART, ("F7",), "volume: show, fold, open"),
    Key("pane_rsi", CHART, ("F8",), "relative strength: show, fold, open"),
    Key("show_position", CHART, (), "my position's lines on or off"),
    Key("show_gaps", CHART, (), "gap hatching on or off"),
    Key("show_book", CHART, (), "order book on the profile on or off"),
    Key("reset", CHART, ("Home",), "whole view, up to now"),
    Key("now", CHART, ("End",), "back to now, at this zoom"),
    Key("goto", CHART, ("G",), "go to a date or time", opens=True),
    Key("replay", CHART, ("J",), "replay the past, or back to now"),
    Key("replay_play", CHART, ("K",), "replay: play or pause"),
    Key("replay_back", CHART, (",",), "replay: one candle back"),
    Key("replay_forward", CHART, (".",), "replay: one candle on"),
    Key("ruler", CHART, ("X",), "ruler: the next drag or two clicks measure"),
    Key("line", CHART, ("H",), "keep a line at the crosshair"),
    Key("line_delete", CHART, ("Del",), "drop the line under the crosshair"),
    Key("class_5x", MAP, ("6",), "5x positions in or out"),
    Key("class_10x", MAP, ("7",), "10x positions in or out"),
    Key("class_25x", MAP, ("8",), "25x positions in or out"),
    Key("class_50x", MAP, ("9",), "50x positions in or out"),
    Key("class_100x", MAP, ("0",), "100x positions in or out"),
    Key("long", MAP, ("L",), "longs only"),
    Key("both", MAP, ("B",), "both sides"),
    Key("short", MAP, ("S",), "shorts only"),
    Key("levels", MAP, ("I",), "colour scale: auto or lock"),
    Key("colours", MAP, ("C",), "next colour map"),
    Key("unit", MAP, ("U",), "sizes in USD or in coins"),
    Key("whatif", MAP, ("F",), "what if price goes to the crosshair", opens=True),
    Key("why", MAP, ("W",), "why the cell under the crosshair is hot", opens=True),
    Key("position", MAP, ("O",), "my position: liquidation, and the map before it", opens=True),
    Key("score", MAP, ("P",), "scale and score of the map", opens=True),
    Key("alert", ALERTS, ("A",), "new alert rule", opens=True),
    Key("seen", ALERTS, ("N",), "alerts seen: clear the badge"),
    Key("mute", ALERTS, ("M",), "sounds on or off"),
    Key("theme", WINDOW, ("T",), "light or dark"),
    Key("settings", WINDOW, ("Ctrl+,",), "settings", opens=True),
    Key("full", WINDOW, ("F11",), "full screen"),
    Key("desk", WINDOW, ("Ctrl+P",), "panels and layouts", opens=True),
    Key("desk_next", WINDOW, ("Ctrl+PgDown",), "next layout"),
    Key("desk_save", WINDOW, ("Ctrl+Shift+S",), "save the layout as", opens=True),
    Key("desk_reset", WINDOW, ("Ctrl+Shift+R",), "reset the layout"),
    Key("panel_next", WINDOW, ("Ctrl+F6",), "to the next panel"),
    Key("panel_back", WINDOW, ("Ctrl+Shift+F6",), "to the panel before"),
    Key("float", WINDOW, ("Ctrl+Shift+F",), "float the panel, or dock it again"),
    Key("hide", WINDOW, ("Ctrl+W",), "hide the panel, close the chart window"),
    Key("panel_log", WINDOW, ("Ctrl+J",), "the log: show or hide"),
    Key("chart_new", WINDOW, ("Ctrl+N",), "new chart window", opens=True),
    Key("recording", WINDOW, ("Ctrl+O",), "open a recording in a window of its own", opens=True),
    Key("close", WINDOW, ("Esc",), "close what is open"),
    Key("quit", WINDOW, ("Ctrl+Q",), "quit"),
    Key("save", PICTURES, ("Ctrl+S",), "save a picture"),
    Key("copy", PICTURES, ("Ctrl+Shift+C",), "copy a picture"),
    Key("export", PICTURES, ("Ctrl+E",), "export map, zones, forced orders or candles", opens=True),
    Key("palette", HELP, ("Ctrl+Shift+P",), "type a command", opens=True),
    Key("keys", HELP, ("?",), "every key, to be searched and changed", opens=True),
    Key("help", HELP, ("F1",), "what the map is and is not", opens=True),
    Key("method", HELP, ("F2",), "how the map is made, in full", opens=True),
    Key("about", HELP, ("Shift+F1",), "about: versions, and where things lie", opens=True),
    Key("licences", HELP, ("Shift+F2",), "licences of everything in the program", opens=True),
    Key("updates", HELP, ("Ctrl+U",), "check for updates", opens=True),
    Key("crashes", HELP, ("Ctrl+Shift+E",), "reports of crashes kept on this machine", opens=True),
)
BY_NAME: Final = {key.name: key for key in KEYS}
WITH_THE_MOUSE: Final = (
    ("wheel", "zoom time"),
    ("Ctrl+wheel", "zoom price"),
    ("click", "why is this cell hot"),
    ("drag", "move; on an axis: stretch it"),
    ("Shift+drag", "ruler: price, time, USD between"),
    ("drag a line", "move it; right click drops it"),
    ("double click", "back to now"),
    ("right click", "alert at a price or zone, my position"),
    ("Shift+letter", "type a contract: its search opens"),
    ("Tab, arrows, Space", "reach and work every control"),
)
