from collections import Counter, defaultdict

from route112.countries.fr.callers import CELLS, draw_callers, render_cells, render_lines
from route112.countries.fr.ground import load_ground

CALLERS = draw_callers()
GROUND = load_ground()
CODES = {commune.code for commune in GROUND.communes}


def test_there_are_cells_in_every_departement_and_some_lie_over_several_communes():
    over = defaultdict(list)
    for row in CALLERS.cells:
        over[row.cell].append(row.commune)
    assert len(over) == CELLS
    assert 500 < sum(len(communes) > 1 for communes in over.values()) < 1_000
    former = {old for codes in GROUND.former.values() for old in codes}
    assert any(row.commune in former for row in CALLERS.cells)
    told = {row.commune for row in CALLERS.cells}
    departements = {each.departement for each in GROUND.communes if each.code in told}
    assert departements == {row.code for row in GROUND.departements}


def test_cells_belong_to_no_country_and_lines_to_nobody():
    assert all(row.cell.startswith("99970") and len(row.cell) == 16 for row in CALLERS.cells)
    assert all(row.prefix.startswith("999") for row in CALLERS.lines)
    assert {row.commune for row in CALLERS.lines} <= CODES


def test_some_ranges_have_a_part_elsewhere_and_that_one_a_part_at_home():
    owners = {row.prefix: row.commune for row in CALLERS.lines}
    assert len(owners) == len(CALLERS.lines) > 9_000
    elsewhere = [p for p in owners if len(p) == 9 and owners[p] != owners[p[:8]]]
    assert len(elsewhere) > 300
    assert all(owners[f"{p}450"] == owners[p[:8]] for p in elsewhere)
    kinds = Counter((row.technology, row.kind) for row in CALLERS.lines)
    assert len(kinds) == 4


def test_most_enterprises_that_are_behind_the_switched_network_know_when_they_leave_it():
    left = [row for row in CALLERS.lines if (row.technology, row.kind) == ("rtc", "entreprise")]
    planned = [row for row in CALLERS.lines if row.moves]
    assert set(planned) < set(left)
    assert 0.4 < len(planned) / len(left) < 0.9
    assert {row.moves[-4:] for row in planned} == {"2027", "2028"}


def test_files_are_written_as_a_network_would():
    assert render_cells(CALLERS).startswith(b"cellule;code insee;poids\n99970")
    assert render_lines(CALLERS).startswith(
        b"prefixe,code insee,technologie,clientele,bascule\n+999"
    )
