"""Install what `make package` built as people do, each in an environment of its own without the checkout in reach, and smoke-test it.

    python packaging/installed.py [--short] [wheel] [sdist] [pipx]      all three where none is named

Takes wheel and sources from dist/, everything else from the package index. The environments lie in a temporary folder and go again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import bootstrap
from steps.plan import Build, BuildError
from steps.wheel import paths

HERE = Path(__file__).resolve().parent
SCRIPTS, EXE = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
WHERE = "import liqdesk, pathlib; print(pathlib.Path(liqdesk.__file__).resolve())"


def run(command: Sequence[str | Path], folder: Path, **more: str) -> str:
    """Run a command in a folder, without the settings of Python and pip's builds that a developer may have; return what it said."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LIQDESK_", "NUMBA_", "PIPX_"))} | more
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=folder,
        env=env,
        check=False,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    if done.returncode != 0:
        raise BuildError(f"{' '.join(words)} ended with {done.returncode}: {done.stdout[-2000:]}")
    return done.stdout


def environment(folder: Path) -> Path:
    """Make an environment and return its Python."""
    maker = getattr(sys, "_base_executable", sys.executable) if sys.prefix != sys.base_prefix else sys.executable
    run([maker, "-m", "venv", folder], folder.parent)
    return folder / SCRIPTS / f"python{EXE}"


def by_pip(what: Path, folder: Path) -> Path:
    """Install a file with pip; return the program."""
    python = environment(folder / "environment")
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", what], folder)
    run([python, "-m", "pip", "check"], folder)
    apart(python, folder)
    return python.with_name(f"liqdesk{EXE}")


def by_pipx(what: Path, folder: Path) -> Path:
    """Install a file with pipx; return the program that it puts on the path."""
    python = environment(folder / "pipx")
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pipx"], folder)
    places = {"PIPX_HOME": str(folder / "home"), "PIPX_BIN_DIR": str(folder / "on the path")}
    places["PIPX_MAN_DIR"] = str(folder / "man")
    run([python, "-m", "pipx", "install", what], folder, **places)
    apart(folder / "home" / "venvs" / "liqdesk" / SCRIPTS / f"python{EXE}", folder)
    return folder / "on the path" / f"liqdesk{EXE}"


def apart(python: Path, folder: Path) -> None:
    """Raise BuildError where the checkout is what is imported."""
    at = Path(run([python, "-I", "-c", WHERE], folder).strip())
    if HERE.parent in at.parents or folder.resolve() not in at.parents:
        raise BuildError(f"liqdesk is imported from {at}, not from the environment")
    bootstrap.say(f"imported from {at.relative_to(folder.resolve())}")


KINDS: dict[str, tuple[int, Callable[[Path, Path], Path]]] = {  # which of sources and wheel, and how
    "wheel": (1, by_pip),
    "sdist": (0, by_pip),
    "pipx": (1, by_pipx),
}


def check(kind: str, build: Build, options: Sequence[str]) -> None:
    """Install one kind and smoke-test it."""
    at, install = KINDS[kind]
    what = paths(build)[at]
    if not what.is_file():
        raise BuildError(f"{what.relative_to(build.root)} is not there: make package ARGS=wheel")
    with tempfile.TemporaryDirectory(prefix="liqdesk installed é ") as name:
        bootstrap.say(f"{kind}: installing {what.name}; the first time this fetches some 200 MB")
        program = install(what, Path(name))
        keep = build.work / "smoke" / kind
        done = subprocess.run([sys.executable, HERE / "smoke.py", *options, "--keep", keep, program], check=False)
    if done.returncode != 0:
        raise BuildError(f"{kind}: the smoke test failed, see {keep}")
    bootstrap.say(f"{kind}: good")


def main(argv: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--short", action="store_true", help="the short smoke test")
    asked.add_argument("kinds", nargs="*", help=", ".join(KINDS))
    a = asked.parse_args(argv)
    unknown = [kind for kind in a.kinds if kind not in KINDS]
    if unknown:
        asked.error(f"there is no {', '.join(unknown)}; there are {', '.join(KINDS)}")
    bootstrap.add_system_parts(on_screen=True, tests=False)
    try:
        for kind in a.kinds or KINDS:
            check(kind, Build.here(), ["--short"] if a.short else [])
    except BuildError as e:
        bootstrap.say(str(e))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
