"""Findings in, alarms out: one for each cause, with the cause named, and none that flaps."""

from dataclasses import replace
from typing import ClassVar

import pytest
from tests.support.alarms import (
    CARRIERS,
    NUMBERS,
    SITES,
    begin,
    end,
    find,
    hop_of,
    make_alarms,
    play,
    series,
)
from tests.support.seen import T0, S, see

from route112.watch.alarms import alarms as module
from route112.watch.alarms.alarms import HOLD_US, REFRESH_US, TOLD_US
from route112.watch.alarms.values import Hit, State, What
from route112.watch.findings import Change, FindingKind

NOTHING = Change()
MINUTE = 60


@pytest.fixture
def alarms():
    return make_alarms()


def take(alarms, change, at_s=0.0):
    return [(event.what, event.alarm) for event in alarms.take(change, T0 + int(at_s * S))]


def take_all(alarms, *findings, at_s=0.0):
    take(alarms, begin(*findings), at_s)
    return alarms.list_open()


def first(alarm):
    return alarm.factors[0].name, alarm.factors[0].value


def pass_time(alarms, since_s, until_s, step_s=10):
    return [
        (what, alarm.id, at_s)
        for at_s in range(since_s, until_s, step_s)
        for what, alarm in take(alarms, NOTHING, at_s)
    ]


# ------------------------------------------------------------ planted causes
def test_five_sites_of_one_version_are_one_alarm_that_names_the_version(alarms):
    play(alarms, lost=lambda call: "site" if call.site != "site-6" else "", rounds=2)
    found = [find(site=site, kind=FindingKind.GREY) for site in SITES[:5]]
    (alarm,) = take_all(alarms, *found)
    assert first(alarm) == ("software", "1.0")
    assert alarm.party == "site"
    assert len(alarm.active) == 5


def test_the_country_as_in_2021_is_one_alarm_that_names_the_version(alarms):
    """The country, each number and each operator fall together; all six sites lose calls."""
    play(alarms, lost=lambda call: "site" if hash_of(call) % 7 == 0 else "", rounds=8)
    found = [find(5), *(find(10 + n, number=number) for n, number in enumerate(NUMBERS))]
    found += [find(20, operator=operator) for operator in ("bruyere", "cormoran")]
    (alarm,) = take_all(alarms, *found, at_s=20)
    assert alarm.series == series()
    assert first(alarm) == ("software", "1.0")
    assert alarm.hit.inhabitants == 5_000
    assert alarm.title == "all calls: more callers fail than usual"
    assert alarm.runbook == "runbooks/success.md"


def hash_of(call):
    return int(call.call.split("-")[-1]) * 2_654_435_761 >> 7


def test_gateways_of_one_vendor_are_one_alarm_that_names_the_vendor(alarms):
    bad = {hop_of(carrier, "cedar") for carrier in CARRIERS}
    play(alarms, lost=lambda call: "joint" if call.tries[0].hop in bad else "")
    (alarm,) = take_all(alarms, *(find(trunk=hop, kind=FindingKind.GREY) for hop in sorted(bad)))
    assert first(alarm) == ("vendor", "cedar")
    assert 0.3 < next(row.share for row in alarm.works if row.what == "tries over rtc") < 0.7


def test_one_operators_mobiles_to_112(alarms):
    def lost(call):
        is_hit = (call.number, call.operator, call.technology) == ("112", "bruyere", "mobile")
        return "edge" if is_hit else ""

    play(alarms, lost=lost, rounds=8)
    (alarm,) = take_all(
        alarms, find(number="112", operator="bruyere", technology="mobile"), find(number="112")
    )
    assert first(alarm) == (
        "number x operator x technology",
        "112 · bruyere/mobile",
    )
    assert alarm.hit.numbers == ("112",)


def test_one_departement(alarms):
    play(alarms, lost=lambda call: "carrier" if call.commune.startswith("29") else "")
    found = [find(number=number, departement="29") for number in NUMBERS]
    (alarm,) = take_all(alarms, *found, find(psap="CRRA15-29"))
    assert first(alarm) in (("departement", "29"), ("psap", "CRRA15-29"))
    assert alarm.hit.departements == ("29",)


