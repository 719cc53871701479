"""
Points and polygons with the standard library only: they live inside every SIP worker.

A commune that is split between two centres by a polygon is answered by `contains`, whose
boundary is inclusive and exact.
"""

from route112.geo.polygon import contains

__all__ = ["contains"]
