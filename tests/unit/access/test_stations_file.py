import pytest
from tests.support.commanding import certificate, user

from route112.access import parse_stations
from route112.access.stations_file import STATIONS_LISTED_MAX

GOOD = """
stations:
  - id: site-1
    certificates: ["CN=site-1", "CN=site-1,OU=old"]
  - id: site-2
    certificates: ["CN=site-2"]
    system_users: [route112]
  - id: edge-1
    system_users: [route112]
"""


def parse(text):
    return parse_stations(text.encode(), file="stations.yaml")


def test_stations_are_read():
    stations, problems = parse(GOOD)
    assert problems == ()
    assert stations[certificate("CN=site-1,OU=old")] == {"site-1"}
    assert stations[user("route112")] == {"site-2", "edge-1"}, "one machine, one user"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: site-2", "id: site-1", "it is there twice"),
        ("id: site-2", "id: Site 2", "is not"),
        ("[route112]", "[route112, route112]", "it is there twice"),
        ("system_users", "users", "users"),
        ("stations:", "station:", "station"),
        ("stations:", "stations: [", "stations.yaml"),
    ],
)
def test_one_mistake_and_none_is_listed(old, new, message):
    stations, problems = parse(GOOD.replace(old, new, 1))
    assert stations is None
    assert any(message in str(each) for each in problems), problems


def test_there_is_room_for_a_country():
    text = "stations:\n" + "".join(
        f"  - id: site-{n}\n    certificates: [CN={n}]\n" for n in range(STATIONS_LISTED_MAX + 1)
    )
    stations, problems = parse(text)
    assert stations is None
    assert "more than 64" in str(problems[0])
