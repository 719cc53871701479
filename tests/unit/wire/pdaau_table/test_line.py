from route112.wire.pdaau_table.headers import Header
from route112.wire.pdaau_table.line import Line
from route112.wire.pdaau_table.occurrences import Place


def test_a_cell_has_a_place():
    line = Line(Header(row=0, titles=("insee", "")), "S", 0, 7, ("29019", "x"))
    assert line.place(0) == Place("S", 7, "insee")
    assert line.place(1) == Place("S", 7, "column 2")
