import mmap
import subprocess
import sys
from array import array
from bisect import bisect_left
from dataclasses import replace

import pytest
from tests.support.snapshots import (
    COMMUNES,
    LINES,
    MERGED,
    NOW,
    PARIS_OFFSETS,
    PSAPS,
    ROUTES,
    SHORT_NUMBERS,
    US_PER_S,
    VALID_FROM,
    VALID_UNTIL,
    make_test_key,
    small_content,
)

from route112.model import ShortNumber, UtcTime
from route112.snapshot import reader
from route112.snapshot.content import NONE
from route112.snapshot.errors import SnapshotError
from route112.snapshot.keys import sign_snapshot
from route112.snapshot.reader import Generation, Provenance, Snapshot
from route112.snapshot.writer import write_snapshot

CONTENT = small_content()
GOOD = write_snapshot(CONTENT)


@pytest.fixture
def snapshot():
    return Snapshot(GOOD)


def test_each_line_is_found_by_its_number(snapshot):
    rows = [snapshot.line(index) for index in range(snapshot.lines_count)]
    found = {row.number: snapshot.find_line(row.number) for row in rows}
    assert found == {row.number: index for index, row in enumerate(rows)}


def test_a_snapshot_says_what_it_is(snapshot):
    assert (snapshot.country, snapshot.edition, snapshot.generation) == ("fr", "2026-11", 42)
    assert snapshot.parent == "41" * 32
    assert (snapshot.valid_from, snapshot.valid_until) == (VALID_FROM, VALID_UNTIL)
    assert snapshot.format == (1, 0)
    assert snapshot.size == len(GOOD)
    assert snapshot.content_hash == GOOD[160:192].hex()
    assert snapshot.plan_hash == GOOD[112:144].hex()
    assert snapshot.floor == Generation(42, snapshot.content_hash)
    assert snapshot.signature is None
    assert snapshot.default_number == 3
    assert snapshot.short_numbers == SHORT_NUMBERS
    assert snapshot.departements == CONTENT.departements
    assert snapshot.departements is snapshot.departements
    assert snapshot.orders == CONTENT.orders


def test_a_first_snapshot_has_no_parent():
    assert Snapshot(write_snapshot(small_content(parent=""))).parent == ""


def test_counts(snapshot):
    assert snapshot.communes_count == 6
    assert snapshot.psaps_count == 6
    assert snapshot.lines_count == len(LINES)
    assert snapshot.routes_count == len(ROUTES)


def test_a_signed_one_tells_who_signed():
    signature = Snapshot(sign_snapshot(GOOD, make_test_key("a"))).signature
    assert signature is not None
    assert signature.algorithm == "ed25519"
    assert len(signature.value) == 64


def test_it_reads_a_mapped_file_in_place(tmp_path):
    path = tmp_path / "plan.r112"
    path.write_bytes(GOOD)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    snapshot = Snapshot(mapped)
    with pytest.raises(BufferError):
        mapped.close()
    assert snapshot.commune(0) == COMMUNES[0]


def test_communes_are_found_by_todays_code_and_by_former_ones(snapshot):
    for index, commune in enumerate(COMMUNES):
        assert snapshot.find_commune(commune.code) == index
        assert snapshot.commune(index) == commune
    for code, index in MERGED:
        assert snapshot.find_commune(code) == index


@pytest.mark.parametrize(
    "code", ["", "29000", "99999", "29019 ", "Ω", "123456789", "29019\0", "\0"]
)
def test_unknown_codes_are_found_nowhere(snapshot, code):
    assert snapshot.find_commune(code) is None


def test_keys_work_with_bisect_over_a_cast_view(snapshot):
    keys = snapshot.records.columns["commune_keys"]["key"]
    assert isinstance(keys, memoryview)
    assert bisect_left(keys, int.from_bytes(b"75056\0\0\0", "big")) == 3


@pytest.mark.parametrize(
    ("dialled", "number"),
    [
        ("15", 0),
        ("112", 3),
        ("urn:service:sos.ambulance", 0),
        ("URN:Service:SOS.Police", 1),
        ("urn:service:sos.fire.forest.helicopter", 2),
        ("urn:service:sos", 3),
        ("urn:service:sos.mountain", 3),
        ("urn:service:sos.", 3),
        ("urn:service:counseling.children", None),
        ("urn:service:sosx", None),
        ("911", None),
        ("", None),
        ("15.4", None),
        ("15.urn:service:sos", None),
        ("urn:other.x", None),
        ("urn:service:sos" + ".x" * 120, 3),
        ("urn:service:sos" + ".x" * 121, None),
    ],
)
def test_numbers_are_found_by_digits_and_by_service(snapshot, dialled, number):
    assert snapshot.find_number(dialled) == number


def test_the_first_of_two_numbers_with_one_service_answers_it():
    shorts = (
        *SHORT_NUMBERS[:3],
        ShortNumber(number="115", urn="urn:service:sos.fire", name="", kinds=()),
    )
    snapshot = Snapshot(write_snapshot(small_content(short_numbers=shorts)))
    assert snapshot.find_number("urn:service:sos.fire") == 2
    assert snapshot.find_number("115") == 3


