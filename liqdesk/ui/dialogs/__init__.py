"""The cards over the window: symbol search, alert rule, settings, help, the first-run note.

Law: a dialog edits a copy and says what was decided by a signal; it never blocks the event loop and never touches the engine. Each is
imported when it is first opened.
"""
