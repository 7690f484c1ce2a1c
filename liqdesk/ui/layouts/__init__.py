"""Named layouts: where panels and chart windows stand, kept in one file of the profile, and the menu that speaks of them.

Law: what comes from a file is judged before Qt sees it; a window that is brought back stands on a screen that is there.
"""
