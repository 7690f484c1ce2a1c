"""Start the program as a new user would, and see that all of it works and that nothing stays behind.

    python packaging/smoke.py [options] COMMAND…       dist/liqdesk/liqdesk, or: python -m liqdesk

Needs Python alone. The program gets an empty home, with a space and a letter beyond ASCII in its path. It must answer on the command line;
serve, import, export; draw its demo market; show it on a screen (its own Xvfb where there is one, else the display at hand), take keys,
open and close every dialog, and end when its window is closed. Any warning, any process or file it leaves, and any other exit code than
the documented one is a fault; each is told in a sentence, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import seen
from runs import SOON_S, Commands, quiet, text
from surroundings import FaultError, Surroundings
from xdisplay import Display, Server, XError

T0_MS = 1_764_547_200_000  # 2025-12-01
COLUMNS = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
CANDLES = 30
SIZE = (1366, 768)
LEAST_OPENED = 30
FIRST_S = 900.0  # a first start compiles the kernels, minutes on a small machine
LOUD = re.compile(r" (WARNING|ERROR|CRITICAL) +")


class Smoke(Commands):
    """The steps of the test, and the faults found so far."""

    def __init__(self, command: Sequence[str], around: Surroundings, keep: Path | None) -> None:
        super().__init__(command, around)
        self.keep = keep
        self.faults: list[str] = []

    def step(self, name: str, call: Callable[[], object]) -> None:
        """Do one step; what is wrong with it is told, and the next one follows."""
        began = time.monotonic()
        try:
            call()
        except (FaultError, XError, OSError, ValueError) as e:
            self.faults.append(f"{name}: {e}")
            self.say(f"{name}: FAULT: {e}")
        else:
            self.say(f"{name}: good, {time.monotonic() - began:.1f} s")

    # steps

    def answers(self) -> None:
        said = self.run("--version").out
        if not re.fullmatch(r"liqdesk \d+\.\d+\.\d+\S*\s*", said):
            raise FaultError(f"--version says {said!r}")
        self.say(said.strip())
        if not self.run("--help").out.startswith("usage: liqdesk"):
            raise FaultError("--help says nothing of use")

    def serves(self) -> None:
        """The exchange says where it is in its first line, answers there, and ends when asked."""
        with self.running("exchange", "--port", "0", "--seed", "7") as (process, out, errors):
            ended = process.poll
            self.wait(
                lambda: "\n" in text(out) or ended() is not None,
                FIRST_S,
                "the exchange names its address (a first start compiles its kernels)",
                errors,
            )
            line = text(out).split("\n")[0]
            try:
                first: dict[str, Any] = json.loads(line)
                with urllib.request.urlopen(f"{first['rest']}/fapi/v1/time", timeout=20) as answer:
                    at = json.load(answer)["serverTime"]
            except (ValueError, KeyError, OSError) as e:
                raise FaultError(f"the exchange's first line is {line!r}: {e}; it said: {text(errors)[-600:]}") from e
            self.say(f"the exchange at {first['rest']} stands at {at}")
            process.terminate()
            self.wait(lambda: ended() is not None, SOON_S, "the exchange ends", errors)
            if os.name == "posix" and (process.returncode not in (0, -15, 143) or text(errors)):
                raise FaultError(
                    f"asked to end, the exchange ended with {process.returncode} and said: {text(errors)[-600:]}"
                )

    def explains(self) -> None:
        """Without a history there is nothing to work on, which is said in one sentence."""
        out = self.around.inside(self.around.out / "nothing")
        for words in (
            ("score", "--swept", f"{out}.csv"),
            ("export", "--what", "bars", "--out", f"{out}.csv"),
            ("snapshot", "--history", "--out", f"{out}.png"),
        ):
            said = self.run(*words, code=2).errors.strip()
            if not said.startswith("liqdesk: ") or "\n" in said or not said.endswith("."):
                raise FaultError(f"“{words[0]}” on an empty profile says {said!r} instead of one sentence")

    def imports(self) -> None:
        """A file of the public archive comes in, and its candles out again."""
        rows = [COLUMNS]
        for i in range(CANDLES):
            t = T0_MS + i * 60_000
            rows.append(f"{t},90000,90100,89900,{90_000 + i},10,{t + 59_999},900000,9,5,450000,0")
        given = self.put("BTCUSDT-1m-2025-12-01.csv", ("\n".join(rows) + "\n").encode())
        done = self.run("import", self.around.inside(given))
        if done.errors:
            raise FaultError(f"import complains: {done.errors.strip()}")
        back = self.around.out / "bars.csv"
        self.run("export", "--what", "bars", "--out", self.around.inside(back))
        with back.open(encoding="utf-8", newline="") as f:
            closes = [float(row["close"]) for row in csv.DictReader(line for line in f if not line.startswith("#"))]
        if closes != [90_000.0 + i for i in range(CANDLES)]:
            raise FaultError(f"the candles that came back close at {closes}")

    def draws(self) -> None:
        """A picture of the demo market, off-screen."""
        png, report = self.around.out / "snapshot.png", self.around.out / "snapshot.json"
        files = ["--out", self.around.inside(png), "--report", self.around.inside(report)]
        size = "x".join(map(str, SIZE))
        limit = ["--timeout", f"{FIRST_S:g}", "--settle", "1"]
        done = self.run("snapshot", *files, "--demo", "--seed", "7", "--size", size, *limit, seconds=FIRST_S + SOON_S)
        quiet(done.errors)
        found = seen.troubles(seen.from_png(png), *SIZE)
        if found:
            raise FaultError(f"the snapshot is not the demo market: {'; '.join(found)}")
        shown = json.loads(report.read_text("utf-8"))
        if shown["frame"]["source"] != "demo" or not shown["frame"]["mark"] > 0 or "zones.count" not in shown:
            raise FaultError(f"the snapshot's report does not tell of the demo market, in {len(shown)} names: {report}")

    def examines_itself(self, *words: str, **env: str) -> None:
        """`liqdesk check` opens and closes everything there is."""
        done = self.run("check", *words, "--timeout", f"{FIRST_S:g}", seconds=FIRST_S + 5 * SOON_S, env=env)
        for line in done.out.splitlines():
            self.say(f"  {line}")
        quiet(done.errors)
        opened = re.search(r"^opened and closed: (\d+)", done.out, re.MULTILINE)
        if opened is None or int(opened[1]) < LEAST_OPENED:
            raise FaultError("check did not open everything")

    def shows(self, display: Display | None, **env: str) -> None:
        """The window shows the demo market, takes keys, and ends when it is closed."""
        trace = self.around.out / "trace.jsonl"
        trace.unlink(missing_ok=True)
        env["LIQDESK_TRACE"] = self.around.inside(trace)
        with self.running("--demo", "--seed", "7", **env) as (process, _, errors):
            ended = process.poll

            def has(event: str) -> bool:
                if ended() is not None:
                    raise FaultError(f"the window ended by itself with {process.returncode}: {text(errors)[-1500:]}")
                return f'"event": "{event}"' in text(trace)

            self.wait(lambda: has("first_paint"), SOON_S, "the window is painted", errors)
            self.wait(
                lambda: has("map_ready"), FIRST_S, "the map is whole (a first start compiles its kernels)", errors
            )
            if display is not None:
                self._handle(display, errors)
            elif sys.platform == "win32":
                subprocess.run(
                    ["taskkill", "/PID", str(process.pid)], check=False, capture_output=True
                )  # no /F: WM_CLOSE
            else:
                process.terminate()
            self.wait(lambda: ended() is not None, SOON_S, "the closed window ends the program", errors)
            if process.returncode != 0:
                raise FaultError(f"closed, the window ended with {process.returncode}: {text(errors)[-1500:]}")
            quiet(text(errors))

    def _handle(self, display: Display, errors: Path) -> None:
        """Do with the window what hands do: dismiss the note of the first start, look, open the help by its key, close all."""

        def windows() -> list[int]:
            return display.windows("liqdesk", set(self.around.living()))

        def press(window: int, key: str, count: int, what: str) -> None:
            display.give_keyboard(window)
            display.press(key)
            self.wait(lambda: len(windows()) == count, SOON_S, what, errors)

        self.wait(lambda: windows(), SOON_S, "there is a window on the screen", errors)
        if len(windows()) > 1:
            press(windows()[0], "Escape", 1, "Escape takes the note of the first start away")
        main = windows()[0]
        found = ["nothing was painted"]

        def good() -> bool:
            width, height, pixels = display.picture(main)
            picture = seen.from_screen(width, height, pixels)
            found[:] = seen.troubles(picture, width, height)
            return not found

        try:
            self.wait(good, SOON_S, "the window shows the map, candles and ribbon of the demo market", errors)
        except FaultError as e:
            raise FaultError(f"{e}; on the screen {'; '.join(found)}") from None
        finally:
            self._keep_picture(display, main)
        press(main, "F1", 2, "F1 opens the help")
        press(windows()[0], "Escape", 1, "Escape closes the help")
        display.ask_to_close(main)

    def _keep_picture(self, display: Display, window: int) -> None:
        if self.keep is not None:
            width, height, pixels = display.picture(window)
            (self.around.out / "screen.png").write_bytes(seen.png(width, height, pixels))

    def leaves_nothing(self) -> None:
        left = self.around.wait_gone()
        if left:
            raise FaultError(f"still running: {'; '.join(f'{pid} {words}' for pid, words in left.items())}")
        strays = self.around.strays()
        if strays:
            raise FaultError(f"{len(strays)} outside profile and cache: {'; '.join(strays[:20])}")
        for folder in self.around.own_folders():
            files = [path for path in folder.rglob("*") if path.is_file()]
            size = sum(path.stat().st_size for path in files)
            self.say(f"  kept in {folder}: {len(files)} files, {size / 1e6:.1f} MB")

    def logs_no_trouble(self) -> None:
        logs = [path for folder in self.around.own_folders() for path in folder.rglob("liqdesk.log*")]
        if not logs:
            raise FaultError("there is no log in the profile")
        loud = [line for path in logs for line in text(path).splitlines() if LOUD.search(line)]
        if loud:
            raise FaultError(f"the log holds {len(loud)} warnings: {'; '.join(loud[:10])}")


@contextmanager
def screen(wanted: str) -> Iterator[tuple[Display | None, dict[str, str]]]:
    """Yield a display to look at and the environment of programs that show themselves there: xcb where there is X; the system's own
    windows on Windows and macOS, which are not looked at from outside; else off-screen."""
    if wanted == "none":
        yield None, {"QT_QPA_PLATFORM": "offscreen"}
    elif sys.platform in ("win32", "darwin"):
        yield None, {}
    elif wanted == "auto" and Server.can_be():
        server = Server()
        try:
            display = Display(server.name)
            yield display, {"QT_QPA_PLATFORM": "xcb", "DISPLAY": server.name}
            display.close()
        finally:
            server.close()
    elif os.environ.get("DISPLAY"):
        name = os.environ["DISPLAY"]
        authority = os.environ.get("XAUTHORITY") or str(Path.home() / ".Xauthority")
        display = Display(name, Path(authority))
        yield display, {"QT_QPA_PLATFORM": "xcb", "DISPLAY": name, "XAUTHORITY": authority}
        display.close()
    else:
        yield None, {"QT_QPA_PLATFORM": "offscreen"}


def program_folder(command: Sequence[str]) -> list[Path]:
    """Return the folder of a frozen program, in which nothing may change."""
    first = Path(command[0])
    return [first.resolve().parent] if (first.parent / "_internal").is_dir() else []


def smoke(asked: argparse.Namespace) -> list[str]:
    """Do all steps and return what is wrong."""
    if (
        asked.screen == "need"
        and sys.platform not in ("win32", "darwin")
        and not (Server.can_be() or os.environ.get("DISPLAY"))
    ):
        return ["there is neither Xvfb nor a display: install xvfb, or leave --screen out"]
    extra, lent = list(asked.env), []
    if asked.kernels:
        extra.append(f"NUMBA_CACHE_DIR={asked.kernels}")
        lent.append(Path(asked.kernels) if asked.root is None else asked.root / asked.kernels.lstrip("/"))
    command = asked.command
    if asked.root is None and os.sep in command[0]:
        command = [str(Path(command[0]).absolute()), *command[1:]]
    around = Surroundings(asked.root, program_folder(command) if asked.root is None else (), extra, lent)
    test = Smoke(command, around, asked.keep)
    try:
        with screen("auto" if asked.screen == "need" else asked.screen) as (display, env):
            test.step("answers", test.answers)
            test.step("serves a market", test.serves)
            test.step("explains what is missing", test.explains)
            test.step("imports and exports", test.imports)
            where = env.get("QT_QPA_PLATFORM", "the system's own windows")
            test.step(f"shows the market on {where}", lambda: test.shows(display, **env))
            if not asked.short:
                test.step("draws the market off-screen", test.draws)
                if where != "offscreen":
                    test.step(f"opens everything on {where}", lambda: test.examines_itself("--screen", **env))
            test.step("opens everything off-screen", test.examines_itself)
            test.step("leaves nothing", test.leaves_nothing)
            test.step("logs no trouble", test.logs_no_trouble)
        if asked.keep is not None:
            asked.keep.mkdir(parents=True, exist_ok=True)
            for path in around.out.iterdir():
                (asked.keep / path.name).write_bytes(path.read_bytes())
    finally:
        around.close()
    return test.faults


def main(argv: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(
        description=__doc__.split("\n")[0] if __doc__ else "", usage="%(prog)s [options] COMMAND…"
    )
    asked.add_argument("--short", action="store_true", help="leave out the snapshot and the dialogs on the screen")
    asked.add_argument(
        "--screen", choices=("auto", "need", "none"), default="auto",
        help="auto: Xvfb, else the display, else none; need: it is a fault if there is neither; none: off-screen alone",
    )  # fmt: skip
    asked.add_argument("--root", type=Path, help="run it in this root, by chroot, as a user without rights")
    asked.add_argument("--kernels", metavar="DIR", help="a folder of compiled kernels, instead of compiling them anew")
    asked.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="add to its environment")
    asked.add_argument("--keep", type=Path, metavar="DIR", help="keep pictures and all that was said in this folder")
    asked.add_argument(
        "command", nargs=argparse.REMAINDER, help="the program, and words that come before every command"
    )
    a = asked.parse_args(argv)
    if not a.command:
        asked.error("name the program")
    began = time.monotonic()
    try:
        faults = smoke(a)
    except FaultError as e:
        faults = [str(e)]
    except XError as e:
        faults = [f"the display: {e}"]
    took = f"{time.monotonic() - began:.0f} s"
    for fault in faults:
        print(f"smoke: {fault}", file=sys.stderr)
    print(f"smoke: {'all good' if not faults else f'{len(faults)} faults'}, {took}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
