"""The installer and the zip for Windows: what is put there is what is taken away, and the user's data are where the program keeps them."""

from __future__ import annotations

import ast
import dataclasses
import re
import shutil
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path, PureWindowsPath
from typing import Any

import appdirs
import pytest

import liqdesk
from liqdesk import paths

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = (ROOT / "packaging" / "windows" / "liqdesk.nsi").read_text("ascii")


def macro(script: str, name: str) -> list[str]:
    found = re.search(rf"^!macro {name}\n(.*?)^!macroend", script, re.MULTILINE | re.DOTALL)
    assert found is not None
    return [line.strip() for line in found[1].splitlines()]


def test_exactly_what_is_installed_is_taken_away(recipe: Any, frozen: Any, tmp_path: Path) -> None:
    script = recipe("steps.windows").script(frozen, tmp_path / "setup.exe")
    put, at = [], ""
    for line in macro(script, "InstallFiles"):
        word, _, value = line.partition(" ")
        if word == "SetOutPath":
            at = value.strip('"')
            continue
        assert word == "File"
        put.append(f"{at}\\{Path(value.strip(chr(34))).name}")
        assert Path(value.strip('"')).is_file()
    taken = macro(script, "DeleteFiles")
    assert sorted(put) == sorted(line[len('Delete "') : -1] for line in taken if line.startswith("Delete"))
    assert len(put) == 4
    assert "$INSTDIR\\_internal\\numpy\\core\\a b.so" in put
    folders = [line[len('RMDir "') : -1] for line in taken if line.startswith("RMDir")]
    assert set(folders) == {str(PureWindowsPath(name).parent) for name in put if name.count("\\") > 1} | {
        "$INSTDIR\\_internal\\numpy",
        "$INSTDIR\\_internal\\liqdesk",
        "$INSTDIR\\_internal",
    }
    assert [name.count("\\") for name in folders] == sorted((name.count("\\") for name in folders), reverse=True)
    assert "$INSTDIR" not in folders


def test_a_file_that_no_script_can_name_is_refused(recipe: Any, frozen: Any) -> None:
    (frozen.frozen / "costs$1").write_bytes(b"")
    with pytest.raises(recipe("steps.plan").BuildError, match=r"costs\$1 cannot stand in an NSIS script"):
        recipe("steps.windows").files_of(frozen.frozen)


def test_the_script_defines_all_that_the_recipe_uses(recipe: Any, frozen: Any, tmp_path: Path) -> None:
    build = dataclasses.replace(frozen, system="windows")
    defined = set(re.findall(r"^!define (\w+)", recipe("steps.windows").script(build, tmp_path / "x"), re.MULTILINE))
    own = set(re.findall(r"^!define (\w+)", SCRIPT, re.MULTILINE))
    used = set(re.findall(r"\$\{([A-Z_]+)\}", SCRIPT))
    macros = set(re.findall(r"^!macro \w+ (.*)$", SCRIPT, re.MULTILINE))
    sections = set(re.findall(r'^Section (?:/o )?"[^"]+" (\w+)$', SCRIPT, re.MULTILINE))
    assert used - own - sections - {word for words in macros for word in words.split()} - {"SF_SELECTED"} <= defined
    assert {"VERSION", "NUMBERS", "EXE", "CLI", "OUT", "KB", "ICON", "EXTENSION"} <= used & defined


def test_the_users_data_are_where_the_program_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appdirs, "system", "win32")
    monkeypatch.setattr(appdirs, "_get_win_folder", lambda name: f"/{name}", raising=False)
    defined = dict(re.findall(r'^!define (USER_DATA|CACHE)\s+"\$LOCALAPPDATA\\([^"]+)"', SCRIPT, re.MULTILINE))
    as_path = {
        name: "/CSIDL_LOCAL_APPDATA/" + text.replace("${PRODUCT}", "liqdesk").replace("\\", "/")
        for name, text in defined.items()
    }
    assert Path(as_path["USER_DATA"]) == paths.default_profile().root
    assert Path(as_path["CACHE"]) == paths.cache_dir()


def test_the_users_data_go_only_when_that_is_said() -> None:
    uninstaller = SCRIPT[SCRIPT.index('Section "un.') :]
    removed = re.findall(r'^\s*RMDir /r "([^"]+)"', SCRIPT, re.MULTILINE)
    assert removed == ["${CACHE}", "${USER_DATA}"]
    asked = uninstaller.index("MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2")
    question = uninstaller[asked : uninstaller.index("\n", asked)]
    assert "/SD IDNO IDYES" in question  # silent: kept
    assert asked < uninstaller.index('RMDir /r "${USER_DATA}"')
    for word in ("settings", "alert rules", "history", "recordings"):
        assert word in question


def test_nothing_needs_an_administrator() -> None:
    assert "RequestExecutionLevel user" in SCRIPT
    code = [line.split(" ; ")[0] for line in SCRIPT.splitlines() if not line.startswith(";")]
    assert not any("HKLM" in line or "HKCR" in line or "$PROGRAMFILES" in line for line in code)
    assert sum("HKCU" in line for line in code) > 20


