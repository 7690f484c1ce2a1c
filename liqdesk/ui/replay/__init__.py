"""Replay: the window shows an earlier moment as it was drawn then, and steps or plays on from there.

Law: panels and chart see frames alone and know nothing of it; what comes from the engine meanwhile is kept, and alerts go on.
"""
