"""build/liqdesk.AppDir and the AppImage, as packaging/linux/appimage.py makes them."""

from linux.appimage import SYSTEMS, TOOLS, make

__all__ = ["SYSTEMS", "TOOLS", "make"]
