"""
The `route112 demo` command: the main job, end to end, on one machine, with things broken under it.

`country` makes the ground (demo country, two generations of a signed snapshot), `draw` says which
calls are placed and where the country's own second derivation says they ring. `stage` runs the
site, by `route112 site run` as in any exercise, and makes its Python fail; `ends` are PSAPs and
callers. `acts` are what happens, `play` places an act's calls, `journal` reads what the site wrote
of them, `screen` shows it. `tally` has the checker judge what both ends wrote, `report` ends the
demo, `command` puts the steps in order.
"""

from route112.apps.demo.command import demo

__all__ = ["demo"]
