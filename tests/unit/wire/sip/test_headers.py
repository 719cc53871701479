import pytest
from sipmessage.message import Headers

from route112.wire.sip.headers import IndexedHeaders

STEPS = (
    lambda one: one.add("Via", "a"),
    lambda one: one.add("From", "b"),
    lambda one: one.add("via", "c"),
    lambda one: one.set("FROM", "d"),
    lambda one: one.setlist("Route", ["e", "f"]),
    lambda one: one.setlist("route", ["g"]),
    lambda one: one.set("To", "h"),
    lambda one: one.remove("via"),
    lambda one: one.remove("nothing"),
    lambda one: one.add("Via", "i"),
)


def look(headers):
    names = ("Via", "from", "ROUTE", "To", "Contact")
    return (
        str(headers),
        headers.keys(),
        [headers.get(name) for name in names],
        [headers.getlist(name) for name in names],
    )


def test_they_are_what_the_library_has():
    ours, theirs = IndexedHeaders(), Headers()
    assert look(ours) == look(theirs)
    for step in STEPS:
        step(ours)
        step(theirs)
        assert look(ours) == look(theirs)


def test_one_that_is_not_there():
    headers = IndexedHeaders()
    assert headers.get("To", "nobody") == "nobody"
    with pytest.raises(KeyError):
        headers["To"]
    headers.add("To", "x")
    assert headers["to"] == "x"
