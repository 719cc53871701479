from dataclasses import replace

import pytest

from route112.watch.callbacks import is_lost
from route112.watch.calls import joining, strands
from route112.watch.calls.joining import GRACE_US, OPEN_US, RINGING_US, Joiner
from route112.watch.calls.strand import Given
from route112.wire.record_lines import Record

EDGE, SITE = "bruyere-edge-1", "site-3"
EDGES = ("bruyere-edge-1", "bruyere-edge-2")
MS = 1_000
T0 = 1_795_000_000_000_000


def record(kind, at_ms=0, *, site=SITE, call="c1", **fields):
    return Record(kind, {"site": site, "call": call, **fields}, T0 + at_ms * MS)


def edge_side(outcome="answered", **end):
    return [
        record("attempt", 0, site=EDGE, by="native", op="bruyere", dialled="15", caller="+999"),
        record("pass", 1, site=EDGE, n="1", to=SITE, hop="h:1"),
        record("ring", 40, site=EDGE, n="1", code="180"),
        record("end", 900, site=EDGE, outcome=outcome, code=end.get("code", "200"), ms="900"),
    ]


def site_side(outcome="answered"):
    return [
        record(
            "attempt", 2, by="python", op="bruyere", tech="mobile", dialled="15", commune="29019"
        ),
        record("decision", 3, g="42", degraded="", targets="A/+33/primary,B/+34/secondary"),
        record("try", 3, n="1", psap="A", number="+33", hop="t:5060", via="rtc"),
        record("ring", 38, n="1", psap="A", number="+33", code="180"),
        record("end", 898, outcome=outcome, code="200", psap="A", number="+33", ms="896"),
    ]


def held(records):
    return [(each.call, each) for each in records]


def join(*records, until_ms=20_000):
    joiner = Joiner(EDGES)
    given = [call for each in records for call in joiner.take(each)]
    return given + list(joiner.tick(T0 + until_ms * MS))


def test_edge_and_site_together_are_one_call():
    (call,) = join(*edge_side(), *site_side())
    assert (call.outcome, call.party, call.code) == ("answered", "", 200)
    assert (call.number, call.operator, call.technology, call.commune) == (
        "15",
        "bruyere",
        "mobile",
        "29019",
    )
    assert (call.edge, call.site, call.passed) == (EDGE, SITE, (SITE,))
    assert (call.psap, call.reached, call.generation) == ("A", "A", 42)
    assert [(each.hop, each.via, each.outcome) for each in call.tries] == [
        ("t:5060", "rtc", "answered")
    ]
    assert (call.ring_ms, call.answer_ms) == (40, 900)
    assert call.caller == "+999"
    assert call.got_through
    assert not call.is_direct
    assert not call.is_test


def test_the_order_between_files_does_not_matter():
    (one,), (other,) = join(*site_side(), *edge_side()), join(*edge_side(), *site_side())
    assert replace(one, heard_us=0, end_heard_us=0) == replace(other, heard_us=0, end_heard_us=0)


def test_a_site_alone_is_enough():
    (call,) = join(*site_side())
    assert (call.edge, call.site, call.outcome) == ("", SITE, "answered")


def test_an_ended_call_waits_for_the_other_side():
    joiner = Joiner({EDGE})
    for each in edge_side():
        assert list(joiner.take(each)) == []
    assert list(joiner.tick(T0 + 900 * MS + GRACE_US - 1)) == []
    assert len(list(joiner.tick(T0 + 900 * MS + GRACE_US))) == 1
    for late in site_side():
        assert list(joiner.take(late)) == []
    assert joiner.open_calls == 0


def test_the_end_of_a_site_does_not_end_the_call_of_an_edge():
    joiner = Joiner({EDGE})
    for each in [*edge_side()[:2], *site_side("failed")]:
        list(joiner.take(each))
    assert list(joiner.tick(T0 + 10_000 * MS)) == []


