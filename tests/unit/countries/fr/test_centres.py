import re

import pytest

from route112.countries.fr.centres import NumberBook, Seat, build_psaps, count_kinds, draw
from route112.countries.fr.ground import load_ground
from route112.countries.fr.network import ONE_VENDOR
from route112.model import Technology

FICTION = re.compile(r"\+33(19900|26191|35301|46571|53649|63998)\d{4}")
ZONES = {departement.code: departement.zone for departement in load_ground().departements}


@pytest.fixture(scope="module")
def psaps(intent):
    return intent.psaps


def test_there_are_at_least_three_hundred(psaps):
    assert len(psaps) >= 300
    assert list(psaps) == sorted(psaps)


def test_ids_say_kind_departement_and_ordinal(psaps):
    for psap in psaps.values():
        assert re.fullmatch(r"[A-Z]+\d+-(\d[0-9AB]\d?)(-[2-9])?", psap.id), psap.id
        assert psap.id.startswith(f"{psap.kind}-{psap.departement}")
    assert "CTA18-2A-2" in psaps


def test_every_number_is_reserved_for_fiction(psaps):
    for psap in psaps.values():
        for number in filter(None, (psap.primary, psap.secondary, psap.alternative)):
            assert FICTION.fullmatch(number), psap


def test_every_line_has_a_number_of_its_own(psaps):
    primaries = {psap.primary: psap.id for psap in psaps.values()}
    own = [psap.secondary for psap in psaps.values() if psap.secondary not in primaries]
    alternatives = [psap.alternative for psap in psaps.values() if psap.alternative]
    lines = [*primaries, *own, *alternatives]

    assert len(primaries) == len(psaps)
    assert len(set(lines)) == len(lines)


def test_seconds_are_mostly_helpers_with_another_carrier_and_building(psaps):
    primaries = {psap.primary: psap for psap in psaps.values()}
    helped = [p for p in psaps.values() if p.secondary in primaries]
    apart = [
        p
        for p in helped
        if primaries[p.secondary].carrier != p.carrier
        and primaries[p.secondary].building != p.building
    ]

    assert all(primaries[p.secondary].id != p.id for p in helped)
    assert len(apart) > 0.8 * len(psaps)
    assert any(p.secondary not in primaries and p.secondary_carrier for p in psaps.values())


def test_no_circle_of_seconds_is_without_an_alternative(psaps):
    primaries = {psap.primary: psap for psap in psaps.values()}
    for psap in psaps.values():
        second = primaries.get(psap.secondary)
        assert psap.alternative or second is None or second.alternative, psap.id


def test_about_a_third_is_still_switched(psaps):
    switched = sum(psap.technology == Technology.RTC for psap in psaps.values())

    assert 0.25 < switched / len(psaps) < 0.45


def test_some_are_in_migration(psaps):
    moving = sum(psap.technology == Technology.MIGRATION for psap in psaps.values())

    assert 0.03 < moving / len(psaps) < 0.12


@pytest.mark.parametrize("percent", [0, 90, 100])
def test_the_share_behind_the_switched_network_is_what_is_asked_for(psaps, percent):
    other = build_psaps(load_ground(), rtc_percent=percent)
    switched = sum(psap.technology == Technology.RTC for psap in other.values())

    assert abs(switched / len(other) * 100 - percent) < 3
    assert {psap.id: psap.primary for psap in other.values()} == {
        psap.id: psap.primary for psap in psaps.values()
    }


def test_carriers_contacts_and_capacities_are_there(psaps):
    assert len({psap.carrier for psap in psaps.values()}) >= 5
    assert all(psap.contact.endswith(".example") for psap in psaps.values())
    assert all(psap.contact.startswith("permanence@") for psap in psaps.values())
    assert all(psap.capacity_calls >= 1 for psap in psaps.values())


@pytest.mark.parametrize("zone", ONE_VENDOR)
def test_where_gateways_have_one_vendor_some_centre_hangs_on_it(psaps, zone):
    exposed = [
        psap
        for psap in psaps.values()
        if ZONES[psap.departement] == zone and psap.technology == Technology.RTC
    ]
    primaries = {psap.primary for psap in psaps.values()}

    assert exposed
    for psap in exposed:
        assert psap.secondary not in primaries
        assert psap.secondary_carrier == ""


def test_layouts_decide_which_centres_stand_in_a_departement():
    assert dict(count_kinds("29")) == {
        "CRRA15": 1,
        "CTA18": 1,
        "CIC17": 1,
        "CORG17": 1,
        "SIAO115": 1,
    }
    assert dict(count_kinds("64"))["CRRA15"] == 2
    assert dict(count_kinds("2A"))["CTA18"] == 2
    assert dict(count_kinds("73"))["PFC1518"] == 1
    assert "CTA18" not in dict(count_kinds("92"))
    assert dict(count_kinds("984")) == {}


def test_a_draw_depends_on_its_key_only():
    assert draw("a", 1000) == draw("a", 1000)
    assert {draw(f"key {n}", 3) for n in range(50)} == {0, 1, 2}


def test_numbers_are_handed_out_once_until_the_range_is_used_up():
    book = NumberBook()
    numbers = {book.allot("019900", f"key {n}") for n in range(10_000)}

    assert len(numbers) == 10_000
    with pytest.raises(LookupError, match="the fiction range 019900 is used up"):
        book.allot("019900", "one more")


def test_a_second_house_has_another_carrier():
    for departement in load_ground().departements:
        assert Seat("CTA18", departement).carrier != Seat("CTA18", departement, 2).carrier
