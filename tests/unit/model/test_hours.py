import pytest

from route112.model import WEEK_MINUTES, Hours


def test_spans_are_half_open():
    hours = Hours(((480, 1200),))
    assert [hours.covers(minute) for minute in (479, 480, 1199, 1200)] == [
        False,
        True,
        True,
        False,
    ]


def test_the_whole_week_and_touching_spans():
    assert Hours(((0, WEEK_MINUTES),)).covers(WEEK_MINUTES - 1)
    assert Hours(((0, 10), (10, 20))).covers(10)


@pytest.mark.parametrize(
    "spans",
    [
        (),
        ((10, 10),),
        ((20, 10),),
        ((0, WEEK_MINUTES + 1),),
        ((-1, 5),),
        ((0, 20), (10, 30)),
        ((50, 60), (0, 10)),
    ],
)
def test_hours_that_promise_nothing_cannot_exist(spans):
    with pytest.raises(AssertionError):
        Hours(spans)
