"""
`route112 site`: one site, run and kept running.

`command` reads what a person typed into a `Setup`, which renders the configuration (`setup`), and
hands it to the supervisor of `route112.apps.station`.
"""

from route112.apps.site.command import site

__all__ = ["site"]