def test_a_departement_from_which_nobody_calls_any_more(alarms):
    play(alarms)
    found = [find(kind=FindingKind.DROUGHT, number=number, departement="29") for number in NUMBERS]
    (alarm,) = take_all(alarms, *found)
    assert first(alarm)[0] in ("departement", "number x departement")
    assert ("departement", "29") in [(each.name, each.value) for each in alarm.factors[:2]]


def test_a_new_generation_a_minute_before(alarms):
    play(alarms, at_s=-120, rounds=1)
    for site in SITES[:3]:
        alarms.sightings.add_end(
            see(f"new-{site}", -60, site=site, generation=2, outcome="answered", caller="")
        )
    play(alarms, lost=lambda call: "site" if call.site in SITES[:3] else "", rounds=2)
    (alarm, *_) = take_all(alarms, *(find(since_s=0, site=site) for site in SITES[:3]))
    assert first(alarm) == ("change", "snapshot g2 on site-1, site-2, site-3")


# ------------------------------------------------------------ one cause, one alarm
def test_two_causes_are_two_alarms(alarms):
    both = take_all(alarms, find(departement="29"), find(departement="75"))
    assert [alarm.id for alarm in both] == [1, 2]


def in_29_or_of_ecume(call):
    return "carrier" if call.commune.startswith("29") or call.operator == "ecume" else ""


def test_two_causes_that_cross_are_two_alarms_and_what_follows_leads_none(alarms):
    """Many calls of the operator are of the departement, and both raise the whole country."""
    play(alarms, lost=in_29_or_of_ecume, rounds=4)
    wide = [find(), find(number="15"), find(site="site-3")]
    both = take_all(alarms, *wide, find(departement="29"), find(operator="ecume"))
    assert [alarm.title.partition(":")[0] for alarm in both] == ["ecume", "departement 29"]


def test_what_a_fault_that_goes_on_shows_later_is_of_its_alarm(alarms):
    """The figures of a site cross their threshold long after the operator's callers began to fail."""
    play(alarms, lost=of_ecume, rounds=4)
    take(alarms, begin(find(operator="ecume")))
    play(alarms, lost=of_ecume, at_s=1_200, rounds=4)
    (alarm,) = take_all(alarms, find(1_230, since_s=1_190, site="site-3"), at_s=1_230)
    assert (str(alarm.series), len(alarm.active)) == ("ecume", 2)


def of_ecume(call):
    return "carrier" if call.operator == "ecume" else ""


def test_what_turns_out_to_be_of_another_cause_moves_there(alarms):
    """One that is found while little is known goes where calls send it when they are enough."""
    take(alarms, begin(find(departement="29"), find(operator="ecume")))
    assert len(alarms.list_open()) == 1
    play(alarms, lost=in_29_or_of_ecume, at_s=20, rounds=4)
    codes = {"number": "15", "departement": "29"}
    both = take_all(alarms, find(30, operator="ecume", number="17"), find(30, **codes), at_s=30)
    assert [str(alarm.series) for alarm in both] == ["ecume", "departement 29"]
    assert [len(alarm.active) for alarm in both] == [2, 2]


def of_29_and_site_3(call):
    if call.site == "site-3":
        return "site"
    return "psap" if call.commune.startswith("29") and call.number == "15" else ""


def move_all_away(alarms, *, ends):
    """Have two findings begin as one alarm, and the second one move to the alarm of a third."""
    for at_s in range(-1_800, -60, 60):
        play(alarms, at_s=at_s, rounds=1)
    site = find(site="site-3", kind=FindingKind.GREY)
    moved, own = find(number="15", departement="29"), find(180, departement="29", since_s=0)
    take(alarms, begin(site, moved))
    for at_s in (0, 60, 120):
        play(alarms, at_s=at_s, rounds=1, lost=of_29_and_site_3)
    take(alarms, end(site), 130) if ends else None
    play(alarms, at_s=180, rounds=1, lost=lambda c: "psap" if c.commune.startswith("29") else "")
    take(alarms, begin(own), 200)
    assert [len(alarm.active) for alarm in alarms.list_open()] == [0 if ends else 1, 2]
    return moved, own


def test_an_alarm_from_which_all_moved_away_is_over_like_any_other(alarms):
    moved, own = move_all_away(alarms, ends=True)
    first_, second = alarms.list_open()
    assert (first_.state, first_.quiet_us, second.state) == (State.QUIET, T0 + 200 * S, State.OPEN)
    take(alarms, end(moved, own), 300)
    told = pass_time(alarms, 310, 2_000)
    over = [(id_, at_s) for what, id_, at_s in told if what is What.OVER]
    assert over == [(1, 800), (2, 900)]
    assert alarms.list_open() == ()