def test_an_edge_that_rings_itself():
    records = [
        record("attempt", 0, site=EDGE, by="native", op="bruyere", dialled="15"),
        record("pass", 1, site=EDGE, n="1", to=SITE, hop="h:1"),
        record("returned", 501, site=EDGE, n="1", to=SITE, hop="h:1", code="408", cause="timeout"),
        record("decision", 502, site=EDGE, g="7", degraded="", targets="A/+33/native"),
        record("try", 502, site=EDGE, n="2", psap="A", number="+33", hop="t:1", via="ip"),
        record("end", 700, site=EDGE, outcome="answered", code="200", psap="A", number="+33"),
    ]
    (call,) = join(*records)
    assert call.is_direct
    assert (call.site, call.passed, call.reached) == ("", (SITE,), "A")


def test_a_refused_call():
    (call,) = join(record("refused", 0, reason="shed", src="x", op="bruyere"))
    assert (call.outcome, call.reason, call.party) == ("refused", "shed", "site")
    (call,) = join(record("refused", 0, reason="unknown-source", src="x", op=""))
    assert call.party == "origin"


def test_test_calls_are_marked():
    (call,) = join(record("refused", 0, reason="test-call"))
    assert call.is_test
    (call,) = join(
        record("attempt", 0, by="native", dialled="urn:service:test.sos"),
        record("end", 9, outcome="answered"),
    )
    assert call.is_test


def test_a_call_without_an_end_is_unknown_and_corrected_later():
    joiner = Joiner({EDGE})
    for each in [*edge_side()[:3], *site_side()[:4]]:
        list(joiner.take(each))
    assert list(joiner.tick(T0 + OPEN_US)) == [], "it rings"
    assert list(joiner.tick(T0 + RINGING_US)) == []
    (call,) = joiner.tick(T0 + RINGING_US + 1_000 * MS)
    assert (call.outcome, call.party, call.corrects) == ("unknown", "", False)
    list(joiner.take(record("end", 140_000, site=EDGE, outcome="answered", code="200")))
    (call,) = joiner.tick(T0 + 150_000 * MS)
    assert (call.outcome, call.corrects) == ("answered", True)


def test_a_target_that_has_failed_rings_no_more():
    joiner = Joiner({EDGE})
    for each in [*edge_side()[:3], *site_side()[:4]]:
        list(joiner.take(each))
    list(joiner.take(record("failed", 30_000, site=SITE, n="1", code="408", cause="timeout")))
    (call,) = joiner.tick(T0 + OPEN_US)
    assert call.outcome == "unknown"


@pytest.mark.parametrize("behind_s", [11 * 60, 3_600, 50 * 365 * 86_400])
def test_a_clock_that_is_behind_makes_nobody_unknown(behind_s):
    joiner, now_us = Joiner({EDGE}), T0 + behind_s * 1_000 * MS
    assert list(joiner.tick(now_us)) == []
    for each in site_side()[:4]:
        assert list(joiner.take(each)) == []
    assert list(joiner.tick(now_us + 1_000 * MS)) == []
    list(joiner.take(site_side()[-1]))
    (call,) = joiner.tick(now_us + 4_000 * MS)
    assert (call.outcome, call.corrects) == ("answered", False)
    other = Joiner({EDGE})
    other.restore(held(site_side()[:4]), given={}, unknown=(), ticked_us=now_us)
    assert list(other.tick(now_us + 1_000 * MS)) == []
    (unknown,) = other.tick(now_us + RINGING_US)
    assert unknown.outcome == "unknown"


@pytest.mark.parametrize("outcome", ["evil", "", "Answered"])
def test_an_outcome_that_nobody_knows_is_unknown(outcome):
    (call,) = join(record("attempt", 0, dialled="15"), record("end", 9, outcome=outcome))
    assert call.outcome == "unknown"


def test_an_unknown_call_is_not_given_twice_without_an_end():
    joiner = Joiner({EDGE})
    for each in edge_side()[:2]:
        list(joiner.take(each))
    assert len(list(joiner.tick(T0 + OPEN_US))) == 1
    list(joiner.take(record("ring", 61_000, site=EDGE, n="1", code="180")))
    assert list(joiner.tick(T0 + OPEN_US + 2_000 * MS)) == []
    list(joiner.take(record("end", 75_000, site=EDGE, outcome="cancelled", code="487")))
    assert [call.outcome for call in joiner.tick(T0 + 90_000 * MS)] == ["cancelled"]
    list(joiner.tick(T0 + joining.CORRECTED_US * 2))
    assert joiner.open_calls == 0


