"""Chart windows: further charts in windows of their own, linked by colour.

Law: a chart window decides nothing about the market; it shows the frames of an engine and says what was chosen. What is not live wears the
colour of the demo in every one of them.
"""
