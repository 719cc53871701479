"""Planted causes: what is hit, what is well, and what must be named first."""

import pytest
from tests.support.alarms import (
    CARRIERS,
    DEPARTEMENTS,
    NUMBERS,
    SITES,
    find,
    hop_of,
    make_ground,
    series,
)
from tests.support.seen import T0, S

from route112.watch.alarms.changes import Happening
from route112.watch.alarms.factors import (
    FACTORS_MAX,
    HIT_CALLERS_MIN,
    Factor,
    Scene,
    find_space,
    name_party,
    rank_factors,
    weigh,
)
from route112.watch.alarms.sightings import Count
from route112.watch.findings import FindingKind

MINUTE = 60 * S
WELL = Count(served=500)
HIT = Count(served=400, failed=100)


def moved(site, at_us):
    return Happening(what="snapshot g43", dimension="site", value=site, at_us=at_us)


def look(findings=(), counts=(), parties=(), moves=(), since_us=T0):
    return Scene(
        findings=findings,
        counts=dict(counts),
        parties=dict(parties),
        moves=moves,
        since_us=since_us,
    )


def rank(*args, **kwargs):
    return rank_factors(look(*args, **kwargs), make_ground())


def first(*args, **kwargs):
    factor = rank(*args, **kwargs)[0]
    return factor.name, factor.value


def sites(hit, **options):
    counts = {series(site=site): HIT if site in hit else WELL for site in SITES}
    return first(counts=counts, **options)


def test_five_sites_of_one_version():
    assert sites(SITES[:5]) == ("software", "1.0")


def test_five_sites_of_one_version_by_their_findings_alone():
    found = [find(site=site) for site in SITES[:5]]
    assert first(found, {series(site=SITES[5]): WELL}) == ("software", "1.0")


def test_two_sites_in_one_power_zone():
    assert sites(("site-4", "site-5")) == ("power", "sud-1")


def test_one_site_is_named_itself_before_its_town():
    ranked = rank(counts={series(site=site): HIT if site == "site-2" else WELL for site in SITES})
    assert [factor.name for factor in ranked[:3]] == ["site", "place", "network"]
    assert ranked[0].value == "site-2"


def test_gateways_of_one_vendor():
    counts = {
        series(trunk=hop_of(carrier, vendor)): HIT if vendor == "cedar" else WELL
        for carrier in CARRIERS
        for vendor in ("cedar", "elder")
    }
    assert first(counts=counts, parties={"joint": 50}) == ("vendor", "cedar")


def test_one_operators_mobiles():
    counts = {
        series(operator=operator, technology=technology): HIT
        if (operator, technology) == ("bruyere", "mobile")
        else WELL
        for operator in ("bruyere", "cormoran")
        for technology in ("mobile", "voip")
    }
    assert first(counts=counts) == ("operator x technology", "bruyere/mobile")


def test_one_departement():
    counts = {
        series(number=number, departement=code): HIT if code == "29" else WELL
        for number in NUMBERS
        for code in DEPARTEMENTS
    } | {series(departement=code): HIT if code == "29" else WELL for code in DEPARTEMENTS}
    assert first(counts=counts) == ("departement", "29")


def test_one_number_of_one_departement():
    counts = {
        series(number=number, departement=code): HIT if (number, code) == ("15", "29") else WELL
        for number in NUMBERS
        for code in DEPARTEMENTS
    } | {series(number="15"): HIT, series(number="18"): WELL, series(number="17"): WELL}
    assert first(counts=counts) == ("number x departement", "15 · departement 29")


def test_a_change_a_minute_before_comes_before_what_all_sites_share():
    moves = [moved(site, T0 - MINUTE) for site in SITES[:5]]
    name, value = sites(SITES[:5], moves=moves)
    assert (name, value) == ("change", f"snapshot g43 on {', '.join(SITES[:5])}")


@pytest.mark.parametrize(
    ("ago_min", "is_first"), [(0, True), (5, True), (-1, True), (50, False), (61, False)]
)
def test_the_longer_ago_a_change_was_the_less_it_is_suspected(ago_min, is_first):
    moves = [moved(site, T0 - ago_min * MINUTE) for site in SITES[:5]]
    assert (sites(SITES[:5], moves=moves)[0] == "change") is is_first


def test_a_change_of_other_sites_is_not_suspected():
    moves = [moved("site-6", T0 - MINUTE)]
    ranked = rank(
        counts={series(site=site): HIT if site == "site-2" else WELL for site in SITES},
        moves=moves,
    )
    assert "change" not in [factor.name for factor in ranked]


