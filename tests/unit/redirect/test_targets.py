import pytest
from tests.support.routing import HOUR, make_order
from tests.support.snapshots import NOW, small_content

from route112.redirect import read_book
from route112.redirect.targets import list_targets
from route112.snapshot.writer import write_snapshot


def ask(dialled, commune, *orders, default_commune="", now=NOW):
    ordered = tuple(sorted(orders, key=lambda order: order.id))
    book = read_book(write_snapshot(small_content(orders=ordered)))
    targets = list_targets(book, dialled, commune, default_commune=default_commune, now=now)
    return [f"{line.psap or line.number} {rule}" for line, rule in targets]


def test_the_plan_then_the_neighbour():
    assert ask("15", "29019") == [
        "CRRA15-29 primary",
        "CRRA15-29 secondary",
        "CRRA15-29 alternative",
        "CRRA15-75 neighbour",
    ]


def test_hours_and_areas_choose_the_variant():
    assert ask("15", "29019", now=NOW + 8 * HOUR)[0] == "CTA18-29 primary"
    assert ask("18", "29019")[0] == "CTA18-29 primary"


@pytest.mark.parametrize("dialled", ["112", "999", "", "urn:service:sos.unknown", "é", "1" * 200])
def test_what_is_unknown_is_the_default_number(dialled):
    assert ask(dialled, "29019") == ask("112", "29019")


def test_a_former_code_and_an_urn_are_understood():
    assert ask("urn:service:sos.FIRE.x", "29165") == ask("18", "29103")


def test_a_call_from_nowhere():
    assert ask("17", "")[0] == "CIC17-75 national"
    assert ask("17", "29999")[0] == "CIC17-29 departement"
    assert ask("17", "", default_commune="29019")[0] == "CIC17-29 primary"
    assert ask("17", "29155")[0] == "CIC17-29 departement"


def test_the_latest_divert_wins_and_a_pause_moves_the_rest_back():
    divert = make_order("a", "divert", "CIC17-29", to_psap="CIC17-75")
    later = make_order("b", "alternative", "CIC17-29", starts=NOW - 1)
    pause = make_order("c", "pause", "CIC17-29")
    assert ask("17", "29019", divert)[:2] == ["CIC17-75 divert", "CIC17-29 primary"]
    assert ask("17", "29019", divert, later)[0] == "CIC17-29 alternative"
    assert ask("17", "29019", divert, pause)[-1].startswith("CIC17-29")
    assert ask("17", "29019", pause)[0] == "CIC17-75 neighbour"


def test_diverts_do_not_run_in_circles():
    there = make_order("a", "divert", "CIC17-29", to_psap="CIC17-75")
    back = make_order("b", "divert", "CIC17-75", to_psap="CIC17-29")
    assert ask("17", "29019", there, back)[:2] == ["CIC17-75 divert", "CIC17-29 primary"]


def test_an_order_that_names_nothing_does_nothing():
    lost = make_order("a", "divert", "CIC17-29", to_psap="CIC17-99")
    number = make_order("b", "alternative", "CIC17-29", to_number="+33199009999")
    for order in (lost, number):
        assert ask("17", "29019", order) == ask("17", "29019")
