from dataclasses import replace

from tests.support.plans import (
    CRRA15_29,
    CRRA15_56,
    DAY,
    NIGHT,
    NOW,
    TIMEZONES,
    at,
    make_file,
    make_plan,
    make_subject,
    usual_rows,
)

from route112.model import Area, Order, OrderKind
from route112.planning import check_plan, resolve_plan
from route112.planning.candidate import Lineage, make_candidate
from route112.routing.sources import find_source
from route112.snapshot.content import NONE
from route112.snapshot.reader import Provenance, Snapshot
from route112.snapshot.writer import write_snapshot

ORDER = Order(
    id="crisis",
    kind=OrderKind.ALTERNATIVE,
    psap="CTA18-29",
    to_number="+33261919999",
    author="duty officer",
    reason="works",
    starts=at("2026-11-01T00:00:00Z"),
    expires=at("2026-12-01T00:00:00Z"),
)
ROWS = [
    ("29019", "15", CRRA15_29, DAY),
    ("29019", "15", CRRA15_56, NIGHT),
    ("29103", "15", CRRA15_56, None, Area(text="rues: quai", streets=("quai",))),
    ("29103", "15", CRRA15_29),
    *(row for row in usual_rows("29") if row[1] != "15"),
]


def build(lineage=Lineage(), **changes):  # noqa: B008
    plan = make_plan(**changes)
    return make_candidate(plan, resolve_plan(plan), timezones=TIMEZONES, lineage=lineage)


def open_built(**changes):
    return Snapshot(write_snapshot(build(**changes)))


def test_a_sound_plan_has_no_error_and_becomes_a_snapshot_that_opens():
    assert [p for p in check_plan(make_subject()) if p.severity == "error"] == []
    snapshot = open_built()
    assert (snapshot.country, snapshot.edition, snapshot.generation) == ("fr", "test", 1)
    assert snapshot.communes_count == 7
    assert snapshot.default_number == 2
    assert snapshot.operator("bruyere").default_commune == "75056"


def test_equal_plans_give_equal_bytes():
    assert write_snapshot(build()) == write_snapshot(build())


def test_routes_carry_their_hours_areas_and_rows():
    snapshot = open_built(rows={"29": ROWS})
    brest, landerneau = snapshot.find_commune("29019"), snapshot.find_commune("29103")
    day, night = snapshot.route(snapshot.route_index(brest, 0))
    assert snapshot.hours(day.hours) == DAY
    assert snapshot.hours(night.hours) == NIGHT
    assert (day.row, night.row) == (0, 3)
    assert (day.source, night.source) == (NONE, NONE)
    assert snapshot.provenance(brest, 0).row == 2
    quay, rest = snapshot.route(snapshot.route_index(landerneau, 0))
    assert snapshot.area(quay.area).streets == ("quai",)
    assert (rest.hours, rest.area) == (NONE, NONE)


def test_former_communes_lead_to_todays():
    snapshot = open_built()
    assert snapshot.find_commune("29001") == snapshot.find_commune("29019")


def test_lines_know_their_psap_trunk_and_ring_time():
    snapshot = open_built()
    line = snapshot.line(snapshot.find_line(CRRA15_29))
    assert snapshot.psap(line.psap).id == "CRRA15-29"
    assert snapshot.trunk(line.trunk).name == "armor/ip/ouest"
    assert (line.role, line.ring_time_s) == ("primary", 30)


def test_fallbacks_are_neighbours_then_the_departement_then_the_nation():
    snapshot = open_built()
    row = snapshot.fallback(snapshot.find_departement("29"), 0)
    near = [snapshot.psap(snapshot.line(line).psap).id for line in row.neighbours]
    assert near == ["CRRA15-56", "CRRA15-75"]
    assert snapshot.line(row.departement).number == CRRA15_29
    national = snapshot.line(snapshot.national(0))
    assert snapshot.psap(national.psap).id == "CRRA15-75"


def test_a_number_that_only_an_order_names_rings_over_the_trunk_of_its_psap():
    snapshot = open_built(orders=(ORDER,))
    line = snapshot.line(snapshot.find_line("+33261919999"))
    assert (line.psap, line.role, line.ring_time_s) == (NONE, "order", 20)
    assert snapshot.trunk(line.trunk).name == "armor/ip/ouest"
    assert [order.id for order in snapshot.orders] == ["crisis"]


def test_an_order_leaves_the_plan_as_it_is():
    assert open_built().plan_hash == open_built(orders=(replace(ORDER, to_number=""),)).plan_hash


def test_lineage_is_written():
    content = build(Lineage(generation=7, parent="ab" * 32))
    assert (content.generation, content.parent) == (7, "ab" * 32)


def test_local_time_comes_with_the_snapshot():
    snapshot = open_built()
    winter = snapshot.offset_s(0, NOW)
    summer = snapshot.offset_s(0, at("2027-07-01T00:00:00Z"))
    assert (winter, summer) == (3600, 7200)


def test_a_variant_of_another_sheet_keeps_its_source():
    rows = [("29019", "15", CRRA15_29, DAY), ("29019", "15", CRRA15_56, NIGHT)]
    file = make_file("29", [*rows, *usual_rows("29")[1:]], sheets=("jour", "nuit"))
    file.cells[8] = 1
    others = (make_file("56", usual_rows("56")), make_file("75", usual_rows("75")))
    snapshot = open_built(files=(file, *others))
    brest = snapshot.find_commune("29019")
    day, night = snapshot.route(snapshot.route_index(brest, 0))
    mapping = snapshot.provenance(brest, 0)
    assert find_source(snapshot, mapping, day) == Provenance("pdaau/PDAAU_29.csv", "jour", 2)
    assert find_source(snapshot, mapping, night) == Provenance("pdaau/PDAAU_29.csv", "nuit", 3)
