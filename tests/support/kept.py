"""Calls as a store of watch keeps them: given to it, and read out of it."""

from tests.support.seen import T0

from route112.adapters.watch_store import Calls

AT_EDGE = {"edge": "bruyere-edge-1", "tries": ()}
AT_SITE = {"edge": "", "passed": (), "came_late": True}
OTHER = {"caller": "+33639989999", "operator": "ecume"}
REST = {"number": "", "operator": "", "caller": "", "lasts_s": 0, "came_late": True}
"""What is left of an attempt whose beginning was told long ago."""


def give(store, call, *, at_us=T0):
    """Have a call kept."""
    Calls(store).give(call, place="Brest", taken_us=at_us)


def list_calls(store):
    """List what became of whom."""
    query = "SELECT call, outcome, person FROM calls ORDER BY id"
    return store.execute(query).fetchall()


def list_told(store):
    """List who has told what of each call."""
    query = "SELECT call, outcome, edge, site, reached, lost FROM calls ORDER BY id"
    return store.execute(query).fetchall()


def list_lost(store):
    """List who is to be called back, and why."""
    query = (
        "SELECT c.call, p.caller, c.outcome FROM calls c JOIN people p ON p.id = c.person"
        " WHERE c.lost ORDER BY c.id"
    )
    return store.execute(query).fetchall()


def list_ends(store):
    """List how each call ended, and how long that took."""
    query = "SELECT call, number, outcome, lost, person, ring_ms, answer_ms FROM calls ORDER BY id"
    return store.execute(query).fetchall()
