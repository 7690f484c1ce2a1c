"""What a Linux desktop is told of the program: menu entry, icons, the type of its recordings, and the entry of a software centre."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from steps.plan import BuildError

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
ICONS: Final = HERE.parent / "icons"
RECORDING: Final = "application/x-liqdesk-recording"


def put(data: bytes | str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    path.chmod(0o644)


def furnish(prefix: Path) -> None:
    """Write menu entry, icons, type and metadata below `prefix`/share."""
    share = prefix / "share"
    put((HERE / "liqdesk.desktop").read_bytes(), share / "applications" / "liqdesk.desktop")
    put((HERE / "liqdesk.metainfo.xml").read_bytes(), share / "metainfo" / "io.github.liqdesk.liqdesk.metainfo.xml")
    put((HERE / "liqdesk.mime.xml").read_bytes(), share / "mime" / "packages" / "liqdesk.xml")
    hicolor = share / "icons" / "hicolor"
    for icon in sorted(ICONS.glob("liqdesk-*.png")):
        size = icon.stem.removeprefix("liqdesk-")
        put(icon.read_bytes(), hicolor / f"{size}x{size}" / "apps" / "liqdesk.png")
    put((ROOT / "resources" / "logo.svg").read_bytes(), hicolor / "scalable" / "apps" / "liqdesk.svg")


def copy_program(frozen: Path, target: Path) -> None:
    """Copy a frozen folder as it is, links as links. Raises BuildError where it holds no program."""
    if not (frozen / "liqdesk").is_file():
        raise BuildError(f"{frozen} holds no frozen program; build it first (make package)")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(frozen, target, symlinks=True)
