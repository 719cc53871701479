import pytest

from route112.wire import territory as module
from route112.wire.territory import COMMUNES_MAX, parse_communes

HEAD = "insee,name,departement,type,population,lon,lat,area_km2,parent\n"
BREST = "29019,Brest,29,commune-actuelle,139456,-4.5,48.4,49.5,\n"
PARIS = "75056,Paris,75,commune-actuelle,2100000,2.3,48.8,105,\n"
FIRST = "75101,Paris 1er,75,arrondissement-municipal,15000,2.3,48.8,1.8,75056\n"


def parse(text, merged=""):
    return parse_communes(text.encode(), merged.encode(), file="communes.csv")


def test_communes_and_arrondissements():
    territory, problems = parse(HEAD + PARIS + FIRST + BREST)
    assert problems == ()
    assert list(territory.communes) == ["29019", "75056", "75101"]
    brest, first = territory.communes["29019"], territory.communes["75101"]
    assert (brest.name, brest.departement, brest.population) == ("Brest", "29", 139456)
    assert (brest.lon_deg, brest.lat_deg, brest.parent) == (-4.5, 48.4, "")
    assert (first.parent, first.population) == ("75056", 0)
    assert territory.list_children("75056") == (first,)


def test_the_parent_column_may_be_missing_and_a_position_too():
    territory, problems = parse("insee,name,departement,population,lon,lat\n29019,Brest,29,,,\n")
    assert problems == ()
    assert territory.communes["29019"].lon_deg is None
    assert territory.communes["29019"].lat_deg is None


def test_mergers_are_followed_to_today():
    territory, _ = parse(HEAD + BREST, "old,new\n29001,29002\n29002,29019\n29019,29019\n")
    assert territory.merged == {"29001": "29019", "29002": "29019"}


@pytest.mark.parametrize(
    ("text", "merged", "expected"),
    [
        (
            HEAD,
            "",
            "error: communes.csv: the table names no commune. Correct the table of communes.",
        ),
        (
            "insee,name\n",
            "",
            (
                "error: communes.csv:1: the table has no column departement, population, lon, lat."
                " Correct the table of communes."
            ),
        ),
        (
            HEAD + BREST + BREST,
            "",
            (
                "error: communes.csv:3 insee '29019': the code is there twice."
                " Correct the table of communes."
            ),
        ),
        (
            HEAD + BREST.replace("29019", "29-19"),
            "",
            (
                "error: communes.csv:2 insee '29-19': the code is not 1 to 8 digits or capital"
                " letters. Correct the table of communes."
            ),
        ),
        (
            HEAD + BREST.replace("Brest", ""),
            "",
            "error: communes.csv:2 name: the commune has no name. Correct the table of communes.",
        ),
        (
            HEAD + BREST.replace("139456", "-1"),
            "",
            (
                "error: communes.csv:2 population '-1': the population is not a whole number."
                " Correct the table of communes."
            ),
        ),
        (
            HEAD + BREST.replace("48.4", "nan"),
            "",
            (
                "error: communes.csv:2 lon '-4.5': the position is not longitude and latitude in"
                " degrees. Correct the table of communes."
            ),
        ),
        (
            HEAD + FIRST,
            "",
            (
                "error: communes.csv parent '75056': the city of 75101 is not in the table."
                " Correct the table of communes."
            ),
        ),
        (
            HEAD + BREST,
            "old,new\n29001,29002\n29002,29001\n",
            (
                "error: communes.csv:2 new '29001': commune 29001 merged into one that is not in the"
                " table. Correct the table of communes."
            ),
        ),
        (
            HEAD + BREST,
            "old,new\n29001,\n",
            (
                "error: communes.csv:2 '29001,': a merger needs an old and a new code."
                " Correct the table of communes."
            ),
        ),
        (
            HEAD + BREST + PARIS,
            "old,new\n29001,29019\n29001,75056\n",
            (
                "error: communes.csv:3 new '75056': row 2 merges the commune into 29019."
                " Correct the table of communes."
            ),
        ),
    ],
)
def test_what_is_wrong_is_named(text, merged, expected):
    territory, problems = parse(text, merged)
    assert territory is None
    assert str(problems[0]) == expected


def test_limits(monkeypatch):
    many = HEAD + BREST * (COMMUNES_MAX + 1)
    assert "100,000 rows" in parse(many)[1][0].message
    monkeypatch.setattr(module, "FILE_BYTES_MAX", 10)
    assert parse(HEAD)[1][0].message == "the table is too large"


def test_a_broken_table_is_a_problem():
    assert parse('insee,"na')[1][0].code == "broken-quotes"
