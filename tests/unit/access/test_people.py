import pytest
from tests.support.commanding import NOW, PEOPLE, certificate, person, user

from route112.access import Identity, People, Person, Role, Via


def test_a_person_is_one_whatever_identity_is_shown():
    assert PEOPLE.find(user("crisis"), NOW) is PEOPLE.find(certificate("CN=crisis"), NOW)
    assert PEOPLE.find(user("CN=crisis"), NOW) is None


def test_nobody_lasts_longer_than_he_is_given():
    assert PEOPLE.find(user("gone"), NOW) is None
    assert PEOPLE.find(user("gone"), NOW - 2).roles == {Role.CRISIS}


def test_one_identity_is_not_two_persons():
    twice = Person(id="b", identities=(user("a"),))
    with pytest.raises(ValueError, match="system-user:a is a and b"):
        People([person("a"), twice])
    with pytest.raises(ValueError, match="a is there twice"):
        People([person("a"), Person(id="a", identities=())])


def test_an_identity_is_read_as_it_is_written():
    one = Identity(Via.CERTIFICATE, "CN=a:b,O=c")
    assert Identity.parse(str(one)) == one
    with pytest.raises(ValueError, match="token"):
        Identity.parse("token:a")
