"""
What Kamailio asks Python: where does this call go, and are you well.

`kamailio/bootstrap.py` calls `open_site` once, in the parent before it forks, so that every
process shares the pages of one mapped snapshot. The methods of `Site` are the names that the
configuration gives to `python_exec`:

    source   is this an operator's address (the configuration's own list says no)
    decide   where does this INVITE go; attempt, decision and first try are on record afterwards
    fresh    may this process still act on what it read, or was the site frozen meanwhile
    health   does a call that nobody makes get an answer, from the snapshot that is in force
    beat     ten times a second, from two processes that do nothing else

Each answers ANSWERED (`beat` THAWED, too, and `decide` PROBE for a test call over a path), or a
negative number, which the configuration takes as false: NATIVE when Python has no answer, STALE
when there must be none, UNKNOWN for a stranger, TEST_CALL and FORBIDDEN for a test call that leads
nowhere, or whose sender may not name a path. None of them raises.

`feed` follows the file in force, `advice` the file of measured states, `heartbeat` finds that the
site stood still, `soundings` let the configuration find that calls wait before they are read,
`probes` says who may place test calls and whom they ring, `lines` renders what leaves: attempts
for the configuration and lines for the records.
"""

from route112.adapters.kemi.handler import Site, open_site
from route112.adapters.kemi.lines import render_attempt
from route112.routing.ranking import HOPS_TRIED_MAX

__all__ = ["HOPS_TRIED_MAX", "Site", "open_site", "render_attempt"]
