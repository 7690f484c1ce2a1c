"""The Debian package and the AppDir, held without freezing: from a small folder of real ELF files, built for the occasion."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import PySide6
import pytest
from packaging_scripts import ROOT, script

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has these libraries")
QT = Path(PySide6.__file__).parent / "Qt"
NEEDED_FOR_X11 = ("libxcb-cursor0", "libxkbcommon-x11-0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0")
NEEDED_FOR_DRAWING = ("libgl1", "libegl1", "libxkbcommon0", "libfontconfig1", "libdbus-1-3")


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with what decides: Qt's window and X11 libraries, a program, and a copy of a system library."""
    monkeypatch.setattr(script("linux.deb"), "LEVEL", 0)
    folder = tmp_path / "build" / "frozen" / "liqdesk"
    inner = folder / "_internal"
    inner.mkdir(parents=True)
    for name in ("Gui", "Core", "DBus", "XcbQpa"):
        shutil.copy(QT / "lib" / f"libQt6{name}.so.6", inner)
    for path in (QT / "lib").glob("libicu*.so.*"):
        (inner / path.name).touch()  # that they are there is all that counts
    shutil.copy(QT / "plugins" / "platforms" / "libqxcb.so", inner)
    shutil.copy(shutil.which("true") or "/bin/true", folder / "liqdesk")
    known = script("linux.appimage").known_libraries(script("steps.plan").Build.here().machine)
    shutil.copy(known["libz.so.1"].resolve(), inner / "libz.so.1")
    return folder


def build_of(frozen: Path) -> Any:
    """Return a build of this system whose folders lie apart from the checkout's."""
    plan = script("steps.plan")

    class Apart(plan.Build):  # type: ignore[name-defined,misc]
        @property
        def work(self) -> Path:
            return frozen.parents[1]

        @property
        def dist(self) -> Path:
            return frozen.parents[2] / "dist"

    here = plan.Build.here()
    return Apart(here.version, 1_790_000_000, "linux", here.machine)


def test_an_elf_file_tells_what_it_needs() -> None:
    elf = script("linux.elf")
    asked = elf.read(QT / "lib" / "libQt6XcbQpa.so.6")
    assert asked.soname == "libQt6XcbQpa.so.6"
    assert {"libxcb-cursor.so.0", "libxkbcommon-x11.so.0", "libc.so.6", "libQt6Gui.so.6"} <= set(asked.needed)
    assert any(v.startswith("GLIBC_2.") for v in asked.versions)
    assert elf.read(Path(__file__)) is None
    said = subprocess.run(["ldd", QT / "lib" / "libQt6Core.so.6"], capture_output=True, text=True, check=True).stdout
    direct = set(elf.read(QT / "lib" / "libQt6Core.so.6").needed)
    assert direct <= set(re.findall(r"^\s*(\S+)", said, re.MULTILINE)) | {"ld-linux-x86-64.so.2"}


def test_what_is_depended_on_is_what_the_files_need(frozen: Path) -> None:
    libraries = script("linux.libraries")
    depends = libraries.depends(frozen)
    names = {word.split()[0] for one in depends for word in one.split(" | ")}
    assert set(NEEDED_FOR_X11) | set(NEEDED_FOR_DRAWING) <= names
    assert {"libglib2.0-0", "libglib2.0-0t64"} <= names
    assert re.fullmatch(r"libc6 \(>= 2\.\d+\)", depends[0])
    assert "zlib1g" not in names, "it lies beside them"
    (frozen / "_internal" / "libz.so.1").unlink()
    assert "zlib1g" in libraries.depends(frozen)


def test_the_checkouts_own_list_is_part_of_the_packages(frozen: Path) -> None:
    """What bootstrap.py adds to a system and what a package of it would depend on are the same libraries."""
    bootstrap, libraries = script("bootstrap"), script("linux.libraries")
    for name, package in (bootstrap.DRAWING | bootstrap.WINDOWS_ON_X11).items():
        assert package in libraries.PACKAGES[name].split(" | "), name


def test_a_library_that_nobody_declared_fails_the_build(frozen: Path) -> None:
    (frozen / "_internal" / "libQt6DBus.so.6").unlink()
    with pytest.raises(script("linux.libraries").BuildError, match=r"libQt6DBus\.so\.6 \(for _internal/libQt6Gui"):
        script("linux.libraries").depends(frozen)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_the_package_holds_the_program_and_what_a_desktop_wants(frozen: Path, tmp_path: Path) -> None:
    (package,) = script("linux.deb").make(build_of(frozen))

    def said(*words: str) -> str:
        return subprocess.run(["dpkg-deb", *words], capture_output=True, text=True, check=True).stdout

    fields = dict(line.split(": ", 1) for line in said("--field", package).splitlines() if re.match(r"[A-Z]", line))
    assert (fields["Package"], fields["Version"]) == ("liqdesk", script("steps.plan").version_of(ROOT))
    assert fields["Description"] == script("linux.deb").SUMMARY
    assert set(NEEDED_FOR_X11) | {"zlib1g"} <= set(fields["Depends"].split(", "))
    root = tmp_path / "unpacked"
    said("--raw-extract", package, str(root))
    assert (root / "usr/bin/liqdesk").readlink() == Path("../lib/liqdesk/liqdesk")
    assert not list((root / "usr/lib/liqdesk").rglob("libz.so*")), "the system brings it"
    assert (root / "usr/lib/liqdesk/liqdesk").stat().st_mode & 0o777 == 0o755
    for path in (
        "applications/liqdesk.desktop", "mime/packages/liqdesk.xml", "metainfo/io.github.liqdesk.liqdesk.metainfo.xml",
        "icons/hicolor/16x16/apps/liqdesk.png", "icons/hicolor/512x512/apps/liqdesk.png", "icons/hicolor/scalable/apps/liqdesk.svg",
        "doc/liqdesk/copyright", "doc/liqdesk/changelog.gz", "man/man1/liqdesk.1.gz",
    ):  # fmt: skip
        assert (root / "usr/share" / path).is_file(), path
    assert "Permission is hereby granted" in (root / "usr/share/doc/liqdesk/copyright").read_text("utf-8")
    assert gzip.decompress((root / "usr/share/man/man1/liqdesk.1.gz").read_bytes()).startswith(b".TH LIQDESK 1")
    sums = (root / "DEBIAN/md5sums").read_text("utf-8").splitlines()
    files = {str(p.relative_to(root)) for p in (root / "usr").rglob("*") if p.is_file() and not p.is_symlink()}
    assert {line.split("  ", 1)[1] for line in sums} == files
    assert subprocess.run(["md5sum", "--quiet", "-c", "DEBIAN/md5sums"], cwd=root, check=False).returncode == 0
    owners = {line.split()[1] for line in said("--contents", package).splitlines()}
    assert owners == {"root/root"}


