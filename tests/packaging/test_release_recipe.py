"""What goes with a release: the bill of materials, digests, notes and names."""

from __future__ import annotations

import email.message
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import liqdesk

ROOT = Path(__file__).resolve().parents[2]
CHANGES = """# Changes

## 0.2.0 – 2026-12-24

- Later.

## 0.1.0 – unreleased

First.

- One.

## 0.1.0rc1

- Before.
"""


def test_the_bill_lists_each_file_once_and_every_reference_is_there(recipe: Any, frozen: Any) -> None:
    parts, sbom = recipe("steps.parts"), recipe("steps.sbom")
    own = parts.Part("generic", "liqdesk", "0.1.0", "MIT", files={"liqdesk": "0" * 64}, modules=3)
    numpy = parts.Part("pypi", "numpy", "2.4.6", "BSD-3-Clause", files={"_internal/numpy/a.so": "1" * 64}, modules=9)
    numba = parts.Part("pypi", "numba", "0.68.1", "BSD", spdx=False, needs=["numpy", "not-shipped"], modules=5)
    python = parts.Part("generic", "python", "3.13.1", "PSF-2.0", files={"_internal/libpython3.13.so.1.0": "2" * 64})
    stray = parts.Part("", "libodd.so.1", "", files={"_internal/libodd.so.1": "3" * 64})
    document = sbom.bill(frozen, own, [numpy, numba, python, stray])
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.6", 1)
    rows = {row["name"]: row for row in document["components"]}
    assert rows["numpy"]["purl"] == rows["numpy"]["bom-ref"] == "pkg:pypi/numpy@2.4.6"
    assert rows["numpy"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert rows["numba"]["licenses"] == [{"license": {"name": "BSD"}}]
    assert rows["python"]["cpe"] == "cpe:2.3:a:python:python:3.13.1:*:*:*:*:*:*:*"
    assert rows["libodd.so.1"]["type"] == "file"
    assert "purl" not in rows["libodd.so.1"]
    refs = {row["bom-ref"] for row in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
    assert len(refs) == 5
    dependencies = {row["ref"]: row.get("dependsOn", []) for row in document["dependencies"]}
    assert set(dependencies) == refs
    assert dependencies["pkg:pypi/numba@0.68.1"] == ["pkg:pypi/numpy@2.4.6"]
    assert all(set(needs) <= refs for needs in dependencies.values())
    files = [
        f["name"]
        for row in [*document["components"], document["metadata"]["component"]]
        for f in row.get("components", [])
    ]
    assert sorted(files) == [
        "_internal/libodd.so.1",
        "_internal/libpython3.13.so.1.0",
        "_internal/numpy/a.so",
        "liqdesk",
    ]
    assert document == sbom.bill(frozen, own, [stray, python, numba, numpy])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, Any]:
    """Return what an environment says that has one distribution, with a library, and a Python of its own."""
    site, base = tmp_path / "site", tmp_path / "base"
    files = {
        "odd/__init__.py": b"", "odd/fast.so": b"fast", "odd.libs/libx.so.1": b"x",
        "odd-2.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: Odd\nVersion: 2.0\nLicense: MIT\nRequires-Dist: even>=1\n",
    }  # fmt: skip
    for name, data in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(data)
    (site / "odd-2.0.dist-info" / "RECORD").write_text("".join(f"{name},,\n" for name in files))
    (base / "DLLs").mkdir(parents=True)
    (base / "DLLs" / "libffi-8.dll").write_bytes(b"ffi")
    said = dict.fromkeys(("openssl", "sqlite", "zlib", "expat", "pyinstaller", "qt"), "9.9")
    modules = ["odd", "odd.slow", "json.decoder", "liqdesk.cli", "_pyi_rth_utils", "stranger"]
    return {
        **said,
        "site": [str(site)] * 2,
        "base": str(base),
        "python": "3.13.1",
        "standard": ["json"],
        "modules": modules,
    }


def test_every_file_and_module_has_its_part(recipe: Any, frozen: Any, environment: dict[str, Any]) -> None:
    for name, data in {
        "odd/fast.so": b"fast", "libx.so.1": b"x", "libffi-8.dll": b"ffi", "odd-2.0.dist-info/METADATA": b"", "odd/a.txt": b"",
        "PySide6/Qt/lib/libQt6Core.so.6": b"qt", "libpython3.13.so.1.0": b"py", "libz9.so": b"whose",
    }.items():  # fmt: skip
        path = frozen.frozen / "_internal" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    census = recipe("steps.parts").Census(frozen, environment)
    parts = {part.name: part for part in census.parts()}
    files = {name: sorted(Path(file).name for file in part.files) for name, part in parts.items()}
    assert files["odd"] == ["METADATA", "a.txt", "fast.so", "libx.so.1"]
    assert files["python"] == ["libffi-8.dll", "libpython3.13.so.1.0"]
    assert files["qt"] == ["libQt6Core.so.6"]
    assert files["libz9.so"] == ["libz9.so"]
    assert set(census.unknown) == {"libz9.so", "z.dll", "a b.so", "stranger"}
    assert {name: part.modules for name, part in parts.items() if part.modules} == {
        "odd": 2, "python": 1, "pyinstaller": 2, "stranger": 1,
    }  # fmt: skip
    assert (parts["odd"].version, parts["odd"].licence, parts["odd"].needs) == ("2.0", "MIT", ["even"])
    assert census.own.modules == 1
    every = [census.own, *parts.values()]
    there = [path for path in frozen.frozen.rglob("*") if path.is_file()]
    assert sum(len(part.files) for part in every) == len(there)
    assert {"openssl", "sqlite", "zlib", "expat"} <= set(parts)


def test_on_macos_the_name_of_a_library_has_to_do(recipe: Any, frozen: Any, environment: dict[str, Any]) -> None:
    import dataclasses

    (frozen.frozen / "_internal" / "libx.so.1").write_bytes(b"signed anew")
    census = recipe("steps.parts").Census
    assert "libx.so.1" in census(frozen, environment).unknown
    assert "libx.so.1" not in census(dataclasses.replace(frozen, system="macos"), environment).unknown


@pytest.mark.parametrize(
    ("fields", "stated"),
    [
        ([("License-Expression", "MIT"), ("License", "no")], ("MIT", True)),
        ([("License", "BSD")], ("BSD", False)),
        (
            [("License", "a\nwhole\ntext"), ("Classifier", "License :: OSI Approved :: MIT License")],
            ("MIT License", False),
        ),
        ([("Classifier", "Topic :: Office")], ("", False)),
    ],
)
def test_the_licence_that_is_stated_is_told(
    recipe: Any, fields: list[tuple[str, str]], stated: tuple[str, bool]
) -> None:
    metadata = email.message.Message()
    for name, value in fields:
        metadata[name] = value
    assert recipe("steps.parts").licence_of(metadata) == stated


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="there is no dpkg here")
def test_a_library_of_the_system_is_known_by_its_bytes(recipe: Any) -> None:
    parts = recipe("steps.parts")
    library = next(iter(sorted(Path("/usr/lib").glob("*-linux-gnu/libz.so.1.*"))), None)
    if library is None:
        pytest.skip("this system has no zlib of its own")
    part = parts.owner_by_dpkg(library.name, parts.digest(library))
    assert (part.kind, part.name) == ("deb", "zlib1g")
    assert part.version
    assert part.qualifiers.startswith("?arch=")
    assert parts.owner_by_dpkg(library.name, "0" * 64) is None


