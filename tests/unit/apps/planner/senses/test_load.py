import pytest

from route112.apps.planner.senses.load import Ground, Load, prove, read_rooms, share_out
from route112.countries.fr.sites import TOPOLOGY

SITES = tuple(site.id for site in TOPOLOGY.sites)
BRUYERE, DOLMEN = (TOPOLOGY.find_operator(id_) for id_ in ("bruyere", "dolmen"))
LOADS = {BRUYERE.id: Load(peak_per_s=60.0, rings_s=5.0)}


def ground(**changes):
    usual = {"loads": LOADS, "rooms": dict.fromkeys(SITES, 1_000), "serving": SITES}
    return Ground(**{**usual, **changes})


def test_what_would_begin_at_a_site_goes_on_to_the_next_one_in_its_operators_order():
    assert [site[-1] for site in BRUYERE.sites] == list("142635")
    others = [site for site in SITES if site != "site-4"]
    shares = share_out(BRUYERE, others)
    assert shares == pytest.approx({site: 2 / 6 if site == "site-2" else 1 / 6 for site in others})
    assert share_out(DOLMEN, SITES)["site-5"] == 1.0, "always the first one"
    assert share_out(DOLMEN, SITES[:4])["site-2"] == 1.0, "or the one behind it"
    assert share_out(DOLMEN, ()) == {}


def test_the_others_carry_what_one_has_and_the_figures_say_so():
    proof = prove("site-4", TOPOLOGY, ground())
    assert proof.carries
    assert proof.text == (
        "site-2 gets 20.0 calls/s, most of 5 sites for its room: at 2 times that 200 ring at a"
        " time, of 700"
    )


def test_with_another_site_away_already_the_next_one_has_the_share_of_three():
    rooms = dict.fromkeys(SITES, 400)
    assert prove("site-4", TOPOLOGY, ground(rooms=rooms)).carries
    left = [site for site in SITES if site != "site-2"]
    proof = prove("site-4", TOPOLOGY, ground(rooms=rooms, serving=left))
    assert not proof.carries, "evenly spread over four sites it would seem to"
    assert "site-6 gets 30.0 calls/s" in proof.text
    assert "300 ring at a time, of 280" in proof.text


def test_an_operator_that_begins_at_one_site_always_brings_everything_to_the_next():
    loads = {DOLMEN.id: Load(peak_per_s=60.0, rings_s=5.0)}
    rooms = {**dict.fromkeys(SITES, 10_000), "site-2": 800}
    assert prove("site-1", TOPOLOGY, ground(loads=loads, rooms=rooms)).carries
    proof = prove("site-5", TOPOLOGY, ground(loads=loads, rooms=rooms))
    assert not proof.carries
    assert "site-2 gets 60.0 calls/s" in proof.text


def test_calls_of_nobody_in_the_topology_may_all_be_at_any_site():
    loads = {"": Load(peak_per_s=60.0, rings_s=5.0)}
    rooms = {**dict.fromkeys(SITES, 1_000), "site-6": 800}
    assert not prove("site-2", TOPOLOGY, ground(loads=loads, rooms=rooms)).carries


def test_at_night_when_nobody_calls_the_others_carry_it():
    assert prove("site-2", TOPOLOGY, ground(loads={})).carries


@pytest.mark.parametrize("serving", [(), ("site-2",)])
def test_there_has_to_be_another_site(serving):
    proof = prove("site-2", TOPOLOGY, ground(serving=serving))
    assert not proof.carries
    assert "has no other site that takes calls" in proof.text


def test_a_site_that_no_operator_uses_needs_another_one_all_the_same():
    proof = prove("site-9", TOPOLOGY, ground(serving=()))
    assert (proof.carries, proof.text) == (False, "no other site takes calls")


def test_room_that_nobody_knows_is_no_room():
    rooms = dict.fromkeys(SITES[:-1], 1_000)
    proof = prove("site-2", TOPOLOGY, ground(rooms=rooms))
    assert not proof.carries
    assert proof.text == f"nobody knows how many calls {SITES[-1]} can hold"


def test_room_stands_in_what_a_site_was_started_with(tmp_path):
    for site, text in (("a", "x\n#!define CALLS_MAX 4711\ny"), ("b", "nothing"), ("c", "")):
        (tmp_path / site).mkdir()
        (tmp_path / site / "site.cfg").write_text(text)
    assert read_rooms(tmp_path, ("a", "b", "c", "d")) == {"a": 4711}
