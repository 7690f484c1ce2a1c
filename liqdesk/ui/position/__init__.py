"""The user's own position: typed in by hand, held against the map, drawn on the chart.

Law: it stays on this machine. It is kept in one file of the profile that its owner alone can read, is never logged, never part of
`Window.state()` or a report, and nothing of it is sent: no account, no key, no request.
"""
