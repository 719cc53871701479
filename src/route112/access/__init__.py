"""
Who may do what: people and their roles, one table of verbs, approvals, and the audit log.

Sans-I/O: whoever answers a connection has made sure who is there (the subject of a certificate by
mutual TLS, or the user of the operating system at the other end of a socket of this machine) and
gives an `Identity`. `People` knows whose it is: a person may have several, and the second person
is another *person*, not another certificate. `verbs` is the one table; what is not in it nobody
may do. `judge` answers each request and each approval: allowed, waiting for a second person, or
refused with the reason. Each answer is a line of the audit log (`audit`) before anything is done
because of it, and what waits and what was used (`Desk`) is read back from that log: a request
counts once, whoever died in between.

Stations are no persons: `parse_stations` lists by which identity each of them is known.

The planner's HTTP API asks this package (`apps.planner`), and all commands that ask the planner.
"""

from route112.access.audit import AUDIT, Audit, parse_audit, render_entry, restore_desk
from route112.access.judge import judge
from route112.access.people import Identity, People, Person, Role, Via
from route112.access.people_file import parse_people
from route112.access.requests import (
    Approval,
    Desk,
    Reason,
    Request,
    Ruling,
    Verdict,
    Waiting,
    hash_request,
    note,
)
from route112.access.stations_file import Stations, parse_stations
from route112.access.verbs import RULES, Rule

__all__ = [
    "AUDIT",
    "RULES",
    "Approval",
    "Audit",
    "Desk",
    "Identity",
    "People",
    "Person",
    "Reason",
    "Request",
    "Role",
    "Rule",
    "Ruling",
    "Stations",
    "Verdict",
    "Via",
    "Waiting",
    "hash_request",
    "judge",
    "note",
    "parse_audit",
    "parse_people",
    "parse_stations",
    "render_entry",
    "restore_desk",
]
