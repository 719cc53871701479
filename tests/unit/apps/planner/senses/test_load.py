import pytest

from route112.apps.planner.senses.load import Ground, Load, prove, read_rooms
from route112.countries.fr.sites import TOPOLOGY

SITES = tuple(site.id for site in TOPOLOGY.sites)
LOADS = {site: Load(peak_per_s=20.0, rings_s=5.0) for site in SITES}


def ground(**changes):
    usual = {"loads": LOADS, "rooms": dict.fromkeys(SITES, 1_000), "serving": SITES}
    return Ground(**{**usual, **changes})


def test_the_others_carry_what_one_has_and_the_figures_say_so():
    proof = prove("site-2", TOPOLOGY, ground())
    assert proof.carries
    assert proof.text == (
        "5 sites get 24.0 calls/s each instead of 20.0: at 2 times that 240 ring at a time,"
        " of 700 at the smallest"
    )


def test_one_that_is_too_small_for_it_is_enough():
    rooms = {**dict.fromkeys(SITES, 1_000), "site-5": 300}
    proof = prove("site-2", TOPOLOGY, ground(rooms=rooms))
    assert not proof.carries
    assert "240 ring at a time, of 210 at the smallest" in proof.text


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
