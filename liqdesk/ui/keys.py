"""Every command of the window with its key, in one table: the shortcuts and the help are both made from it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Key(NamedTuple):
    """A command: the name the window knows it by, its key sequences, how they are written, and what it does."""

    name: str
    sequences: tuple[str, ...]
    written: str
    words: str


KEYS: Final = (
    Key("search", ("Ctrl+K", "/"), "Ctrl+K", "choose a contract"),
    Key("candle", ("1", "2", "3", "4", "5"), "1 … 5", "candles of 1m 5m 15m 1h 4h"),
    Key("window", ("Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+5"), "Ctrl+1 … 5", "show 12h 1d 3d 1w 1M"),
    Key("class", ("6", "7", "8", "9", "0"), "6 … 0", "switch the 5x 10x 25x 50x 100x classes"),
    Key("long", ("L",), "L", "longs only"),
    Key("both", ("B",), "B", "both sides"),
    Key("short", ("S",), "S", "shorts only"),
    Key("levels", ("I",), "I", "colour scale: auto or lock"),
    Key("reset", ("Home",), "Home", "chart back to now"),
    Key("why", ("W",), "W", "why the cell under the crosshair is hot"),
    Key("alert", ("A",), "A", "new alert rule"),
    Key("seen", ("N",), "N", "alerts seen: clear the badge"),
    Key("mute", ("M",), "M", "sounds on or off"),
    Key("save", ("Ctrl+S",), "Ctrl+S", "save a picture"),
    Key("copy", ("Ctrl+Shift+C",), "Ctrl+Shift+C", "copy a picture"),
    Key("streams", ("D",), "D", "streams: rates, gaps, connections"),
    Key("score", ("P",), "P", "scale and score of the map"),
    Key("retry", ("R",), "R", "reconnect now"),
    Key("market", ("Ctrl+D",), "Ctrl+D", "built-in market, or back to the venue"),
    Key("theme", ("T",), "T", "light or dark"),
    Key("settings", ("Ctrl+,",), "Ctrl+,", "settings"),
    Key("full", ("F11",), "F11", "full screen"),
    Key("help", ("F1", "?"), "? or F1", "this card"),
    Key("method", ("F2",), "F2", "how the map is made, in full"),
    Key("close", ("Esc",), "Esc", "close what is open"),
    Key("quit", ("Ctrl+Q",), "Ctrl+Q", "quit"),
)
WITH_THE_MOUSE: Final = (
    ("wheel", "zoom time"),
    ("Ctrl+wheel", "zoom price"),
    ("click", "why is this cell hot"),
    ("drag", "move"),
    ("double click", "back to now"),
    ("right click", "alert at a price or zone"),
    ("Tab, arrows, Space", "reach and work every control"),
)
