"""
How the snapshot that a station shall have gets there, and how the planner learns that it did.

Sans-I/O. The planner keeps one `Wanted` for each station: generation, hash and size. The station's
`Receiver` asks for it about once a second, and says in the same breath what is in force: a
`Report`. What is newer than everything that it has had it fetches, compares with the hash, and
offers to the supervisor by a rename; whatever is wrong with it the supervisor finds out, and the
next report says so. Nothing older is fetched, whoever wants it. A station that was away asks again
when it can, and gets what is wanted then: what it missed meanwhile nobody sends it.

`check_report` is the planner's side: a station that went back, has two contents under one
generation, or is ahead of everything that was given out, is odd, and a person has to look.
"""

from route112.replication.keeper import Oddity, check_report
from route112.replication.messages import (
    parse_report,
    parse_wanted,
    render_report,
    render_wanted,
)
from route112.replication.receiver import (
    Answered,
    Command,
    Event,
    Failed,
    Fetch,
    Fetched,
    Offer,
    Offered,
    Poll,
    Progressed,
    Receiver,
    Ticked,
    handle,
)
from route112.replication.values import NOTHING, AtGate, Refused, Report, Wanted

__all__ = [
    "NOTHING",
    "Answered",
    "AtGate",
    "Command",
    "Event",
    "Failed",
    "Fetch",
    "Fetched",
    "Oddity",
    "Offer",
    "Offered",
    "Poll",
    "Progressed",
    "Receiver",
    "Refused",
    "Report",
    "Ticked",
    "Wanted",
    "check_report",
    "handle",
    "parse_report",
    "parse_wanted",
    "render_report",
    "render_wanted",
]
