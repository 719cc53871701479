"""
`route112 site`: one site, run and kept running.

`command` reads what a person typed into a `Setup`, which renders the configuration (`setup`), and
hands it to the supervisor of `route112.apps.station`. What a planner does with a site is asked
for by `route112.apps.commanding`.
"""

from route112.apps.commanding.site_changes import evacuate, maintain, upgrade
from route112.apps.site.command import site

for _each in (evacuate, maintain, upgrade):
    site.add_command(_each)

__all__ = ["site"]
