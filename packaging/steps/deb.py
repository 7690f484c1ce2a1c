"""dist/liqdesk_VERSION_ARCHITECTURE.deb, as packaging/linux/deb.py makes it."""

from linux.deb import SYSTEMS, TOOLS, make

__all__ = ["SYSTEMS", "TOOLS", "make"]
