"""
Who is at the other end of each connection, and how many there may be.

A connection is taken (`listener`), bounded in number, time and size (`protocol`), and its identity
is made sure of once, from the transport alone (`identity`): the kernel's word for a Unix socket,
the verified certificate for TLS. No header, no body and no path can set or change it.
"""

from route112.apps.planner.serving.listener import (
    Listener,
    bind_tcp,
    bind_unix,
    load_tls,
)
from route112.apps.planner.serving.protocol import IDENTITY, Limits

__all__ = ["IDENTITY", "Limits", "Listener", "bind_tcp", "bind_unix", "load_tls"]
