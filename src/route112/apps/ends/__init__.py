"""
The two ends of a call, composed of the SIP agent and the simulation's logs.

`psaps` answers and `callers` places calls, both as `async with` blocks on an event loop that
commands, the demo and tests use alike; `options` is what their commands share.
"""

from route112.apps.ends.callers import Callers, CallOrder, make_line
from route112.apps.ends.psaps import Psaps

__all__ = ["CallOrder", "Callers", "Psaps", "make_line"]