def test_a_second_attempt_of_one_call_id_is_another_call():
    joiner = Joiner({EDGE})
    list(joiner.take(record("attempt", 0, by="python", dialled="15")))
    (first,) = joiner.take(record("attempt", 500, by="python", dialled="15"))
    assert first.outcome == "unknown"
    assert list(joiner.take(record("attempt", 501, by="native", dialled="15"))) == []
    assert len(list(joiner.list_open())) == 2


def test_too_many_open_calls_give_the_oldest(monkeypatch):
    monkeypatch.setattr(joining, "OPEN_CALLS_MAX", 2)
    joiner = Joiner(())
    given = [
        call
        for n in range(3)
        for call in joiner.take(record("attempt", n, call=f"c{n}", by="python", dialled="15"))
    ]
    assert [call.call for call in given] == ["c0"]


def begin(n, site, *, at_ms=None):
    return record(
        "attempt",
        n if at_ms is None else at_ms,
        site=site,
        call=f"c{n}",
        by="python",
        dialled="15",
    )


def test_a_station_that_begins_too_many_displaces_its_own(monkeypatch):
    monkeypatch.setattr(joining, "OPEN_CALLS_MAX", 5)
    joiner = Joiner(())
    ordinary = [begin(0, "site-1"), begin(1, "site-2")]
    invented = [begin(n, "site-9") for n in range(2, 12)]
    given = [call for each in (*ordinary, *invented) for call in joiner.take(each)]
    assert {call.site for call in given} == {"site-9"}
    assert [call.call for call in given] == [f"c{n}" for n in range(2, 9)]
    assert joiner.holds("c0")
    assert joiner.holds("c1")


def test_what_was_displaced_is_corrected_by_its_end(monkeypatch):
    monkeypatch.setattr(joining, "OPEN_CALLS_MAX", 1)
    joiner = Joiner(())
    (first,) = [call for n in range(2) for call in joiner.take(begin(n, SITE))]
    assert (first.call, first.outcome, joiner.awaits("c0")) == ("c0", "unknown", True)
    end = record("end", 9_000, call="c0", outcome="answered", code="200")
    (second,) = joiner.take(end)
    assert (second.call, second.outcome) == ("c1", "unknown")
    (ring,) = [record("ring", 9_100, call="c1", n="1", code="180")]
    (corrected,) = joiner.take(ring)
    assert (corrected.call, corrected.outcome, corrected.corrects) == ("c0", "answered", True)
    assert joiner.holds("c1")
    assert list(joiner.take(record("ring", 9_200, call="c2", n="1", code="180"))) == []
    assert joiner.awaits("c1"), "it was given before, and is not given again without its end"


def test_a_station_of_which_too_many_ends_are_awaited_loses_its_own(monkeypatch):
    monkeypatch.setattr(strands, "AWAITED_MAX", 3)
    joiner = Joiner(())
    for each in (begin(0, "site-1"), *(begin(n, "site-9") for n in range(1, 5))):
        assert not list(joiner.take(each))
    assert len(list(joiner.tick(T0 + OPEN_US + 10_000))) == 5
    assert joiner.renewed == ("c1", "c2")
    assert [joiner.awaits(f"c{n}") for n in range(5)] == [True, False, False, True, True]
    list(joiner.tick(T0 + OPEN_US + 20_000))
    assert joiner.renewed == ()


def test_records_about_no_call_are_passed_over():
    assert list(Joiner(()).take(Record("site", {"site": SITE, "event": "start"}, T0))) == []


def test_a_call_id_may_come_again_when_it_is_forgotten():
    joiner = Joiner(())
    for each in site_side():
        list(joiner.take(each))
    assert len(list(joiner.tick(T0 + 10_000 * MS))) == 1
    list(joiner.tick(T0 + 10_000 * MS + joining.DONE_KEPT_US + 1))
    list(joiner.take(record("end", 75_000, outcome="failed", code="503")))
    assert joiner.open_calls == 1


def test_the_attempt_of_a_site_that_comes_after_its_edge_was_given_is_late():
    joiner = Joiner({EDGE})
    for each in edge_side():
        list(joiner.take(each))
    assert len(list(joiner.tick(T0 + 10_000 * MS))) == 1
    list(joiner.take(site_side()[0]))
    assert joiner.open_calls == 0