def test_sums_are_what_sha256sum_reads(recipe: Any, tmp_path: Path) -> None:
    (tmp_path / "liqdesk-0.1.0-linux-x86_64.tar.xz").write_bytes(b"one")
    (tmp_path / "liqdesk_0.1.0_amd64.deb").write_bytes(b"two")
    (tmp_path / "liqdesk-0.0.9-linux-x86_64.tar.xz").write_bytes(b"of an earlier build")
    sums = recipe("steps.checksums").write(tmp_path, "0.1.0")
    assert sums.read_text().splitlines() == [
        f"{hashlib.sha256(b'one').hexdigest()}  liqdesk-0.1.0-linux-x86_64.tar.xz",
        f"{hashlib.sha256(b'two').hexdigest()}  liqdesk_0.1.0_amd64.deb",
    ]
    tool = shutil.which("sha256sum")
    if tool is not None:
        said = subprocess.run([tool, "--check", "--strict", sums.name], cwd=tmp_path, check=False, capture_output=True)
        assert said.returncode == 0, said.stderr


def test_notes_are_of_that_version_alone(recipe: Any) -> None:
    release = recipe("release")
    assert release.notes(CHANGES, "0.1.0") == "First.\n\n- One.\n"
    assert release.notes(CHANGES, "0.2.0") == "- Later.\n"
    for version in ("0.1", "0.3.0"):
        with pytest.raises(release.ReleaseError, match=f"nothing of {version}"):
            release.notes(CHANGES, version)
    assert release.notes((ROOT / "CHANGELOG.md").read_text("utf-8"), liqdesk.__version__)


def test_a_tag_of_another_version_is_refused(recipe: Any) -> None:
    release = recipe("release")
    release.check_tag("v0.1.0", "0.1.0")
    with pytest.raises(release.ReleaseError, match=r"whose tag is v0\.1\.0"):
        release.check_tag("v0.1.1", "0.1.0")


def test_a_file_that_was_not_built_is_named(recipe: Any, tmp_path: Path) -> None:
    release = recipe("release")
    (tmp_path / "liqdesk-0.1.0-x.zip").write_bytes(b"x")
    (tmp_path / "liqdesk-0.1.0-y.zip").touch()
    names = release.names_of(["liqdesk-VERSION-x.zip", "liqdesk-VERSION-y.zip", "z"], "0.1.0")
    with pytest.raises(release.ReleaseError, match=r"lacks liqdesk-0\.1\.0-y\.zip, z;"):  # an empty file is none
        release.check_held(tmp_path, names)
    assert [path.name for path in release.check_held(tmp_path, names[:1])] == ["liqdesk-0.1.0-x.zip"]


def test_the_command_line_speaks_in_sentences() -> None:
    def say(*words: str) -> tuple[int, str, str]:
        script = ROOT / "packaging" / "release.py"
        run = subprocess.run([sys.executable, script, *words], check=False, capture_output=True, text=True)
        return run.returncode, run.stdout, run.stderr

    assert say("tag", f"v{liqdesk.__version__}") == (0, "", "")
    code, _, errors = say("tag", "v0")
    assert code == 1
    assert errors.startswith("liqdesk: the tag is v0")
    assert say("notes")[0] == 0
    assert say("nonsense")[0] == 2
    assert json.dumps(say("held", "/nowhere", "x")[2]).endswith('holds nothing\\n"')
