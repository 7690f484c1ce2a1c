"""The pill: nothing but Binance itself is ever called live."""

from __future__ import annotations

import pytest
from shell_frames import connection, frame, source, streams

from liqdesk.engine.exporting import origin_of as sheet_origin
from liqdesk.engine.exporting import source_words
from liqdesk.engine.frames import LiveOffer, Progress
from liqdesk.ui.chart.state import source_text
from liqdesk.ui.condition import condition, venue_name
from liqdesk.ui.position.kept import origin_of
from liqdesk.ui.shown_market import offers


@pytest.mark.parametrize(
    ("kind", "health", "words", "token"),
    [
        ("live", "fresh", "live · 84 ms", "live"),
        ("live", "stale", "stale 41 s · reconnect in 8 s", "alert"),
        ("live", "down", "no connection · retry in 8 s", "alert"),
        ("live", "loading", "connecting", "text2"),
        ("demo", "fresh", "DEMO · simulated", "demo"),
        ("demo", "loading", "DEMO · connecting", "demo"),
        ("demo", "stale", "DEMO · stale 41 s · reconnect in 8 s", "alert"),
        ("custom", "fresh", "NOT BINANCE · proxy.example.net", "demo"),
        ("custom", "down", "NOT BINANCE · no connection · retry in 8 s", "alert"),
        ("history", "ended", "HISTORY · recorded data", "demo"),
    ],
)
def test_pill_names_the_source_and_its_condition(kind: str, health: str, words: str, token: str) -> None:
    retry = 7.4 if health in ("stale", "down") else None
    age = 41.0 if health in ("stale", "down") else 0.3
    shown = condition(frame(source=source(kind), connection=connection(health, retry), streams=streams(age)))
    assert (shown.text, shown.token) == (words, token)


@pytest.mark.parametrize("kind", ["demo", "custom", "history"])
@pytest.mark.parametrize("health", ["loading", "fresh", "stale", "down", "ended"])
def test_only_the_venue_itself_is_live(kind: str, health: str) -> None:
    shown = condition(frame(source=source(kind), connection=connection(health, 3.0)))
    assert "live ·" not in shown.text
    assert shown.token != "live"
    assert venue_name(frame(source=source(kind))) != "Binance"


def test_a_recording_names_its_file_and_whose_data_it_holds() -> None:
    import msgspec

    own = msgspec.structs.replace(source("history"), file="june.liqdesk")
    foreign = msgspec.structs.replace(own, whose="simulated market 7")
    for one in (own, foreign):
        shown = frame(source=one, connection=connection("ended"))
        assert (condition(shown).text, condition(shown).token) == ("RECORDING · not live", "demo")
        assert venue_name(shown) == "Recording"
        assert source_text(shown).startswith("RECORDING  ·  june.liqdesk")
        assert "nothing is live" in source_text(shown)
    assert "june.liqdesk was opened; its data are Binance's own." in condition(frame(source=own)).tip
    assert "are of simulated market 7, not Binance's." in condition(frame(source=foreign)).tip
    assert "simulated market 7, not Binance" in source_text(frame(source=foreign))
    assert "simulated" not in source_text(frame(source=own))
    assert (origin_of(own), origin_of(foreign)) == ("binance", "simulated market 7")
    assert source_words(foreign) == "RECORDING: simulated market 7, not Binance"
    assert sheet_origin(frame(source=foreign)).venue == "simulated market 7"


def test_loading_counts_pages() -> None:
    shown = condition(frame(connection=connection("loading"), progress=Progress(12, 30, "15 min candles, page 3 of 4")))
    assert shown.text == "loading 12/30"
    assert "15 min candles, page 3 of 4" in shown.tip


def test_latency_that_is_not_known_is_left_out() -> None:
    import msgspec

    quiet = msgspec.structs.replace(connection(), latency_ms=None)
    assert condition(frame(connection=quiet)).text == "live"


def test_the_built_in_market_says_why_it_stands_in_and_offers_the_way_back() -> None:
    stood_in = source("demo", note="Binance refuses this region (451).")
    (waiting,) = offers(frame(source=stood_in, live_offer=LiveOffer(False, "Binance refuses this region (451).", 11.2)))
    assert waiting.sentence.startswith("Binance refuses this region (451).")
    assert "in 12 s" in waiting.sentence
    assert waiting.action == "Try now"
    (back,) = offers(frame(source=stood_in, live_offer=LiveOffer(True, "Binance answers again.", None)))
    assert (back.sentence, back.action) == ("Binance answers again.", "Back to Binance")
    assert offers(frame()) == ()