def test_an_attempt_that_never_ends_is_forgotten():
    joiner = Joiner(())
    list(joiner.take(record("attempt", 0, by="python", dialled="15")))
    assert len(list(joiner.tick(T0 + OPEN_US))) == 1
    list(joiner.tick(T0 + joining.CORRECTED_US + MS))
    list(joiner.take(record("end", 700_000, outcome="answered")))
    (call,) = joiner.tick(T0 + 800_000 * MS)
    assert not call.corrects, "nothing is known any more that could be corrected"


def test_the_records_of_one_call_are_bounded_but_for_its_end():
    joiner = Joiner(())
    for n in range(joining.RECORDS_PER_CALL_MAX * 2):
        list(joiner.take(record("failed", n, n=str(n))))
    list(joiner.take(record("end", 900, outcome="failed", code="503")))
    assert len(list(joiner.list_open())) == joining.RECORDS_PER_CALL_MAX + 1


def test_an_attempt_arrives_once_before_it_ends():
    joiner = Joiner({EDGE})
    for each in [*edge_side()[:2], *site_side()[:3]]:
        list(joiner.take(each))
    assert list(joiner.list_arrivals(T0 + joining.ARRIVAL_US - 1)) == []
    (call,) = joiner.list_arrivals(T0 + joining.ARRIVAL_US)
    assert (call.number, call.commune, call.site, call.outcome) == ("15", "29019", SITE, "unknown")
    assert list(joiner.list_arrivals(T0 + 5_000 * MS)) == []
    list(joiner.take(edge_side()[3]))
    assert list(joiner.list_arrivals(T0 + 5_000 * MS)) == []


def test_an_attempt_that_has_ended_has_arrived():
    joiner = Joiner(())
    for each in site_side():
        list(joiner.take(each))
    (call,) = joiner.list_arrivals(T0 + 900 * MS)
    assert call.outcome == "answered"


def test_a_repeated_invite_that_is_refused_again_is_no_other_attempt():
    refusals = [record("refused", at_ms, reason="shed", op="bruyere") for at_ms in (0, 500, 1_500)]
    (call,) = join(*refusals)
    assert (call.outcome, call.reason) == ("refused", "shed")
    joiner = Joiner({EDGE})
    assert list(joiner.take(refusals[0])) == []
    assert len(list(joiner.tick(T0 + GRACE_US))) == 1
    late = record("refused", 3_500, reason="shed", op="bruyere")
    assert [*joiner.take(late), *joiner.tick(T0 + 60_000 * MS)] == []
    assert joiner.open_calls == 0


def go_on(joiner, *taken):
    """Return a joiner that has what another one had kept of itself."""
    unknown = {name for name in {each.call for each in taken} if joiner.awaits(name)}
    kept = [each for each in taken if joiner.waits(each.call)]
    other = Joiner({EDGE})
    given = {name: Given(joiner.now_us) for name in unknown}
    other.restore(held(kept), given=given, unknown=unknown)
    return other


def test_whoever_goes_on_gives_the_same_call():
    begin, rest = edge_side()[:3], [*edge_side()[3:], *site_side()]
    first = Joiner({EDGE})
    for each in begin:
        assert list(first.take(each)) == []
    assert first.holds("c1")
    assert first.now_us == T0 + 40 * MS
    second = go_on(first, *begin)
    given = [call for each in rest for call in second.take(each)]
    assert given + list(second.tick(T0 + 20_000 * MS)) == join(*edge_side(), *site_side())


def test_whoever_goes_on_corrects_what_was_unknown():
    begin = edge_side()[:3]
    first = Joiner({EDGE})
    for each in begin:
        assert list(first.take(each)) == []
    (unknown,) = first.tick(T0 + RINGING_US * 2)
    assert (unknown.outcome, first.awaits("c1"), first.holds("c1")) == ("unknown", True, False)
    second = go_on(first, *begin)
    assert second.awaits("c1")
    end = record("end", 251_000, site=EDGE, outcome="answered", code="200", ms="251000")
    assert list(second.take(end)) == []
    third = Joiner({EDGE})
    third.restore(held([*begin, end]), given={"c1": Given(T0 + RINGING_US * 2)}, unknown={"c1"})
    for joiner in (second, third):
        (corrected,) = joiner.tick(T0 + 260_000 * MS)
        assert (corrected.outcome, corrected.corrects) == ("answered", True)


