from tests.support.alarms import begin, find, make_alarms
from tests.support.seen import T0

from route112.watch.alarms.values import TITLES, Works
from route112.watch.findings import FindingKind


def test_every_kind_has_a_title():
    assert set(TITLES) == set(FindingKind)


def test_an_alarm_says_what_it_is_and_where_to_read_on():
    alarms = make_alarms()
    (event,) = alarms.take(
        begin(find(kind=FindingKind.DROUGHT, number="15", departement="29")), T0
    )
    assert event.alarm.title == "15 · departement 29: calls stopped coming"
    assert event.alarm.runbook == "runbooks/drought.md"


def test_a_share_is_of_all_callers():
    assert Works(what="15", served=3, failed=1).share == 0.75
