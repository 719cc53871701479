import pytest

from route112.replication import Oddity, Report, check_report

A, B = "a" * 64, "b" * 64
GIVEN = {4: A, 5: B}


def report(number, content_hash):
    return Report(station="site-1", number=number, content_hash=content_hash)


@pytest.mark.parametrize(
    ("now", "before", "odd"),
    [
        ((5, B), None, ()),
        ((5, B), (5, B), ()),
        ((5, B), (4, A), ()),
        ((4, A), (5, B), (Oddity.WENT_BACK,)),
        ((5, A), None, (Oddity.TWO_CONTENTS,)),
        ((3, A), (3, B), (Oddity.TWO_CONTENTS,)),
        ((3, A), (3, A), ()),
        ((6, A), (5, B), (Oddity.AHEAD,)),
        ((6, A), (6, B), (Oddity.TWO_CONTENTS, Oddity.AHEAD)),
        ((0, ""), (5, B), (Oddity.WENT_BACK,)),
    ],
)
def test_what_cannot_be_is_odd(now, before, odd):
    last = before and report(*before)
    assert check_report(report(*now), last, GIVEN, last_number=5) == odd


def test_a_number_that_a_lost_journal_may_have_given_is_known_only_where_it_was_given_here():
    def check(number, content_hash):
        found = report(number, content_hash)
        return check_report(found, None, {**GIVEN, 9: A}, last_number=9, forgotten=range(6, 10))

    assert check(7, B) == (Oddity.AHEAD,)
    assert check(9, A) == ()
    assert check(5, B) == ()
