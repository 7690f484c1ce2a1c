"""What a Linux desktop is told of the program: menu entry, icons, the type of its recordings, metadata, manual page."""

from __future__ import annotations

import configparser
import datetime as dt
import os
import re
import sqlite3
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest
from packaging_scripts import ROOT, script
from PySide6.QtGui import QColor, QImage

from liqdesk import __version__
from liqdesk.cli import RUN, parser
from liqdesk.history import History
from liqdesk.history.schema import APPLICATION

LINUX = ROOT / "packaging" / "linux"
ICONS = ROOT / "packaging" / "icons"
MIME = {"m": "http://www.freedesktop.org/standards/shared-mime-info"}
RECORDING = "application/x-liqdesk-recording"


def entry() -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[method-assign,assignment]
    read.read_string((LINUX / "liqdesk.desktop").read_text("utf-8"))
    return read


def metainfo() -> ET.Element:
    return ET.parse(LINUX / "liqdesk.metainfo.xml").getroot()


def mime_type() -> ET.Element:
    found = ET.parse(LINUX / "liqdesk.mime.xml").getroot().find("m:mime-type", MIME)
    assert found is not None
    return found


def test_the_menu_entry_starts_what_the_command_line_knows() -> None:
    main = entry()["Desktop Entry"]
    assert main["Exec"].split() == ["liqdesk", "%f"]
    assert (main["Icon"], main["TryExec"], main["Terminal"]) == ("liqdesk", "liqdesk", "false")
    assert main["MimeType"] == f"{RECORDING};"
    assert main["Actions"].strip(";").split(";") == ["demo"]
    words = entry()["Desktop Action demo"]["Exec"].split()
    assert words[0] == "liqdesk"
    assert parser().parse_args(words[1:]).demo