class Planted(module.Causes):
    """Causes as they are planted: by the series of what is told apart."""

    numbers: ClassVar[dict[str, int]] = {}

    def find(self, finding):
        return self.numbers.get(str(finding.series))

    def is_sure(self, _finding):
        return True

    def is_most(self, _finding):
        return True

    def find_common(self, findings, known):
        if known is not None:
            return known[1]
        return next(filter(None, map(self.find, findings)), None)

    def describe(self, number):
        return (), number


def test_what_moves_into_a_quiet_alarm_keeps_it_open_and_the_emptied_one_is_over(
    alarms, monkeypatch
):
    monkeypatch.setattr(module, "Causes", Planted)
    planted = {"departement 29": 1, "ecume": 2, "departement 75": 2, "departement 56": 3}
    monkeypatch.setattr(Planted, "numbers", dict(planted))
    here, there = find(departement="29"), find(operator="ecume")
    take(alarms, begin(here, there))
    take(alarms, end(there), 10)
    assert [alarm.state for alarm in pass_and_list(alarms, 30)] == [State.OPEN, State.QUIET]
    Planted.numbers["departement 29"] = 2
    take(alarms, begin(find(9_000, departement="56")), 40)
    one, two, three = alarms.list_open()
    assert (one.active, one.past, one.state) == ((), (), State.QUIET)
    assert (two.active, two.state, two.quiet_us) == ((here,), State.OPEN, 0)
    told = pass_time(alarms, 50, 2_000)
    assert [each for each in told if each[0] is What.OVER] == [(What.OVER, 1, 640)]
    assert alarms.list_open()[0].active == (here,)
    assert str(one.series) == "departement 29", "it says what it was"
    take(alarms, end(here, *three.active), 2_000)
    pass_time(alarms, 2_010, 2_700)
    assert alarms.list_open() == ()


