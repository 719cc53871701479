from route112.model import Problem, Severity


def test_a_problem_names_place_value_and_remedy():
    problem = Problem(
        severity=Severity.ERROR,
        code="unknown-commune",
        message="no commune has this code",
        remedy="correct the code",
        file="pdaau/PDAAU_29.ods",
        sheet="Plan",
        row=12,
        column="INSEE",
        value="29999",
    )
    assert str(problem) == (
        "error: pdaau/PDAAU_29.ods:Plan:12 INSEE '29999': no commune has this code. Correct the code."
    )


def test_a_problem_of_a_whole_file_has_no_row_nor_value():
    problem = Problem(
        severity=Severity.WARNING, code="x", message="it is odd", remedy="look", file="psaps.csv"
    )
    assert str(problem) == "warning: psaps.csv: it is odd. Look."


def test_a_problem_of_the_whole_folder_has_no_place():
    problem = Problem(severity=Severity.REPAIR, code="x", message="it is odd", remedy="look")
    assert str(problem) == "repair: it is odd. Look."
