from dataclasses import replace

from tests.support.seen import see_try
from tests.unit.watch.calls.test_joining import edge_side, join, record, site_side

from route112.watch import measures
from route112.watch.measures import Measures
from route112.watch.series import Series
from route112.watch.success import CALLER_US

COUNTRY = Series()


def make():
    return Measures(number_of=lambda dialled: dialled, departement_of=lambda commune: commune[:2])


def a_call(**changes):
    (call,) = join(*edge_side(), *site_side())
    return replace(call, **changes)


def value(counted, look, name, series=COUNTRY):
    return getattr(look, name)[counted.series.index(series)]


def test_an_arrival_counts_at_once_and_in_all_its_series():
    counted = make()
    counted.add_arrival(a_call())
    look = counted.look()
    for series in (COUNTRY, Series((("number", "15"), ("departement", "29")))):
        assert value(counted, look, "attempts", series) == 1
        assert value(counted, look, "places", series) == 1
        assert value(counted, look, "callers", series) == 0
    assert counted.look().attempts.sum() == 0, "each is told once"


def test_one_accident_is_one_place_for_all_who_call():
    counted = make()
    for index in range(5):
        counted.add_arrival(a_call(caller=f"+{index}"))
    counted.add_arrival(a_call(commune="29232"))
    look = counted.look()
    assert value(counted, look, "attempts") == 6
    assert value(counted, look, "places") == 2


def test_one_caller_counts_once_however_often_he_tries():
    counted = make()
    failed = a_call(outcome="failed", party="site", tries=())
    for _ in range(4):
        counted.add_end(failed)
    look = counted.look()
    assert (value(counted, look, "callers"), value(counted, look, "failed")) == (1, 1)
    counted.add_end(a_call())
    look = counted.look()
    assert (value(counted, look, "callers"), value(counted, look, "failed")) == (1, 0)
    counted.add_end(replace(failed, began_us=failed.began_us + CALLER_US + 1))
    assert value(counted, counted.look(), "failed") == 1


def test_callers_without_a_number_are_one_each():
    counted = make()
    for index in range(3):
        counted.add_end(a_call(caller="anonymous", call=f"c{index}"))
    assert value(counted, counted.look(), "callers") == 3


def test_what_is_no_failure_of_ours():
    counted = make()
    counted.add_end(a_call(outcome="cancelled", party="", caller="+1"))
    look = counted.look()
    assert (value(counted, look, "callers"), value(counted, look, "failed")) == (1, 0)
    for call in (
        a_call(party="origin", outcome="refused"),
        a_call(corrects=True),
        a_call(is_test=True),
    ):
        counted.add_end(call)
    counted.add_arrival(a_call(is_test=True))
    look = counted.look()
    assert look.attempts.sum() == look.callers.sum() == 0


def test_an_unknown_outcome_counts_as_failed():
    counted = make()
    counted.add_end(a_call(outcome="unknown", party=""))
    assert value(counted, counted.look(), "failed") == 1


def test_a_dead_gateway_shows_although_the_call_succeeds():
    failed = record(
        "failed", 600, n="1", psap="A", number="+33", via="rtc", code="408", cause="timeout"
    )
    second = record("try", 601, n="2", psap="A", number="+33", hop="u:5060", via="rtc")
    end = record("end", 900, outcome="answered", code="200", psap="A", number="+33")
    (call,) = join(*site_side()[:3], failed, second, end)
    counted = make()
    counted.add_end(call)
    look = counted.look()
    dead, good = Series((("trunk", "t:5060"),)), Series((("trunk", "u:5060"),))
    assert value(counted, look, "failed", dead) == 1
    assert value(counted, look, "failed", good) == 0
    assert value(counted, look, "failed") == 0


def test_a_second_trunk_does_not_count_those_whom_nobody_reaches():
    lost = {"outcome": "failed", "cause": "timeout", "party": "joint"}
    first = see_try(hop="t:5060", **lost)
    tries = (first, replace(first, hop="u:5060"), see_try("B", hop="u:5060", **lost))
    counted = make()
    counted.add_end(a_call(outcome="failed", party="joint", tries=tries[:2]))
    look = counted.look()
    one, two = Series((("trunk", "t:5060"),)), Series((("trunk", "u:5060"),))
    assert (value(counted, look, "callers", one), value(counted, look, "failed", one)) == (1, 1)
    assert value(counted, look, "failed", Series((("psap", "A"),))) == 1
    assert two not in counted.series
    counted.add_end(a_call(caller="+2", outcome="failed", party="joint", tries=tries))
    look = counted.look()
    assert value(counted, look, "failed", two) == 1, "another target was missed by it alone"


def test_the_number_of_series_is_bounded(monkeypatch):
    monkeypatch.setattr(measures, "SERIES_MAX", 1)
    counted = make()
    counted.add_arrival(a_call())
    counted.add_end(a_call())
    assert counted.series == [COUNTRY]
    assert counted.uncounted > 0


def test_forgetting_makes_things_new():
    counted = make()
    counted.add_arrival(a_call())
    counted.forget(a_call().began_us + 10 * CALLER_US)
    counted.add_arrival(a_call())
    assert value(counted, counted.look(), "places") == 2


def test_more_kinds_of_calls_than_are_remembered_count_the_same(monkeypatch):
    monkeypatch.setattr(measures, "KINDS_MAX", 1)
    counted = make()
    for commune in ("29232", "75056", "29232"):
        counted.add_arrival(a_call(commune=commune))
        counted.add_end(a_call(commune=commune, caller=commune))
    look = counted.look()
    assert (value(counted, look, "attempts"), value(counted, look, "callers")) == (3, 2)
    assert value(counted, look, "attempts", Series((("departement", "29"),))) == 2


def test_a_look_says_what_nobody_can_read_of():
    counted = make()
    call = a_call()
    counted.add_arrival(call)
    counted.add_end(call)
    assert counted.look().unseen is None
    counted.witnesses.note_blind([call.site])
    look = counted.look()
    trunk = Series((("trunk", call.tries[0].hop),))
    assert value(counted, look, "unseen") < value(counted, look, "unseen", trunk)
