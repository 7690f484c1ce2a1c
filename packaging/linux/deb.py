"""dist/liqdesk_VERSION_ARCHITECTURE.deb: the frozen folder as a Debian package.

It goes to /usr/lib/liqdesk, without the copies of system libraries that the freezing added: their packages are what the new one depends on.
A library that nobody declared fails the build.
"""

from __future__ import annotations

import datetime as dt
import email
import gzip
import hashlib
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from steps.plan import Build

from linux import libraries, shares

SYSTEMS: Final = ("linux",)
TOOLS: Final = {"dpkg-deb": "Debian, Ubuntu: apt-get install dpkg; Fedora: dnf install dpkg"}
LEVEL = 6  # of xz; 9 takes twice as long for a hundredth less
ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
SUMMARY: Final = "estimated liquidation map of perpetual futures, live"
DESCRIPTION: Final = """\
liqdesk shows where leveraged positions on Binance USDⓈ-M perpetual futures are likely to be liquidated: estimated live from public data,
drawn under the candles, on your own machine. No key and no account are needed.
.
The map is an estimate: no exchange publishes positions. It is not advice, and nothing in it trades.
"""
# A package must not reach into home folders: what is a user's stays, and the words say where.
POSTRM: Final = """\
#!/bin/sh
set -e
case "$1" in
    remove)
        echo "liqdesk is removed. What it recorded, and its settings, stay with each user in ~/.local/share/liqdesk;"
        echo "compiled kernels are in ~/.cache/liqdesk. Delete these folders where nobody needs them any more"
        echo "(liqdesk forget does it, before the package is removed)."
        ;;
esac
exit 0
"""


def zipped(text: str) -> bytes:
    return gzip.compress(text.encode(), 9, mtime=0)


def changelog(version: str, when: dt.datetime) -> str:
    """Return the form of CHANGELOG.md that Debian wants: what is new is told by the program's own file beside it."""
    stamp = when.strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        f"liqdesk ({version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz in this folder.\n\n"
        f" -- liqdesk contributors <liqdesk@localhost>  {stamp}\n"
    )


def folded(text: str) -> str:
    """Return a text as a field of a control file holds one: every line indented, an empty one as a dot."""
    return "\n".join(f" {line.rstrip()}" if line.strip() else " ." for line in text.strip().splitlines())


def copyright_words(build: Build) -> str:
    """Return Debian's copyright file: our own licence, and the words of every distribution in the frozen folder, from its metadata."""
    own = (build.root / "LICENSE").read_text("utf-8").split("\n\n", 2)[2]
    parts = [
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: liqdesk\n"
        "Comment: Qt is used under the GNU Lesser General Public License, version 3, whose text is in\n"
        " /usr/share/common-licenses/LGPL-3. Its libraries can be replaced in /usr/lib/liqdesk/_internal.",
        f"Files: *\nCopyright: 2026 liqdesk contributors\nLicense: MIT\n{folded(own)}",
    ]
    for info in sorted(build.frozen.rglob("*.dist-info"), key=lambda p: p.name.lower()):
        said = email.message_from_string((info / "METADATA").read_text("utf-8"))
        name, licence = said["Name"], said["License-Expression"] or said["License"] or "see below"
        texts = [
            p
            for p in sorted(info.rglob("*"))
            if re.match(r"(?i)licen[cs]e|copying|notice|authors", p.name) and p.is_file()
        ]
        words = (
            "\n\n".join(p.read_text("utf-8", "replace") for p in texts)
            or f"{name} names this licence and ships no text of it."
        )
        holder = said["Author"] or said["Author-email"] or f"the authors of {name}"
        parts.append(
            f"Files: usr/lib/liqdesk/_internal/*\nCopyright: {' '.join(holder.split())}\n"
            f"Comment: {name} {said['Version']}\nLicense: {' '.join(licence.split())[:200]}\n{folded(words)}"
        )
    return "\n\n".join(parts) + "\n"


def control(version: str, architecture: str, depends: Sequence[str], size_kib: int) -> str:
    """Return the package's control file. `size_kib` is what it takes installed."""
    paragraphs = [
        "\n".join(textwrap.wrap(part.replace("\n", " "), 76, break_on_hyphens=False))
        for part in DESCRIPTION.split("\n.\n")
    ]
    told = "\n .\n".join(textwrap.indent(p, " ") for p in paragraphs)
    return (
        f"Package: liqdesk\nVersion: {version}\nArchitecture: {architecture}\n"
        "Maintainer: liqdesk contributors <liqdesk@localhost>\n"
        f"Installed-Size: {size_kib}\nDepends: {', '.join(depends)}\nRecommends: {', '.join(libraries.RECOMMENDED)}\n"
        f"Section: misc\nPriority: optional\nDescription: {SUMMARY}\n{told}\n"
    )


def stage(build: Build, root: Path) -> None:
    """Lay out the package below `root` as it will lie on the system."""
    sys.path.insert(1, str(build.root))
    from linux import manual  # reads the command line's words, from the checkout

    when = dt.datetime.fromtimestamp(build.epoch, dt.UTC)
    program = root / "usr" / "lib" / "liqdesk"
    shares.copy_program(build.frozen, program)
    for copy in libraries.systems(program, libraries.PACKAGES):
        copy.unlink()
    for link in [p for p in program.rglob("*") if p.is_symlink() and not p.exists()]:
        link.unlink()
    (root / "usr" / "bin").mkdir()
    (root / "usr" / "bin" / "liqdesk").symlink_to("../lib/liqdesk/liqdesk")
    shares.furnish(root / "usr")
    doc = root / "usr" / "share" / "doc" / "liqdesk"
    shares.put(copyright_words(build), doc / "copyright")
    shares.put(zipped(changelog(build.version, when)), doc / "changelog.gz")
    shares.put(zipped((build.root / "CHANGELOG.md").read_text("utf-8")), doc / "CHANGELOG.md.gz")
    shares.put(zipped(manual.page(when.date())), root / "usr" / "share" / "man" / "man1" / "liqdesk.1.gz")
    for path in root.rglob("*"):
        if path.is_symlink():
            continue
        runs = path.is_dir() or path == program / "liqdesk"
        path.chmod(0o755 if runs else 0o644)


def checksums(root: Path) -> str:
    """Return the md5 sums of all files, as dpkg keeps them."""
    found = sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink() and "DEBIAN" not in p.parts)
    sums = ((hashlib.md5(p.read_bytes(), usedforsecurity=False).hexdigest(), p.relative_to(root)) for p in found)
    return "".join(f"{digest}  {path}\n" for digest, path in sums)


def make(build: Build) -> list[Path]:
    """Make the package of the frozen folder."""
    architecture = ARCHITECTURES.get(build.machine, build.machine)
    root = build.work / "deb"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    stage(build, root)
    depends = libraries.depends(root / "usr" / "lib" / "liqdesk")
    size = sum((p.stat().st_size + 1023) // 1024 for p in root.rglob("*") if p.is_file() and not p.is_symlink())
    sums = checksums(root)
    meta = root / "DEBIAN"
    shares.put(control(build.version, architecture, depends, size), meta / "control")
    shares.put(sums, meta / "md5sums")
    shares.put(POSTRM, meta / "postrm")
    (meta / "postrm").chmod(0o755)
    for folder in (root, meta):
        folder.chmod(0o755)
    build.dist.mkdir(parents=True, exist_ok=True)
    package = build.dist / f"liqdesk_{build.version}_{architecture}.deb"
    build.run(["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{LEVEL}", "--build", root, package])
    shutil.rmtree(root)
    return [package]
