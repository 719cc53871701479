from dataclasses import replace

from tests.support.snapshots import DIALECT, small_content

from route112.apps.ends.whereabouts import Whereabouts, can_tell, list_whereabouts
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SNAPSHOT = Snapshot(write_snapshot(small_content()))
OPERATOR = SNAPSHOT.operator("genet")


def test_each_commune_has_a_cell_and_a_line_that_leads_back_to_it():
    found = list_whereabouts(SNAPSHOT, "bruyere")
    assert found.cells == {
        "29019": "208-01-0a", "29155": "208-01-0b", "29103": "208-01-1", "75120": "zone.b:7_x",
    }  # fmt: skip
    assert set(found.lines) == {"29103", "75101", "29019", "29155", "75056", "75120"}
    for code, line in found.lines.items():
        commune = SNAPSHOT.callers.find_line("bruyere", line)
        assert SNAPSHOT.commune(commune).code == code
    assert list_whereabouts(SNAPSHOT, "nobody") == Whereabouts()


def test_callers_of_a_commune_have_lines_of_their_own_that_lead_back_to_it():
    found = list_whereabouts(SNAPSHOT, "bruyere")
    callers = [f"+9990{number:05}" for number in range(200)]
    for code in found.lines:
        lines = {caller: found.find_line(code, caller) for caller in callers}
        assert lines == {caller: found.find_line(code, caller) for caller in callers}
        for line in lines.values():
            commune = SNAPSHOT.callers.find_line("bruyere", line)
            assert SNAPSHOT.commune(commune).code == code
        assert found.find_line(code, "") == found.lines[code]
        is_range = found.free[code] > 2
        assert len(set(lines.values())) > 150 if is_range else len(lines) == 200
    assert max(found.free.values()) > 2
    assert found.find_line("99999", callers[0]) == ""


def test_what_can_be_told_hangs_on_the_rules_and_the_tables():
    places = Whereabouts({"29019": "a"}, {"75056": "+1"})
    cell, line = (
        replace(OPERATOR, dialect=tuple(r for r in DIALECT if r.field == field))
        for field in ("cell", "line")
    )
    both = replace(OPERATOR, dialect=DIALECT)
    assert [can_tell(each, places, "29019") for each in (OPERATOR, cell, line, both)] == [
        False, True, False, True,
    ]  # fmt: skip
    assert [can_tell(each, places, "75056") for each in (cell, line)] == [False, True]
