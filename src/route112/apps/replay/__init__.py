"""
The `route112 replay` command: a scenario played against running processes, and its report.

`ground` says where calls come from and where they should ring, `stage` puts a country up in one
wiring, `clock` makes time faster, `crowd` places the calls, `timeline` and `script` do what the
fault script says, `reach` notes which numbers that takes away. `verdicts` has the checker judge,
`report`, `picture` and `page` show it, `command` puts the steps in order.
"""

from route112.apps.replay.command import replay

__all__ = ["replay"]
