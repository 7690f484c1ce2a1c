"""The only room with client sockets: web sockets (`link`) and REST (`rest`), with their pacing and the words for what
went wrong.

Law: no Qt and no thread of its own but a name lookup's and that of a successor while it opens; a link runs in whatever
thread calls `run`, and is stopped from another. TLS is always verified. What venues mean by their bytes is not known
here. The heavy libraries load when the first connection is made.
"""

from liqdesk.net.line import LinkTiming
from liqdesk.net.link import Link
from liqdesk.net.pacing import Backoff, MinuteBudget, Pacing, SlidingBudget

__all__ = ["Backoff", "Link", "LinkTiming", "MinuteBudget", "Pacing", "SlidingBudget"]
