"""dist/liqdesk-VERSION-linux-MACHINE.tar.xz: the frozen folder, to be unpacked anywhere and started as it is."""

from __future__ import annotations

import importlib.util
import tarfile
from pathlib import Path

from steps.plan import Build, BuildError

SYSTEMS = ("linux",)
TOOLS: dict[str, str] = {}


def make(build: Build) -> list[Path]:
    """Pack the folder, sorted, with one owner and one time, so that the same content gives the same bytes."""
    if importlib.util.find_spec("_lzma") is None:
        raise BuildError(
            "this Python cannot pack xz: it was built without liblzma (Debian: apt-get install liblzma-dev, then build it again)"
        )
    if not build.frozen.is_dir():
        raise BuildError('there is no frozen program in build/frozen: make package ARGS="freeze tarball"')
    target = build.target("tar.xz")
    name = f"liqdesk-{build.version}"
    with tarfile.open(target, "w:xz", format=tarfile.GNU_FORMAT, preset=6) as out:
        for path in [build.frozen, *sorted(build.frozen.rglob("*"))]:
            entry = out.gettarinfo(path, Path(name, path.relative_to(build.frozen)).as_posix())
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mtime = build.epoch
            if entry.isreg():
                with path.open("rb") as content:
                    out.addfile(entry, content)
            else:
                out.addfile(entry)
    return [target]
