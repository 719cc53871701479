import pytest
from tests.support.seen import T0, S

from route112.adapters.watch_store import Absence, Position, Sources
from route112.wire.record_lines import Record


@pytest.fixture
def sources(store):
    return Sources(store)


def test_positions_are_kept(sources):
    for sequence in (1, 9):
        sources.move("a", Record("attempt", {}, T0, "w", sequence))
    sources.note_taken("w", 5, [(7, 9)])
    assert sources.load_positions() == {"a": Position("w", 9)}
    assert sources.load_taken() == ({"w": 5}, {"w": [(7, 9)]})


def test_who_is_away_is_kept(sources):
    away = [Absence("a", "site-1", T0), Absence("b", "edge-1", T0 + 1)]
    sources.note_absences(away)
    assert sources.load_absences() == away
    sources.note_absences(away[1:])
    assert sources.load_absences() == away[1:]


def test_the_newest_time_of_each_writer_is_kept(sources):
    assert sources.load_newest() == {}
    sources.note_newest("w", T0)
    sources.note_newest("w", T0 + S)
    assert sources.load_newest() == {"w": T0 + S}


def test_of_a_writer_that_is_forgotten_nothing_is_known(sources):
    for writer in ("v", "w"):
        sources.note_taken(writer, 5, [])
        sources.note_newest(writer, T0)
        sources.note_writer(writer, "a")
    assert sources.load_writers() == {"a": ["v", "w"]}
    sources.forget_taken("v")
    assert sources.load_writers() == {"a": ["w"]}
    assert (sources.load_taken(), sources.load_newest()) == (({"w": 5}, {"w": []}), {"w": T0})
