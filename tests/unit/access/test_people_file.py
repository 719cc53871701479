from pathlib import Path

import pytest
from tests.support.commanding import NOW, certificate, user

from route112.access import Role
from route112.access.people_file import IDENTITIES_MAX, PEOPLE_MAX, parse_people

GOOD = """
people:
  - id: crisis-desk
    certificates: ["CN=crisis,O=prefecture"]
    system_users: [crisis1, crisis2]
    roles: [crisis, reader]
  - id: desk-29
    certificates: [CN=desk-29]
    psap: CRRA15-29
    until: 2027-01-01T00:00:00Z
"""


def parse(text):
    return parse_people(text.encode(), file="people.yaml")


def test_people_are_read():
    people, problems = parse(GOOD)
    assert problems == ()
    desk = people.find(certificate("CN=crisis,O=prefecture"), NOW)
    assert desk is people.find(user("crisis2"), NOW)
    assert (desk.id, desk.roles) == ("crisis-desk", {Role.CRISIS, Role.READER})
    point = people.find(certificate("CN=desk-29"), NOW)
    assert (point.psap, point.roles, point.until) == ("CRRA15-29", set(), 1_798_761_600_000_000)
    assert people.find(certificate("CN=desk-29"), point.until) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: desk-29", "id: crisis-desk", "it is there twice"),
        ("[CN=desk-29]", '["CN=crisis,O=prefecture"]', "it is there twice"),
        ("[crisis1, crisis2]", "[crisis1, crisis1]", "it is there twice"),
        ("roles: [crisis, reader]", "roles: [king]", "there is no such role"),
        ("[crisis1, crisis2]", f"[{'x' * 201}]", "nobody can be known by this"),
        (
            "[crisis1, crisis2]",
            f"{[f'u{each}' for each in range(IDENTITIES_MAX + 1)]}",
            "more than 8",
        ),
        ("psap: CRRA15-29", "psap: a/b", ""),
        ("until: 2027-01-01T00:00:00Z", "until: soon", ""),
        ("roles:", "rolls:", ""),
    ],
)
def test_a_file_with_one_mistake_gives_nobody_anything(old, new, message):
    assert old in GOOD
    people, problems = parse(GOOD.replace(old, new))
    assert people is None
    assert message in problems[0].message


def test_the_document_shows_a_file_that_is_good():
    text = (Path(__file__).parents[3] / "docs" / "access.md").read_text()
    people, problems = parse(text.split("```yaml\n")[1].split("```")[0])
    assert problems == ()
    assert people.find(certificate("CN=desk-29"), NOW).psap == "CRRA15-29"


def test_what_is_no_document_gives_nobody_anything():
    people, problems = parse("people: [")
    assert people is None
    assert problems


def test_a_country_has_so_many_people():
    def write(count):
        return "people:\n" + "".join(f"  - id: p{number}\n" for number in range(count))

    assert parse(write(PEOPLE_MAX))[0] is not None
    people, problems = parse(write(PEOPLE_MAX + 1))
    assert people is None
    assert "more than 1000 people" in problems[0].message
