"""
Who answers in a departement: fifteen layouts met in reality, and the departements of each.

| layout | 15 | 18 | 17 | 112 | 115 |
|---|---|---|---|---|---|
| `fire-112` | SAMU | one centre | split | fire | own |
| `samu-112` | SAMU | one centre | split | SAMU | own |
| `codis-overflow` | SAMU | one centre, then the CODIS | split | fire | own |
| `two-fire-centres` | SAMU | west and east | split | fire | own |
| `city-fire-brigade` | SAMU | the city's brigade, one elsewhere | split | fire | own |
| `paris-fire-brigade` | SAMU | one brigade for 75, 92, 93, 94 | police | fire | own |
| `two-samu-nights` | north and south, at night north | one centre | split | fire | own |
| `night-neighbour` | SAMU, at night a neighbour's | one centre | split | fire | own |
| `joint-platform` | platform | platform | split | platform | own |
| `gendarmerie-only` | SAMU | one centre | gendarmerie | fire | own |
| `weekday-social` | SAMU | one centre | split | fire | weekdays, else a neighbour's |
| `overseas-departement` | SAMU | one centre | split | SAMU | own |
| `overseas-collectivity` | SAMU | one centre | gendarmerie | as 17 | borrowed |
| `overseas-night` | SAMU, at night a neighbour's | one centre | gendarmerie | as 17 | borrowed |
| `borrowed` | borrowed | borrowed | borrowed | borrowed | borrowed |

"Split" means police in towns and gendarmerie elsewhere; "at night" is from 20:00 to 08:00;
"weekdays" is Monday to Friday from 08:00 to 20:00; "borrowed" is a larger territory's. Where two
fire centres share a departement, one commune on their border is cut by a polygon.

Besides these, for every layout: 116117 rings at a desk of the zone or at the departement's own
SAMU; 196 at a CROSS, that of the coast or for inland departements the nearest; 114, 116000,
116111, 119, 191 and 197 at national centres. In three departements a list of streets of the
prefecture's commune belongs to the gendarmerie although the commune is the police's, and in Lyon
the arrondissements 6 to 9 have a police centre of their own.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the numbers of a departement are shared among centres."""

    name: str
    samu: str = "one"
    """`one` `two-nights` `night-neighbour` `joint`."""
    fire: str = "one"
    """`one` `codis` `halves` `city` `paris` `joint`."""
    police: str = "split"
    """`split` `police` `gendarmerie`."""
    common: str = "fire"
    """Who answers 112: `fire` `samu` `gendarmerie`."""
    social: str = "own"
    """`own` `weekday` `borrowed`."""
    physician: str = "zone"
    """Who answers 116117: `zone` `samu`."""
    departements: tuple[str, ...]


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


LAYOUTS = (
    Layout(
        name="fire-112",
        departements=_codes(
            "01,06,07,08,11,16,27,28,29,41,49,54,56,58,61,65,78,81,83,84,85,88,2B"
        ),
    ),
    Layout(
        name="samu-112",
        common="samu",
        physician="samu",
        departements=_codes(
            "14,19,24,25,26,30,31,34,39,40,47,50,53,57,63,66,67,71,72,77,79,82,87,91,95"
        ),
    ),
    Layout(
        name="codis-overflow",
        fire="codis",
        departements=_codes("02,22,35,44,45,60,80"),
    ),
    Layout(
        name="two-fire-centres",
        fire="halves",
        departements=_codes("2A,33,38,59,62,69,76"),
    ),
    Layout(name="city-fire-brigade", fire="city", departements=_codes("13")),
    Layout(
        name="paris-fire-brigade",
        fire="paris",
        police="police",
        departements=_codes("75,92,93,94"),
    ),
    Layout(
        name="two-samu-nights",
        samu="two-nights",
        departements=_codes("17,51,64,68"),
    ),
    Layout(
        name="night-neighbour",
        samu="night-neighbour",
        departements=_codes("04,05,09,15,23,46,48,90"),
    ),
    Layout(
        name="joint-platform",
        samu="joint",
        fire="joint",
        physician="samu",
        departements=_codes("21,37,42,73,74,86"),
    ),
    Layout(
        name="gendarmerie-only",
        police="gendarmerie",
        departements=_codes("12,32,43,52,55,70"),
    ),
    Layout(
        name="weekday-social",
        social="weekday",
        departements=_codes("03,10,18,36,89"),
    ),
    Layout(
        name="overseas-departement",
        common="samu",
        departements=_codes("971,972,973,974,976"),
    ),
    Layout(
        name="overseas-collectivity",
        police="gendarmerie",
        common="gendarmerie",
        social="borrowed",
        physician="samu",
        departements=_codes("975,978,987,988"),
    ),
    Layout(
        name="overseas-night",
        samu="night-neighbour",
        police="gendarmerie",
        common="gendarmerie",
        social="borrowed",
        physician="samu",
        departements=_codes("977,986"),
    ),
    Layout(name="borrowed", departements=_codes("984,989")),
)

LENDERS = {"984": "974", "989": "987"}
"""Territory without a centre to the one that answers for it."""

SOCIAL_LENDERS = {
    "975": "75",
    "977": "971",
    "978": "971",
    "986": "974",
    "987": "974",
    "988": "974",
}
"""Territory without a SAMU social to the one that answers for it."""

PHYSICIAN_DESKS = {
    "paris": "75",
    "nord": "59",
    "ouest": "35",
    "sud-ouest": "33",
    "sud": "13",
    "sud-est": "69",
    "est": "57",
    "antilles": "971",
    "guyane": "973",
    "ocean-indien": "974",
}
"""Zone to the departement where its desk for 116117 stands."""

CROSS_COASTS = {
    "62": "59,62,80",
    "50": "14,27,50,76",
    "29": "22,29,35",
    "56": "17,33,40,44,56,64,85",
    "83": "06,11,13,30,34,66,83",
    "2A": "2A,2B",
    "972": "971,972,973,977,978",
    "974": "974,976,984",
    "975": "975",
    "987": "987,989",
    "988": "986,988",
}
"""Departement where a CROSS stands to the departements of its coast."""

NATIONAL_CENTRES = {
    "114": "CN114-63",
    "116000": "CN116000-45",
    "116111": "CN116111-37",
    "119": "CN119-72",
    "191": "CN191-33",
    "197": "CN197-78",
}
"""Short number to the centre that answers it for the whole country."""

NATIONAL_RESERVES = tuple(f"{centre}-2" for centre in NATIONAL_CENTRES.values())
"""Second houses of national centres: no plan names them, their first house's second line does."""

POLICE_POPULATION_MIN = 10_000
"""Communes from this size on, and every prefecture, are the police's in a split departement."""

CITY_BRIGADE = ("13", "13055")
"""Departement and city that has its own fire brigade."""

STREET_SPLITS = ("35", "45", "56")
"""Departements where streets of the prefecture's commune belong to the gendarmerie."""

THIRD_TARGETS = ("22", "44", "60")
"""Departements whose plan names a neighbour's fire centre as third target of 18."""

LYON_ARRONDISSEMENTS = ("69386", "69387", "69388", "69389")
"""Arrondissements with a police centre of their own."""


@cache
def find_layout(departement: str) -> Layout:
    """
    Return the layout of a departement.

    Raises: LookupError where none is chosen for it.
    """
    for layout in LAYOUTS:
        if departement in layout.departements:
            return layout
    raise LookupError(f"no layout for departement {departement}")
