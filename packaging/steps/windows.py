"""dist/liqdesk-VERSION-windows-MACHINE.zip and …-setup.exe: the frozen folder to be unpacked, and an installer of it.

On Linux the installer's script is compiled over the Linux folder, where makensis is installed: that shows that it compiles, and nothing
else. What comes of it is thrown away.
"""

from __future__ import annotations

import shutil
import struct
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

import bootstrap

from steps import identity
from steps.plan import ROOT, Build, BuildError

SYSTEMS: Final = ("windows", "linux")
HOW: Final = "Windows: choco install nsis, and its folder on PATH; Debian: apt-get install nsis"
TOOLS: Final[dict[str, str]] = {"makensis": HOW} if sys.platform == "win32" else {}
SCRIPT: Final = ROOT / "packaging" / "windows" / "liqdesk.nsi"
SIGN: Final = ROOT / "packaging" / "windows" / "sign.py"
ICON: Final = ROOT / "packaging" / "icons" / "liqdesk.ico"
LOGO: Final = ROOT / "resources" / "logo.svg"
SIDE: Final = (328, 628)  # twice what NSIS asks for at 100 %
GROUND: Final = "#0B0E16"  # as the plate of the icon has it
UNFIT: Final = '"$`\n'  # what NSIS would read as something else than a name


def make(build: Build) -> list[Path]:
    """Pack the folder and compile the installer; on Linux only prove that its script compiles."""
    if build.system == "linux":
        return syntax_only(build)
    programs = [build.frozen / name for name in programs_in(build.frozen)]
    build.run([sys.executable, SIGN, *programs])
    packed = pack(build.frozen, build.target("zip"), f"{identity.NAME}-{build.version}")
    setup = build.target("zip").with_name(f"{packed.stem}-setup.exe")
    compile_script(build, setup)
    build.run([sys.executable, SIGN, setup])
    return [packed, setup]


def syntax_only(build: Build) -> list[Path]:
    """Compile the script, say that nothing more was done, and keep nothing of it."""
    if shutil.which("makensis") is None:
        bootstrap.say(f"windows: liqdesk.nsi was NOT COMPILED, for want of makensis ({HOW})")
        return []
    compile_script(build, build.work / "windows" / "syntax-only-setup.exe").unlink()
    bootstrap.say(
        "windows: SYNTAX ONLY. The installer's script compiles over the Linux folder, without a warning. No Windows program"
    )
    bootstrap.say("windows: was in it, it was run on no Windows, and nothing of it is kept")
    return []


def files_of(folder: Path) -> list[PurePosixPath]:
    """Return the files under a folder, relative to it, in order. Raises BuildError for a name that no NSIS script can hold."""
    names = sorted(PurePosixPath(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())
    unfit = [str(name) for name in names if any(sign in str(name) for sign in UNFIT)]
    if unfit:
        raise BuildError(f"{', '.join(unfit)} cannot stand in an NSIS script")
    return names


def programs_in(folder: Path) -> list[str]:
    """Return the names of what is started, the window's first."""
    found = [name for name in ("liqdesk.exe", "liqdesk-cli.exe", "liqdesk") if (folder / name).is_file()]
    if not found:
        raise BuildError(f"{folder} holds no program; build the step freeze first")
    return found


def backslashed(name: PurePosixPath) -> str:
    """Return where a file or folder of the frozen folder lies once it is installed."""
    return "\\".join(("$INSTDIR", *name.parts))


def install_macro(folder: Path, names: Iterable[PurePosixPath]) -> str:
    lines, at = ["!macro InstallFiles"], None
    for name in sorted(names, key=lambda name: (name.parent, name)):
        if name.parent != at:
            at = name.parent
            lines.append(f'  SetOutPath "{backslashed(at)}"')
        lines.append(f'  File "{folder.joinpath(*name.parts)}"')
    return "\n".join([*lines, "!macroend"])


def delete_macro(names: Iterable[PurePosixPath]) -> str:
    """Return the macro that takes away exactly what InstallFiles put there; a folder with anything else in it stays."""
    names = list(names)
    folders = {parent for name in names for parent in name.parents if parent.parts}
    lines = [f'  Delete "{backslashed(name)}"' for name in names]
    lines += [f'  RMDir "{backslashed(at)}"' for at in sorted(folders, key=lambda at: (-len(at.parts), at))]
    return "\n".join(["!macro DeleteFiles", *lines, "!macroend"])


def script(build: Build, out: Path) -> str:
    """Return what makensis compiles: what liqdesk.nsi asks to be defined, the two lists of files, and that script."""
    names, programs = files_of(build.frozen), programs_in(build.frozen)
    size = sum(build.frozen.joinpath(*name.parts).stat().st_size for name in names)
    defined = {
        "VERSION": build.version,
        "NUMBERS": ".".join(map(str, identity.numbers(build.version))),
        "EXE": programs[0],
        "CLI": programs[-1],
        "OUT": str(out),
        "COMPRESSION": "lzma" if build.system == "windows" else "off",
        "KB": str(-(-size // 1024)),
        "ICON": str(ICON),
        "PICTURE": str(side_picture(build.work / "windows" / "side.bmp")),
        "PUBLISHER": identity.PUBLISHER,
        "COPYRIGHT": identity.copyright_line(),
        "SUMMARY": identity.SUMMARY,
        "EXTENSION": identity.EXTENSION,
        "MEDIA_TYPE": identity.MEDIA_TYPE,
        "RECORDING": identity.RECORDING,
    }
    if build.system == "windows":
        defined["SIGN"] = f'"{sys.executable}" "{SIGN}"'
    lines = [f"!define {name} `{value}`" for name, value in defined.items()]
    macros = [install_macro(build.frozen, names), delete_macro(names)]
    return "\n".join([*lines, *macros, f'!include "{SCRIPT}"', ""])


def side_picture(out: Path) -> Path:
    """Write what stands beside the last page of the installer: the logo's bars on a dark ground, as a bitmap of 24 bits."""
    (width, height), root = SIDE, ET.parse(LOGO).getroot()
    side = float(root.attrib["viewBox"].split()[2])
    scale = width / side
    rows = [bytearray(bytes.fromhex(GROUND[1:])[::-1] * width) for _ in range(height)]
    for bar in (part for part in root if part.tag.endswith("rect")):
        x, y, w, h = (round(float(bar.attrib[name]) * scale) for name in ("x", "y", "width", "height"))
        for row in rows[y + (height - width) // 2 :][:h]:
            row[3 * x : 3 * (x + w)] = bytes.fromhex(bar.attrib["fill"][1:])[::-1] * w
    pixels = b"".join(row.ljust(-(-3 * width // 4) * 4, b"\0") for row in reversed(rows))
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(struct.pack("<2sIHHI", b"BM", 14 + len(head) + len(pixels), 0, 0, 14 + len(head)) + head + pixels)
    return out


def compile_script(build: Build, out: Path) -> Path:
    """Write the installer. Raises BuildError when the script does not compile, or with any warning."""
    written = build.work / "windows" / "installer.nsi"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(script(build, out), "utf-8-sig")  # the mark is how makensis tells UTF-8
    build.run(["makensis", "-V2", written])
    return out


def pack(folder: Path, out: Path, top: str) -> Path:
    """Write a zip of a folder, under one folder named `top`, in order, so that the same content gives the same bytes."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in files_of(folder):
            archive.write(folder.joinpath(*name.parts), f"{top}/{name}")
    return out
