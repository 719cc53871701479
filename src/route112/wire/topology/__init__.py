"""
`topology.yaml`: sites, operators with their edges, and what each of them hangs on.

`document` reads the fields. `places` reads addresses and networks, and remembers which are taken:
most mistakes of such a file are between two of its lines.
"""

from route112.wire.topology.document import parse_topology

__all__ = ["parse_topology"]
