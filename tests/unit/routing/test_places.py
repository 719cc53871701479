"""What a call asks for, and what stands in for what it did not say."""

import pytest
from tests.support.routing import open_small
from tests.support.snapshots import DEPARTEMENTS

from route112.model import Call
from route112.routing.places import (
    COMMUNE_CHARS_MAX,
    DIALLED_CHARS_MAX,
    OPERATOR_CHARS_MAX,
    Place,
    find_place,
)

SMALL = open_small()
N15, N17, N18, N112 = range(4)
FINISTERE, PARIS = range(2)


def place(dialled="15", commune="29019", operator="", snapshot=SMALL):
    return find_place(Call(dialled=dialled, commune=commune, operator=operator), snapshot)


def test_a_usual_call_needs_no_words():
    assert place() == Place(N15, 2, FINISTERE)
    assert place("17", "75056") == Place(N17, 1, PARIS)


def test_a_merged_commune_is_the_commune_of_today():
    assert place(commune="29165") == place(commune="29103")


@pytest.mark.parametrize(
    ("dialled", "number"),
    [
        ("urn:service:sos.fire", N18),
        ("urn:service:sos.ambulance.x", N15),
        ("urn:service:sos", N112),
    ],
)
def test_a_service_urn_is_a_number(dialled, number):
    assert place(dialled).number == number


@pytest.mark.parametrize("dialled", ["", "999", "١٥", "15\ud800", "urn:service:counseling"])
def test_an_unknown_number_is_taken_as_the_default(dialled):
    found = place(dialled)
    assert found.number == N112
    assert found.reasons == ("unknown-number",)
    assert found.steps == ("unknown number, taken as 112",)


def test_a_number_has_a_longest_form():
    urn = "urn:service:sos.fire."
    assert place(urn.ljust(DIALLED_CHARS_MAX, "x")).number == N18
    assert place(urn.ljust(DIALLED_CHARS_MAX + 1, "x")).reasons == ("unknown-number",)


def test_the_operator_s_default_commune_stands_in():
    found = place(commune="", operator="bruyere")
    assert (found.route, found.departement) == (2 + 1, PARIS)
    assert found.reasons == ("no-commune",)
    assert found.steps == ("no commune", "default commune 75056 of bruyere")
    assert place(commune="29999", operator="bruyere").reasons == ("unknown-commune",)


@pytest.mark.parametrize(
    "operator", ["", "genet", "nobody", "é", "b" * (OPERATOR_CHARS_MAX + 1), "b" * 999_999]
)
def test_without_a_default_commune_the_departement_stands_in(operator):
    found = place(commune="29999", operator=operator)
    assert (found.route, found.departement) == (None, FINISTERE)
    assert found.steps == ("unknown commune",)


def test_an_operator_s_id_has_a_longest_form():
    row = SMALL.operator("bruyere")
    longest = "b" * OPERATOR_CHARS_MAX
    rows = tuple(
        type(row)(id=name, name="", technologies=(), default_commune="75056")
        for name in (longest, longest + "b")
    )
    snapshot = open_small(operators=rows)
    assert place(commune="", operator=longest, snapshot=snapshot).departement == PARIS
    assert place(commune="", operator=longest + "b", snapshot=snapshot).departement is None


def test_the_longest_beginning_that_is_a_departement_counts():
    rows = tuple(
        type(DEPARTEMENTS[0])(code=code, name=code, zone="", offsets=((0, 0),))
        for code in ("29", "75", "97", "974")
    )
    fallbacks = tuple(SMALL.fallback(FINISTERE, N15) for _ in range(16))
    snapshot = open_small(departements=rows, fallbacks=fallbacks)
    assert place(commune="97499", snapshot=snapshot).departement == 3
    assert place(commune="97199", snapshot=snapshot).departement == 2


@pytest.mark.parametrize("commune", ["9", "2", "é29", "\ud80029", "99999", "  29019"])
def test_a_code_that_begins_like_no_departement_leaves_the_country(commune):
    found = place(commune=commune)
    assert (found.route, found.departement) == (None, None)
    assert found.reasons == ("unknown-commune",)


def test_a_commune_has_a_longest_form():
    long = "29019".ljust(COMMUNE_CHARS_MAX + 1, "0")
    assert place(commune=long) == Place(
        N15, None, FINISTERE, ("unknown-commune",), ("unknown commune",)
    )
    assert place(commune="29" * 500_000).departement == FINISTERE
    assert place(commune="29é").departement == FINISTERE


def test_a_key_that_the_plan_leaves_out_is_told():
    found = place("17", "29155")
    assert found == Place(N17, None, FINISTERE, ("no-mapping",), ("no mapping",))


def test_several_things_may_be_missing():
    found = place("999", "", "genet")
    assert found.reasons == ("unknown-number", "no-commune")
    assert found.steps == ("unknown number, taken as 112", "no commune")
