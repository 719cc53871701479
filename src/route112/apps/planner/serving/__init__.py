"""
Who is at the other end of each connection, and how many there may be.

A connection is taken (`listener`), bounded in number, time and size (`protocol`), and its identity
is made sure of once, from the transport alone (`identity`): the kernel's word for a Unix socket,
the verified certificate for TLS. No header, no body and no path can set or change it. `sockets`
are where it listens: on this machine alone unless told otherwise.
"""

from route112.apps.planner.serving.listener import Listener
from route112.apps.planner.serving.protocol import ENDS_US, IDENTITY, Limits
from route112.apps.planner.serving.sockets import (
    MODE_GROUP,
    MODE_OWN,
    ListenError,
    bind_tcp,
    bind_unix,
    load_tls,
)

__all__ = [
    "ENDS_US",
    "IDENTITY",
    "MODE_GROUP",
    "MODE_OWN",
    "Limits",
    "ListenError",
    "Listener",
    "bind_tcp",
    "bind_unix",
    "load_tls",
]
