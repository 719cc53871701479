from dataclasses import replace

from tests.support.snapshots import COMMUNES, NOW, SHORT_NUMBERS, small_content

from route112.native import translate
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

BREST_POLICE = "+33261910020|127.0.4.1:5060|udp|2000|30000|CIC17-29"


def table(now=NOW, **changes):
    return translate(Snapshot(write_snapshot(small_content(**changes))), now=now)


def first(native, commune, number):
    return native.attempts[f"{native.zones[commune]}:{number}"].split("|")[0]


def test_communes_with_equal_answers_share_a_zone():
    native = table()
    assert native.zones["29019"] == native.zones["29103"] == native.zones["29165"]
    assert native.zones["75056"] == native.zones["75101"] == native.zones["75001"]
    assert native.zones["29155"] not in (native.zones["29019"], native.zones["75056"])
    assert native.attempts[f"{native.zones['29019']}:17"].startswith(BREST_POLICE)
    assert (native.generation, native.built) == (42, NOW)


def test_every_zone_has_every_number():
    native = table()
    others = ("dmax", "shares", "operators", "n:", "s:", "r:", "p:", "t:", "k:", "l:", "lmax:")
    zones = {zone for key, zone in native.zones.items() if not key.startswith(others)}
    expected = {f"{zone}:{short.number}" for zone in zones for short in SHORT_NUMBERS}
    assert set(native.attempts) == expected
    assert all(native.attempts.values())


def test_what_is_unknown_has_zones_too():
    native = table()
    assert first(native, "d:29", "17") == "+33261910020"
    assert first(native, "*", "17") == "+33199000020"
    assert native.zones["dmax"] == "2"
    assert native.zones["o:bruyere"] == native.zones["75056"]
    assert "o:genet" not in native.zones


def test_an_operator_whose_default_is_nowhere_has_no_zone():
    operators = tuple(replace(row, default_commune="99999") for row in small_content().operators)
    assert "o:bruyere" not in table(operators=operators).zones


def test_numbers_are_found_by_digits_and_by_service():
    zones = table().zones
    assert zones["n:15"] == "15"
    assert zones["n:urn:service:sos.fire"] == "18"
    assert zones["n:*"] == "112"


def test_the_first_of_two_numbers_answers_their_service_and_digits_win():
    shorts = list(SHORT_NUMBERS)
    shorts[1] = replace(shorts[1], urn=shorts[0].urn)
    shorts[2] = replace(shorts[2], urn="17")
    shorts[3] = replace(shorts[3], urn="")
    zones = table(short_numbers=tuple(shorts), orders=()).zones
    assert zones["n:urn:service:sos.ambulance"] == "15"
    assert zones["n:17"] == "17"
    assert "n:" not in zones


def test_orders_and_hours_of_the_instant_are_in_it():
    assert first(table(), "29019", "18") == "+33199000030"
    assert first(table(now=NOW + 8 * 86_400_000_000), "29019", "18") == "+33261910030"
    assert first(table(), "29019", "15") == "+33261910010"
    assert first(table(now=NOW + 7 * 3_600_000_000), "29019", "15") == "+33261910030"


def test_a_country_without_communes_and_departements_has_its_national_defaults():
    empty = small_content().mapping_route[:0]
    native = table(
        communes=(), merged=(), departements=(), fallbacks=(), operators=(), orders=(),
        mapping_route=empty, mapping_source=empty, mapping_row=empty,
    )  # fmt: skip
    assert set(native.zones.values()) >= {"0"}
    assert native.zones["dmax"] == "0"
    assert len(native.attempts) == len(SHORT_NUMBERS)
    assert len(COMMUNES) > 0
