"""dist/liqdesk-VERSION-SYSTEM-MACHINE.cdx.json: a CycloneDX 1.6 bill of what the frozen folder really holds, each file with its digest."""

from __future__ import annotations

import datetime as dt
import json
import urllib.parse
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import bootstrap

from steps.parts import Census, Part, ask
from steps.plan import Build

SYSTEMS: Final = ("linux", "windows", "macos")
TOOLS: Final[dict[str, str]] = {}
SPACE: Final = uuid.UUID("6f1d6a0e-0f5e-5a0b-9d1c-6c6971646573")
CPES: Final = {"python": "python:python", "qt": "qt:qt", "openssl": "openssl:openssl", "sqlite": "sqlite:sqlite",
               "zlib": "zlib:zlib", "expat": "libexpat_project:libexpat"}  # fmt: skip


def make(build: Build) -> list[Path]:
    """Write the bill. What belongs to nobody known is in it as well, and is said."""
    census = Census(build, ask(build))
    out = build.target("cdx.json")
    document = bill(build, census.own, census.parts())
    out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    files = sum(len(part.files) for part in [census.own, *census.parts()])
    bootstrap.say(f"sbom: {len(document['components'])} components, {files} files")
    if census.unknown:
        bootstrap.say(f"sbom: OF UNKNOWN ORIGIN: {', '.join(sorted(census.unknown))}")
    return [out]


def purl(part: Part) -> str:
    """Return a package's address, as the purl specification writes it; empty for what has none."""
    if not part.kind:
        return ""
    space = {"deb": "deb/debian", "pypi": "pypi", "generic": "generic"}[part.kind]
    return f"pkg:{space}/{urllib.parse.quote(part.name)}@{urllib.parse.quote(part.version)}{part.qualifiers}"


def component(part: Part, kind: str = "library") -> dict[str, Any]:
    """Return a part as CycloneDX has it: files are components of their own inside, modules are counted."""
    if not part.kind and part.files:
        kind = "file"
    row: dict[str, Any] = {"type": kind, "bom-ref": purl(part) or f"unknown:{part.name}", "name": part.name}
    if part.version:
        row["version"] = part.version
    if part.licence:
        row["licenses"] = [{"expression": part.licence} if part.spdx else {"license": {"name": part.licence}}]
    if part.name in CPES and part.kind == "generic":
        row["cpe"] = f"cpe:2.3:a:{CPES[part.name]}:{part.version}:*:*:*:*:*:*:*"
    if part.kind:
        row["purl"] = purl(part)
    if part.home.startswith("http"):
        row["externalReferences"] = [{"type": "website", "url": part.home}]
    if part.modules:
        row["properties"] = [{"name": "liqdesk:modules", "value": str(part.modules)}]
    if part.files:
        row["components"] = [
            {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": content}]}
            for name, content in part.files.items()
        ]
    return row


def bill(build: Build, own: Part, parts: Sequence[Part]) -> dict[str, Any]:
    """Return the whole document. The same folder gives the same one: its number is made of its content."""
    parts = sorted(parts, key=lambda part: (part.kind, part.name))
    refs = {part.name: component(part)["bom-ref"] for part in parts}
    root = component(own, "application")
    dependencies = [{"ref": root["bom-ref"], "dependsOn": sorted(refs.values())}]
    for part in parts:
        needs = sorted({refs[name] for name in part.needs if name in refs})
        dependencies.append({"ref": refs[part.name], **({"dependsOn": needs} if needs else {})})
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": dt.datetime.fromtimestamp(build.epoch, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lifecycles": [{"phase": "post-build"}],
            "component": root,
            "properties": [
                {"name": "liqdesk:system", "value": build.system},
                {"name": "liqdesk:machine", "value": build.machine},
            ],
        },
        "components": [component(part) for part in parts],
        "dependencies": dependencies,
    }
    number = uuid.uuid5(SPACE, json.dumps(document, sort_keys=True))
    return {**document, "serialNumber": f"urn:uuid:{number}"}
