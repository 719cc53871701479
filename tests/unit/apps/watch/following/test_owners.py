import pytest

from route112.apps.watch.following import owners
from route112.apps.watch.following.absences import Absences
from route112.apps.watch.following.owners import Owners
from route112.wire.record_lines import DAMAGED, Record

SITE, OTHER, COPY, MOVED = (f"/run/{name}/records" for name in ("site-1", "site-2", "old", "new"))
W = "0" * 12


class World:
    """Folders that are there, and what is said."""

    def __init__(self, stations=("site-1", "site-2"), **owners):
        self.there, self.said = {SITE, OTHER, COPY, MOVED}, []
        absences = Absences(stations=set(stations))
        self.owners = Owners(owners, self.there.__contains__, absences, self.said.append)

    def is_own(self, source, site="site-1", *, kind="end"):
        fields = {} if kind == DAMAGED else {"site": site}
        return self.owners.is_own(source, Record(kind, fields, 1, W, 1))

    def names_itself(self, source, **fields):
        return self.owners.names_itself(source, Record("end", fields, 1, W, 1))


def test_a_writer_is_that_of_the_folder_in_which_it_is_met_first():
    world = World(stations=())
    assert world.is_own(COPY)
    assert not world.is_own(SITE)
    assert not world.is_own(SITE)
    assert world.is_own(COPY)
    assert world.said == [f"{SITE} has records of a writer of {COPY}: they do not count"]


@pytest.mark.parametrize("stations", [(), ("site-1",)])
def test_a_writer_moves_with_its_folder(stations):
    world = World(stations)
    assert world.is_own(COPY)
    world.there.remove(COPY)
    assert world.is_own(MOVED)
    assert not world.is_own(OTHER)
    assert len(world.said) == 1


def test_the_folder_of_a_station_has_its_writer_back_from_a_copy():
    world = World()
    assert world.is_own(SITE)
    assert not world.is_own(COPY)
    world.there.remove(SITE)
    assert world.is_own(COPY)
    world.there.add(SITE)
    assert world.is_own(SITE)
    assert not world.is_own(COPY)
    assert world.is_own(SITE)


def test_no_station_takes_the_writer_of_another_one_that_is_away():
    world = World()
    assert world.is_own(SITE)
    world.there.remove(SITE)
    assert not world.is_own(OTHER, "site-2")
    world.there.add(SITE)
    assert world.is_own(SITE)


@pytest.mark.parametrize(("site", "kind"), [("site-1", "end"), ("", "end"), ("", DAMAGED)])
def test_who_names_another_station_or_nobody_claims_no_writer(site, kind):
    world = World()
    assert not world.is_own(OTHER, site, kind=kind)
    assert world.is_own(SITE)
    assert world.is_own(SITE, kind=DAMAGED), "torn, and in its own folder"


def test_a_station_tells_of_itself_alone():
    world = World()
    for _ in range(2):
        assert not world.names_itself(SITE, site="site-2")
        assert not world.names_itself(SITE)
    assert world.names_itself(SITE, site="site-1")
    assert world.names_itself(COPY, site="site-2"), "no station's folder"
    assert world.names_itself("/srv/site-1", site="site-2")
    assert world.said == [f"{SITE} has records that do not name site-1: they do not count"]


def test_of_the_writers_of_a_folder_those_of_long_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr(owners, "WRITERS_MAX", 2)
    world = World()
    assert world.is_own(SITE)
    assert world.owners.note_writers(SITE, [W]) == []
    assert world.owners.note_writers(SITE, ["b"]) == []
    assert world.owners.note_writers(SITE, [W]) == []
    assert world.owners.note_writers(OTHER, ["c", "d"]) == []
    assert world.owners.note_writers(SITE, ["e"]) == ["b"]
    assert not world.is_own(OTHER, "site-2"), "it is known"
    assert world.owners.note_writers(SITE, ["f"]) == [W]
    assert world.is_own(OTHER, "site-2"), "it is not"
    assert world.owners.note_writers(SITE, ["g"]) == ["e"]


def test_a_writer_that_has_moved_is_not_forgotten_by_the_folder_that_it_left(monkeypatch):
    monkeypatch.setattr(owners, "WRITERS_MAX", 1)
    world = World(stations=())
    assert world.is_own(COPY)
    assert world.owners.note_writers(COPY, [W]) == []
    world.there.remove(COPY)
    assert world.is_own(MOVED)
    assert world.owners.note_writers(COPY, ["b"]) == []
    assert world.is_own(MOVED)
    assert world.owners.note_writers(MOVED, [W]) == []
