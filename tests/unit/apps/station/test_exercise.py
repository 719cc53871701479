"""What Kamailio learns of an exercise."""

from route112.apps.station.exercise import is_exercise, list_passed

MARKED = {
    "ROUTE112_EXERCISE": "1", "LD_PRELOAD": "/lib/f.so", "FAKETIME_NO_CACHE": "1", "HOME": "/x"
}  # fmt: skip


def test_only_what_an_exercise_needs_is_passed_on():
    assert list_passed(MARKED) == {name: MARKED[name] for name in list(MARKED)[:3]}


def test_nothing_is_passed_on_otherwise():
    for environ in ({}, {"ROUTE112_EXERCISE": "0"}, {"LD_PRELOAD": "/lib/f.so"}):
        assert not is_exercise(environ)
        assert list_passed(environ) == {}
