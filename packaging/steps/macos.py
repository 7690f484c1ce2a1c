"""dist/liqdesk-VERSION-macos-MACHINE.dmg: liqdesk.app beside a link to Applications, signed, and notarised where that can be done.

What it does depends on the environment, and it says which:

    nothing set                    the ad-hoc signature that PyInstaller gave is checked and kept
    MACOS_SIGN_IDENTITY            everything is signed with that identity, for the hardened runtime, with a time stamp
    … and MACOS_NOTARY_KEY (file), the image is notarised, and the ticket stapled to it
      MACOS_NOTARY_KEY_ID, MACOS_NOTARY_ISSUER
"""

from __future__ import annotations

import json
import os
import plistlib
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import bootstrap

from steps import identity
from steps.plan import ROOT, Build, BuildError

SYSTEMS: Final = ("macos",)
TOOLS: Final = {
    **dict.fromkeys(("hdiutil", "ditto"), "a part of macOS"),
    **dict.fromkeys(("codesign", "xcrun"), "xcode-select --install"),
}
ENTITLEMENTS: Final = ROOT / "packaging" / "macos" / "entitlements.plist"
IDENTITY: Final = "MACOS_SIGN_IDENTITY"
NOTARY: Final = ("MACOS_NOTARY_KEY", "MACOS_NOTARY_KEY_ID", "MACOS_NOTARY_ISSUER")
# Mach-O of 32 and 64 bits in either byte order, and the two heads of files that hold several processors' code.
MAGIC: Final = {bytes.fromhex(m) for m in ("feedface", "cefaedfe", "feedfacf", "cffaedfe", "cafebabe", "cafebabf")}
TRIES: Final = 6
PAUSE_S: Final = 5.0


def make(build: Build) -> list[Path]:
    """Sign the bundle, put it on an image, and have that notarised."""
    app, out = build.frozen.with_suffix(".app"), build.target("dmg")
    if not app.is_dir():
        raise BuildError(f"{app} is not there; build the step freeze first")
    signer, asks, said = plan(os.environ)
    if signer is not None:
        for command in signing(app, signer):
            build.run(command)
    build.run(["codesign", "--verify", "--deep", "--strict", "--verbose=2", app])
    image(build, app, out)
    if signer is not None:
        build.run(["codesign", "--force", "--timestamp", "--sign", signer, out])
    if asks is not None:
        notarise(build, out, asks)
    build.run(["hdiutil", "verify", out])
    for line in said:
        bootstrap.say(f"macos: {out.name} {line}")
    return [out]


def plan(environ: Mapping[str, str]) -> tuple[str | None, list[str] | None, list[str]]:
    """Return who signs, notarytool's options, and what is to be said of both, from the environment alone."""
    signer = environ.get(IDENTITY) or None
    missing = [name for name in (IDENTITY, *NOTARY) if not environ.get(name)]
    said = []
    if signer is None:
        said.append(f"AD-HOC SIGNED ONLY ({IDENTITY} is not set): macOS asks before the first start")
    if missing:
        said.append(f"NOT NOTARISED ({', '.join(missing)} not set)")
        return signer, None, said
    key, key_id, issuer = (environ[name] for name in NOTARY)
    return signer, ["--key", key, "--key-id", key_id, "--issuer", issuer], said


def is_code(path: Path) -> bool:
    """Return whether a file is a Mach-O one, by its first four bytes; a link is not."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in MAGIC


def to_sign(app: Path) -> list[Path]:
    """Return what is signed one by one, inside out: every Mach-O file, then each framework, then the bundle itself."""

    def deepest_first(paths: Iterable[Path]) -> list[Path]:
        return sorted(paths, key=lambda path: (-len(path.parts), path))

    inside = [path for path in app.rglob("*") if is_code(path)]
    frameworks = [path for path in app.rglob("*.framework") if path.is_dir() and not path.is_symlink()]
    return [*deepest_first(inside), *deepest_first(frameworks), app]


def signing(app: Path, signer: str) -> list[list[str | Path]]:
    """Return the commands that sign a bundle. What starts it is allowed what compiling kernels on the user's machine needs."""
    with (app / "Contents" / "Info.plist").open("rb") as file:
        main = app / "Contents" / "MacOS" / plistlib.load(file)["CFBundleExecutable"]
    commands: list[list[str | Path]] = []
    for path in to_sign(app):
        entitled: list[str | Path] = ["--entitlements", ENTITLEMENTS] if path in (main, app) else []
        commands.append(
            ["codesign", "--force", "--timestamp", "--options", "runtime", *entitled, "--sign", signer, path]
        )
    return commands


def image(build: Build, app: Path, out: Path) -> None:
    """Write a compressed image of the bundle and a link to Applications. Raises BuildError."""
    with tempfile.TemporaryDirectory() as held:
        stage = Path(held, identity.NAME)
        stage.mkdir()
        build.run(["ditto", app, stage / app.name])
        (stage / "Applications").symlink_to("/Applications")
        command: list[str | Path] = ["hdiutil", "create", "-volname", identity.NAME, "-srcfolder", stage, "-fs", "HFS+"]
        command += ["-format", "UDZO", "-imagekey", "zlib-level=9", "-ov", out]
        again(lambda: build.run(command))


def again(call: Any, tries: int = TRIES, pause_s: float = PAUSE_S) -> None:
    """Call until it does not fail: hdiutil says “Resource busy” while the system's scanner holds the new volume."""
    for left in reversed(range(tries)):
        try:
            call()
        except BuildError:
            if not left:
                raise
            time.sleep(pause_s)
        else:
            return


def notarise(build: Build, out: Path, asks: Sequence[str]) -> None:
    """Have Apple look at an image, and staple its ticket. Raises BuildError unless it is accepted, with Apple's reasons in the output."""
    command = ["xcrun", "notarytool", "submit", str(out), "--wait", "--timeout", "45m", "--output-format", "json"]
    done = subprocess.run([*command, *asks], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    status, number = verdict(done.stdout)
    if done.returncode != 0 or status != "Accepted":  # a refusal, too, ends with 0
        if number:
            subprocess.run(["xcrun", "notarytool", "log", number, *asks], check=False, stdin=subprocess.DEVNULL)
        raise BuildError(f"{out.name} was not notarised: {status or done.stderr.strip() or 'no answer'}")
    build.run(["xcrun", "stapler", "staple", out])
    build.run(["xcrun", "stapler", "validate", out])
    bootstrap.say(f"macos: {out.name} notarised ({number})")


def verdict(answer: str) -> tuple[str, str]:
    """Return the status and the number of a submission from notarytool's answer; empty where it says none."""
    try:
        said = json.loads(answer)
    except ValueError:
        return "", ""
    return (str(said.get("status", "")), str(said.get("id", ""))) if isinstance(said, dict) else ("", "")
