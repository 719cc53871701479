import os

import pytest
from tests.support.tampering import make_sealed

from route112.adapters.record_spool.chain import NEXT, Chain, say_numbers, show_seal
from route112.adapters.record_spool.examine import examine
from route112.adapters.record_spool.segments import list_segments


@pytest.fixture
def seen(tmp_path):
    world = make_sealed(tmp_path / "records", 5)
    os.close(world.raw.descriptor)
    return [examine(segment) for segment in list_segments(world.path / "segments")]


def link(*parts):
    chain = Chain()
    for part in parts:
        chain.add(part)
    return chain


def test_a_whole_chain_has_no_flaw(seen):
    chain = link(*seen)
    assert chain.flaws == []
    assert (chain.begins, chain.newest) == (1, seen[-1])
    (tally,) = chain.tallies.values()
    assert (tally.segments, tally.records, tally.gaps, tally.broken_links) == (5, 25, 0, 0)


def test_a_chain_may_begin_anywhere(seen):
    chain = link(*seen[2:])
    assert chain.flaws == []
    assert chain.begins == 3


def test_a_link_that_is_not_there_is_missed(seen):
    (flaw,) = link(seen[0], *seen[3:]).flaws
    assert (flaw.kind, flaw.sequence, flaw.next) == ("missing", 16, NEXT["missing"])
    assert flaw.text == "segments 2 to 3 are missing before it, with records 6 to 15"


def test_what_vanished_meanwhile_moves_the_beginning(seen):
    chain = Chain()
    chain.add(seen[0])
    chain.vanished += [range(2, 3), range(3, 4)]
    chain.add(seen[3])
    assert chain.flaws == []
    assert chain.begins == 4


def test_one_number_is_given_once(seen):
    chain = link(seen[0], seen[1], seen[1])
    assert [flaw.kind for flaw in chain.flaws] == ["doubled"]


def test_words_for_people():
    assert say_numbers(3, 3) == "segment 3 is"
    assert say_numbers(3, 5) == "segments 3 to 5 are"
    assert show_seal("a" * 64) == "a" * 12 + "..."
