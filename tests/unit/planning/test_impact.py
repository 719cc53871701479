from dataclasses import replace

import pytest
from tests.support.plans import (
    CARRIERS,
    CRRA15_56,
    CTA18_56,
    DAY,
    OPERATORS,
    PROFILE,
    PSAPS,
    TERRITORY,
    TIMEZONES,
    at,
    change_psap,
    make_commune,
    make_hop,
    make_plan,
    make_psap,
    usual_rows,
)
from tests.unit.planning.test_candidate import ORDER

from route112.model import OrderKind, Territory, UtcTime
from route112.planning import compare_snapshots, make_candidate, resolve_plan
from route112.planning.candidate import Lineage
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

TOTAL = 139_000 + 16_000 + 54_000 + 2_100_000


def build(generation=1, **changes):
    plan = make_plan(**changes)
    content = make_candidate(
        plan,
        resolve_plan(plan),
        timezones=TIMEZONES,
        lineage=Lineage(generation=generation),
    )
    return Snapshot(write_snapshot(content))


def compare(before=None, *, moment=None, **after):
    return compare_snapshots(build(**(before or {})), build(generation=2, **after), at=moment)


def test_equal_plans_change_nothing():
    impact = compare()
    assert (impact.communes, impact.inhabitants, impact.share) == (0, 0, 0.0)
    assert impact.population == TOTAL
    assert impact.numbers == ()
    assert (impact.generation_old, impact.generation_new) == (1, 2)


def test_a_commune_that_rings_elsewhere_is_counted_with_who_wins_and_who_loses():
    rows = usual_rows("29")
    rows[0] = ("29019", "15", CRRA15_56)
    impact = compare(rows={"29": rows})
    (number,) = impact.numbers
    assert (number.number, number.communes, number.inhabitants) == ("15", 1, 139_000)
    assert (number.psaps_losing, number.psaps_gaining) == (("CRRA15-29",), ("CRRA15-56",))
    assert number.departements == ("29",)
    assert impact.share == pytest.approx(139_000 / TOTAL)


def test_each_inhabitant_counts_once_however_many_numbers_change():
    rows = usual_rows("29")
    rows[0], rows[1] = ("29019", "15", CRRA15_56), ("29019", "18", CTA18_56)
    impact = compare(rows={"29": rows})
    assert [number.number for number in impact.numbers] == ["15", "18"]
    assert (impact.communes, impact.inhabitants) == (1, 139_000)


def test_a_city_and_its_arrondissements_count_once():
    rows = [
        (code, number, CTA18_56 if number == "18" else n) for code, number, n in usual_rows("75")
    ]
    impact = compare(rows={"75": rows})
    assert (impact.communes, impact.inhabitants) == (1, 2_100_000)


def test_hours_that_change_are_a_change():
    rows = usual_rows("29")
    before = [*rows, ("29019", "15", CRRA15_56, DAY)]
    impact = compare({"rows": {"29": before}}, rows={"29": rows})
    assert impact.numbers[0].psaps_losing == ("CRRA15-56",)


def test_a_row_that_moves_is_no_change():
    impact = compare(rows={"29": list(reversed(usual_rows("29")))})
    assert impact.inhabitants == 0


def test_a_secondary_that_changes_touches_those_whose_calls_would_go_there():
    psaps = change_psap("CTA18-29", secondary=CTA18_56)
    impact = compare(psaps=psaps)
    assert [number.number for number in impact.numbers] == ["18", "112"]
    assert impact.numbers[0].psaps_gaining == ()
    assert impact.psaps_changed == ("CTA18-29",)


def test_psaps_that_come_and_go_and_defaults_that_change_are_named():
    psaps = PSAPS | {"CRRA15-29-2": make_psap("CRRA15-29-2", "+33261910025")}
    national = PROFILE.national_defaults | {"15": "CRRA15-56"}
    profile = replace(PROFILE, national_defaults=national)
    impact = compare(psaps=psaps, profile=profile)
    assert impact.psaps_added == ("CRRA15-29-2",)
    assert impact.defaults_changed == ("national/15",)
    assert compare({"psaps": psaps}).psaps_removed == ("CRRA15-29-2",)


def test_orders_that_come_change_or_go_are_named():
    assert compare(orders=(ORDER,)).orders_changed == ("crisis",)
    assert compare({"orders": (ORDER,)}).orders_changed == ("crisis",)
    changed = replace(ORDER, reason="storm")
    assert compare({"orders": (ORDER,)}, orders=(changed,)).orders_changed == ("crisis",)
    assert compare({"orders": (ORDER,)}, orders=(ORDER,)).orders_changed == ()


