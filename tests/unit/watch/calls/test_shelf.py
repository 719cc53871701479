from dataclasses import dataclass

import pytest

from route112.watch.calls.shelf import Shelf


@dataclass
class Thing:
    station: str


def make(*stations):
    shelf = Shelf()
    for number, station in enumerate(stations):
        shelf.put(str(number), Thing(station))
    return shelf


def test_things_are_held_in_the_order_in_which_they_came():
    shelf = make("a", "b", "a")
    assert list(shelf) == [name for name, _ in shelf.items()] == ["0", "1", "2"]
    assert shelf.pop("1") == Thing("b")
    assert ("1" in shelf, "2" in shelf, len(shelf), shelf.get("1")) == (False, True, 2, None)
    assert list(shelf.values()) == [Thing("a"), Thing("a")]


def test_the_excess_is_the_oldest_of_whoever_has_most():
    shelf = make("a", "b", "b", "c", "b")
    found = []
    for _ in range(2):
        found.append(shelf.find_excess())
        shelf.pop(found[-1])
    assert found == ["1", "2"]
    assert shelf.find_excess() == "0", "of one each the oldest"


def test_each_name_is_held_once():
    with pytest.raises(AssertionError):
        make("a").put("0", Thing("b"))
