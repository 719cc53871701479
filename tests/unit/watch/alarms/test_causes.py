import pytest
from tests.support.alarms import (
    CARRIERS,
    DEPARTEMENTS,
    NUMBERS,
    find,
    hop_of,
    make_alarms,
    make_ground,
    play,
    series,
)
from tests.support.seen import T0, S, see, see_try

from route112.watch.alarms import causes as module
from route112.watch.alarms.causes import Causes
from route112.watch.findings import FindingKind


def explain(*findings, lost, rounds=3):
    alarms = make_alarms()
    play(alarms, lost=lost, rounds=rounds)
    index = alarms.sightings.traces.index(T0 + 60 * S)
    return Causes(index, make_ground(), findings)


def names(causes):
    return [[value for _, value in cause.pairs] for cause in causes.causes]


def in_29(call):
    return "carrier" if call.commune.startswith("29") else ""


def of_ecume(call):
    return "edge" if call.operator == "ecume" else ""


def both(call):
    return in_29(call) or of_ecume(call)


def test_the_narrowest_that_explains_all_is_the_cause():
    found = [
        find(),
        find(number="15"),
        find(number="15", departement="29"),
        find(psap="CRRA15-29"),
    ]
    causes = explain(*found, find(departement="29"), lost=in_29)
    assert names(causes) in ([["29"]], [["CRRA15-29"]])
    assert {causes.find(each) for each in found} == {0}


def test_what_is_a_part_of_no_finding_may_be_the_cause_all_the_same():
    """The departement is found by two of its numbers only."""
    found = [find(number=number, departement="29") for number in NUMBERS[:2]]
    assert names(explain(*found, lost=in_29)) == [["29"]]


def test_two_faults_are_two_causes_and_each_finding_is_of_one():
    found = [find(departement="29"), find(operator="ecume"), find(number="17"), find(number="15")]
    causes = explain(*found, lost=both)
    assert sorted(names(causes)) == [["29"], ["ecume"]]
    first, second, *wide = map(causes.find, found)
    assert first != second
    assert set(wide) <= {first, second}
    assert [causes.is_sure(each) for each in found] == [True, True, False, False]


def test_what_is_hit_far_from_all_findings_is_hit_everywhere():
    causes = explain(
        find(departement="29"),
        find(operator="ecume"),
        lost=lambda call: "carrier" if call.call[-1] in "37" else "",
    )
    assert names(causes) == [[]]


def test_gateways_of_one_vendor_are_one_cause():
    bad = {hop_of(carrier, "cedar") for carrier in CARRIERS}
    causes = explain(
        *(find(trunk=hop, kind=FindingKind.GREY) for hop in sorted(bad)[:2]),
        lost=lambda call: "joint" if call.tries[0].hop in bad else "",
    )
    assert names(causes) == [["cedar"]]
    assert causes.find_common([], causes.describe(0)) == 0


def test_two_paths_of_one_edge_are_one_cause():
    sites = ("site-2", "site-6")
    causes = explain(
        *(find(edge="bruyere-edge-1", site=site) for site in sites),
        lost=lambda call: "site" if call.site in sites and call.operator == "bruyere" else "",
        rounds=8,
    )
    assert len(causes.causes) == 2
    assert {cause.number for cause in causes.causes} == {0}


def test_an_alarm_keeps_the_cause_that_it_is_known_by():
    found = [find(departement="29"), find(operator="ecume")]
    causes = explain(*found, lost=both)
    own, other = map(causes.find, found)
    known = causes.describe(own)
    assert causes.find_common([found[1]], known) == own
    assert causes.find_common([found[1], find()], None) == other


def test_what_it_was_known_by_may_be_well_again():
    ecume, past = find(operator="ecume"), find(departement="29")
    causes = explain(ecume, lost=of_ecume)
    assert causes.find_common([ecume], ((("psap", "nobody"),), past.since_us)) == 0
    assert causes.find_common([], ((("psap", "nobody"),), past.since_us)) is None


