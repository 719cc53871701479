"""
An operator's edge: one native Kamailio in front of the sites, with a table of its own.

`kamailio/edge.cfg` is its whole behaviour. `setup` renders it; it imports nothing of a site's, so
that a mistake in one is not a mistake in both. `station` takes one edge out of a topology, for the
supervisor of `route112.apps.station`; `command` is what a person types.
"""

from route112.apps.edge.command import edge

__all__ = ["edge"]
