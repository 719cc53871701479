"""
An operator's edge: one native Kamailio in front of the sites, with a table of its own.

`kamailio/edge.cfg` is its whole behaviour. Here stands what it is started with. It imports nothing
of a site's, so that a mistake in one is not a mistake in both.
"""
