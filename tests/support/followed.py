"""A follower over the records folders of an edge and a site."""

from tests.support.watched import MS, PREPARED_US, SITE, T0, Plan

from route112.adapters.watch_store import open_store
from route112.apps.watch.following.follower import Follower
from route112.apps.watch.names import Names
from route112.wire.record_lines import render_line

EDGE = "bruyere-edge-1"
CALLS = 40


def write(worlds, station, kind, at_us, call, **fields):
    """Have a station write a record."""
    key = worlds[station].raw.key
    line = render_line(kind, {"t": at_us, "site": station, "call": call, **fields}, key=key)
    worlds[station].append(line.encode())


def write_calls(worlds, count=CALLS):
    """Write calls of an edge and a site: every fourth fails, every eighth has no end."""
    for index in range(count):
        at_us, call = T0 + index * 100 * MS, f"c{index}"
        caller = f"+3363998{index:04}"
        write(worlds, EDGE, "attempt", at_us, call, by="native", op="bruyere", dialled="15",
              caller=caller)  # fmt: skip
        write(worlds, EDGE, "pass", at_us + MS, call, n=1, to=SITE, hop="h:1")
        write(worlds, SITE, "attempt", at_us + 2 * MS, call, by="python", commune="29019",
              dialled="urn:service:sos.ambulance", caller=caller)  # fmt: skip
        write(worlds, SITE, "try", at_us + 3 * MS, call, n=1, psap="A", number="+33", hop="t:1")
        outcome = "failed" if index % 4 == 0 else "answered"
        write(worlds, SITE, "end", at_us + 90 * MS, call, outcome=outcome, code=480, psap="A",
              number="+33", ms=88)  # fmt: skip
        if index % 8:
            write(worlds, EDGE, "end", at_us + 91 * MS, call, outcome=outcome, code=480, ms=91)


def open_follower(tmp_path, worlds):
    """Return store and follower as a process that is started has them."""
    store = open_store(tmp_path / "w.sqlite", create=True)
    follower = Follower(
        store, edges=[EDGE], names=Names(Plan()), complain=print, ahead_us=PREPARED_US
    )
    follower.follow([world.path for world in worlds.values()])
    return store, follower


class Noting:
    """Somebody who looks at nothing but what changes."""

    def __init__(self):
        self.changes = []
        self.calls = []
        self.blind = ()

    def add_arrival(self, call):
        """Note an attempt."""
        self.calls.append(call)

    def add_end(self, call):
        """Note an end."""
        self.calls.append(call)

    def tick(self, time_us):
        """Look at nothing."""

    def add_change(self, change):
        """Note a change."""
        self.changes.append((change.what, change.dimension, change.value, change.at_us - T0))


def list_rows(store):
    """List the calls that are kept."""
    return store.execute(
        "SELECT call, number, commune, place, outcome, site, edge, lost FROM calls ORDER BY call"
    ).fetchall()


def open_country(tmp_path, worlds):
    """Return the same where a topology names the stations."""
    store, follower = open_follower(tmp_path, worlds)
    follower.absences.stations = {EDGE, SITE}
    return store, follower


def write_event(worlds, station, event, at_us, generation, reason):
    """Have a station say something of a generation."""
    line = render_line(
        "site",
        {"t": at_us, "site": station, "event": event, "g": generation, "reason": reason},
        key=worlds[station].raw.key,
    )
    worlds[station].append(line.encode())


def write_failed(worlds, first, count, at_us):
    """Have the site write calls that failed."""
    for index in range(first, first + count):
        call, caller = f"q{index}", f"+3363998{index:04}"
        write(worlds, SITE, "attempt", at_us, call, by="python", dialled="15", caller=caller)
        write(worlds, SITE, "end", at_us + MS, call, outcome="failed", code=503)
