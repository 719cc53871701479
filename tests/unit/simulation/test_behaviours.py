"""Each behaviour is a list of moves."""

import pytest

from route112.simulation.behaviours import Act, Behaviour, Move, list_moves

RING = Move(0.0, Act.RING)


@pytest.mark.parametrize(
    ("behaviour", "moves"),
    [
        (Behaviour.ANSWER, (RING, Move(2.0, Act.ANSWER))),
        (Behaviour.NO_AUDIO, (RING, Move(2.0, Act.ANSWER))),
        (Behaviour.RINGING, (RING,)),
        (Behaviour.TRYING, (Move(0.0, Act.TRYING),)),
        (Behaviour.SILENT, ()),
        (Behaviour.BUSY, (Move(0.0, Act.REFUSE, 486),)),
        (Behaviour.UNAVAILABLE, (Move(0.0, Act.REFUSE, 503),)),
    ],
)
def test_moves(behaviour, moves):
    assert list_moves(behaviour, answer_after_s=2.0) == moves


def test_every_behaviour_is_in_the_table():
    assert all(list_moves(each, answer_after_s=0) is not None for each in Behaviour)