def test_a_call_id_that_begins_anew_is_waited_for_no_more():
    joiner = Joiner({EDGE})
    begin, end = edge_side()[0], edge_side()[-1]
    assert list(joiner.take(begin)) == []
    assert len(list(joiner.tick(T0 + OPEN_US))) == 1
    again = record("attempt", 90_000, site=EDGE, by="native", dialled="15", caller="+999")
    assert list(joiner.take(again)) == []
    assert not joiner.awaits("c1")
    assert list(joiner.take(end)) == []
    (call,) = joiner.tick(T0 + 100_000 * MS)
    assert not call.corrects


def test_an_invite_that_a_site_refuses_twice_is_one_call():
    refused = [record("refused", at, site="site-9", reason="shed") for at in (5, 6)]
    (call,) = join(*refused, *edge_side(), *site_side())
    assert call.outcome == "answered"


def test_where_an_edge_has_the_call_a_site_begins_no_other():
    again = record("attempt", 400, by="python", op="bruyere", dialled="15")
    (call,) = join(*edge_side(), *site_side()[:4], again, site_side()[4])
    assert (call.outcome, call.site) == ("answered", SITE)


def test_an_attempt_that_is_given_at_once_has_arrived_too():
    joiner = Joiner(())
    refused = record("refused", 0, by="python", reason="shed", op="bruyere")
    attempt = record("attempt", 0, by="python", op="bruyere", dialled="15")
    list(joiner.take(attempt))
    (given,) = joiner.take(record("attempt", 90, by="python", op="bruyere", dialled="15"))
    first, second = joiner.list_arrivals(T0 + joining.ARRIVAL_US + 90 * MS)
    assert (first, second.began_us) == (given, T0 + 90 * MS)
    assert list(joiner.list_arrivals(T0 + 5_000 * MS)) == []
    assert list(joiner.take(refused)) == []


def test_whoever_goes_on_tells_no_arrival_again():
    records = [record("attempt", at_ms, call=f"c{at_ms}", dialled="15") for at_ms in (0, 2_000)]
    joiner = Joiner(())
    joiner.restore(held(records), given={}, unknown=(), ticked_us=T0 + 2_500 * MS)
    assert [call.call for call in joiner.list_arrivals(T0 + 4_000 * MS)] == ["c2000"]


def test_the_record_of_a_test_call_is_given_at_once_and_joined_with_nothing():
    fields = {"site": "probe", "test": "p1", "edge": EDGE, "to": SITE, "hop": "h:1"}
    said = Record("probe", {**fields, "said": "audio", "code": "200", "ring_ms": "12"}, T0)
    joiner = Joiner({EDGE})
    (call,) = joiner.take(said)
    assert (call.probe, call.is_test, call.outcome) == ("audio", True, "failed")
    assert (call.edge, call.site, call.tries[0].hop) == (EDGE, SITE, "h:1")
    assert (call.code, call.ring_ms) == (200, 12)
    assert joiner.open_calls == 0


def test_when_the_clock_steps_all_that_is_held_is_as_old_as_it_was():
    joiner, by_us = Joiner({EDGE}), 3_600_000 * MS
    for each in (
        record("attempt", 0, call="open"),
        record("attempt", 0, call="rings"),
        record("ring", 1, call="rings"),
        record("attempt", 0, call="ended"),
        record("end", 2, call="ended", outcome="failed"),
        *edge_side(),
    ):
        assert list(joiner.take(each)) == []
    assert [call.call for call in joiner.tick(T0 + 2_100 * MS)] == ["ended"]
    joiner.move_clock(by_us)
    assert joiner.now_us == T0 + 2_100 * MS + by_us
    assert [call.call for call in joiner.tick(T0 + 2_950 * MS + by_us)] == ["c1"]
    assert list(joiner.tick(T0 + OPEN_US - 1 + by_us)) == []
    assert [call.call for call in joiner.tick(T0 + OPEN_US + by_us)] == ["open"]
    joiner.move_clock(-by_us)
    assert list(joiner.tick(T0 + MS + RINGING_US - 1)) == []
    assert [call.call for call in joiner.tick(T0 + MS + RINGING_US)] == ["rings"]
    late = record("end", 70_000, call="open", outcome="answered")
    assert list(joiner.take(late)) == []
    assert [call.corrects for call in joiner.tick(T0 + RINGING_US + GRACE_US + MS)] == [True]


