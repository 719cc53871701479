"""
What a planner does to sites of its own machine: take them out of service and back.

`local` does it behind the seam of the engine, by the files that a site's supervisor and `up` look
at: none of it is said in the path of a call, and what was asked for stays asked for while the
planner is away.
"""

from route112.apps.planner.hands.local import LocalHands

__all__ = ["LocalHands"]
