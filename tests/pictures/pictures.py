"""Pictures of the whole window as it really is: the program's own window on its own simulated market, in every size, look and state.

    python tests/pictures/pictures.py [--out build/pictures] [--only dark,keys] [--seed 7]

The market is that of a seed and begins at a fixed moment; frames are held while pictures are taken, so that most of them show the same
moment. Every text on every picture is looked over: what is cut, shortened, written over another or too faint is named, and the run fails.
Under Xvfb where it is installed, else off-screen.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "app")]

from support.xserver import XServer, missing

if TYPE_CHECKING:
    from studio import Folder

SETTLE_S = 25  # the market's own seconds at 20 times speed are enough for every panel to be full
REFUSED = "HTTP/1.1 451 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
NAMES = (
    "loading, dark, light, 150, 200, maps, narrow, cards or one of them, readout, why, whatif, replay, toast, alerts, zones, everything, "
    "beside, stale, significant, error"
)
RISEN = (
    24,
    "2026-05-17T23:00:00+00:00",
)  # a seed and a start with a zone of z ≥ 2: one moment in about a thousand of this market has one


def market(folder: Folder, seed: int, home: Path) -> None:
    """A market that runs, from its first page on."""
    import scenes
    from studio import Studio

    studio = Studio(home, seed)
    try:
        w = studio.window
        if folder.wants("loading"):
            scenes.show_everything(studio)
            studio.until(lambda: w.frame is not None and w.frame.progress is not None, "a page of history")
            studio.hold(True)
            scenes.everything(studio, folder, "loading")
            studio.hold(False)
            scenes.show_usual(studio)
        studio.until(lambda: studio.whole, "a whole map")
        scenes.furnish(studio)
        studio.pass_time(SETTLE_S)
        studio.hold(True)
        scenes.looks(studio, folder)
        scenes.narrow(studio, folder)
        scenes.cards(studio, folder)
        scenes.pointing(studio, folder)
        scenes.alerts(studio, folder)
        scenes.zones(studio, folder)
        if folder.wants("everything"):
            scenes.show_everything(studio)
            studio.hold(False)
            studio.pass_time(2.0)
            studio.hold(True)
            scenes.everything(studio, folder)
            scenes.show_usual(studio)
        scenes.beside(studio, folder)
        scenes.stale(studio, folder)
    finally:
        studio.close()


def significant(folder: Folder, home: Path) -> None:
    """A market in which a zone is significant by the program's own rule: shorts above a price that has long not been there."""
    import scenes
    from studio import Studio

    if not folder.wants("significant"):
        return
    seed, start = RISEN
    studio = Studio(home, seed, start=start)
    try:
        w = studio.window
        studio.until(lambda: studio.whole and w.frame.zones and w.frame.zones[0].touch, "a map with its odds")
        studio.hold(True)
        if not any(zone.significant for zone in w.frame.zones):
            raise SystemExit(f"pictures: no zone is significant: z = {[round(zone.z, 2) for zone in w.frame.zones]}")
        scenes.significant(studio, folder)
    finally:
        studio.close()


def refused(folder: Folder, seed: int, home: Path) -> None:
    """An error, because a venue refuses this region."""
    import scenes
    from answering import answering
    from studio import Studio

    if not folder.wants("error"):
        return
    with answering(REFUSED.encode()) as url:
        studio = Studio(home, seed, url)
        try:
            studio.until(lambda: studio.window.frame and studio.window.frame.connection.sentence, "a refusal")
            studio.pass_time(2.0)
            for look, changed in scenes.LOOKS.items():
                studio.window.change(**changed)
                folder.put("error" if look == "dark" else f"error-{look}", studio)
                studio.window.change(**scenes.PLAIN)
            scenes.show_everything(studio)
            studio.pass_time(1.0)
            scenes.everything(studio, folder, "error")
        finally:
            studio.close()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--out", type=Path, default=ROOT / "build" / "pictures")
    asked.add_argument("--only", default="", help=f"names with commas: {NAMES}")
    asked.add_argument("--seed", type=int, default=7)
    a = asked.parse_args()
    server = None
    if missing() is None:
        server = XServer()
        os.environ.update(server.env)
    else:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from liqdesk.paths import prepare_numba_cache

    prepare_numba_cache()
    from studio import Folder
    from support.painted import Watch

    from liqdesk.ui.application import make_application

    application = make_application()
    try:
        with Watch() as watch, tempfile.TemporaryDirectory(prefix="liqdesk-pictures-") as home:
            folder = Folder(a.out, {one for one in a.only.split(",") if one}, watch)
            market(folder, a.seed, Path(home))
            significant(folder, Path(home))
            refused(folder, a.seed, Path(home))
        application.processEvents()
    finally:
        if server is not None:
            server.stop()
    if folder.faults:
        print(f"{len(folder.faults)} faults:", *folder.faults, sep="\n  ", file=sys.stderr)
    return 1 if folder.faults else 0


if __name__ == "__main__":
    sys.exit(main())
