"""A private X server with a window manager, on a display number of its own choosing."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

START_S = 15.0


def missing() -> str | None:
    """Return why there can be no X server here, None when there can."""
    if os.name != "posix":
        return "needs a system with X11"
    absent = [name for name in ("Xvfb", "openbox", "xdotool") if shutil.which(name) is None]
    return f"{', '.join(absent)} not installed" if absent else None


class XServer:
    """Xvfb at 1920x1080, or another size, with openbox. `env` is the environment for programs that shall show themselves there."""

    def __init__(self, size: str = "1920x1080") -> None:
        read_end, write_end = os.pipe()
        with os.fdopen(read_end, "rb") as pipe:
            try:
                self._server = subprocess.Popen(
                    ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(write_end,),
                )
            finally:
                os.close(write_end)
            number = pipe.readline().strip()
        if not number:
            self._server.wait(START_S)
            raise AssertionError("Xvfb ended without naming a display")
        self.display = f":{int(number)}"
        self.env = {
            **{k: v for k, v in os.environ.items() if k != "WAYLAND_DISPLAY"},
            "DISPLAY": self.display,
            "QT_QPA_PLATFORM": "xcb",
        }
        self._manager = subprocess.Popen(
            ["openbox"],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._await_manager()

    @property
    def pids(self) -> set[int]:
        return {self._server.pid, self._manager.pid}

    def stop(self) -> None:
        for process in (self._manager, self._server):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def _await_manager(self) -> None:
        """Wait until openbox answers, which a window needs to be activated and moved."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if subprocess.run(
                ["xdotool", "get_num_desktops"], env=self.env, capture_output=True, check=False
            ).stdout.strip():
                return
            time.sleep(0.05)
        self.stop()
        raise AssertionError("openbox did not come up")
