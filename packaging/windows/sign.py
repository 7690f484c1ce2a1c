"""Sign programs for Windows with the certificate whose thumbprint WINDOWS_SIGN_THUMBPRINT names; without one, say so and leave them.

    python packaging/windows/sign.py FILE...

The certificate lies in the user's store (Cert:\\CurrentUser\\My): its password is needed to put it there, and never here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

THUMBPRINT: Final = "WINDOWS_SIGN_THUMBPRINT"
CLOCK: Final = "http://timestamp.digicert.com"  # RFC 3161; the answer is itself signed
# What is to be signed is passed in the environment, so that no name can become a part of the command.
COMMAND: Final = (
    "$ErrorActionPreference = 'Stop';"
    " $c = Get-Item -LiteralPath ('Cert:\\CurrentUser\\My\\' + $env:WINDOWS_SIGN_THUMBPRINT);"
    " $s = Set-AuthenticodeSignature -LiteralPath $env:WINDOWS_SIGN_FILE -Certificate $c -HashAlgorithm SHA256"
    " -IncludeChain All -TimestampServer $env:WINDOWS_SIGN_CLOCK;"
    " if ($s.Status -ne 'Valid') { throw $s.StatusMessage }"
)


def wanted() -> bool:
    return bool(os.environ.get(THUMBPRINT))


def sign(path: Path) -> bool:
    """Sign one file and return True, or return False where no certificate is named. Raises CalledProcessError when signing fails."""
    if not wanted():
        print(f"NOT SIGNED: {path.name} ({THUMBPRINT} names no certificate)", flush=True)
        return False
    environ = {**os.environ, "WINDOWS_SIGN_FILE": str(path.resolve()), "WINDOWS_SIGN_CLOCK": CLOCK}
    subprocess.run(["powershell", "-NoProfile", "-NonInteractive", "-Command", COMMAND], check=True, env=environ)
    print(f"signed: {path.name}", flush=True)
    return True


def main(argv: Sequence[str]) -> int:
    for name in argv:
        sign(Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
