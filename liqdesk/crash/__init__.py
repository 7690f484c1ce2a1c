"""What is kept of a run that went wrong: a report in the profile, without what is private. Nothing is ever sent.

Law: no Qt; `watch` stands on the start path and imports the standard library alone. An error in here never hides the one it tells of.
A run that was killed from outside, or that a machine took with it, leaves no report.
"""