def test_an_alarm_that_was_kept_with_nothing_wrong_in_it_is_over_after_a_while(alarms):
    (kept,) = take_all(alarms, find(departement="29"))
    alarms = make_alarms()
    alarms.restore([replace(kept, active=(), past=kept.active, quiet_us=0)])
    assert pass_time(alarms, 100, 1_000) == [(What.OVER, 1, 100 + HOLD_US // S)]


def test_the_same_series_an_hour_later_is_another_alarm_unless_it_is_still_open(alarms):
    old = find(departement="29")
    take(alarms, begin(old))
    assert len(take_all(alarms, find(3_600, departement="29", number="15"), at_s=3_600)) == 1
    assert len(take_all(alarms, find(7_200, operator="ecume"), at_s=7_200)) == 2


def test_a_wider_finding_swallows_narrower_ones_of_the_same_time(alarms):
    take(alarms, begin(find(departement="29"), find(departement="75")))
    told = take(alarms, begin(find(30)), 30)
    assert [(what, alarm.id, alarm.state) for what, alarm in told] == [
        (What.MERGED, 2, State.MERGED)
    ]
    assert told[0][1].into == 1
    (alarm,) = alarms.list_open()
    assert (alarm.id, alarm.series, len(alarm.active)) == (1, series(), 3)
    ((what, alarm),) = take(alarms, NOTHING, 61)
    assert (what, alarm.id) == (What.CHANGED, 1)


def test_a_wider_finding_of_another_time_is_another_alarm(alarms):
    take(alarms, begin(find(departement="29")))
    assert len(take_all(alarms, find(3_600), at_s=3_600)) == 2


def test_a_report_joins_what_was_measured_and_does_not_lead(alarms):
    take(alarms, begin(find(kind=FindingKind.REPORT, psap="CRRA15-29")))
    assert alarms.list_open()[0].kind is FindingKind.REPORT
    take(alarms, begin(find(5, departement="29", number="15")), 5)
    (alarm,) = pass_and_list(alarms, 70)
    assert (alarm.kind, len(alarm.active)) == (FindingKind.SUCCESS, 2)


def pass_and_list(alarms, at_s):
    take(alarms, NOTHING, at_s)
    return alarms.list_open()


def test_callers_who_try_again_do_not_lead_over_those_who_failed(alarms):
    flood = find(kind=FindingKind.FLOOD, strength=90.0)
    assert take_all(alarms, flood)[0].kind is FindingKind.FLOOD
    assert take_all(alarms, find(5), at_s=5)[0].kind is FindingKind.SUCCESS


# ------------------------------------------------------------ opening, ending, no flapping
def test_an_alarm_is_told_at_once_and_its_end_after_ten_quiet_minutes(alarms):
    finding = find(departement="29")
    ((what, alarm),) = take(alarms, begin(finding))
    assert (what, alarm.state, alarm.opened_us) == (What.OPENED, State.OPEN, T0)
    assert alarm.since_us == T0 - MINUTE * S
    assert take(alarms, end(finding), 60) == []
    assert pass_and_list(alarms, 80)[0].state is State.QUIET
    told = pass_time(alarms, 90, 700)
    assert told == [(What.OVER, 1, 60 + HOLD_US // S)]
    assert alarms.list_open() == ()


def test_where_another_clock_begins_what_is_quiet_is_over(alarms):
    finding = find(departement="29")
    take(alarms, begin(finding))
    ((what, alarm),) = take(alarms, end(finding), 60) or take(alarms, NOTHING, -9_000)
    assert (what, alarm.state) == (What.OVER, State.OVER)


def test_what_comes_back_within_the_hold_keeps_it_open_and_nobody_is_told(alarms):
    finding = find(departement="29")
    take(alarms, begin(finding))
    told = []
    for at_s in range(60, 6_000, 240):
        told += take(alarms, end(finding), at_s)
        told += pass_time(alarms, at_s + 1, at_s + 120)
        again = replace(finding, since_us=T0 + (at_s + 60) * S)
        told += take(alarms, begin(again), at_s + 120)
    assert told == []
    (alarm,) = pass_and_list(alarms, 6_000)
    assert (alarm.id, alarm.state, alarm.since_us) == (1, State.OPEN, T0 - MINUTE * S)


def test_news_are_told_once_a_minute_at_most(alarms):
    take(alarms, begin(find(departement="29")))
    told = []
    for at_s, number in zip((10, 20, 30), NUMBERS, strict=False):
        told += take(alarms, begin(find(at_s, departement="29", number=number)), at_s)
    assert told == []
    ((what, alarm),) = take(alarms, NOTHING, TOLD_US // S)
    assert (what, len(alarm.active)) == (What.CHANGED, 4)
    assert pass_time(alarms, 70, 300) == []


def test_another_cause_is_news(alarms):
    take(alarms, begin(find(kind=FindingKind.SLOW)))
    assert alarms.list_open()[0].factors == ()
    play(alarms, lost=lambda call: "site" if call.site == "site-2" else "", at_s=61, rounds=2)
    ((what, alarm),) = take(alarms, NOTHING, 120)
    assert (what, first(alarm)) == (What.CHANGED, ("site", "site-2"))


def test_figures_of_an_open_alarm_are_worked_out_anew_without_telling_anybody(alarms):
    take(alarms, begin(find(site="site-2")))
    assert alarms.list_open()[0].works == ()
    play(alarms, at_s=1, rounds=1)
    assert take(alarms, NOTHING, REFRESH_US / S) == []
    assert alarms.list_open()[0].works != ()


def test_the_end_of_what_no_alarm_has_changes_nothing(alarms):
    finding = find(departement="29")
    take(alarms, begin(finding))
    assert take(alarms, end(find(departement="75")), 1) == []
    assert alarms.list_active() == (finding,)


def test_so_many_findings_that_are_over_are_remembered(alarms, monkeypatch):
    monkeypatch.setattr(module, "PAST_MAX", 1)
    found = [find(departement="29", number=number) for number in NUMBERS]
    take(alarms, begin(*found))
    take(alarms, end(*found[:3]), 61)
    (alarm,) = pass_and_list(alarms, 80)
    assert [each.series for each in alarm.past] == [found[2].series]
    assert len(alarm.active) == 1


def test_it_goes_on_with_the_alarms_that_were_open(alarms):
    open_, quiet = find(departement="29"), find(departement="75")
    take(alarms, begin(open_, quiet))
    take(alarms, end(quiet), 10)
    kept = alarms.list_open()
    again = make_alarms()
    again.restore(kept)
    assert again.list_open() == kept
    assert take(again, begin(find(20, departement="29", number="15")), 20) == []
    assert pass_time(again, 30, 700) == [(What.CHANGED, 1, 60), (What.OVER, 2, 610)]
    assert again.list_open()[0].active[0] == open_
    assert take_all(again, find(9_000, operator="ecume"), at_s=9_000)[-1].id == 3


def test_the_party_is_the_one_that_the_findings_name(alarms):
    (alarm,) = take_all(alarms, find(departement="29", party="carrier"))
    assert alarm.party == "carrier"


def test_where_callers_fail_their_calls_name_the_party(alarms):
    """A site at which they fail looks worse than others, and is not to blame."""
    play(alarms, lost=lambda call: "carrier" if call.commune.startswith("29") else "")
    blamed = find(kind=FindingKind.DIVERGENCE, site="site-2", departement="29", party="site")
    (alarm,) = take_all(alarms, find(departement="29"), blamed)
    assert (alarm.series, alarm.party) == (series(departement="29"), "carrier")
    assert {row.what: row.share for row in alarm.works}["site-2"] < 1.0


def test_where_too_few_failed_to_say_it_the_findings_name_the_party(alarms):
    blamed = find(kind=FindingKind.DIVERGENCE, site="site-2", departement="29", party="site")
    (alarm,) = take_all(alarms, find(departement="29"), blamed)
    assert alarm.party == "site"


# ------------------------------------------------------------ what is only due
def due(since_s=0.0, *, evidence="the snapshot ends in 30.0 days", **pairs):
    return replace(find(since_s, kind=FindingKind.STALE, **pairs), party="", evidence=(evidence,))


def test_what_is_only_due_swallows_no_trouble_and_hits_nobody(alarms):
    whole = due()
    take(alarms, begin(whole))
    take(alarms, begin(find(number="15", departement="29")), 5)
    stale, trouble = alarms.list_open()
    assert (stale.kind, str(stale.series)) == (FindingKind.STALE, "all calls")
    assert (stale.hit, stale.factors, stale.works) == (Hit(), (), ())
    assert trouble.kind is FindingKind.SUCCESS
    take(alarms, begin(due(9_000, psap="CRRA15-29")), 9_000)
    assert len(alarms.list_open()) == 3


def test_what_ended_is_a_cause_like_any_other(alarms):
    ended = replace(due(site="site-1"), party="site")
    take(alarms, begin(ended))
    take(alarms, begin(find(9_000, kind=FindingKind.GREY, site="site-1")), 9_000)
    (alarm,) = alarms.list_open()
    assert len(alarm.active) == 2


def test_more_that_is_due_is_told(alarms):
    contact = due(psap="CRRA15-29", evidence="contact")
    assert [what for what, _ in take(alarms, begin(contact))] == [What.OPENED]
    take(alarms, end(contact), 20)
    assert take(alarms, begin(contact), 21) == []
    assert pass_time(alarms, 30, 120) == [], "it is what was told"
    take(alarms, end(contact), 130)
    both = replace(contact, evidence=("contact", "alternative number"))
    told = take(alarms, begin(both), 131)
    assert [what for what, _ in told] == [What.CHANGED]


def test_what_is_due_of_one_thing_is_no_alarm_of_another(alarms):
    """Records that do not come are not to be read behind a contact that nobody has confirmed."""
    take(alarms, begin(due(psap="CRRA15-29", evidence="contact")))
    told = take(alarms, begin(due(20, site="site-2", evidence="records cannot be read")), 20)
    assert [what for what, _ in told] == [What.OPENED]
    assert [str(each.series) for each in alarms.list_open()] == ["PSAP CRRA15-29", "site-2"]
    take(alarms, begin(due(30, psap="CRRA15-35")), 30)
    take(alarms, begin(due(40, evidence="the snapshot ends")), 40)
    assert len(alarms.list_open()) == 4


def test_what_is_due_of_half_of_all_that_share_something_is_one_alarm(alarms):
    take(alarms, begin(*(due(site=site, evidence="certificate") for site in SITES)))
    assert len(alarms.list_open()) == 1


def test_nobody_has_failed_what_is_only_due(alarms):
    for index in range(40):
        alarms.sightings.add_end(see(str(index), index, caller=f"+{index}", party="carrier"))
    (alarm,) = take_all(alarms, due(60, psap="CRRA15-29"), at_s=61)
    assert alarm.party == ""
