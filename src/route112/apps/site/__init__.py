"""
`route112 site`: one site, run and kept running.

`command` reads what a person typed into a `Setup` (`setup`, `listen`). `supervisor` is the loop:
it takes offered snapshots, keeps the native table true (`native`), and keeps Kamailio running
(`kamailio`), with the recorder beside it (`recording`); `events` says what happened, to people and
to the records. One process, no threads: whatever takes long is done in steps, and nothing here is
in the path of a call.
"""

from route112.apps.site.command import site

__all__ = ["site"]
