from route112.apps.planner.seams import NOBODY_WATCHES, UNWATCHED, Handless, Measured, Unwatched
from route112.change import Kind, State, Step
from route112.change.deciding import Act


def test_who_is_not_watched_changes_nothing():
    assert Unwatched().measure(State(), 1).alarms == (f"{NOBODY_WATCHES}: {UNWATCHED}",)
    assert Measured().alarms == ()


def test_no_hands_do_nothing():
    act = Act(step=Step.DRAIN, station="site-1", change="c" * 64, since_us=1, version="")
    assert Handless().act(act) is None
    assert Handless().kinds == {Kind.PLAN}
