import dataclasses

import pytest

from route112.model import Commune, Departement, Profile, ShortNumber, Territory


def commune(code, parent=""):
    return Commune(
        code=code,
        name=code,
        departement=code[:2],
        population=1,
        lon_deg=None,
        lat_deg=None,
        parent=parent,
    )


PROFILE = Profile(
    country="xx",
    edition="1",
    valid_from=0,
    valid_until=1,
    communes="communes.csv",
    country_code="999",
    national_prefix="0",
    national_length=4,
    number_plan=(),
    short_numbers=(ShortNumber(number="1", urn="urn:service:sos", name="one", kinds=("A",)),),
    default_number="1",
    kinds=(),
    departements=(Departement(code="D", name="D", zone="z", timezone="UTC", neighbours=()),),
    national_defaults={},
)


def test_finders_answer_none_for_what_is_unknown():
    assert PROFILE.find_short_number("1") is PROFILE.short_numbers[0]
    assert PROFILE.find_short_number("2") is None
    assert PROFILE.find_departement("D") is PROFILE.departements[0]
    assert PROFILE.find_departement("E") is None


def test_a_city_lists_its_arrondissements():
    city, first, second = commune("75056"), commune("75101", "75056"), commune("75102", "75056")
    territory = Territory({c.code: c for c in (city, first, second)}, {})
    assert territory.list_children("75056") == (first, second)
    assert territory.list_children("75101") == ()


def test_values_cannot_be_changed():
    territory = Territory({"01001": commune("01001")}, {"01002": "01001"})
    with pytest.raises(TypeError):
        territory.communes["01003"] = commune("01003")
    with pytest.raises(dataclasses.FrozenInstanceError):
        PROFILE.country = "yy"
