from dataclasses import replace

from tests.support.alarms import DEPARTEMENTS, NUMBERS, find, hop_of, make_ground, series
from tests.support.seen import T0

from route112.watch.alarms import hit
from route112.watch.alarms.factors import Scene
from route112.watch.alarms.hit import list_works, tell_hit
from route112.watch.alarms.sightings import Count
from route112.watch.alarms.values import Hit
from route112.watch.findings import FindingKind

GROUND = make_ground()
BAD = Count(served=10, failed=30)


def tell(*findings, counts=()):
    scene = Scene(findings=findings, counts=dict(counts), parties={}, moves=(), since_us=T0)
    return tell_hit(findings, scene, GROUND)


def test_a_finding_says_number_and_departement():
    assert tell(find(number="15", departement="29")) == Hit(
        numbers=("15",), departements=("29",), inhabitants=1_000
    )


def test_an_answering_point_stands_for_its_departement():
    assert tell(find(psap="CRRA15-56")).departements == ("56",)
    assert tell(find(psap="CRRA15-56")).numbers == tuple(
        sorted(NUMBERS, key=lambda n: (len(n), n))
    )


def test_a_wide_finding_touches_everybody():
    everybody = tell(find())
    assert everybody.departements == DEPARTEMENTS
    assert everybody.inhabitants == 5_000
    assert everybody.numbers == ("15", "17", "18", "112")
    assert tell(find(number="112")).numbers == ("112",)


def test_an_element_for_which_others_stand_in_touches_nobody():
    assert tell(find(site="site-1")) == Hit()
    assert tell(find(psap="nobody")) == Hit()


def test_callers_who_fail_say_it_best():
    counts = {series(departement="56"): BAD, series(number="18"): BAD, series(number="?"): BAD}
    assert tell(find(site="site-1"), counts=counts) == Hit(
        numbers=("18",), departements=("56",), inhabitants=1_000
    )


def test_what_works_is_told_by_origin_number_site_and_line():
    counts = {
        series(operator="bruyere", technology="mobile"): Count(served=9, failed=1),
        series(number="15"): Count(served=1, failed=1),
        series(site="site-3"): Count(failed=9),
        series(trunk=hop_of("armor", "cedar")): Count(failed=3),
        series(trunk=hop_of("armor", "elder")): Count(served=1),
        series(trunk="unknown:1"): Count(served=1),
        series(departement="29"): Count(served=1),
    }
    rows = [
        (row.what, row.share) for row in list_works(counts, {"site-3": Count(served=2)}, GROUND)
    ]
    assert rows == [
        ("site-3", 1.0),
        ("bruyere/mobile", 0.9),
        ("15", 0.5),
        ("tries over rtc", 0.25),
    ]


def test_no_more_rows_than_can_be_read(monkeypatch):
    monkeypatch.setattr(hit, "WORKS_MAX", 1)
    counts = {series(number=number): BAD for number in NUMBERS}
    assert len(list_works(counts, {}, GROUND)) == 1


def test_an_answering_point_is_hit_by_what_the_plan_sends_to_it():
    """A report of one SAMU says nothing of all other numbers."""
    ground = replace(GROUND, answers={"CRRA15-29": ("15", "112")})
    report = find(kind=FindingKind.REPORT, psap="CRRA15-29")
    scene = Scene(findings=(report,), counts={}, parties={}, moves=(), since_us=T0)
    assert tell_hit((report,), scene, ground) == Hit(
        numbers=("15", "112"), departements=("29",), inhabitants=1_000
    )
