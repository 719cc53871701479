import asyncio
from dataclasses import replace

import pytest

from route112.adapters.kamailio_rpc import RpcError
from route112.adapters.tables.translation import Translation
from route112.apps.station import slots as module
from route112.apps.station.slots import LEVEL_SECONDS, ROWS_MAX, SETTLE_SECONDS, Flip, Slots

FIRST = Translation(
    generation=1,
    built=7,
    counts={"c2z": 2, "zn": 1},
    digest="d1",
    ordered="zn",
    fixed="f",
    plan_hash="aa",
    order_due=None,
    plan_due=None,
)


def follow(table, **changes):
    return replace(table, generation=table.generation + 1, **changes)


class Kamailio:
    """Two copies, each with the mark of what it holds."""

    def __init__(self, monkeypatch):
        self.slot = "a"
        self.marks = {"a": FIRST.mark, "b": FIRST.mark}
        self.done = []
        self.seconds = 100.0
        self.waited = []
        self.fault = ""
        for name in ("read_slot", "read_built", "load_slot", "patch_slot", "use_slot"):
            monkeypatch.setattr(module, name, getattr(self, name))
        monkeypatch.setattr(module.asyncio, "sleep", self.sleep)
        self.slots = Slots("socket", lambda: self.seconds)

    async def sleep(self, seconds):
        self.waited.append(seconds)
        self.seconds += seconds

    async def read_slot(self, _path, _tables):
        return self.slot, self.marks[self.slot]

    async def read_built(self, _path, slot, _tables):
        return self.marks[slot]

    async def load_slot(self, _path, slot, marks):
        self.done.append(("load", slot))
        self.marks[slot] = marks["zn"]["built"]

    async def patch_slot(self, _path, slot, rows, marks):
        self.marks[slot] = "0"
        if self.fault:
            raise RpcError(self.fault)
        self.done.append(("patch", slot, rows))
        self.marks[slot] = marks["zn"]["built"]

    async def use_slot(self, _path, slot):
        self.slot = slot

    def use(self, table):
        return asyncio.run(self.slots.put_in_use(table))

    def change(self, table, changes):
        """The file has another table, which the one in use follows."""
        self.slots.replace_file(changes)
        self.seconds += 1.0
        return self.use(table)


@pytest.fixture
def kamailio(monkeypatch):
    return Kamailio(monkeypatch)


def test_what_kamailio_loaded_at_its_start_is_in_use(kamailio):
    assert kamailio.use(FIRST) == Flip("a", 0)
    assert kamailio.done == []


def test_a_copy_that_is_not_equal_when_kamailio_is_found_is_made_so(kamailio):
    kamailio.marks["b"] = "0@0"
    kamailio.use(FIRST)
    kamailio.seconds += LEVEL_SECONDS
    assert kamailio.slots.uneven
    asyncio.run(kamailio.slots.level(FIRST))
    assert kamailio.done == [("load", "b")]
    assert not kamailio.slots.uneven


def test_orders_replace_rows_in_the_copies_by_turns(kamailio):
    kamailio.use(FIRST)
    kamailio.seconds += LEVEL_SECONDS
    assert not kamailio.slots.uneven, "both are as they were loaded at the start"
    second = follow(FIRST)
    assert kamailio.change(second, {"0:15": "x"}) == Flip("b", 1)
    third = follow(second)
    assert kamailio.change(third, {"0:17": "y"}) == Flip("a", 2), "it lacked both"
    fourth = follow(third)
    assert kamailio.change(fourth, {"0:17": "z"}) == Flip("b", 1)
    assert kamailio.done == [
        ("patch", "b", {"zn": {"0:15": "x"}}),
        ("patch", "a", {"zn": {"0:15": "x", "0:17": "y"}}),
        ("patch", "b", {"zn": {"0:17": "z"}}),
    ]
    assert kamailio.slot == "b"
    assert kamailio.marks == {"a": third.mark, "b": fourth.mark}


def test_another_plan_is_loaded_and_the_other_copy_follows_later(kamailio):
    kamailio.use(FIRST)
    second = follow(FIRST)
    assert kamailio.change(second, None) == Flip("b", None)
    assert not kamailio.slots.uneven, "a flip may follow"
    kamailio.seconds += LEVEL_SECONDS
    assert kamailio.slots.uneven
    asyncio.run(kamailio.slots.level(second))
    assert not kamailio.slots.uneven
    assert kamailio.marks == {"a": second.mark, "b": second.mark}
    assert kamailio.change(follow(second), {"0:15": "x"}) == Flip("a", 1)
    assert kamailio.done == [("load", "b"), ("load", "a"), ("patch", "a", {"zn": {"0:15": "x"}})]


def test_an_order_right_after_another_plan_loads_the_other_copy(kamailio):
    kamailio.use(FIRST)
    second = follow(FIRST)
    kamailio.change(second, None)
    assert kamailio.change(follow(second), {"0:15": "x"}) == Flip("a", None)


def test_a_copy_that_was_in_use_is_left_alone_for_a_while(kamailio):
    kamailio.use(FIRST)
    kamailio.change(follow(FIRST), None)
    assert kamailio.waited == []
    kamailio.slots.replace_file(None)
    kamailio.use(follow(follow(FIRST)))
    assert kamailio.waited == [SETTLE_SECONDS]


def test_a_copy_that_is_not_what_is_believed_is_loaded(kamailio):
    kamailio.use(FIRST)
    kamailio.marks["b"] = "0"
    assert kamailio.change(follow(FIRST), {"0:15": "x"}) == Flip("b", None)


def test_a_copy_that_was_left_half_done_is_loaded_at_the_next_trial(kamailio):
    kamailio.use(FIRST)
    kamailio.fault = "no answer"
    second = follow(FIRST)
    with pytest.raises(RpcError, match="no answer"):
        kamailio.change(second, {"0:15": "x"})
    assert kamailio.slot == "a"
    kamailio.fault = ""
    assert kamailio.use(second) == Flip("b", None)


def test_many_rows_are_loaded_rather_than_replaced(kamailio):
    kamailio.use(FIRST)
    many = {f"{number}:15": "x" for number in range(ROWS_MAX + 1)}
    assert kamailio.change(follow(FIRST), many) == Flip("b", None)


def test_of_a_kamailio_that_began_anew_nothing_is_known(kamailio):
    kamailio.use(FIRST)
    kamailio.slots.forget()
    kamailio.seconds += LEVEL_SECONDS
    assert not kamailio.slots.uneven, "not even which copy is in use"
    assert kamailio.change(follow(FIRST), {"0:15": "x"}) == Flip("b", None)
