"""python -m liqdesk, and the frozen program."""

import os
import sys

from liqdesk.cli import main


def _keep_to_ourselves() -> None:
    """Let what we start see the user's environment: a frozen program is begun with the path of its own libraries, which a sound player or
    a browser of the system must not load."""
    if sys.platform.startswith("linux"):
        users = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
        os.environ.pop("LD_LIBRARY_PATH", None)
        if users is not None:
            os.environ["LD_LIBRARY_PATH"] = users
        for name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):  # set beside the libraries, which know their place without
            os.environ.pop(name, None)
    os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"  # the same program as a child finds its libraries afresh


def _worker() -> bool:
    """Return whether this process was started to compute a part of a score."""
    return len(sys.argv) > 1 and (sys.argv[1].startswith("--multiprocessing") or "-c" in sys.argv[1:])


if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        _keep_to_ourselves()
        if _worker():
            from multiprocessing import freeze_support

            freeze_support()
    sys.exit(main())
