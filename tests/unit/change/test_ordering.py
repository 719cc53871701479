import pytest
from tests.support.changing import T0, S, order

from route112.change import JOURNAL, parse_journal, render_event
from route112.change.ordering import TEXT_CHARS_MAX, find_order_flaw
from route112.change.restoring import give


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"id": "o,1"}, "bad-id"),
        ({"id": "x" * 300}, "bad-id"),
        ({"starts": -1}, "bad-expiry"),
        ({"expires": T0 + 300 * 86_400 * S}, "bad-expiry"),
        ({"expires": T0}, "bad-expiry"),
        ({"reason": "r" * 20_000}, "bad-reason"),
        ({"author": "a" * 20_000}, "bad-reason"),
        ({"approver": "a" * 20_000}, "bad-reason"),
    ],
)
def test_what_a_journal_cannot_have_is_no_order(changed, why):
    assert find_order_flaw(order(**changed), T0)[0] == why


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"approver": "", "starts": 0},
        dict.fromkeys(("author", "approver", "reason"), "\u20ac" * TEXT_CHARS_MAX),
    ],
)
def test_what_can_be_given_can_be_read_back(changed):
    given = order(**changed)
    assert find_order_flaw(given, T0) == ("", "")
    event = give(given, T0)
    assert parse_journal(render_event(event, JOURNAL)[0]).events == (event,)
