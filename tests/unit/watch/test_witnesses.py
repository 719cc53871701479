import pytest

from route112.watch.witnesses import DOUBT, EVENTS_MAX, Witnesses

COUNTRY, OPERATOR, RARE = 0, 1, 2


@pytest.fixture
def known():
    """Half of the calls of an operator have no edge; all others have one, and a site."""
    made = Witnesses()
    for number in range(100):
        made.add(("edge-1" if number % 2 else "", "site-1", "site-2"), (COUNTRY,))
        made.add(("", "site-1"), (COUNTRY, OPERATOR))
    made.add(("", ""), (COUNTRY, OPERATOR))
    return made


def test_while_all_can_be_read_nothing_is_unseen(known):
    assert known.list_unseen(3) is None
    known.note_blind(["site-1"])
    known.note_blind([])
    assert known.list_unseen(3) is None


def test_a_call_is_unseen_where_none_of_its_stations_can_be_read(known):
    known.note_blind(["site-1"])
    country, operator, rare = known.list_unseen(3)
    assert country == pytest.approx(0.5)
    assert operator == pytest.approx((100 + DOUBT * 0.5) / (100 + DOUBT))
    assert rare == pytest.approx(0.5), "it is taken for like all others"
    known.note_blind(["site-1", "site-2"])
    assert known.list_unseen(3)[0] == pytest.approx(0.75)
    known.note_blind(["edge-1"])
    assert list(known.list_unseen(2)) == [0.0, 0.0]


def test_what_comes_while_some_are_unseen_is_no_measure(known):
    known.note_blind(["site-1"])
    before = known.list_unseen(3)
    for _ in range(EVENTS_MAX):
        known.add(("site-2",), (COUNTRY, OPERATOR))
    known.note_blind([])
    known.note_blind(["site-1"])
    assert list(known.list_unseen(3)) == list(before)


def test_without_any_call_nothing_is_known_to_be_unseen():
    nothing = Witnesses()
    nothing.note_blind(["site-1"])
    assert list(nothing.list_unseen(2)) == [0.0, 0.0]
