import pytest
from tests.support.alarms import SITES, find, hop_of, make_ground, series

from route112.watch.alarms.related import is_close, is_part, list_together, meet

GROUND = make_ground()


def test_a_narrower_series_is_a_part_of_a_wider_one():
    assert is_part(series(number="15", departement="29"), series(departement="29"))
    assert is_part(series(site="site-1"), series())
    assert not is_part(series(departement="29"), series(number="15", departement="29"))


def test_troubles_are_close_that_began_within_ten_minutes():
    assert is_close(find(0), find(600))
    assert not is_close(find(0), find(601))


@pytest.mark.parametrize(
    ("left", "right", "is_so"),
    [
        ({"number": "15"}, {"departement": "29"}, True),
        ({"number": "15"}, {"number": "18"}, False),
        ({"number": "15", "departement": "29"}, {"number": "18", "departement": "29"}, True),
        ({"number": "15", "departement": "29"}, {"number": "15", "departement": "56"}, False),
        ({"psap": "CRRA15-29"}, {"departement": "29"}, True),
        ({"psap": "CRRA15-29"}, {"departement": "56"}, False),
        ({"edge": "bruyere-edge-1"}, {"operator": "bruyere"}, True),
        ({"edge": "bruyere-edge-1"}, {"operator": "ecume"}, False),
        ({"psap": "CRRA15-29"}, {"departement": "75"}, False),
        ({"site": "site-1"}, {"site": "site-2"}, False),
        ({"site": "site-1"}, {"operator": "ecume", "technology": "mobile"}, True),
    ],
)
def test_findings_meet_where_one_call_can_be_in_both(left, right, is_so):
    assert meet(series(**left), series(**right), GROUND) is is_so
    assert meet(series(**right), series(**left), GROUND) is is_so


def together(own, *others):
    return sorted(each.pairs[0][1] for each in list_together(own, others, GROUND))


def test_half_of_all_that_share_something_fail_together():
    sites = [find(site=site) for site in SITES]
    assert together(sites[0], sites[1]) == []
    assert together(sites[0], sites[1], sites[4]) == ["site-1", "site-2", "site-5"]
    assert together(sites[3], sites[4]) == ["site-4", "site-5"]


def test_a_long_time_between_them_makes_them_strangers():
    assert together(find(site="site-4"), find(7_000, site="site-5")) == []


def test_only_siblings_fail_together():
    assert together(find(site="site-4"), find(trunk=hop_of("armor", "cedar"))) == []
    assert together(find(number="15", departement="29"), find(departement="29")) == []
    assert together(find(operator="bruyere"), find(operator="ecume")) == []


def test_two_centres_of_a_country_full_of_them_are_strangers():
    ground = make_ground()
    many = {("psap", f"CRRA15-{code}"): (("kind", "CRRA15"),) for code in range(100)}
    crowded = type(ground)(attributes=many)
    assert list_together(find(psap="CRRA15-1"), [find(psap="CRRA15-2")], crowded) == set()
