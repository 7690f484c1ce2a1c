"""What systems are told of the program: who made it, which files it opens, and what Explorer and Finder show."""

from __future__ import annotations

import re
from typing import Any, Final

from steps.plan import ROOT

NAME: Final = "liqdesk"
SUMMARY: Final = "Estimated liquidation map of perpetual futures, live"
PUBLISHER: Final = "liqdesk contributors"
BUNDLE: Final = "io.github.liqdesk"

RECORDING: Final = "liqdesk recording"
EXTENSION: Final = "liqdesk"  # these two as in packaging/linux/liqdesk.mime.xml
MEDIA_TYPE: Final = "application/x-liqdesk-recording"

OLDEST_MACOS: Final = "14.0"  # what numpy's wheels for current systems are built for; Qt 6.11 would do with 13
ENGLISH, UNICODE = 0x0409, 0x04B0
VERSION_RESOURCE: Final = """# UTF-8
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers!r}, prodvers={numbers!r}, mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1, subtype=0x0, date=(0, 0)),
  kids=[
    StringFileInfo([StringTable({table!r}, [
{strings}
    ])]),
    VarFileInfo([VarStruct('Translation', [{english}, {unicode}])])
  ]
)
"""


def numbers(version: str) -> tuple[int, int, int, int]:
    """Return a version as the four numbers Windows keeps; what follows them (rc1, .dev0) is left out. Raises ValueError for no version."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    if found is None:
        raise ValueError(f"{version!r} is no version")
    parts = [int(part) for part in found[0].split(".")]
    if any(part > 0xFFFF for part in parts):
        raise ValueError(f"version {version} does not fit into 16 bits a part")
    four = (*parts, 0, 0, 0, 0)
    return four[0], four[1], four[2], four[3]


def copyright_line() -> str:
    """Return the line of the licence that names the year and the holders."""
    return next(line for line in (ROOT / "LICENSE").read_text("utf-8").splitlines() if line.startswith("Copyright"))


def version_resource(version: str) -> str:
    """Return the version resource of liqdesk.exe, in the form that PyInstaller's EXE(version=FILE) reads."""
    shown = {
        "CompanyName": PUBLISHER,
        "FileDescription": f"{NAME}: {SUMMARY}",
        "FileVersion": version,
        "InternalName": NAME,
        "LegalCopyright": copyright_line(),
        "OriginalFilename": f"{NAME}.exe",
        "ProductName": NAME,
        "ProductVersion": version,
    }
    strings = "\n".join(f"      StringStruct({name!r}, {value!r})," for name, value in shown.items())
    table = f"{ENGLISH:04X}{UNICODE:04X}"
    return VERSION_RESOURCE.format(
        numbers=numbers(version), table=table, strings=strings, english=ENGLISH, unicode=UNICODE
    )


def info_plist(version: str) -> dict[str, Any]:
    """Return what BUNDLE adds to Info.plist: PyInstaller itself writes the executable, the icon and the package type."""
    icon = f"{NAME}.icns"
    kind = f"{BUNDLE}.recording"
    tags = {"public.filename-extension": [EXTENSION], "public.mime-type": [MEDIA_TYPE]}
    return {
        "CFBundleIdentifier": BUNDLE,
        "CFBundleName": NAME,
        "CFBundleDisplayName": NAME,
        "CFBundleVersion": ".".join(map(str, numbers(version)[:3])),
        "CFBundleShortVersionString": version,
        "CFBundleDevelopmentRegion": "en",
        "NSHumanReadableCopyright": copyright_line(),
        "LSApplicationCategoryType": "public.app-category.finance",
        "LSMinimumSystemVersion": OLDEST_MACOS,
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,  # title bar and dialogs may be dark
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": RECORDING,
                "CFBundleTypeRole": "Viewer",
                "CFBundleTypeIconFile": icon,
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [kind],
            }
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": kind,
                "UTTypeDescription": RECORDING,
                "UTTypeConformsTo": ["public.data"],
                "UTTypeIconFile": icon,
                "UTTypeTagSpecification": tags,
            }
        ],
    }