def test_communes_and_numbers_that_come_and_go_are_named():
    communes = dict(TERRITORY.communes) | {"29232": make_commune("29232", "Quimper", "29", 63_000)}
    territory = Territory(dict(sorted(communes.items())), {})
    rows = [
        *usual_rows("29"),
        *(("29232", n, usual_rows("29")[i][2]) for i, n in enumerate(("15", "18", "112"))),
    ]
    impact = compare(territory=territory, rows={"29": rows})
    assert impact.communes_added == ("29232",)
    assert impact.inhabitants == 63_000
    back = compare({"territory": territory, "rows": {"29": rows}})
    assert back.communes_removed == ("29232",)
    assert (back.communes, back.inhabitants) == (1, 63_000)
    assert (back.population, back.share) == (TOTAL + 63_000, 63_000 / (TOTAL + 63_000))
    fewer = replace(PROFILE, short_numbers=PROFILE.short_numbers[1:], default_number="18")
    less = {
        code: [row for row in usual_rows(code) if row[1] != "15"] for code in ("29", "56", "75")
    }
    removed = compare(profile=fewer, rows=less)
    assert removed.numbers_removed == ("15",)
    assert removed.inhabitants == TOTAL
    more = compare({"profile": fewer, "rows": less})
    assert more.numbers_added == ("15",)
    assert more.inhabitants == TOTAL


def test_inhabitants_of_a_merged_commune_count_where_it_rang_elsewhere():
    communes = dict(TERRITORY.communes)
    del communes["29103"]
    after = Territory(communes, {"29103": "29019"})
    rows = [row for row in usual_rows("29") if row[0] == "29019"]
    assert compare(territory=after, rows={"29": rows}).inhabitants == 0
    before = [(c, n, CTA18_56 if (c, n) == ("29103", "18") else t) for c, n, t in usual_rows("29")]
    impact = compare({"rows": {"29": before}}, territory=after, rows={"29": rows})
    assert impact.communes_removed == ("29103",)
    assert [number.number for number in impact.numbers] == ["18"]
    assert impact.inhabitants == 139_000


def test_a_city_that_disappears_with_its_arrondissements_counts_once_with_its_old_population():
    left = {code: each for code, each in TERRITORY.communes.items() if each.departement != "75"}
    impact = compare(territory=Territory(left, {}), rows={"75": []})
    assert (impact.communes, impact.inhabitants) == (1, 2_100_000)
    assert impact.share == pytest.approx(2_100_000 / TOTAL)
    assert impact.numbers[0].psaps_losing == ("CRRA15-75",)


def test_without_any_population_every_change_is_a_change_of_all():
    empty = {code: replace(each, population=0) for code, each in TERRITORY.communes.items()}
    territory = Territory(empty, {})
    rows = [("29019", "15", CRRA15_56), *usual_rows("29")[1:]]
    assert compare({"territory": territory}, territory=territory).share == 0.0
    changed = compare({"territory": territory}, territory=territory, rows={"29": rows})
    assert changed.share == 1.0


DIVERT = replace(
    ORDER,
    kind=OrderKind.DIVERT,
    psap="CTA18-29",
    to_psap="CTA18-56",
    to_number="",
    short_number="18",
    starts=at("2026-11-05T00:00:00Z"),
    expires=at("2026-12-01T00:00:00Z"),
)


def test_callers_of_a_psap_that_an_order_touches_count():
    impact = compare(orders=(DIVERT,))
    (number,) = impact.numbers
    assert (number.number, number.communes, number.inhabitants) == ("18", 2, 155_000)
    assert (number.psaps_losing, number.psaps_gaining) == (("CTA18-29",), ("CTA18-56",))
    assert impact.share == pytest.approx(155_000 / TOTAL)
    back = compare({"orders": (DIVERT,)}).numbers[0]
    assert (back.psaps_losing, back.psaps_gaining) == (("CTA18-56",), ("CTA18-29",))


def test_an_order_that_is_over_or_only_renamed_touches_nobody():
    renamed = replace(DIVERT, id="other", author="somebody else")
    assert compare({"orders": (DIVERT,)}, orders=(renamed,)).inhabitants == 0
    assert compare(orders=(DIVERT,), moment=DIVERT.expires).inhabitants == 0
    assert compare(orders=(DIVERT,), moment=DIVERT.expires).orders_changed == ("crisis",)
    assert compare(orders=(DIVERT,), moment=UtcTime(DIVERT.expires - 1)).inhabitants == 155_000


def test_other_hops_are_named_with_the_psaps_and_people_behind_them():
    carriers = CARRIERS | {
        "birch": replace(CARRIERS["birch"], hops=(make_hop("127.0.9.1:5060"),)),
    }
    impact = compare(carriers=carriers)
    assert (impact.inhabitants, impact.share) == (0, 0.0)
    assert impact.paths.trunks == ("birch/ip/ouest",)
    assert impact.paths.psaps == ("CRRA15-56",)
    # Finistère has this PSAP as the secondary of its own.
    assert (impact.paths.communes, impact.paths.inhabitants) == (3, 209_000)
    assert impact.paths.share == pytest.approx(209_000 / TOTAL)
    assert compare().paths.trunks == ()


def test_operators_that_come_change_or_go_are_named():
    moved = {"bruyere": replace(OPERATORS["bruyere"], sources=("192.0.2.0/24",))}
    assert compare(operators=moved).operators_changed == ("bruyere",)
    assert compare(operators={}).operators_removed == ("bruyere",)
    assert compare({"operators": {}}).operators_added == ("bruyere",)
