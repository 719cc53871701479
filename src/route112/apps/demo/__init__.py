"""
The `route112 demo` command: a whole country on one machine, with things broken under its calls.

`country` makes the ground (demo country, signed snapshot), `draw` says which calls are placed and
where the country's own second derivation says they ring. `stage` runs six sites, four edges and
all answering points by `route112 up --exercise`, and `apps.fault` breaks them; `ends` are the
callers. `acts` are what happens, `play` places an act's calls, `journal` reads what edges and
sites wrote of them, `screen` shows it. `tally` has the checker judge what both ends wrote,
`report` shows the country and the end, `command` puts the steps in order.
"""
