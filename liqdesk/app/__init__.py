"""The composition root: builds everything, joins everything, decides nothing.

Law: no logic of its own beyond order and wiring. Each entry point (`desk.open_window`, `picture.snapshot`, `offline.import_archive`,
`scoring.run`) stands in a module that loads only the rooms it needs: nothing is imported here, so that the window's first paint
waits for nothing, and a command line that opens no window imports no Qt widget.
"""
