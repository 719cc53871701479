from tests.support.watched import T0, Plan

from route112.apps.watch.country import Country, name_code
from route112.watch.watching.week import Holidays

HOUR_US = 3_600_000_000


def test_a_country_has_one_clock_and_some_departements_another():
    country = Country(Plan(), Holidays())
    assert country.ahead_of("974", T0) == 3
    assert country.ahead_of("29", T0) == country.ahead_of("?", T0) == 0
    first = country.hour_of(T0)
    assert country.hour_of(T0 + HOUR_US) == (first + 1) % 168


def test_places_and_numbers():
    country = Country(Plan(), Holidays())
    assert country.departement("97411") == "974"
    assert country.departement("00000") == ""
    assert country.mean("urn:service:sos.ambulance") == "15"


def test_code_has_a_name():
    assert name_code() == name_code()
    assert len(name_code()) == 16
