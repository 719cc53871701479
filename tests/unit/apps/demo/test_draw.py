"""The draw is always the same, covers what is easily got wrong, and holds at every hour."""

import gzip
from dataclasses import replace

import pytest
from tests.support.snapshots import small_content

from route112.apps.demo.draw import (
    Draw,
    find_owner,
    list_grounds,
    list_lines,
    read_targets,
)
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HEADER = "insee,number,psap_day,targets_day,psap_night,targets_night\n"


def open_snapshot(**changes):
    return Snapshot(write_snapshot(small_content(**({"orders": ()} | changes))))


@pytest.fixture
def snapshot():
    return open_snapshot()


def write_table(folder, rows):
    path = folder / "expected.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "\n".join(rows) + "\n").encode()))
    return path


def make_row(commune, number, target, night=None):
    return f"{commune},{number},A-1,{target},A-1,{night or target}"


def silent_operator():
    """Make an operator that tells the number and nothing else."""
    told, _ = small_content().operators
    rules = tuple(rule for rule in told.dialect if rule.field == "number")
    return replace(told, id="zephyr", dialect=rules, sources=("127.0.2.48/28",))


def test_rows_that_day_and_night_agree_on_are_read(tmp_path):
    table = write_table(
        tmp_path,
        [
            make_row("29019", "17", "+33261910020|+33261910029"),
            make_row("29019", "15", "+33261910010", night="+33261910030"),
            make_row("29019", "18", "+33261910030"),
        ],
    )
    keys = {("29019", "17"), ("29019", "15")}
    assert read_targets(table, keys) == {("29019", "17"): ("+33261910020", "+33261910029")}


PARIS = ("75056", "75101", "75120")


def test_places_come_first_then_communes_of_each_other_departement(snapshot):
    grounds = list_grounds(snapshot)
    assert grounds[0] == "29019"
    assert set(grounds[1:]) == set(PARIS)


def test_a_call_is_expected_where_the_table_says(snapshot, tmp_path):
    rows = [make_row(code, "17", "+33199000020|+33199000029") for code in PARIS]
    calls = Draw(snapshot, write_table(tmp_path, rows)).take(3)
    assert {call.commune for call in calls} == set(PARIS)
    assert all(call.name.startswith("Paris") for call in calls)
    for call in calls:
        assert (call.dialled, call.operator, call.technology) == ("17", "bruyere", "mobile")
        assert call.targets == ("+33199000020", "+33199000029")


def test_the_draw_is_always_the_same_and_begins_again_when_it_is_over(snapshot, tmp_path):
    table = write_table(tmp_path, [make_row(code, "17", "+33199000020") for code in PARIS])
    first = Draw(snapshot, table).take(7)
    assert first == Draw(snapshot, table).take(7)
    assert first[:3] == first[3:6]


def test_operators_call_in_turn_every_number_from_every_place(tmp_path):
    told, _ = small_content().operators
    snapshot = open_snapshot(
        operators=(told, replace(told, id="zephyr", sources=("127.0.2.48/28",)))
    )
    rows = [make_row(code, number, "+33199000020") for code in PARIS for number in ("15", "17")]
    calls = Draw(snapshot, write_table(tmp_path, rows)).take(12)
    assert [call.operator for call in calls] == ["bruyere", "zephyr"] * 6
    mine = [(call.commune, call.dialled) for call in calls if call.operator == "bruyere"]
    assert len(set(mine)) == 6


def test_only_calls_that_are_wanted_are_drawn(snapshot, tmp_path):
    rows = [make_row(code, "17", "+33199000020") for code in PARIS]
    draw = Draw(snapshot, write_table(tmp_path, rows))
    assert {
        call.commune for call in draw.take(5, accept=lambda call: call.commune == "75101")
    } == {"75101"}
    assert draw.take(5, accept=lambda _call: False) == ()


def test_an_operator_that_tells_no_place_is_not_drawn(tmp_path):
    table = write_table(tmp_path, [make_row("75056", "17", "+33199000020")])
    assert Draw(open_snapshot(operators=(silent_operator(),)), table).take(5) == ()
    assert Draw(open_snapshot(operators=()), table).take(5) == ()


def test_keys_that_the_plan_splits_are_left_out(snapshot, tmp_path):
    split_by_hours = make_row("29019", "15", "+33261910010")
    assert Draw(snapshot, write_table(tmp_path, [split_by_hours])).take(60) == ()


def test_psaps_that_an_order_names_are_left_out(tmp_path):
    paused = [make_row(code, "17", "+33199000020") for code in PARIS]
    table = write_table(tmp_path, paused)
    ordered = Snapshot(write_snapshot(small_content()))
    assert Draw(ordered, table).take(60) == ()


def test_a_number_has_an_owner_or_none(snapshot):
    assert find_owner(snapshot, "+33261910010") == "CRRA15-29"
    assert find_owner(snapshot, "+33465710001") == "?"
    assert find_owner(snapshot, "+999") == "?"
    assert list_lines(snapshot, "CRRA15-29") == {"+33261910010", "+33261910019", "+33261910011"}