@pytest.mark.parametrize("lost", [lambda _: "", lambda call: "psap" * call.call.endswith("-7")])
def test_without_evidence_there_is_no_cause(lost):
    found = find(departement="29")
    causes = explain(found, lost=lost, rounds=1)
    assert (causes.causes, causes.find(found), causes.is_sure(found)) == ([], None, False)


def test_most_of_its_trouble_or_less_is_of_its_cause(monkeypatch):
    monkeypatch.setattr(module, "CAUSES_MAX", 1)
    few = {"operator": "ecume", "number": "112"}
    found = find(departement="29"), find(**few), find(site="site-9")
    lost = lambda call: in_29(call) or of_ecume(call) * (call.number == "112")  # noqa: E731
    causes = explain(find(departement="29"), lost=lost)
    assert [causes.find(each) for each in found] == [0, 0, None]
    assert [causes.is_most(each) for each in found] == [True, False, False]


def test_what_an_alarm_is_known_by_needs_less_evidence_to_be_a_cause_still():
    """The best of hundreds may be as likely by chance; one that was known before is not."""
    found = find(departement="29", number="15")
    lost = lambda call: of_ecume(call) * bool(in_29(call)) * (call.number == "15")  # noqa: E731
    alarms = make_alarms()
    play(alarms, lost=lost, rounds=2)
    index = alarms.sightings.traces.index(T0 + 60 * S)
    assert Causes(index, make_ground(), [found]).causes == []
    pairs = series(departement="29", number="15").pairs
    causes = Causes(index, make_ground(), [found], [(pairs, found.since_us)])
    assert [cause.pairs for cause in causes.causes] == [pairs]


def test_who_fails_is_of_a_cause_by_which_callers_fail():
    """More callers of departement 29 stay away than there are who fail."""
    alarms = make_alarms()
    for minute in range(2, 9):
        play(alarms, at_s=-60 * minute, rounds=2)
    for minute in range(3):
        play(alarms, at_s=60 * minute, rounds=2, lost=of_ecume, stays_away=in_29)
    index = alarms.sightings.traces.index(T0 + 190 * S)
    silent = find(180, since_s=0, kind=FindingKind.DROUGHT, departement="29")
    failing = find(180, since_s=0, operator="ecume")
    causes = Causes(index, make_ground(), [silent, failing])
    assert sorted(names(causes)) == [["29"], ["ecume"]]
    assert causes.find(find(180, since_s=0)) == causes.find(failing)
    assert causes.find(silent) != causes.find(failing)


def test_what_only_stands_in_is_of_the_cause_of_the_calls_that_it_met():
    alarms = make_alarms()
    for each in range(40):
        tries = [see_try("A", hop=f"h:{hop}", outcome="failed") for hop in (1, 2)]
        alarms.sightings.add_end(see(str(each), caller="", party="joint", tries=tries))
    index = alarms.sightings.traces.index(T0 + 60 * S)
    causes = Causes(index, make_ground(), [find(operator="bruyere")])
    assert causes.find(find(trunk="h:2")) == causes.find(find(trunk="h:1")) == 0
    assert causes.find(find(trunk="h:3")) is None


def test_so_many_causes_and_candidates_are_looked_at(monkeypatch):
    found = [find(departement=code) for code in DEPARTEMENTS[:3]]
    lost = lambda call: "psap" if call.commune[:2] in DEPARTEMENTS[:3] else ""  # noqa: E731
    monkeypatch.setattr(module, "CAUSES_MAX", 1)
    assert len(explain(*found, lost=lost).causes) == 1
    monkeypatch.setattr(module, "CANDIDATES_MAX", 0)
    assert explain(*found, lost=lost).causes == []


def test_a_series_of_other_calls_has_no_part_in_it():
    causes = explain(find(departement="29"), lost=in_29)
    assert causes.find(find(departement="75")) is None
    assert causes.find(find(site="site-9")) is None
    assert series(departement="29").pairs in [cause.pairs for cause in causes.causes]
