"""The window: the only room with QtWidgets, QtGui and pyqtgraph.

Law: it draws what frames say and what the grid holds, and computes no estimate of its own. Words come from `present`,
colours from `theme` and `ramp`; nothing else formats a number or names a colour. pyqtgraph and numba are imported
inside `chart` alone, which the window loads after its skeleton is painted. Importing this room imports nothing heavy.
"""
