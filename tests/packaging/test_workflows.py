"""The workflows: what others wrote is pinned, what is secret is not printed, and a release builds every file that is promised."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
USES = re.compile(r"^\s*(?:- )?uses:\s*(\S+)(.*)$", re.MULTILINE)
PROMISED = re.compile(
    r"`(liqdesk[-_]VERSION[^`]*|liqdesk[-_]\d[^`]*?\.(?:exe|zip|dmg|deb|AppImage|tar\.xz|tar\.gz|whl|json))`"
)
PRINTS = re.compile(r"^\s*(?:echo|printf|say|Write-Host|Write-Output|Add-Content|cat)\b")


def load(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(content, dict)
    return content


def steps_of(workflow: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, step) for name, job in workflow["jobs"].items() for step in job["steps"]]


def built() -> dict[str, list[str]]:
    """Return the names of the files of each row of the release, and of the wheel's job."""
    jobs = load(RELEASE)["jobs"]
    rows = {
        f"{row['system']}-{row['machine']}": row["files"].split()
        for row in jobs["build"]["strategy"]["matrix"]["include"]
    }
    return {**rows, "python": jobs["python"]["env"]["FILES"].split()}


def test_workflows_are_there_and_run_something() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]
    assert all(len(steps_of(load(path))) > 4 for path in WORKFLOWS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_and_names_its_version(path: Path) -> None:
    used = USES.findall(path.read_text("utf-8"))
    assert len(used) == sum("uses" in step for _, step in steps_of(load(path))) > 0
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action}{comment}"


def test_one_version_of_an_action_has_one_commit() -> None:
    commits: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for action, comment in USES.findall(path.read_text("utf-8")):
            name, _, commit = action.partition("@")
            commits.setdefault(name + comment, set()).add(commit)
    assert all(len(found) == 1 for found in commits.values()), commits


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_a_job_only_what_it_needs(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    granted = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    if path != RELEASE:
        assert granted == {}
        return
    assert granted == {
        "attest": {"contents": "read", "id-token": "write", "attestations": "write"},
        "draft": {"contents": "write"},
    }
    # Nothing of the checkout runs where something may be signed in the workflow's name.
    assert not any("checkout" in str(step.get("uses")) for name, step in steps_of(workflow) if name == "attest")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_checkout_leaves_its_token_behind(path: Path) -> None:
    checkouts = [step for _, step in steps_of(load(path)) if "actions/checkout@" in str(step.get("uses"))]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_secret_is_printed(path: Path) -> None:
    secret_steps = 0
    for _, step in steps_of(load(path)):
        script = str(step.get("run", ""))
        assert "${{" not in script, f"an expression becomes a part of the script: {script}"
        assert "set -x" not in script
        assert "secrets." not in str(step.get("with", ""))
        held = [name for name, value in step.get("env", {}).items() if "secrets." in str(value)]
        secret_steps += bool(held)
        for line in script.splitlines():
            named = [name for name in held if re.search(rf"\$(?:env:|\{{)?{name}\b", line)]
            if named and PRINTS.match(line):
                assert re.search(r'(?:>>|>) "\$\w+', line), f"{named} is printed: {line.strip()}"
    assert secret_steps == (2 if path == RELEASE else 0)


def test_what_is_not_signed_is_said() -> None:
    scripts = [str(step["run"]) for _, step in steps_of(load(RELEASE)) if "secrets." in str(step.get("env", ""))]
    for script in scripts:
        assert "NOT " in script
        assert "GITHUB_STEP_SUMMARY" in script
        assert "::notice::" in script


def test_each_row_freezes_smokes_and_lists_what_it_builds(recipe: Any) -> None:
    build = recipe("build")
    jobs = load(RELEASE)["jobs"]
    for row in jobs["build"]["strategy"]["matrix"]["include"]:
        steps = row["steps"].split()
        own = [name for name in build.chosen([], row["system"]) if name != "wheel"]  # the wheel is the same everywhere
        if row["system"] == "linux":
            own.remove("windows")  # only its syntax
        assert steps == own, row["system"]
        assert steps[:2] == ["freeze", "smoke"]
        assert steps[-2:] == ["sbom", "checksums"]
    assert any(
        "build.py wheel checksums" in str(step.get("run")) for name, step in steps_of(load(RELEASE)) if name == "python"
    )


def test_every_row_is_attested() -> None:
    assert load(RELEASE)["jobs"]["attest"]["strategy"]["matrix"]["held"] == list(built())


def test_each_system_that_is_frozen_has_its_bill_of_materials() -> None:
    rows = built()
    rows.pop("python")
    assert set(rows) == {"linux-x86_64", "linux-arm64", "windows-x86_64", "macos-arm64", "macos-x86_64"}
    for row, files in rows.items():
        assert f"liqdesk-VERSION-{row}.cdx.json" in files


@pytest.mark.parametrize("path", ["packaging/README.md", "README.md"])
def test_every_file_that_is_promised_is_built(path: str) -> None:
    promised = [
        re.sub(r"(liqdesk[-_])\d+\.\d+\.\d+", r"\1VERSION", name)
        for name in PROMISED.findall((ROOT / path).read_text("utf-8"))
    ]
    names = [name for files in built().values() for name in files]
    assert promised or path == "README.md"
    for name in promised:
        assert any(fnmatchcase(name, pattern) for pattern in names), f"{path} promises {name}, which no row builds"
