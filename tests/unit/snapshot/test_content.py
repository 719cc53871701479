import pytest
from tests.support.snapshots import LINES, ORDERS, small_content

from route112.snapshot.content import split_lines, with_orders
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

OLD = Snapshot(write_snapshot(small_content()))


def test_lines_that_only_orders_name_come_last():
    assert split_lines(LINES) == (LINES[:-1], LINES[-1:])
    assert split_lines(LINES[:3]) == (LINES[:3], ())
    with pytest.raises(ValueError, match="a line of the plan follows a line that only an order"):
        split_lines((LINES[-1], LINES[0]))


def test_other_orders_make_a_new_generation_of_the_same_plan():
    content = with_orders(
        small_content(), ORDERS[1:][::-1], generation=43, parent=OLD.content_hash
    )
    new = Snapshot(write_snapshot(content))
    assert new.orders == ORDERS[1:]
    assert (new.generation, new.parent) == (43, OLD.content_hash)
    assert new.plan_hash == OLD.plan_hash
    assert new.content_hash != OLD.content_hash
    assert new.find_line(LINES[-1].number) is None


def test_an_order_may_bring_a_line_without_touching_the_plan():
    bare = with_orders(small_content(), (), generation=43, parent="")
    again = with_orders(bare, ORDERS, generation=44, parent="", lines=LINES[-1:])
    new = Snapshot(write_snapshot(again))
    assert new.find_line(LINES[-1].number) == len(LINES) - 1
    assert new.line(len(LINES) - 1) == LINES[-1]
    assert new.plan_hash == OLD.plan_hash == Snapshot(write_snapshot(bare)).plan_hash


@pytest.mark.parametrize(
    "changes", [{"edition": "2026-12"}, {"valid_until": 1}, {"national": (0, 0, 0, 0)}]
)
def test_any_other_change_is_a_change_of_plan(changes):
    assert Snapshot(write_snapshot(small_content(**changes))).plan_hash != OLD.plan_hash