def test_it_is_said_before_anything_changes_that_the_program_runs() -> None:
    install = SCRIPT[SCRIPT.index('Section "${PRODUCT}" PROGRAM') :]
    assert install.index("RefuseWhileRunning") < install.index("ExecWait") < install.index("InstallFiles")
    remove = SCRIPT[SCRIPT.index('Section "un.') :]
    assert remove.index("RefuseWhileRunning") < remove.index("DeleteFiles")


def test_the_version_resource_says_the_version(recipe: Any) -> None:
    identity = recipe("steps.identity")
    tree = ast.parse(identity.version_resource("1.20.3rc1"), mode="eval")
    pairs = {
        ast.literal_eval(node.args[0]): ast.literal_eval(node.args[1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "StringStruct"
    }
    assert pairs["FileVersion"] == pairs["ProductVersion"] == "1.20.3rc1"
    assert pairs["OriginalFilename"] == "liqdesk.exe"
    assert pairs["LegalCopyright"].startswith("Copyright")
    fixed = next(n for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == "filevers")
    assert ast.literal_eval(fixed.value) == (1, 20, 3, 0)
    assert identity.numbers(liqdesk.__version__)[:2] == tuple(map(int, liqdesk.__version__.split(".")[:2]))
    with pytest.raises(ValueError, match="16 bits"):
        identity.numbers("70000.1")


def test_files_that_are_opened_are_the_same_on_every_system(recipe: Any) -> None:
    identity = recipe("steps.identity")
    root = ET.parse(ROOT / "packaging" / "linux" / "liqdesk.mime.xml").getroot()
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    kind = root.find(f"{space}mime-type")
    assert kind is not None
    assert kind.get("type") == identity.MEDIA_TYPE
    assert [glob.get("pattern") for glob in kind.findall(f"{space}glob")] == [f"*.{identity.EXTENSION}"]


def test_the_zip_has_one_folder_and_the_same_bytes_twice(recipe: Any, frozen: Any, tmp_path: Path) -> None:
    windows = recipe("steps.windows")
    first = windows.pack(frozen.frozen, tmp_path / "a.zip", "liqdesk-0.1.0")
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert all(name.startswith("liqdesk-0.1.0/") for name in archive.namelist())
        assert archive.read("liqdesk-0.1.0/_internal/numpy/core/a b.so") == b"_internal/numpy/core/a b.so"
    assert windows.pack(frozen.frozen, tmp_path / "b.zip", "liqdesk-0.1.0").read_bytes() == first.read_bytes()


@pytest.mark.skipif(shutil.which("makensis") is None, reason="makensis is not installed")
def test_the_script_compiles(recipe: Any, frozen: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert recipe("steps.windows").make(frozen) == []
    assert "SYNTAX ONLY" in capfd.readouterr().out
    assert not frozen.dist.exists()
    assert not list(frozen.work.rglob("*.exe"))


@pytest.mark.skipif(shutil.which("makensis") is None, reason="makensis is not installed")
@pytest.mark.parametrize("system", ["linux", "windows"])
def test_the_installer_is_a_windows_program_that_says_its_version(
    recipe: Any, frozen: Any, tmp_path: Path, system: str
) -> None:
    windows = recipe("steps.windows")
    build = dataclasses.replace(frozen, system=system)
    (frozen.frozen / "liqdesk").rename(frozen.frozen / "liqdesk.exe")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "SIGN", tmp_path / "sign.py")  # no certificate lies here, and no PowerShell
        (tmp_path / "sign.py").write_text("import pathlib, sys; assert pathlib.Path(sys.argv[1]).is_file()")
        made = windows.compile_script(build, tmp_path / "liqdesk-setup.exe").read_bytes()
    assert made[:2] == b"MZ"
    for text in ("FileVersion", "0.1.0", "liqdesk contributors", "ProductName"):
        assert text.encode("utf-16-le") in made
    assert b"dpiAware" in made
    assert b'level="asInvoker"' in made


def test_the_picture_beside_the_last_page_is_the_logo(recipe: Any, tmp_path: Path) -> None:
    from PySide6.QtGui import QImage

    windows = recipe("steps.windows")
    image = QImage(str(windows.side_picture(tmp_path / "side.bmp")))
    assert (image.width(), image.height()) == windows.SIDE
    seen = {image.pixelColor(60, y).name().upper() for y in range(image.height())}
    logo = (ROOT / "resources" / "logo.svg").read_text("utf-8")
    assert seen == {windows.GROUND, *(colour.upper() for colour in re.findall(r'fill="(#\w+)"', logo))}


def test_without_the_compiler_it_is_said(
    recipe: Any, frozen: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    windows = recipe("steps.windows")
    monkeypatch.setattr(windows.shutil, "which", lambda name: None)
    assert windows.make(frozen) == []
    assert "NOT COMPILED" in capsys.readouterr().out
