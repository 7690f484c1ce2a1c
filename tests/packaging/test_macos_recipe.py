"""The macOS bundle and its image, as far as they can be held without macOS."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
THIN, FAT = bytes.fromhex("cffaedfe"), bytes.fromhex("cafebabe")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return a bundle of the shape PyInstaller gives one."""
    app = tmp_path / "liqdesk.app"
    contents = app / "Contents"
    for name, data in {
        "MacOS/liqdesk": THIN,
        "Frameworks/libpython3.13.dylib": FAT,
        "Frameworks/PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore": FAT,
        "Frameworks/numpy/core/_multiarray.so": THIN,
        "Resources/liqdesk.icns": b"icns",
        "Frameworks/short": b"\xcf",
    }.items():
        path = contents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (contents / "Frameworks" / "QtCore").symlink_to("PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore")
    (contents / "Info.plist").write_bytes(plistlib.dumps({"CFBundleExecutable": "liqdesk"}))
    return app


def test_code_is_signed_inside_out_and_the_bundle_last(recipe: Any, app: Path) -> None:
    order = [path.relative_to(app.parent).as_posix() for path in recipe("steps.macos").to_sign(app)]
    assert order[-1] == "liqdesk.app"
    assert order[-2] == "liqdesk.app/Contents/Frameworks/PySide6/Qt/lib/QtCore.framework"
    assert set(order[:-2]) == {
        "liqdesk.app/Contents/MacOS/liqdesk",
        "liqdesk.app/Contents/Frameworks/libpython3.13.dylib",
        "liqdesk.app/Contents/Frameworks/PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore",
        "liqdesk.app/Contents/Frameworks/numpy/core/_multiarray.so",
    }  # neither the link, nor the icon, nor a file too short to be anything


def test_only_what_is_started_may_compile(recipe: Any, app: Path) -> None:
    macos = recipe("steps.macos")
    commands = [[str(word) for word in command] for command in macos.signing(app, "Developer ID Application: X (Y)")]
    entitled = [Path(command[-1]).name for command in commands if "--entitlements" in command]
    assert entitled == ["liqdesk", "liqdesk.app"]
    assert all({"--timestamp", "runtime", "Developer ID Application: X (Y)"} <= set(command) for command in commands)
    allowed = plistlib.loads(macos.ENTITLEMENTS.read_bytes())
    assert allowed == {
        "com.apple.security.cs.allow-jit": True,
        "com.apple.security.cs.allow-unsigned-executable-memory": True,
    }


def test_what_is_not_done_is_said(recipe: Any) -> None:
    macos = recipe("steps.macos")
    signer, asks, said = macos.plan({})
    assert (signer, asks) == (None, None)
    assert "AD-HOC SIGNED ONLY" in said[0]
    assert "NOT NOTARISED" in said[1]
    signer, asks, said = macos.plan({macos.IDENTITY: "X", "MACOS_NOTARY_KEY": "/k.p8", "MACOS_NOTARY_KEY_ID": "I"})
    assert (signer, asks) == ("X", None)
    assert said == ["NOT NOTARISED (MACOS_NOTARY_ISSUER not set)"]
    names = dict.fromkeys((macos.IDENTITY, *macos.NOTARY), "v")
    assert macos.plan(names) == ("v", ["--key", "v", "--key-id", "v", "--issuer", "v"], [])
    assert macos.plan({**names, macos.IDENTITY: ""})[:2] == (None, None)  # an unsigned image cannot be notarised


def test_a_refusal_of_the_notary_is_told_from_a_yes(recipe: Any) -> None:
    verdict = recipe("steps.macos").verdict
    assert verdict('{"id": "12-34", "status": "Accepted", "message": "Processing complete"}') == ("Accepted", "12-34")
    assert verdict('{"id": "12-34", "status": "Invalid"}') == ("Invalid", "12-34")
    assert verdict("") == verdict("[]") == verdict("not json") == ("", "")


def test_a_busy_volume_is_tried_again_and_a_lasting_fault_is_not_hidden(recipe: Any) -> None:
    macos, failed = recipe("steps.macos"), recipe("steps.plan").BuildError
    left = [failed("busy"), failed("busy")]

    def call() -> None:
        if left:
            raise left.pop()

    macos.again(call, tries=3, pause_s=0)
    assert left == []
    left.extend(failed("busy") for _ in range(3))
    with pytest.raises(failed, match="busy"):
        macos.again(call, tries=3, pause_s=0)


def test_finder_is_told_what_it_asks(recipe: Any) -> None:
    identity = recipe("steps.identity")
    told = plistlib.loads(plistlib.dumps(identity.info_plist("0.1.0rc2")))
    assert told["CFBundleVersion"] == "0.1.0"
    assert told["CFBundleShortVersionString"] == "0.1.0rc2"
    assert told["NSHighResolutionCapable"] is True
    assert told["NSRequiresAquaSystemAppearance"] is False
    assert tuple(map(int, told["LSMinimumSystemVersion"].split("."))) >= (13, 0)
    opened = told["CFBundleDocumentTypes"][0]
    exported = told["UTExportedTypeDeclarations"][0]
    assert opened["LSItemContentTypes"] == [exported["UTTypeIdentifier"]]
    assert exported["UTTypeTagSpecification"]["public.filename-extension"] == [identity.EXTENSION]
    assert "LSBackgroundOnly" not in told
    assert (ROOT / "packaging" / "icons" / opened["CFBundleTypeIconFile"]).read_bytes()[:4] == b"icns"


def test_the_versions_frozen_are_had_for_intel_macs(recipe: Any) -> None:
    from packaging.requirements import Requirement

    lines = [
        line
        for line in (ROOT / "packaging" / "constraints.txt").read_text("utf-8").splitlines()
        if line[:1] not in ("", "#")
    ]
    pins = [Requirement(line) for line in lines]
    assert len(pins) > 20
    for system, machine in (("darwin", "x86_64"), ("darwin", "arm64"), ("linux", "x86_64"), ("win32", "AMD64")):
        environment = {"sys_platform": system, "platform_machine": machine}
        held = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment)]
        assert len({pin.name for pin in held}) == len(held), f"two versions of one part on {system} {machine}"
        assert {pin.name for pin in held} == {pin.name for pin in pins}, f"no version of a part on {system} {machine}"
        numba = next(pin for pin in held if pin.name == "numba")
        # numba 0.63 and llvmlite 0.46 ended their wheels for macOS on x86-64
        assert numba.specifier.contains("0.62.1") == ((system, machine) == ("darwin", "x86_64"))


def test_the_recipe_is_for_macos_alone(recipe: Any) -> None:
    macos = recipe("steps.macos")
    assert macos.SYSTEMS == ("macos",)
    assert set(macos.TOOLS) == {"hdiutil", "ditto", "codesign", "xcrun"}
    assert all(name not in os.environ for name in macos.NOTARY)
