from tests.support.workbooks import make_profile, make_territory

from route112.model import PlanRoute
from route112.wire.pdaau_table.headers import Header
from route112.wire.pdaau_table.line import Line
from route112.wire.pdaau_table.occurrences import Occurrences
from route112.wire.pdaau_table.row_notes import RowNotes
from route112.wire.problems import ProblemList

HEADER = Header(
    row=0,
    titles=("insee", "dep", "15", "N° 15"),
    columns={"commune": 0, "departement": 1},
    numbers={"15": (2, -1, -1)},
    repeated=((2, 3),),
)
LINE = Line(HEADER, "S", 0, 5, ("29030", "75.0", "x", "y"))
NORTH, SOUTH = PlanRoute(("+33261910015",)), PlanRoute(("+33261910016", "+33261910017"))


def note(write):
    notes = Occurrences()
    write(RowNotes(make_profile(), make_territory(), notes))
    problems = ProblemList("a")
    notes.tell(problems)
    (problem,) = problems.finish()
    return str(problem)


def test_a_header_names_both_columns_of_one_meaning():
    assert note(lambda rows: rows.check_header(HEADER, "S")) == (
        "error: a:S:1 N° 15: two columns of the table have the same meaning: '15' (column 3) and"
        " 'N° 15' (column 4). Rename or remove one of the two columns."
    )


def test_a_conflict_names_both_rows_and_the_codes_that_were_merged():
    told = note(
        lambda rows: rows.refuse_conflict(
            LINE, "row 3", short="15", codes=("29232", "29030"), routes=(NORTH, SOUTH)
        )
    )
    assert told == (
        "error: a:S:5 15 'x': row 3 sends 15 of commune 29232 to +33261910015 and row 5 to"
        " +33261910016, then +33261910017 (codes 29232 and 29030, merged since). Write one row for"
        " 29232, with the target that today's commune shall have."
    )


def test_a_departement_that_a_spreadsheet_made_a_number_is_compared():
    assert note(lambda rows: rows.check_departement(LINE, "29030")).startswith(
        "error: a:S:5 dep '75.0': the row says departement 75, but commune 29030 lies in 29."
    )
