"""What one call says of the hops, PSAPs and sites that it met."""

from dataclasses import replace

import pytest
from tests.support.seen import see, see_try

from route112.model.states import StateKind, StateSource
from route112.watch.states import signs
from route112.watch.states.signs import SignReader, Verdict, judge_try

HEARD = see_try("B", outcome="answered")
SILENT = see_try("A", outcome="failed", cause="timeout", party="carrier", code=408)


def read(*calls):
    """Return what the last call says, by kind and id."""
    reader = SignReader()
    for call in calls[:-1]:
        list(reader.read_end(call))
    return {(sign.kind, sign.id): sign.verdict for sign in reader.read_end(calls[-1])}


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"outcome": "answered"}, Verdict.GOOD),
        ({"outcome": "rang"}, Verdict.GOOD),
        ({"outcome": "open"}, None),
        ({"outcome": "failed", "cause": "timeout", "party": "joint"}, Verdict.SILENT),
        ({"outcome": "failed", "cause": "transport", "party": "carrier"}, Verdict.SILENT),
        ({"outcome": "failed", "cause": "timeout", "party": "psap"}, Verdict.GOOD),
        ({"outcome": "failed", "cause": "full", "code": 486}, Verdict.FULL),
        ({"outcome": "failed", "cause": "reply", "code": 503}, Verdict.FULL),
        ({"outcome": "failed", "cause": "reply", "code": 404}, None),
    ],
)
def test_what_a_try_shows(fields, verdict):
    assert judge_try(see_try("A", **fields)) is verdict


def test_a_silent_target_is_silent_where_the_next_one_rang():
    found = read(see(tries=(SILENT, HEARD), passed=("site-1",)))
    assert found == {
        (StateKind.SERVICE, "A"): Verdict.SILENT,
        (StateKind.ELEMENT, SILENT.hop): Verdict.SILENT,
        (StateKind.SERVICE, "B"): Verdict.GOOD,
        (StateKind.ELEMENT, HEARD.hop): Verdict.GOOD,
        (StateKind.ELEMENT, "site-1"): Verdict.GOOD,
    }


def test_silence_says_nothing_where_the_station_hears_nobody():
    mute = see(tries=(SILENT,), passed=())
    assert read(mute) == {}
    heard = see("before", -5.0, tries=(HEARD,), passed=())
    assert read(heard, mute) == {
        (StateKind.SERVICE, "A"): Verdict.SILENT,
        (StateKind.ELEMENT, SILENT.hop): Verdict.SILENT,
    }
    assert read(see("long before", -11.0, tries=(HEARD,), passed=()), mute) == {}


def test_another_station_that_hears_somebody_is_no_help():
    other = see_try("B", outcome="answered", station="site-2")
    assert read(see("other", tries=(other,), passed=()), see(tries=(SILENT,), passed=())) == {}


def test_who_answered_by_another_hop_is_well_and_the_hop_is_not():
    second = see_try("A", hop="127.0.4.9:5060", outcome="rang")
    found = read(see(tries=(SILENT, second), passed=()))
    assert found[StateKind.SERVICE, "A"] is Verdict.GOOD
    assert found[StateKind.ELEMENT, SILENT.hop] is Verdict.SILENT
    assert found[StateKind.ELEMENT, second.hop] is Verdict.GOOD
    assert read(see(tries=(second, SILENT), passed=()))[StateKind.SERVICE, "A"] is Verdict.GOOD


def test_a_number_that_no_psap_owns_says_something_of_its_hop_only():
    unowned = see_try("", outcome="answered", hop=HEARD.hop)
    assert set(read(see(tries=(unowned,), passed=()))) == {(StateKind.ELEMENT, HEARD.hop)}


def test_sites_that_the_edge_left():
    heard = see_try("B", outcome="answered", station="site-2")
    found = read(see(passed=("site-1", "site-2"), site="site-2", tries=(heard,)))
    assert found[StateKind.ELEMENT, "site-1"] is Verdict.LEFT
    assert found[StateKind.ELEMENT, "site-2"] is Verdict.GOOD
    direct = see_try("B", outcome="answered", station="bruyere-edge-1")
    assert read(see(tries=(direct,)))[StateKind.ELEMENT, "site-1"] is Verdict.LEFT
    assert read(see(tries=())) == {}, "it has the call, and nobody knows more"


