"""The system libraries that the program stands on under Linux, and which Debian package brings each.

Found one by one in a minimal Debian 12; `deb.py` holds every frozen file against them, so that a library nobody declared fails the build.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from steps.plan import BuildError

from linux import elf

# Part of every glibc system, which the package depends on as libc6.
C_LIBRARY: Final = frozenset(
    f"lib{name}" for name in ("c.so.6", "m.so.6", "dl.so.2", "pthread.so.0", "rt.so.1", "util.so.1", "resolv.so.2")
) | {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}

# Where a name changed with the move to 64-bit time, the newer one stands beside the older one.
COMPILER: Final = {"libgcc_s.so.1": "libgcc-s1", "libstdc++.so.6": "libstdc++6"}
DRAWING: Final = {
    "libglib-2.0.so.0": "libglib2.0-0 | libglib2.0-0t64",
    "libgthread-2.0.so.0": "libglib2.0-0 | libglib2.0-0t64",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libOpenGL.so.0": "libopengl0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
WINDOWS_ON_X11: Final = {
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WINDOWS_ON_WAYLAND: Final = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
# Of Python's own modules: what the system mends when a fault in them becomes known, OpenSSL above all.
PYTHON: Final = {
    "libbz2.so.1.0": "libbz2-1.0",
    "libcrypto.so.3": "libssl3 | libssl3t64",
    "libexpat.so.1": "libexpat1",
    "libffi.so.8": "libffi8",
    "liblzma.so.5": "liblzma5",
    "libreadline.so.8": "libreadline8 | libreadline8t64",
    "libsqlite3.so.0": "libsqlite3-0",
    "libssl.so.3": "libssl3 | libssl3t64",
    "libtinfo.so.6": "libtinfo6",
    "libuuid.so.1": "libuuid1",
}
PACKAGES: Final = PYTHON | COMPILER | DRAWING | WINDOWS_ON_X11 | WINDOWS_ON_WAYLAND

# Fonts, and what opens a link in a browser: the program runs without them, but not as one would want.
RECOMMENDED: Final = ("fonts-dejavu-core | fonts-inter | fonts-noto-core", "xdg-utils", "ca-certificates")


def systems(folder: Path, names: Collection[str]) -> list[Path]:
    """Return the files of a frozen folder that are copies of the building system's own libraries of these names, and of what they alone
    need in turn."""
    held = dict(elf.files(folder))
    out = [path for path in held if path.name in names]
    queue = list(out)
    while queue:
        for name in held[queue.pop()].needed:
            needy = any(name in asked.needed for path, asked in held.items() if path not in out)
            for path in [p for p in held if p.name == name and p not in out and not needy]:
                out.append(path)
                queue.append(path)
    return sorted(out)


def depends(folder: Path) -> list[str]:
    """Return the packages that a frozen folder needs, ready for a control file. Raises BuildError for an unknown library."""
    wanted = elf.missing(folder)
    unknown = {name: path for name, path in wanted.items() if name not in PACKAGES and name not in C_LIBRARY}
    if unknown:
        words = ", ".join(f"{name} (for {path.relative_to(folder)})" for name, path in unknown.items())
        raise BuildError(f"nobody declared {words}; name its package in packaging/linux/libraries.py")
    packages = {PACKAGES[name] for name in wanted if name in PACKAGES}
    return [f"libc6 (>= {elf.glibc(folder)})", *sorted(packages)]