def test_an_unknown_call_of_which_more_is_heard_is_waited_for_and_not_given_again():
    joiner = Joiner({EDGE})
    assert list(joiner.take(record("attempt", 0))) == []
    assert [call.outcome for call in joiner.tick(T0 + OPEN_US)] == ["unknown"]
    assert list(joiner.take(record("try", 1, n="1", psap="A", number="+33"))) == []
    assert list(joiner.tick(T0 + OPEN_US + 1)) == []
    assert joiner.awaits("c1")
    assert not joiner.holds("c1")


SITES = ("site-1", "site-2")


def begin_at(at_ms, station):
    return record("attempt", at_ms, site=station, by="native", op="bruyere", dialled="15")


def end_at(at_ms, station, outcome):
    code = "200" if outcome == "answered" else "503"
    return record("end", at_ms, site=station, outcome=outcome, code=code, ms="9")


def refuse_at(at_ms, station, reason="shed"):
    return record("refused", at_ms, site=station, op="bruyere", reason=reason)


def follow(*records, until_ms=70_000, by_ms=1_000):
    """Join records as they come, with a look each second; return what was given, and when."""
    joiner, given, left = Joiner(EDGES), [], list(records)
    for now_ms in range(0, until_ms + 1, by_ms):
        while left and (left[0].time_us - T0) // MS <= now_ms:
            given += [(now_ms, call) for call in joiner.take(left.pop(0))]
        given += [(now_ms, call) for call in joiner.tick(T0 + now_ms * MS)]
    return [(now_ms, call.outcome, call.party) for now_ms, call in given]


@pytest.mark.parametrize("stations", [EDGES, SITES])
@pytest.mark.parametrize("first", ["fails", "shed", "drained"])
def test_a_call_that_another_station_takes_over_is_over_when_that_one_says_so(stations, first):
    one, two = stations
    failed = [begin_at(0, one), end_at(10, one, "failed")]
    left = failed if first == "fails" else [refuse_at(10, one, first)]
    taken = [begin_at(20, two), record("ring", 900, site=two, n="1", code="180")]
    served = end_at(9_000, two, "answered")
    assert follow(*left, *taken, served) == [(11_000, "answered", "")]
    assert follow(*left, *taken, until_ms=130_000) == [(126_000, "unknown", "")]
    for lines in ([*taken, *left, served], [*taken, served, *left], [*left, *taken, served]):
        (call,) = join(*lines)
        assert call.outcome == "answered"


@pytest.mark.parametrize("stations", [EDGES, SITES])
def test_whoever_takes_a_call_over_and_fails_it_ends_it_too(stations):
    one, two = stations
    lines = [begin_at(0, one), end_at(10, one, "failed"), refuse_at(20, two)]
    assert [outcome for _, outcome, _ in follow(*lines)] == ["failed"]
    lines = [begin_at(0, one), end_at(10, one, "failed"), begin_at(20, two)]
    assert [call.outcome for call in join(*lines, end_at(30, two, "failed"))] == ["failed"]


def test_a_station_that_fell_silent_puts_nothing_off():
    taken = [begin_at(500, EDGES[1]), end_at(9_000, EDGES[1], "answered")]
    assert follow(begin_at(0, EDGES[0]), *taken) == [(11_000, "answered", "")]
    (call,) = join(*taken, begin_at(0, EDGES[0]))
    assert call.outcome == "answered"


