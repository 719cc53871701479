"""As much of a country as watch needs, and a follower with eyes over a records folder of one site."""

from types import SimpleNamespace

from tests.support.records import World

from route112.adapters.watch_store import Looks, load_counts, open_store
from route112.apps.watch.country import Country
from route112.apps.watch.following.follower import Follower
from route112.apps.watch.looking.eyes import Eyes
from route112.apps.watch.looking.makings import Makings
from route112.apps.watch.names import Names
from route112.wire.record_lines import render_line

T0 = 1_795_000_000_000_000
MS, S = 1_000, 1_000_000
PREPARED_US = 3_600 * S
"""Records of a test are written beforehand, ahead of its clock."""
SITE = "site-1"


class Plan:
    """A snapshot's names: Brest, Nice, and Saint-Denis with a clock of its own."""

    short_numbers = (SimpleNamespace(number="15"), SimpleNamespace(number="18"))
    departements = (
        SimpleNamespace(code="06", offsets=((0, 3_600),)),
        SimpleNamespace(code="29", offsets=((0, 3_600),)),
        SimpleNamespace(code="974", offsets=((0, 14_400),)),
    )
    generation = 42
    valid_until = T0 + 365 * 86_400_000_000
    orders = (
        SimpleNamespace(id="o1", kind="divert", psap="A", starts=T0, expires=T0 + 3_600_000_000),
    )
    _communes = (("06088", "Nice", 0), ("29019", "Brest", 1), ("97411", "Saint-Denis", 2))

    def find_number(self, dialled):
        return {"15": 0, "urn:service:sos.ambulance": 0, "18": 1}.get(dialled)

    def find_commune(self, code):
        return next((i for i, (own, *_) in enumerate(self._communes) if own == code), None)

    def commune(self, index):
        return SimpleNamespace(name=self._communes[index][1])

    def commune_departement(self, index):
        return self._communes[index][2]

    def find_departement(self, code):
        return next((i for i, each in enumerate(self.departements) if each.code == code), None)

    def offset_s(self, departement, _now):
        return self.departements[departement].offsets[0][1]


def write(world, kind, at_us, call, **fields):
    """Have the site write a record."""
    values = {"t": at_us, "site": SITE, "call": call, **fields}
    world.append(render_line(kind, values, key=world.raw.key).encode())


def write_call(world, index, at_us, *, outcome="answered", commune="29019"):
    """Have the site write a call that takes two seconds."""
    call, party = f"c{index}", "psap" if outcome == "failed" else ""
    write(world, "attempt", at_us, call, by="python", op="bruyere", tech="mobile", dialled="15",
          commune=commune, caller=f"+999{index:06}")  # fmt: skip
    write(world, "try", at_us + MS, call, n=1, psap="CRRA15-29", number="+33261910001", hop="t:1")
    write(world, "end", at_us + 2 * S, call, outcome=outcome, code=486, psap="CRRA15-29",
          number="+33261910001", ms=2_000, party=party)  # fmt: skip


def make_makings(**values):
    """Return what eyes are made of, with pseudonyms that are easy to see."""
    usual = {
        "country": Country(Plan()),
        "maker": "this",
        "name_caller": lambda caller, _time_us: f"p{caller}",
    }
    return Makings(**{**usual, **values})


def open_eyes(path, world, **values):
    """Return store, follower and eyes as a process that is started has them."""
    store = open_store(path, create=True)
    eyes = Eyes(store, make_makings(**values), complain=print)
    follower = Follower(
        store, edges=[], names=Names(Plan()), complain=print, eyes=eyes, ahead_us=PREPARED_US
    )
    follower.follow([world.path])
    return store, follower, eyes


def list_findings(store):
    """List all findings, open ones without an end."""
    looks = Looks(store)
    found = [*looks.list_open(), *looks.list_over(10_000)]
    return sorted(((str(each.finding), each.over_us) for each in found), key=str)


def count_calls(run_dir):
    """Return what the store of a watch has counted."""
    store = open_store(run_dir / "watch.sqlite")
    try:
        return load_counts(store)
    finally:
        store.close()


def list_open(run_dir):
    """Return the findings that are open in the store of a watch."""
    store = open_store(run_dir / "watch.sqlite")
    try:
        return [each.finding for each in Looks(store).list_open()]
    finally:
        store.close()


def write_bad_minute(run_dir, *, began_us):
    """Write sixty calls that failed."""
    world = World(run_dir / "site-1" / "records")
    for index in range(60):
        write_call(world, index, began_us + index * S, outcome="failed")