def test_a_change_is_suspected_where_no_site_is_hit_itself():
    moves = [moved("site-1", T0 - MINUTE)]
    counts = {series(departement=code): HIT if code == "29" else WELL for code in DEPARTEMENTS}
    ranked = rank(counts=counts, moves=moves)
    assert ranked[0].value == "snapshot g43 on site-1"
    assert (ranked[1].name, ranked[1].value) == ("departement", "29")


def test_where_everybody_is_hit_the_party_that_failures_name_decides():
    """As on 2 June 2021, one minute after it began: all six sites, four numbers, everybody."""
    counts = {series(site=site): HIT for site in SITES}
    counts |= {series(number=number): HIT for number in NUMBERS}
    counts |= {
        series(operator=operator, technology="mobile"): HIT
        for operator in ("bruyere", "cormoran", "dolmen", "ecume")
    }
    assert first(counts=counts, parties={"site": 90, "psap": 10}) == ("software", "1.0")
    assert first(counts=counts, parties={"edge": 90}) == ("technology", "mobile")


def test_of_equal_scores_the_rarer_is_first():
    counts = {series(trunk=hop_of("armor", vendor)): HIT for vendor in ("cedar", "elder")}
    counts |= {series(psap="CRRA15-29"): HIT, series(psap="CRRA15-22"): WELL}
    ranked = rank(counts=counts)
    same = [factor for factor in ranked if factor.score == ranked[0].score]
    assert same == sorted(same, key=lambda factor: factor.seen / factor.hit_all)


def test_what_is_neither_hit_nor_well_counts_on_no_side():
    few = Count(served=3)
    space = find_space(("site",), look(counts={series(site="site-1"): few}))
    assert (space.hit, space.well) == ({}, set())
    assert rank(counts={series(site="site-1"): few}) == ()


def test_two_failures_of_few_callers_are_sure_in_one_place_and_not_in_the_country():
    count = Count(served=4, failed=2)
    assert weigh(count, local=True) > 3.0 > weigh(Count(served=4, failed=1), local=True)
    assert weigh(count, local=False) < 3.1


def test_findings_of_any_cut_are_compared():
    """Those of test calls name a whole path, which nobody counts callers of."""
    paths = [find(edge=f"{name}-edge-1", site="site-3", trunk="h:1") for name in ("a", "b")]
    ranked = rank(paths)
    assert {("site", "site-3"), ("trunk", "h:1"), ("software", "1.0")} <= {
        (factor.name, factor.value) for factor in ranked
    }
    assert rank([find()]) == ()


def test_a_finding_wins_over_what_was_counted():
    space = find_space(
        ("site",), look([find(site="site-1", strength=1.0)], {series(site="site-1"): WELL})
    )
    assert space.hit == {series(site="site-1"): 3.0}


def test_no_more_factors_are_named_than_can_be_read():
    counts = {series(site=site): HIT for site in SITES[:2]}
    assert len(rank(counts=counts)) == FACTORS_MAX


@pytest.mark.parametrize(
    ("parties", "party"),
    [({}, ""), ({"site": 5, "psap": 4}, "site"), ({"site": 4, "psap": 4, "joint": 4}, "")],
)
def test_a_party_is_named_where_it_has_half_of_the_failures(parties, party):
    assert name_party(parties) == party


def test_a_factor_says_what_it_stands_on():
    factor = Factor(name="software", value="1.0", score=0.58, hit=5, seen=5, hit_all=6)
    assert str(factor) == "software 1.0: 5 of 5 hit, of 6 in all (0.58)"


def test_answering_points_that_failed_a_caller_explain_no_site_that_failed_many():
    """An egress cut: calls of one site fail, and each at another answering point."""
    cut = find(kind=FindingKind.GREY, site="site-3", party="site", strength=22.0)
    counts = {series(site=site): WELL for site in SITES if site != "site-3"}
    counts |= {series(psap=f"CRRA15-{code}"): WELL for code in DEPARTEMENTS[1:]}
    for failed in (1, 3):
        counts[series(psap=f"CRRA15-{DEPARTEMENTS[0]}")] = Count(failed=failed)
        name, value = first(findings=(cut,), counts=counts)
        assert (name, value) == ("site", "site-3")


def test_who_failed_two_callers_is_not_hit_unless_a_finding_says_so():
    unit = series(psap="CRRA15-29")
    few = {unit: Count(failed=HIT_CALLERS_MIN - 1)}
    assert find_space(("psap",), look(counts=few)).hit == {}
    enough = {unit: Count(failed=HIT_CALLERS_MIN)}
    assert list(find_space(("psap",), look(counts=enough)).hit) == [unit]
    assert list(find_space(("psap",), look((find(psap="CRRA15-29"),), few)).hit) == [unit]
