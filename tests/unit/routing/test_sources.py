"""Each answer leads back to the row that says so."""

import pytest
from tests.support.routing import HOUR, NOW, open_small

from route112.model import Call
from route112.routing import list_sources
from route112.snapshot.reader import Provenance

SMALL = open_small()
ODS, CSV = ("pdaau/PDAAU_29.ods", "PDAAU"), ("pdaau/pdaau-75.csv", "")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"dialled": "17", "commune": "29019"}, [(*ODS, 3)]),
        ({"dialled": "17", "commune": "75056"}, [(*CSV, 15)]),
        ({"dialled": "17", "commune": "", "operator": "bruyere"}, [(*CSV, 15)]),
        ({"dialled": "17", "commune": "29155"}, []),
        ({"dialled": "17", "commune": "75101"}, []),
        ({"dialled": "17", "commune": "29999"}, []),
        ({"dialled": "15", "commune": "29019"}, [(*ODS, 2)]),
        ({"dialled": "112", "commune": "29019"}, [(*ODS, 5)]),
        ({"dialled": "112", "commune": "29019", "street": "rue de Siam"}, [(*ODS, 13)]),
    ],
)
def test_a_call_leads_to_a_row(call, expected):
    found = list_sources(Call(**call), SMALL, now=NOW)
    assert found == tuple(Provenance(*row) for row in expected)


def test_a_variant_has_a_row_of_its_own():
    call = Call(dialled="15", commune="29019")
    assert list_sources(call, SMALL, now=NOW + 10 * HOUR) == (Provenance(*ODS, 7),)


def test_several_variants_lead_to_several_rows():
    small = SMALL
    split = small.route(4)[:2]
    routes = tuple(split if index == 4 else small.route(index) for index in range(6))
    call = Call(dialled="112", commune="29019")
    found = list_sources(call, open_small(routes=routes), now=NOW)
    other = Provenance("pdaau/pdaau-75.csv", "", 12)
    assert found == (other, Provenance(*ODS, 13))
