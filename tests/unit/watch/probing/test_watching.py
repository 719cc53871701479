import pytest
from tests.support.seen import T0, S, see

from route112.watch.findings import Change, FindingKind
from route112.watch.probing import watching
from route112.watch.probing.watching import ProbeWatch
from route112.watch.series import Series
from route112.watch.values import SeenTry

LINK = Series((("edge", "e"), ("site", "s")))
TRUNK = Series((("site", "s"), ("trunk", "h")))
EDGE = Series((("edge", "e"),))


def make_call(said, at_s=0.0, *, edge="e", site="s", hop="h"):
    tried = SeenTry(station=site, psap="", number="", hop=hop, via="rtc", outcome="failed")
    return see(at_s=at_s, is_test=True, probe=said, edge=edge, site=site, tries=(tried,))


def feed(watch, *words, at_s=0.0, step_s=10.0, **where):
    """Give results one after the other; list what changed."""
    changes = []
    for index, said in enumerate(words):
        call = make_call(said, at_s + index * step_s, **where)
        watch.add_arrival(call)
        watch.add_end(call)
        changes.append(watch.tick(call.began_us + S))
    return changes


@pytest.mark.parametrize(
    ("said", "series", "party"),
    [
        ("edge", EDGE, "edge"),
        ("site", LINK, "site"),
        ("trunk", TRUNK, "carrier"),
        ("audio", TRUNK, "carrier"),
    ],
)
def test_the_second_failure_of_three_is_a_finding_of_the_link_that_failed(said, series, party):
    first, second, third = feed(ProbeWatch(), said, said, said)
    assert (first, third) == (Change(), Change()), "it is said once"
    (found,) = second.begun
    assert (found.kind, found.series, found.party) == (FindingKind.GREY, series, party)
    assert (found.since_us, found.at_us) == (T0, T0 + 11 * S)
    assert found.floor_s == pytest.approx(20.0), "twice the time between two test calls"
    assert (found.expected, found.seen) == (2.0, 0.0)
    assert found.strength > 10.0
    assert found.evidence[-1].startswith("test call e -> s -> h: ")


def test_one_failure_says_nothing_and_one_success_between_two_hides_nothing():
    assert feed(ProbeWatch(), "well", "site", "well", "well", "site") == [Change()] * 5
    *_, last = feed(ProbeWatch(), "site", "well", "site")
    assert last.begun[0].series == LINK
    assert (last.begun[0].expected, last.begun[0].seen) == (3.0, 1.0)


def test_a_link_is_judged_from_all_paths_over_it():
    watch = ProbeWatch()
    feed(watch, "site", hop="h1", step_s=1.0)
    (change,) = feed(watch, "site", at_s=1.0, hop="h2")
    assert [found.series for found in change.begun] == [LINK]
    assert change.begun[0].floor_s == pytest.approx(2.0)


def test_what_is_before_the_failing_place_worked_and_what_is_behind_was_not_tried():
    watch = ProbeWatch()
    feed(watch, "trunk", "trunk")
    feed(watch, "site", at_s=20.0)
    (change,) = feed(watch, "site", at_s=30.0)
    assert [found.series for found in change.begun] == [LINK], "the trunk's finding goes on"
    assert change.over == ()


def test_it_is_over_when_fewer_than_two_of_three_failed():
    changes = feed(ProbeWatch(), "audio", "audio", "well", "well")
    assert [change.over for change in changes] == [(), (), (), ((FindingKind.GREY, TRUNK),)]


def test_a_busy_site_and_calls_of_others_say_nothing():
    watch = ProbeWatch()
    assert feed(watch, "busy", "busy", "", "") == [Change()] * 4
    assert watch.tick(T0) == Change()


def test_links_are_bounded(monkeypatch):
    monkeypatch.setattr(watching, "LINKS_MAX", 3)
    watch = ProbeWatch()
    feed(watch, "well")
    assert feed(watch, "trunk", "trunk", hop="another") == [Change()] * 2
    assert feed(watch, "trunk", "trunk", at_s=50.0)[1].begun


def hand_over(watch):
    """Let another one go on, from what this one leaves."""
    after = ProbeWatch()
    after.restore(watch.export())
    return after


def test_another_one_says_nothing_again_and_forgets_nothing():
    watch = ProbeWatch()
    *_, found = feed(watch, "well", "trunk", "trunk")
    after = hand_over(watch)
    assert feed(after, "trunk", at_s=30.0) == [Change()], "it was said"
    assert after.export() == hand_over(after).export()
    *_, over = feed(hand_over(after), "well", "well", at_s=40.0)
    assert over.over == ((found.begun[0].kind, TRUNK),)


def test_one_failure_before_and_one_after_are_two():
    watch = ProbeWatch()
    assert feed(watch, "site") == [Change()]
    (found,) = feed(hand_over(watch), "site", at_s=10.0)
    assert found.begun[0].series == LINK
    assert len(found.begun[0].evidence) == 2


def test_links_that_are_well_are_not_handed_over():
    watch = ProbeWatch()
    feed(watch, "well", "well", "site")
    assert [Series(link.pairs) for link in watch.export()] == [LINK]
