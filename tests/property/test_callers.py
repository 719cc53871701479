"""Four translations place one call alike, whatever cell or line it tells."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.snapshots import CALLING_LINES, CELLS, COMMUNES, small_content

from route112.edgetable.callers import list_callers as list_edge
from route112.model import Call
from route112.native.operators import list_callers as list_native
from route112.redirect import read_book
from route112.redirect.callers import find_caller
from route112.redirect.origin import Spoken
from route112.routing.callers import place_call
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

communes = st.integers(0, len(COMMUNES) - 1)
cells = st.dictionaries(st.text("ab1-.", min_size=1, max_size=4), communes, max_size=12)
lines = st.dictionaries(st.text("0129", min_size=1, max_size=5), communes, max_size=12)
asked_cells = st.text("abAB1-. \u00e9", max_size=5)
asked_lines = st.builds(
    str.__add__, st.sampled_from(("", "+", "00", "++")), st.text("0129x", max_size=18)
)


def find_row(rows, cell_key, line_key, line_max_key, *, cell, line):
    """Do what the configurations do with their rows."""
    if cell and (found := rows.get(cell_key + cell.lower())) is not None:
        return found
    if line[:1] == "+" and line[1:2].isdigit():
        line = line[1:]
    elif line[:2] == "00" and line[2:3].isdigit():
        line = line[2:]
    if not (line.isascii() and line.isdecimal() and len(line) <= 16):
        return ""
    for length in range(min(int(rows.get(line_max_key, 0)), len(line)), 0, -1):
        if (found := rows.get(line_key + line[:length])) is not None:
            return found
    return ""


@settings(deadline=None, max_examples=300)
@given(cells, lines, st.lists(st.tuples(asked_cells, asked_lines), min_size=1, max_size=8))
@example(dict(CELLS["bruyere"]), dict(CALLING_LINES["bruyere"]), [("208-01-0A", ""), ("", "00")])
def test_every_translation_finds_the_obvious_commune(known_cells, known_lines, asked):
    content = small_content(
        cells={"bruyere": tuple(sorted(known_cells.items()))} if known_cells else {},
        calling_lines={"bruyere": tuple(sorted(known_lines.items()))} if known_lines else {},
    )
    written = write_snapshot(content)
    snapshot, book = Snapshot(written), read_book(written)
    native, edge = dict(list_native(snapshot)), dict(list_edge(snapshot, "bruyere"))
    for cell, line in asked:
        call = Call(dialled="15", operator="bruyere")
        found = place_call(call, snapshot, cell=cell, line=line).commune
        place = find_caller(book.operators[0], Spoken("15", "", cell=cell, line=line))
        assert found == ("" if place is None else COMMUNES[place].code)
        keys = ("k:bruyere:", "l:bruyere:", "lmax:bruyere")
        assert found == find_row(native, *keys, cell=cell, line=line)
        assert found == find_row(edge, "k:", "l:", "lmax", cell=cell, line=line)
        digits = line.removeprefix("+") if line[:1] == "+" else line
        if digits == line and line[:2] == "00" and len(line) > 2:
            digits = line[2:]
        plain = digits.isascii() and digits.isdecimal() and len(digits) <= 16
        begun = [known for known in known_lines if plain and digits.startswith(known)]
        obvious = known_cells.get(cell.lower())
        if obvious is None and begun:
            obvious = known_lines[max(begun, key=len)]
        assert found == ("" if obvious is None else COMMUNES[obvious].code)
