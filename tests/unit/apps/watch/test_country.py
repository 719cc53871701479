import pytest
from tests.support.watched import T0, Plan

from route112.adapters.watch_store import Refusal
from route112.apps._console import Failure
from route112.apps.watch.country import Country, load_country, load_thresholds, name_code
from route112.countries import read_builtin_profile, read_builtin_thresholds

HOUR_US = 3_600_000_000


def test_a_country_has_one_clock_and_some_departements_another():
    country = Country(Plan())
    assert country.ahead_of("974", T0) == 3
    assert country.ahead_of("29", T0) == country.ahead_of("?", T0) == 0
    first = country.hour_of(T0)
    assert country.hour_of(T0 + HOUR_US) == (first + 1) % 168


def test_places_and_numbers():
    country = Country(Plan())
    assert country.departement("97411") == "974"
    assert country.departement("00000") == ""
    assert country.mean("urn:service:sos.ambulance") == "15"


def test_a_snapshot_and_its_orders_end():
    snapshot, order = Country(Plan()).list_expiries()
    assert snapshot.what == "validity of snapshot g42"
    assert (snapshot.expires_us, snapshot.is_meant) == (Plan.valid_until, False)
    assert (str(order.series), order.what) == ("PSAP A", "order o1 (divert)")
    assert (order.expires_us, order.is_meant) == (T0 + HOUR_US, True)


def test_two_contents_under_one_generation_are_a_fact():
    country = Country(Plan())
    country.list_refusals = lambda: [Refusal("edge", "e-1", 42, T0)]
    *_, fact = country.list_expiries()
    assert (str(fact.series), fact.expires_us, fact.warn_us) == ("e-1", T0, 0)
    assert fact.said.startswith("was offered another content under generation 42")


def test_an_order_changes_something_when_it_begins_and_when_it_ends():
    begins, ends = Country(Plan()).list_changes()
    assert (begins.what, begins.at_us) == ("order o1 (divert) begins", T0)
    assert (ends.what, ends.at_us) == ("order o1 (divert) ends", T0 + HOUR_US)
    assert (ends.dimension, ends.value) == ("psap", "A")


def test_what_else_is_due_is_listed_beside_them():
    country = Country(Plan(), more=(lambda: ["a"], lambda: iter(["b"])))
    assert country.list_expiries()[2:] == ("a", "b")


def test_code_has_a_name():
    assert name_code() == name_code()
    assert len(name_code()) == 16


def test_what_is_usual_comes_from_the_profile(tmp_path):
    built_in = Plan()
    built_in.country = "fr"
    country = load_country(built_in, None)
    assert len(country.usual_week) == 168
    new_year_us = 1_798_761_600_000_000
    assert country.hour_of(new_year_us) // 24 == 6
    path = tmp_path / "profile.yaml"
    path.write_bytes(read_builtin_profile("fr").replace(b"01-01", b"01-02"))
    assert load_country(built_in, path).hour_of(new_year_us) // 24 == 4
    elsewhere = Plan()
    elsewhere.country = "xx"
    assert load_country(elsewhere, None).usual_week == ()


@pytest.mark.parametrize("content", [None, b"country: ["])
def test_a_profile_that_cannot_be_used_is_told(tmp_path, content, capsys):
    path = tmp_path / "profile.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Failure):
        load_country(Plan(), path)


def test_thresholds_of_the_law_are_built_in_or_of_a_file(tmp_path):
    assert [each.number for each in load_thresholds("fr", None).own] == ["15", "17", "18", "112"]
    assert load_thresholds("xx", None).own == ()
    path = tmp_path / "t.yaml"
    path.write_bytes(read_builtin_thresholds("fr").replace(b"2026-11-1", b"2026-11-2"))
    assert load_thresholds("xx", path).version == "2026-11-2"
    with pytest.raises(LookupError, match="no thresholds for country 'xx'"):
        read_builtin_thresholds("xx")


@pytest.mark.parametrize("content", [None, b"version: ["])
def test_thresholds_that_cannot_be_used_are_told(tmp_path, content, capsys):
    path = tmp_path / "t.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Failure):
        load_thresholds("fr", path)