def test_who_may_have_begun_last_is_waited_for_and_then_the_call_is_over():
    joiner = Joiner(EDGES)
    for each in (
        begin_at(0, EDGES[0]),
        begin_at(100, EDGES[1]),
        end_at(900, EDGES[1], "answered"),
    ):
        assert list(joiner.take(each)) == []
    assert list(joiner.tick(T0 + OPEN_US - 1)) == []
    assert [call.outcome for call in joiner.tick(T0 + OPEN_US)] == ["answered"]
    assert not joiner.waits("c1"), "nothing is left to be corrected"
    assert list(joiner.take(end_at(61_000, EDGES[0], "failed"))) == []
    assert joiner.open_calls == 0


def test_the_end_of_a_site_does_not_end_what_its_edge_begins_later():
    edge, site = begin_at(10, EDGES[0]), [begin_at(0, SITE), end_at(900, SITE, "failed")]
    assert join(*site, edge) == []
    assert join(*site, begin_at(5, SITES[0]), edge) == []


def test_a_site_that_begins_after_the_end_of_an_edge_puts_nothing_off():
    (call,) = join(begin_at(0, EDGES[0]), end_at(10, EDGES[0], "failed"), begin_at(20, SITE))
    assert call.outcome == "failed"


def hear(*heard, until_ms=130_000):
    """Join records as they are heard of, with a look four times a second."""
    joiner, given, left = Joiner(EDGES), [], list(heard)
    for now_ms in range(0, until_ms + 1, 250):
        while left and left[0][0] <= now_ms:
            given += [(now_ms, call) for call in joiner.take(left.pop(0)[1])]
        given += [(now_ms, call) for call in joiner.tick(T0 + now_ms * MS)]
    return given


BEHIND_MS = [0, 200, 1_000, 3_000, 4_000, 5_000, 60_000, 3_600_000]


@pytest.mark.parametrize("stations", [EDGES, SITES])
@pytest.mark.parametrize("behind_ms", BEHIND_MS)
def test_a_call_that_is_taken_over_by_a_clock_that_is_behind_and_failed_is_lost(
    stations, behind_ms
):
    one, two = stations
    ((_, call),) = hear(
        (300, begin_at(0, one)),
        (2_300, end_at(2_000, one, "cancelled")),
        (2_300, begin_at(2_050 - behind_ms, two)),
        (5_400, end_at(5_050 - behind_ms, two, "failed")),
    )
    assert call.outcome in ("failed", "unknown")
    assert is_lost(call)


@pytest.mark.parametrize("stations", [EDGES, SITES])
@pytest.mark.parametrize("behind_ms", BEHIND_MS)
def test_who_takes_over_before_the_end_of_the_other_one_is_read_is_waited_for(stations, behind_ms):
    one, two = stations
    ((_, call),) = hear(
        (300, begin_at(0, one)),
        (2_100, begin_at(2_050 - behind_ms, two)),
        (2_300, end_at(2_000, one, "cancelled")),
        (9_400, end_at(9_050 - behind_ms, two, "failed")),
    )
    assert is_lost(call)


def test_who_takes_over_and_says_no_more_puts_off_that_a_caller_gave_up():
    ((at_ms, call),) = hear(
        (0, begin_at(0, EDGES[0])),
        (2_000, end_at(2_000, EDGES[0], "cancelled")),
        (2_000, begin_at(-1_000, EDGES[1])),
    )
    assert (at_ms, call.outcome) == (60_000, "cancelled")


@pytest.mark.parametrize("left", [[], [(9_500, end_at(100, EDGES[1], "failed"))]])
def test_who_was_left_by_the_clock_and_by_what_was_read_puts_nothing_off(left):
    ((at_ms, call),) = hear(
        (0, begin_at(0, EDGES[1])),
        (500, begin_at(500, EDGES[0])),
        (9_000, end_at(9_000, EDGES[0], "cancelled")),
        *left,
    )
    assert (at_ms, call.outcome) == (11_250 if left else 11_000, "cancelled")


def test_what_a_site_says_of_its_edges_call_is_no_end_that_another_edge_comes_after():
    ((at_ms, call),) = hear(
        (0, begin_at(0, EDGES[0])),
        (0, begin_at(10, SITE)),
        (900, end_at(900, SITE, "cancelled")),
        (900, end_at(900, EDGES[0], "answered")),
        (1_000, begin_at(-5_000, EDGES[1])),
    )
    assert (at_ms, call.outcome) == (3_000, "answered")


