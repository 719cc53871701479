import pytest

from route112.wire.spreadsheets import merged as module
from route112.wire.spreadsheets.merged import MergedCell, MergedCells
from route112.wire.spreadsheets.refusal import MERGED_MAX, TableError


def refusal(call):
    with pytest.raises(TableError) as caught:
        call()
    return str(caught.value.problem)


def test_a_range_tells_its_first_cell_and_what_it_hides():
    merged = MergedCells("a")
    merged.begin_sheet()
    merged.begin_sheet()
    merged.add_range((1, 1), (9, 2), [["x"], ["", "a", ""], ["", "", "b", "c"]])
    assert merged.get(0) == ()
    assert merged.get(1) == (MergedCell(2, 1), MergedCell(3, 2, is_hidden=True))
    assert merged.get(2) == ()


def test_merged_cells_are_bounded(monkeypatch):
    merged = MergedCells("a")
    merged.begin_sheet()
    for _ in range(MERGED_MAX):
        merged.add(MergedCell(1, 1))
    assert refusal(lambda: merged.add(MergedCell(1, 1))) == (
        "error: a: the workbook has more than 10,000 merged cells. Remove everything but the"
        " table, then save it again."
    )
    monkeypatch.setattr(module, "CELLS_MAX", 5)
    merged = MergedCells("a")
    merged.begin_sheet()
    assert refusal(lambda: merged.add_range((0, 0), (2, 1), [["", ""]] * 3)) == (
        "error: a: more than 5 cells are merged. Remove everything but the table, then save it"
        " again."
    )
