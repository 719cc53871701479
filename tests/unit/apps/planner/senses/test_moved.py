from dataclasses import replace

from tests.support.snapshots import LINES, SHORT_NUMBERS, TRUNKS, small_content

from route112.apps.planner.senses.moved import Moved, find_moved, list_all_hops
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


def open_small(**changes):
    return Snapshot(write_snapshot(small_content(**changes)))


OLD = open_small()


def test_equal_plans_move_nothing():
    assert find_moved(OLD, open_small(generation=OLD.generation + 1)) == Moved((), ())


def test_a_line_that_changes_moves_its_departement_and_its_hops_are_to_be_tested():
    other = replace(LINES[0], number="+33261910099")
    moved = find_moved(OLD, open_small(lines=(other, *LINES[1:])))
    assert moved.departements
    hops = {hop.address for hop in TRUNKS[LINES[0].trunk].hops}
    assert hops <= set(moved.hops) <= set(list_all_hops(OLD))


def test_the_same_line_over_another_next_hop_is_a_route_that_changes():
    hop = replace(TRUNKS[0].hops[0], address="127.0.4.77:5060")
    trunks = (replace(TRUNKS[0], hops=(hop,)), *TRUNKS[1:])
    new = open_small(trunks=trunks)
    moved = find_moved(OLD, new)
    assert moved.departements
    assert "127.0.4.77:5060" in moved.hops
    assert "127.0.4.77:5060" in list_all_hops(new)


def test_a_short_number_that_is_new_changes_everywhere():
    new = open_small()
    numbers = [short.number for short in SHORT_NUMBERS]

    class Older:
        """The same country before it had its first short number."""

        def __getattr__(self, name):
            return getattr(OLD, name)

        @property
        def short_numbers(self):
            return OLD.short_numbers[1:]

    moved = find_moved(Older(), new)
    assert numbers
    assert len(moved.departements) == len(
        {new.commune_departement(i) for i in range(new.communes_count)}
    )