@pytest.mark.parametrize("stations", [EDGES, SITES])
@pytest.mark.parametrize("behind_ms", BEHIND_MS)
@pytest.mark.parametrize("first", ["cancelled", "answered"])
def test_who_tries_another_station_later_under_the_same_call_id_is_another_attempt(
    stations, behind_ms, first
):
    one, two = stations
    given = hear(
        (300, begin_at(0, one)),
        (2_300, end_at(2_000, one, first)),
        (12_300, begin_at(12_050 - behind_ms, two)),
        (15_400, end_at(15_050 - behind_ms, two, "failed")),
        (19_000, record("attempt", 3, site=two, by="python", op="bruyere", dialled="15")),
    )
    assert [call.outcome for _, call in given] == [first, "failed"]


@pytest.mark.parametrize("behind_ms", BEHIND_MS)
def test_who_tries_the_same_edge_later_under_the_same_call_id_is_another_attempt(behind_ms):
    given = hear(
        (300, begin_at(-behind_ms, EDGES[0])),
        (2_300, end_at(2_000 - behind_ms, EDGES[0], "cancelled")),
        (12_300, begin_at(12_050 - behind_ms, EDGES[0])),
        (15_400, end_at(15_050 - behind_ms, EDGES[0], "failed")),
    )
    assert [call.outcome for _, call in given] == ["cancelled", "failed"]


@pytest.mark.parametrize("missed", [0, 1])
@pytest.mark.parametrize("late_s", [3, 10, 30, 58])
def test_what_an_edge_says_of_a_call_that_its_site_alone_has_told_of_is_news(missed, late_s):
    joiner = Joiner(EDGES)
    given = [call for each in site_side("cancelled") for call in joiner.take(each)]
    given += list(joiner.tick(T0 + late_s * 1_000 * MS))
    assert [(each.edge, each.outcome) for each in given] == [("", "cancelled")]
    late = edge_side("failed")[missed:]
    assert not [call for each in late for call in joiner.take(each)]
    (call,) = joiner.tick(T0 + (late_s + 3) * 1_000 * MS)
    assert (call.edge, call.outcome) == (EDGE, "failed")
    for each in (*edge_side("failed")[1:], *site_side("cancelled")):
        list(joiner.take(each))
    assert not joiner.open_calls, "the edge has spoken: what is said again is no news"


@pytest.mark.parametrize("stations", [EDGES, SITES])
@pytest.mark.parametrize("behind_ms", [0, 200, 3_000, 60_000])
@pytest.mark.parametrize("late_s", [0, 1])
def test_who_gives_up_at_one_station_and_is_refused_by_the_next_is_lost(
    stations, behind_ms, late_s
):
    one, two = stations
    ((_, call),) = hear(
        (300, begin_at(0, one)),
        (900, end_at(600, one, "cancelled")),
        (900 + late_s * 1_000, refuse_at(650 - behind_ms, two)),
    )
    assert is_lost(call)
    if not behind_ms:
        assert (call.outcome, call.reason) == ("refused", "shed")


@pytest.mark.parametrize("stations", [EDGES, SITES])
def test_who_is_refused_by_one_station_and_gives_up_at_the_next_had_a_chance(stations):
    one, two = stations
    ((_, call),) = hear(
        (300, refuse_at(0, one)),
        (400, begin_at(50, two)),
        (900, end_at(650, two, "cancelled")),
    )
    assert (call.outcome, is_lost(call)) == ("cancelled", False)


@pytest.mark.parametrize("behind_ms", [0, 3_000, 60_000])
def test_a_refusal_that_is_read_when_the_call_is_over_is_told_once(behind_ms):
    begun = [(300, begin_at(0, SITES[0])), (900, end_at(600, SITES[0], "cancelled"))]
    late = refuse_at(650 - behind_ms, SITES[1])
    told = [(at_ms, call.outcome) for at_ms, call in hear(*begun, (20_000, late), (40_000, late))]
    assert [outcome for _, outcome in told] == ["cancelled", "refused"]


def test_a_site_refuses_what_its_edge_has_told_of():
    begun = [(300, begin_at(0, EDGES[0])), (900, end_at(600, EDGES[0], "cancelled"))]
    assert len(hear(*begun, (20_000, refuse_at(10, SITE)))) == 1
