from dataclasses import replace

import pytest
from tests.unit.watch.calls.test_joining import EDGE, SITE, T0, edge_side, join, record, site_side

from route112.routing.ranking import DOWN_WORDS, LOST_WORD
from route112.watch.callbacks import is_lost
from route112.watch.telling import AWAY_WORDS, describe_call, describe_probe
from route112.watch.values import SeenClock
from route112.wire.record_lines import Record

OTHER = "site-5"


def test_the_party_of_a_failed_call():
    failed = record(
        "failed", 600, n="1", psap="A", number="+33", via="rtc", code="408", cause="timeout"
    )
    end = record("end", 900, outcome="failed", code="503")
    (call,) = join(*site_side()[:3], failed, end)
    assert (call.outcome, call.party, call.tries[0].cause, call.tries[0].code) == (
        "failed",
        "joint",
        "timeout",
        408,
    )
    (call,) = join(*site_side()[:4], failed, end)
    assert call.party == "psap"
    (call,) = join(*edge_side("failed", code="503"))
    assert call.party == "site"
    (call,) = join(edge_side()[0], edge_side("failed")[3])
    assert call.party == "edge"
    (call,) = join(
        *site_side()[:3], record("end", 9000, outcome="cancelled", code="487", ms="9000")
    )
    assert call.party == "joint"
    (call,) = join(*site_side()[:3], record("end", 300, outcome="cancelled", code="487", ms="300"))
    assert call.party == ""
    (call,) = join(*site_side()[:3], record("end", 300, outcome="failed", party="origin"))
    assert call.party == "origin"
    (call,) = join(*site_side()[:3], failed, record("end", 900, outcome="failed", party="x-7f3a"))
    assert call.party == "joint", "who failed is one of six, whatever a station writes"


@pytest.mark.parametrize("site_ms", [-3_600_000, 0, 3_600_000])
def test_how_long_it_took_is_measured_by_the_clock_of_who_has_the_last_word(site_ms):
    at_site = [
        replace(each, time_us=each.time_us + site_ms * 1_000) for each in site_side("cancelled")
    ]
    records = sorted(at_site + edge_side("cancelled"), key=lambda each: each.time_us)
    call = describe_call(records, {EDGE}, now_us=T0)
    assert (call.began_us, call.ended_us, call.ring_ms) == (T0, T0 + 900_000, 40)


def test_the_last_site_of_a_call_that_nobody_served():
    records = [
        record("attempt", 0, by="python", site=OTHER, dialled="15"),
        record("end", 5, site=OTHER, outcome="failed"),
    ]
    assert describe_call(records, {EDGE}, now_us=T0).site == OTHER


def test_whom_a_decision_names_as_away():
    order = "order pause o1 by Chief of UNREACHABLE"
    steps = ["15 @29019 bruyere/mobile", "rule backup", "B +33261910056 [g42 site-3 1.2ms]"]
    steps[1:1] = [order, "A PAUSED", *(f"P{i} {word}" for i, word in enumerate(AWAY_WORDS))]
    steps.insert(-1, "192.0.2.1:5060 UNREACHABLE")
    decision = record("decision", 5, g="42", targets="B/+33/backup", trace=" -> ".join(steps))
    (call,) = join(site_side()[0], decision, *site_side()[2:])
    assert call.moved == ("A", *(f"P{i}" for i in range(len(AWAY_WORDS))))
    assert {*DOWN_WORDS.values(), LOST_WORD, "PAUSED"} == AWAY_WORDS
    assert join(*edge_side())[0].moved == ()


def test_a_drained_site_was_not_to_serve_the_call():
    passed = [
        record("pass", place, site=EDGE, n=str(place), to=to, hop="h:1")
        for place, to in ((1, OTHER), (2, SITE))
    ]
    drained = record("returned", 2, site=EDGE, n="1", to=OTHER, code="503", cause="drained")
    (call,) = join(edge_side()[0], *passed, drained, edge_side()[3], *site_side())
    assert (call.passed, call.outcome, call.site) == ((SITE,), "answered", SITE)
    silent = record("returned", 2, site=EDGE, n="1", to=OTHER, code="408", cause="timeout")
    (call,) = join(edge_side()[0], *passed, silent, edge_side()[3], *site_side())
    assert call.passed == (OTHER, SITE)


