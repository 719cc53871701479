"""The draw is always the same, covers what is easily got wrong, and holds at every hour."""

import gzip
from dataclasses import replace
from itertools import islice

import pytest
from tests.support.snapshots import small_content

from route112.apps.demo import draw
from route112.apps.demo.draw import (
    PLACES,
    choose_silenced,
    draw_calls,
    find_owner,
    list_grounds,
    list_lines,
    list_slots,
    read_targets,
)
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HEADER = "insee,number,psap_day,targets_day,psap_night,targets_night\n"
NUMBERS = {"15": "+33261910010", "17": "+33261910020", "18": "+33261910030"}


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


def test_places_come_first_then_communes_of_each_other_departement(snapshot):
    grounds = list_grounds(snapshot)
    assert grounds[0] == ("29019",)
    assert set(grounds[1]) <= {"75056", "75101", "75120"}
    assert len(grounds) == 2


def test_numbers_go_round_and_an_operator_without_a_commune_calls_in_turn():
    operators = (*small_content().operators, silent_operator())
    slots = list(islice(list_slots(open_snapshot(operators=operators)), 20))
    assert [slot.dialled for slot in slots] == ["15", "17"]
    assert [slot.operator.id for slot in slots] == ["bruyere", "bruyere"], "genet has no source"
    assert PLACES[0] == slots[0].communes[0]


def test_an_operator_that_tells_no_commune_is_expected_at_its_default_one(tmp_path, monkeypatch):
    monkeypatch.setattr(draw, "TURNS_OF_SILENT", 2)
    told, _ = small_content().operators
    snapshot = open_snapshot(operators=(told, silent_operator()))
    table = write_table(tmp_path, [make_row("75056", "17", "+33199000020")])
    call = draw_calls(snapshot, table, 5)[0]
    assert (call.operator, call.dialled, call.commune) == ("zephyr", "17", "")
    assert (call.name, call.targets) == ("Paris", ("+33199000020",))


def test_nobody_who_tells_a_commune_is_no_draw(snapshot):
    assert list(list_slots(open_snapshot(operators=(silent_operator(),)))) == []
    assert list(list_slots(open_snapshot(operators=()))) == []


def test_a_slot_becomes_a_call_with_what_the_table_expects(snapshot, tmp_path):
    table = write_table(
        tmp_path,
        [
            make_row(code, "17", "+33199000020|+33199000029")
            for code in ("75056", "75101", "75120")
        ],
    )
    [call] = draw_calls(snapshot, table, 60)
    assert (call.dialled, call.operator, call.technology) == ("17", "bruyere", "mobile")
    assert call.commune in ("75056", "75101", "75120")
    assert call.name.startswith("Paris")
    assert call.targets == ("+33199000020", "+33199000029")
    assert draw_calls(snapshot, table, 60) == (call,)


def test_keys_that_the_plan_splits_are_left_out(snapshot, tmp_path):
    split_by_hours = make_row("29019", "15", "+33261910010")
    assert draw_calls(snapshot, write_table(tmp_path, [split_by_hours]), 60) == ()


def test_psaps_that_an_order_names_are_left_out(tmp_path):
    paused = [make_row(code, "17", "+33199000020") for code in ("75056", "75101", "75120")]
    table = write_table(tmp_path, paused)
    ordered = Snapshot(write_snapshot(small_content()))
    assert draw_calls(ordered, table, 60) == ()


def test_a_number_has_an_owner_or_none(snapshot):
    assert find_owner(snapshot, "+33261910010") == "CRRA15-29"
    assert find_owner(snapshot, "+33465710001") == "?"
    assert find_owner(snapshot, "+999") == "?"
    assert list_lines(snapshot, "CRRA15-29") == {"+33261910010", "+33261910019", "+33261910011"}


def test_only_a_psap_with_another_one_behind_it_is_silenced(snapshot, tmp_path):
    rows = [
        make_row(code, "17", "+33199000020|+33199000029") for code in ("75056", "75101", "75120")
    ]
    [alone] = draw_calls(snapshot, write_table(tmp_path, rows), 60)
    backed = replace(alone, targets=("+33199000020", "+33261910020"))
    assert choose_silenced([alone], snapshot) is None
    assert choose_silenced([replace(backed, commune="")], snapshot) is None
    assert choose_silenced([alone, backed], snapshot) is backed