def test_an_arrival_tells_good_things_only_and_a_correction_nothing():
    reader = SignReader()
    call = see(tries=(SILENT, HEARD), passed=())
    assert {sign.verdict for sign in reader.read_arrival(call)} == {Verdict.GOOD}
    assert list(reader.read_end(see(tries=(HEARD,), corrects=True))) == []


def test_a_silent_psap_comes_with_the_hops_by_which_it_was_tried():
    other = replace(SILENT, hop="127.0.4.9:5060")
    found = list(SignReader().read_end(see(tries=(SILENT, other, HEARD), passed=())))
    hops = {sign.id: sign.hops for sign in found}
    assert hops == {
        "A": (SILENT.hop, other.hop), SILENT.hop: (), other.hop: (), "B": (), HEARD.hop: (),
    }  # fmt: skip


def probed(said, at_s=0.0, *, edge="edge-1", site="site-1", hop="127.0.5.1:5060"):
    """Return what a prober says of one test call."""
    tried = see_try("", hop=hop, station=site)
    return see(
        "probe", at_s, tries=(tried,), edge=edge, site=site, passed=(site,), probe=said,
        is_test=True,
    )  # fmt: skip


def test_a_test_call_that_was_heard_is_good_for_all_that_it_went_over():
    found = list(SignReader().read_end(probed("well")))
    assert {sign.source for sign in found} == {StateSource.TESTS}
    assert [(sign.id, sign.verdict, sign.is_audio) for sign in found] == [
        ("edge-1", Verdict.GOOD, False),
        ("site-1", Verdict.GOOD, False),
        ("127.0.5.1:5060", Verdict.GOOD, False),
        ("127.0.5.1:5060", Verdict.GOOD, True),
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("edge", {"edge-1": Verdict.SILENT}),
        ("site", {"edge-1": Verdict.GOOD, "site-1": Verdict.LEFT}),
        ("trunk", {"edge-1": Verdict.GOOD}),
        ("busy", {"edge-1": Verdict.GOOD}),
        (
            "audio",
            {
                "edge-1": Verdict.GOOD,
                "site-1": Verdict.GOOD,
                "127.0.5.1:5060": Verdict.MUTE,
            },
        ),
    ],
)
def test_where_a_test_call_failed(said, expected):
    """What is behind the failing place was not tried; a cut way out is no site that is well."""
    found = read(probed("well", -1.0, site="site-2", hop="127.0.5.2:5060"), probed(said))
    assert {name: verdict for (_, name), verdict in found.items()} == expected


@pytest.mark.parametrize("said", ["edge", "site", "audio"])
def test_a_test_call_that_failed_says_nothing_where_none_went_well(said):
    bad = {Verdict.SILENT, Verdict.LEFT, Verdict.MUTE}
    assert not bad & set(read(probed(said)).values()), "it may be the prober's own fault"
    assert not bad & set(read(probed("well", -31.0), probed(said)).values())
    assert bad & set(read(probed("well", -29.0), probed(said)).values())


def test_an_edge_that_reaches_no_site_accuses_none():
    other = probed("well", -1.0, edge="edge-2")
    assert (StateKind.ELEMENT, "site-1") not in read(other, probed("site"))


def test_test_calls_are_another_source():
    reader = SignReader()
    for is_test, source in ((True, StateSource.TESTS), (False, StateSource.CALLS)):
        found = reader.read_end(see(tries=(HEARD,), passed=(), is_test=is_test))
        assert {sign.source for sign in found} == {source}


def test_stations_are_bounded(monkeypatch):
    monkeypatch.setattr(signs, "STATIONS_MAX", 2)
    reader = SignReader()
    for number in range(5):
        heard = see_try("B", outcome="answered", station=f"s{number}")
        assert list(reader.read_end(see(tries=(heard,), passed=())))
    assert len(reader._heard_us) <= 2
