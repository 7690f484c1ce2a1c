"""Venues: bytes in, events out.

Law: no sockets, no Qt, no clock reads; time is passed in. One folder per venue, always the same files. A venue's own
JSON names stay in its `wire`; nothing else sees them. Bytes that mean nothing raise DecodeError, and only that.
"""

from liqdesk.venues.addresses import is_loopback
from liqdesk.venues.registry import VENUES, venue
from liqdesk.venues.venue import (
    ControlReply,
    Decoded,
    Dialect,
    Endpoints,
    FrameCodec,
    Pool,
    Reply,
    Request,
    SocketPlan,
    Venue,
)

__all__ = [
    "VENUES",
    "ControlReply",
    "Decoded",
    "Dialect",
    "Endpoints",
    "FrameCodec",
    "Pool",
    "Reply",
    "Request",
    "SocketPlan",
    "Venue",
    "is_loopback",
    "venue",
]