def test_a_number_without_a_service_is_found_by_its_digits_only():
    shorts = (replace(SHORT_NUMBERS[0], urn=""), *SHORT_NUMBERS[1:])
    snapshot = Snapshot(write_snapshot(small_content(short_numbers=shorts)))
    assert snapshot.find_number("15") == 0
    assert snapshot.find_number("") is None


def test_departements(snapshot):
    assert [snapshot.find_departement(code) for code in ("29", "75", "56", "")] == [
        0,
        1,
        None,
        None,
    ]
    assert [snapshot.commune_departement(index) for index in range(6)] == [0, 0, 0, 1, 1, 1]


def test_psaps_lines_and_trunks_are_kept_once_decoded(snapshot):
    for index, psap in enumerate(PSAPS):
        assert snapshot.find_psap(psap.id) == index
        assert snapshot.psap(index) == psap
        assert snapshot.psap(index) is snapshot.psap(index)
    for index, line in enumerate(LINES):
        assert snapshot.find_line(line.number) == index
        assert snapshot.line(index) == line
        assert snapshot.line(index) is snapshot.line(index)
    for index, trunk in enumerate(CONTENT.trunks):
        assert snapshot.trunk(index) == trunk
        assert snapshot.trunk(index) is snapshot.trunk(index)
    assert snapshot.find_psap("CRRA15-99") is None
    assert snapshot.find_line("+33199009999") is None


def test_routes_hours_and_areas(snapshot):
    for index, route in enumerate(ROUTES):
        assert snapshot.route(index) == route
        assert snapshot.route(index) is snapshot.route(index)
    assert snapshot.hours(0) == CONTENT.hours[0]
    assert snapshot.hours(0) is snapshot.hours(0)
    assert (snapshot.area(0), snapshot.area(1)) == CONTENT.areas
    assert snapshot.area(1) is snapshot.area(1)


def test_the_cache_of_routes_is_bounded(snapshot, monkeypatch):
    monkeypatch.setattr(reader, "ROUTES_CACHED_MAX", 2)
    assert [snapshot.route(index) for index in (0, 1, 2, 3, 0)] == [
        ROUTES[index] for index in (0, 1, 2, 3, 0)
    ]
    assert len(snapshot._routes) <= 2


def test_keys_lead_to_routes_and_to_the_row_that_says_so(snapshot):
    assert snapshot.route_index(0, 0) == 2
    assert snapshot.route_index(2, 1) == NONE
    assert snapshot.provenance(0, 1) == Provenance("pdaau/PDAAU_29.ods", "PDAAU", 3)
    assert snapshot.provenance(3, 0) == Provenance("pdaau/pdaau-75.csv", "", 14)
    assert snapshot.provenance(5, 3) is None


def test_what_stands_behind_the_plan(snapshot):
    for departement in range(2):
        for number in range(4):
            expected = CONTENT.fallbacks[departement * 4 + number]
            assert snapshot.fallback(departement, number) == expected
            assert snapshot.fallback(departement, number) is snapshot.fallback(departement, number)
    assert [snapshot.national(number) for number in range(4)] == list(CONTENT.national)


@pytest.mark.parametrize(
    ("at_s", "offset_s"),
    [
        (-(2**62) // US_PER_S, 3600),
        (0, 3600),
        (PARIS_OFFSETS[1][0] - 1, 3600),
        (PARIS_OFFSETS[1][0], 7200),
        (PARIS_OFFSETS[2][0] - 1, 7200),
        (PARIS_OFFSETS[2][0], 3600),
        (NOW // US_PER_S, 3600),
        (2**33, 7200),
    ],
)
def test_local_time_changes_at_the_second(snapshot, at_s, offset_s):
    for departement in range(2):
        assert snapshot.offset_s(departement, UtcTime(at_s * US_PER_S)) == offset_s


def test_operators(snapshot):
    assert snapshot.operator("bruyere") == CONTENT.operators[0]
    assert snapshot.operator("genet") == CONTENT.operators[1]
    assert snapshot.operator("") is None
    assert snapshot.operators == CONTENT.operators


def test_a_merged_code_does_not_hide_todays():
    content = small_content(merged=(("29019", 5),))
    assert Snapshot(write_snapshot(content)).find_commune("29019") == 0


def test_an_empty_mapping_has_no_route():
    content = small_content(mapping_route=array("I", [NONE] * 24))
    snapshot = Snapshot(write_snapshot(content))
    assert {
        snapshot.route_index(commune, number) for commune in range(6) for number in range(4)
    } == {NONE}


def test_a_bare_interpreter_reads_it_with_the_standard_library_only():
    code = (
        "import sys; import route112.snapshot.reader\n"
        "packages = {name.split('.')[0] for name in sys.modules}\n"
        "sys.exit(', '.join(sorted(packages - set(sys.stdlib_module_names)"
        " - {'route112', '__main__', '_distutils_hack', 'sitecustomize', 'usercustomize'})))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.stderr.strip() == ""


def test_a_checked_file_is_opened_without_hashes_and_references():
    altered = bytearray(GOOD)
    altered[-1_000] ^= 1
    with pytest.raises(SnapshotError):
        Snapshot(bytes(altered))
    assert Snapshot(bytes(altered), checked=True).generation == 42
    assert Snapshot(GOOD, checked=True).communes_count == len(COMMUNES)
    with pytest.raises(SnapshotError):
        Snapshot(GOOD[:-40], checked=True)
