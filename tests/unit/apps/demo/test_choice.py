"""The demo's calls come from the expected table, and only from rows that hold at every hour."""

import gzip

import pytest
from tests.support.snapshots import small_content

from route112.apps.demo.choice import PICKS, Expected, choose_calls, read_expected
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HEADER = "insee,number,psap_day,targets_day,psap_night,targets_night\n"
BREST_17 = Expected("29019", "17", "CIC17-29", ("+33261910020",))


@pytest.fixture
def snapshot():
    return Snapshot(write_snapshot(small_content(orders=())))


def write_table(folder, *rows):
    path = folder / "expected.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "\n".join(rows) + "\n").encode()))
    return path


def test_rows_that_day_and_night_agree_on_are_read(tmp_path):
    path = write_table(
        tmp_path,
        "29019,17,CIC17-29,+33261910020|+33261910029,CIC17-29,+33261910020|+33261910029",
        "29019,15,CRRA15-29,+33261910010,CTA18-29,+33261910030",
        "29019,18,CTA18-29,+33261910030,CTA18-29,+33261910039",
        "29019,115,A-29,+33261910030,A-29,+33261910030",
    )
    assert list(read_expected(path)) == [
        Expected("29019", "17", "CIC17-29", ("+33261910020", "+33261910029"))
    ]


def test_a_row_becomes_a_call_with_the_expected_number(snapshot):
    [(call, row)] = choose_calls([BREST_17], snapshot, 50)
    assert row is BREST_17
    assert (call.key, call.dialled, call.commune, call.name) == (1, "17", "29019", "Brest")
    assert (call.psap, call.number) == ("CIC17-29", "+33261910020")
    assert (call.operator, call.technology) == ("bruyere", "mobile")


def test_keys_that_the_plan_splits_are_left_out(snapshot):
    split_by_hours = Expected("29019", "15", "CRRA15-29", ("+33261910010",))
    split_by_area = Expected("29019", "112", "CTA18-29", ("+33261910030",))
    chosen = choose_calls([split_by_hours, split_by_area, BREST_17], snapshot, 50)
    assert [row for _, row in chosen] == [BREST_17]


def test_psaps_that_an_order_names_are_left_out():
    ordered = Snapshot(write_snapshot(small_content()))
    paused = Expected("75056", "17", "CIC17-75", ("+33199000020",))
    assert [row for _, row in choose_calls([paused, BREST_17], ordered, 50)] == [BREST_17]


def test_picks_come_first_and_the_rest_is_the_same_every_time(snapshot):
    picked = Expected("75115", "15", "CRRA15-75", ("+33199000010",))
    rows = [Expected(f"{n:05}", "18", "CTA18-29", ("+33261910030",)) for n in range(500)]
    first = choose_calls([*rows, picked], snapshot, 20)
    again = choose_calls([picked, *reversed(rows)], snapshot, 20)
    assert first == again
    assert first[0][1] is picked
    assert len({call.commune for call, _ in first}) == 20
    assert [call.key for call, _ in first] == list(range(1, 21))


def test_the_twelve_picks_cover_the_country():
    assert len(set(PICKS)) == 12
    assert {number for number, _ in PICKS} == {"15", "17", "18", "112"}
    communes = {commune for _, commune in PICKS}
    assert {"75115", "13201", "69385", "2A004", "2B033", "97411", "97105", "97302"} <= communes
