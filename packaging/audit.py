"""Look for faults that others know of: bandit over the program, and pip-audit over all it stands on.

    python packaging/audit.py [--strict]     --strict: advisories that cannot be reached are a failure

Exits 1 for a finding. What bandit is told to pass over stands, with its reason, in pyproject.toml and beside the line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def bandit() -> bool:
    """Return whether bandit finds nothing that is not explained."""
    command = [sys.executable, "-m", "bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", "liqdesk"]
    run = subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    # It takes an f-string apart and calls the explanation of the whole needless for each part.
    said = [line for line in run.stderr.splitlines() if "nosec encountered" not in line]
    sys.stderr.write("".join(f"{line}\n" for line in said))
    clean = run.returncode == 0
    print(f"bandit: {'clean' if clean else 'findings, see above'}")
    return clean


def dependencies() -> list[dict[str, Any]] | None:
    """Return pip-audit's rows, one for each installed package; None where no advisories could be asked."""
    command = [sys.executable, "-m", "pip_audit", "--skip-editable", "--format", "json", "--progress-spinner", "off"]
    for service in ("pypi", "osv"):
        run = subprocess.run(
            [*command, "--vulnerability-service", service],
            cwd=ROOT,
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
        )
        try:
            rows: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
        except (ValueError, KeyError, TypeError):
            continue
        # Where the index has no advisories every package is left out, and pip-audit calls that a success.
        if any("vulns" in row for row in rows):
            return rows
    return None


def report(rows: Sequence[dict[str, Any]] | None, strict: bool) -> bool:
    """Print what is known of the dependencies; return whether that is no reason to stop."""
    if rows is None:
        print("=" * 100)
        print("DEPENDENCIES NOT CHECKED: no advisory database can be reached from here (pypi.org, api.osv.dev).")
        print("Whether the dependencies have known faults is UNKNOWN. Run make audit again where there is a network.")
        print("=" * 100)
        return not strict
    checked = [row for row in rows if "vulns" in row]
    left_out = [row["name"] for row in rows if "vulns" not in row and row["name"] != "liqdesk"]
    faults = [(row, fault) for row in checked for fault in row["vulns"]]
    for row, fault in faults:
        fixed = ", ".join(fault.get("fix_versions", [])) or "nothing yet"
        print(f"{row['name']} {row['version']}: {fault['id']}, mended in {fixed}")
    if left_out:
        print(f"NOT CHECKED, since no advisories name them: {', '.join(left_out)}")
    print(f"dependencies: {len(faults)} known faults in {len(checked)} packages")
    return not faults


def main(argv: Sequence[str]) -> int:
    clean = bandit()
    return 0 if report(dependencies(), "--strict" in argv) and clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
