"""liqdesk: where leveraged positions are likely to be liquidated, estimated live and drawn under the candles.

What flows through it:

    venue bytes -> codec -> events -> inbox -> engine: model -> insight -> alerts -> frame -> window
                                                  |
                                                  +-> history (SQLite)

Live, recorded and simulated data enter by the same door, as venue bytes. The simulator is a server on loopback that speaks
the venue's own protocol, so a demo exercises the codec, the model, the alerts and the window alike.

Rooms, one direction: a module imports only from rooms to the left of its own, and from its own room.
`tests/test_rooms.py` holds every import against this line.

    errors < { market, clock, paths, formats, collector } < { venues, model, history, simulator, settings, logs, about }
           < { net, insight, crash } < { lab, alerts, exports } < engine < ui < app < cli
"""

__version__ = "0.1.0"
