import os

import pytest

from route112.adapters.chained_file import FILE_BYTES_MAX
from route112.apps.planner.engine.engine import JOURNAL_FILE
from route112.apps.watch.upkeep import journal_room
from route112.apps.watch.upkeep.journal_room import JournalRoom


@pytest.mark.parametrize(
    ("tenths", "said"), [(0, None), (4.9, None), (5, "50 % full"), (9.99, "90 % full")]
)
def test_a_journal_that_fills_is_told_in_time(tmp_path, tenths, said):
    assert journal_room.JOURNAL_FILE == JOURNAL_FILE
    room = JournalRoom(tmp_path)
    assert list(room.list_deviations()) == [], "where no planner is nothing fills"
    path = tmp_path / JOURNAL_FILE
    path.touch()
    os.truncate(path, int(FILE_BYTES_MAX * tenths / 10) + 1)
    found = list(room.list_deviations())
    assert [said in each.said for each in found] == ([True] if said else [])
    assert not any(each.party for each in found), "it hits nobody yet, and holds no change"