def test_a_removal_says_where_the_users_data_are_and_touches_none(tmp_path: Path) -> None:
    postrm = tmp_path / "postrm"
    postrm.write_text(script("linux.deb").POSTRM)
    for action in ("remove", "purge", "upgrade", "failed-upgrade", "abort-install", "disappear"):
        done = subprocess.run(["sh", str(postrm), action], capture_output=True, text=True, check=True)
        assert ("~/.local/share/liqdesk" in done.stdout) == (action == "remove")
        assert done.stderr == ""
    assert not re.search(r"\brm\b", postrm.read_text())


def test_the_same_folder_gives_the_same_package(frozen: Path) -> None:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("needs dpkg-deb")
    made = []
    for _ in range(2):
        (package,) = script("linux.deb").make(build_of(frozen))
        made.append(package.read_bytes())
    assert made[0] == made[1]


def test_the_appdir_holds_the_libraries_of_windows_and_keeps_the_systems_apart(frozen: Path) -> None:
    appimage, build = script("linux.appimage"), build_of(frozen)
    (appdir,) = [p for p in appimage.make(build) if p.is_dir()]
    inner = appdir / "usr/lib/liqdesk/_internal"
    for name in ("libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1", "libxkbcommon-x11.so.0"):
        assert (inner / name).is_file(), name
    for name in ("libxcb.so.1", "libX11.so.6", "libGL.so.1", "libfontconfig.so.1", "libstdc++.so.6", "libz.so.1"):
        assert (appdir / "usr/optional" / name / name).is_file(), name
        assert not (inner / name).exists(), name
    assert script("linux.elf").missing(appdir).keys() <= script("linux.libraries").C_LIBRARY
    assert not {p.name for p in appdir.rglob("*")} & script("linux.libraries").C_LIBRARY
    assert ET.parse(appdir / "usr/optional/fonts.conf").getroot().tag == "fontconfig"
    assert (appdir / ".DirIcon").resolve() == appdir / "liqdesk.png"
    assert (appdir / "liqdesk.desktop").read_bytes() == (ROOT / "packaging/linux/liqdesk.desktop").read_bytes()


def test_the_appdir_starts_the_program_and_lends_only_what_is_lacking(frozen: Path) -> None:
    (appdir,) = [p for p in script("linux.appimage").make(build_of(frozen)) if p.is_dir()]
    program = appdir / "usr/lib/liqdesk/liqdesk"
    program.write_text('#!/bin/sh\nprintf "%s|" "$LD_LIBRARY_PATH" "$@"\n')
    program.chmod(0o755)
    lacking = appdir / "usr/optional/libnowhere.so.9/libnowhere.so.9"
    lacking.parent.mkdir()
    lacking.touch()
    said = subprocess.run(
        [appdir / "AppRun", "--demo", "a file"], capture_output=True, text=True, check=True,
        env={"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": "/mine"},
    ).stdout  # fmt: skip
    path, *words, _ = said.split("|")
    assert words == ["--demo", "a file"]
    assert path.split(":")[-1] == "/mine"
    lent = {Path(p).name for p in path.split(":")[:-1]}
    assert "libnowhere.so.9" in lent
    known = script("linux.appimage").known_libraries(script("steps.plan").Build.here().machine)
    assert not lent & set(known)


def test_the_appdir_is_packed_where_there_is_a_tool(
    frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the tool is told; that it packs is its own affair, and seen where it can be had."""
    tool = tmp_path / "appimagetool"
    tool.write_text('#!/bin/sh\nfor last; do :; done\nprintf "%s\\n" "$ARCH" "$VERSION" "$@" > "$last"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("APPIMAGETOOL", str(tool))
    monkeypatch.setenv("APPIMAGE_RUNTIME", "/opt/runtime-x86_64")
    build = build_of(frozen)
    appdir, image = script("linux.appimage").make(build)
    machine, version, *words = image.read_text("utf-8").splitlines()
    assert image.name == f"liqdesk-{version}-linux-{build.machine}.AppImage"
    assert machine in ("x86_64", "aarch64")
    assert words == ["--runtime-file", "/opt/runtime-x86_64", "--no-appstream", str(appdir), str(image)]
    assert image.stat().st_mode & 0o111