def test_the_window_names_itself_as_the_menu_entry_says() -> None:
    """What a desktop goes by: the class of the window under X11, the name of the entry's file under Wayland."""
    text = (
        "from liqdesk.ui.application import make_application; from PySide6.QtGui import QGuiApplication as Q;"
        "a = make_application(); print(a.applicationName(), Q.desktopFileName())"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == [entry()["Desktop Entry"]["StartupWMClass"], "liqdesk"]
    assert (LINUX / "liqdesk.desktop").exists()


def test_the_metadata_agree_with_version_entry_and_readme() -> None:
    root = metainfo()
    release = root.find("releases/release")
    assert release is not None
    assert release.attrib["version"] == __version__
    dt.date.fromisoformat(release.attrib["date"])
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert root.findtext("launchable") == "liqdesk.desktop"
    assert root.findtext("project_license") == "MIT"
    assert root.findtext("provides/mediatype") == RECORDING
    assert [c.text for c in root.findall("categories/category")] == entry()["Desktop Entry"]["Categories"].strip(
        ";"
    ).split(";")
    told = " ".join(" ".join(p.itertext()) for p in root.findall("description/p"))
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    for claim in (
        "where leveraged positions on Binance USDⓈ-M perpetual futures are likely to be liquidated",
        "not advice",
    ):
        assert claim in " ".join(told.split())
        assert claim in readme


def test_a_recording_is_known_by_what_the_program_writes_into_it(tmp_path: Path) -> None:
    history = History.open(tmp_path / "history.sqlite", tmp_path / "lock")
    history.close()
    head = (tmp_path / "history.sqlite").read_bytes()[:100]
    (magic,) = mime_type().findall("m:magic/m:match", MIME)
    inner = magic.find("m:match", MIME)
    assert inner is not None
    for match in (magic, inner):
        value = match.attrib["value"].replace("\\0", "\0").encode()
        at = int(match.attrib["offset"])
        assert match.attrib["type"] == "string"
        assert head[at : at + len(value)] == value
    assert inner.attrib["value"].encode() == struct.pack(">I", APPLICATION)
    assert mime_type().attrib["type"] == RECORDING
    assert [g.attrib["pattern"] for g in mime_type().findall("m:glob", MIME)] == ["*.liqdesk"]


@pytest.mark.skipif(not Path("/usr/bin/update-mime-database").exists(), reason="needs shared-mime-info")
def test_the_systems_own_tool_takes_the_type(tmp_path: Path) -> None:
    packages = tmp_path / "mime" / "packages"
    packages.mkdir(parents=True)
    (packages / "liqdesk.xml").write_bytes((LINUX / "liqdesk.mime.xml").read_bytes())
    done = subprocess.run(
        ["update-mime-database", str(tmp_path / "mime")],
        env=os.environ | {"PKGSYSTEM_ENABLE_FSYNC": "0", "XDG_DATA_DIRS": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert f"60:{RECORDING}:*.liqdesk" in (tmp_path / "mime" / "globs2").read_text("utf-8")


def test_there_is_an_icon_of_each_size_and_it_is_the_logo(qapp: object) -> None:
    icons = script("make_icons")
    for size in icons.HICOLOR:
        image = QImage(str(ICONS / f"liqdesk-{size}.png"))
        assert (image.width(), image.height()) == (size, size)
        drawn = icons.draw(size)
        middle = size // 2
        for y in range(size):
            kept, now = image.pixelColor(middle, y), drawn.pixelColor(middle, y)
            assert all(abs(a - b) <= 2 for a, b in zip(kept.getRgb(), now.getRgb(), strict=True)), (size, y)
        assert image.hasAlphaChannel()


@pytest.mark.parametrize("size", [16, 22, 24, 32])
def test_the_bars_of_small_icons_are_told_apart(qapp: object, size: int) -> None:
    """Down the left edge of the bars colour and nothing take turns five times, without a blurred row between."""
    image = script("make_icons").draw(size)
    column = [image.pixelColor(size // 4, y) for y in range(size)]
    solid = [c.alpha() == 255 for c in column]
    assert all(c.alpha() in (0, 255) for c in column)
    runs = "".join("#" if s else " " for s in solid).split()
    assert len(runs) == 5
    colours = {column[y].name() for y in range(size) if solid[y]}
    assert colours == {
        QColor(bar.colour).name() for bar in script("make_icons").bars_of(ROOT / "resources" / "logo.svg")[1]
    }


def test_the_icons_of_windows_and_macos_hold_every_size() -> None:
    icons = script("make_icons")
    data = (ICONS / "liqdesk.ico").read_bytes()
    reserved, kind, count = struct.unpack_from("<HHH", data)
    assert (reserved, kind, count) == (0, 1, len(icons.ICO))
    for number, size in enumerate(icons.ICO):
        width, height, _, _, _, bits, length, at = struct.unpack_from("<BBBBHHII", data, 6 + 16 * number)
        assert (width or 256, height or 256, bits) == (size, size, 32)
        body = data[at : at + length]
        assert body.startswith(b"\x89PNG") if size >= 256 else struct.unpack_from("<Iii", body) == (40, size, 2 * size)
    data = (ICONS / "liqdesk.icns").read_bytes()
    assert data[:4] == b"icns"
    assert struct.unpack_from(">I", data, 4)[0] == len(data)
    found, at = [], 8
    while at < len(data):
        name, length = struct.unpack_from(">4sI", data, at)
        image = QImage.fromData(data[at + 8 : at + length])
        found.append((name, image.width()))
        at += length
    assert found == list(icons.ICNS)


def test_the_manual_page_tells_every_command_and_option() -> None:
    page = script("linux.manual").page(dt.date(2026, 11, 26))
    commands = set(re.findall(r'^\.SS "(.+)"$', page, re.MULTILINE))
    assert commands == {name for name in RUN if name}
    assert f'"liqdesk {__version__}"' in page
    for action in parser()._actions:
        for name in action.option_strings:
            assert name in ("-h", "--help") or f"\\fB{name.replace('-', chr(92) + '-')}\\fR" in page, name
    for line in page.splitlines():
        assert not line.startswith("'")
        assert not re.match(r"\.(?!TH|SH|SS|TP|B )", line), line


@pytest.mark.skipif(not Path("/usr/bin/update-mime-database").exists(), reason="needs shared-mime-info")
def test_a_desktop_knows_what_was_recorded_by_its_name_and_by_its_content(tmp_path: Path) -> None:
    """Asked as a file manager asks: of a file as the recorder names it, of a copy with our ending, and of one without any."""
    packages = tmp_path / "share" / "mime" / "packages"
    packages.mkdir(parents=True)
    (packages / "liqdesk.xml").write_bytes((LINUX / "liqdesk.mime.xml").read_bytes())
    environ = os.environ | {"XDG_DATA_DIRS": f"{tmp_path / 'share'}:/usr/share", "XDG_DATA_HOME": str(tmp_path)}
    subprocess.run(["update-mime-database", str(packages.parent)], env=environ, check=True, capture_output=True)
    names = ("history.sqlite", "history-127.0.0.1_4444.sqlite", "june.liqdesk", "june", "other.sqlite")
    for name in names[:-1]:
        History.open(tmp_path / name, tmp_path / "lock").close()
    with closing(sqlite3.connect(tmp_path / names[-1])) as other:
        other.execute("CREATE TABLE t (x)")
        other.commit()
    text = "import sys; from PySide6.QtCore import QMimeDatabase as D\nfor p in sys.argv[1:]: print(D().mimeTypeForFile(p).name())"
    command = [sys.executable, "-c", text, *(str(tmp_path / name) for name in names)]
    said = subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.split()
    assert said == [RECORDING] * 4 + ["application/vnd.sqlite3"]
