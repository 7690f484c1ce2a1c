"""Python's collector of cycles, out of the way while the program starts.

What is imported and compiled then lives to the end, yet each pass would walk through all of it.
"""

from __future__ import annotations

import gc


def rest() -> None:
    """Collect nothing until `resume`."""
    gc.disable()


def resume() -> None:
    """Collect again, and leave out for good what stands by now. Does nothing unless it rests."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
