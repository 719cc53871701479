"""
The `route112 demo` command: the main job, end to end, on one machine.

`country` makes the ground (demo country, signed snapshot), `choice` picks calls and reads where
the country's own second derivation says they ring. `site` starts one Kamailio, `psaps` a SIPp at
each trunk end that a call may reach, `calls` places real calls and joins what both ends wrote
down. `report` prints it, `command` puts the steps in order. The end-to-end tests use the same
parts.
"""

from route112.apps.demo.command import demo

__all__ = ["demo"]