def test_what_a_prober_says_of_its_call():
    fields = {"test": "p1", "edge": EDGE, "to": "site-3", "hop": "h:1", "ring_ms": ""}
    well = describe_probe(Record("probe", {**fields, "said": "well", "code": "200"}, T0))
    assert (well.call, well.outcome, well.probe, well.ring_ms) == ("p1", "answered", "well", None)
    assert well.tries[0].outcome == "answered"
    strange = describe_probe(Record("probe", {**fields, "said": "?"}, T0))
    assert strange.probe == "busy", "a word of a later version says nothing"


def test_a_call_bounds_the_difference_of_two_clocks():
    (call,) = join(*edge_side(), *site_side())
    assert call.clocks == (SeenClock(site=SITE, most_us=1_000, least_us=-2_000),)
    ahead = [
        replace(each, fields={**each.fields, "t": str(each.time_us + 60_000_000)})
        for each in site_side()
    ]
    (call,) = join(*edge_side(), *ahead)
    assert call.clocks == (SeenClock(site=SITE, most_us=60_001_000, least_us=59_998_000),)


def test_only_an_answer_that_the_caller_got_bounds_it_from_below():
    (call,) = join(*edge_side("failed", code="503"), *site_side())
    assert call.clocks == (SeenClock(site=SITE, most_us=1_000),)
    direct = record("try", 5, site=EDGE, n="1", psap="A", number="+33", hop="t:5060")
    (call,) = join(*edge_side()[:2], direct, *edge_side()[2:], *site_side())
    assert call.clocks[0].least_us is None, "the edge rang somebody itself"
    later = record("pass", 3, site=EDGE, n="2", to=OTHER, hop="h:2")
    (call,) = join(*edge_side()[:2], later, *edge_side()[2:], *site_side())
    assert call.clocks == (SeenClock(site=SITE, most_us=1_000),), "and nothing of a silent site"
    assert join(*site_side())[0].clocks == ()


@pytest.mark.parametrize("at_once", [1, 2, 3])
@pytest.mark.parametrize(("waited_ms", "rang_ms"), [(9_000, None), (40_000, 2_000)])
def test_a_clock_that_is_ahead_makes_no_wait_shorter(waited_ms, rang_ms, at_once):
    lines = [record("attempt", 0, by="native", site=EDGE, dialled="15")]
    if rang_ms is not None:
        lines.append(record("ring", rang_ms, site=EDGE, n="1"))
    lines.append(record("end", waited_ms, site=EDGE, outcome="cancelled"))
    # The last ones are read at once, by a machine whose clock is behind the edge's.
    read_us = [*(each.time_us for each in lines[:-at_once]), *[T0] * at_once][-len(lines) :]
    taken = [_take_as_of(each, at_us) for each, at_us in zip(lines, read_us, strict=True)]
    call = describe_call(taken, {EDGE}, now_us=T0)
    assert (call.ended_us, call.ended_us - call.began_us) == (T0, waited_ms * 1_000)
    assert call.ring_ms == rang_ms
    assert is_lost(call)


def test_a_clock_that_was_set_back_meanwhile_is_asked_nothing():
    began = _take_as_of(record("attempt", 3_600_000, by="native", site=EDGE), T0)
    ended = record("end", 9_000, site=EDGE, outcome="cancelled")
    call = describe_call([began, ended], {EDGE}, now_us=T0)
    assert call.ended_us - call.began_us == 9_000_000


def _take_as_of(each, at_us):
    return replace(each, fields={**each.fields, "t": str(each.time_us)}, time_us=at_us)
