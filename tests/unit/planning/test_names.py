import pytest

from route112.planning.names import FILES_MAX, sort_names

USUAL = ["profile.yaml", "psaps.csv", "trunks.yaml", "pdaau/PDAAU_29.ods"]


def codes(problems):
    return [(problem.code, problem.file) for problem in problems]


def test_every_name_finds_its_meaning_and_the_rest_is_left_alone():
    extra = [
        "README.md",
        "expected.csv.gz",
        "quirks.csv",
        ".git/config",
        "pdaau/.~lock.PDAAU_29.ods#",
        "pdaau/~$PDAAU_29.xlsx",
        "pdaau/README.md",
        "pdaau/Thumbs.db",
        "pdaau/desktop.ini",
        "operators/bruyere.yaml",
        "overrides/works.yaml",
    ]
    names, problems = sort_names(USUAL + extra)
    assert problems == ()
    assert names.pdaau == ("pdaau/PDAAU_29.ods",)
    assert names.tables == ("quirks.csv",)
    assert names.settings == (
        "profile.yaml",
        "psaps.csv",
        "trunks.yaml",
        "operators/bruyere.yaml",
        "overrides/works.yaml",
    )


@pytest.mark.parametrize("missing", ["profile.yaml", "psaps.csv", "trunks.yaml"])
def test_a_folder_without_an_indispensable_file_is_refused(missing):
    names, (problem,) = sort_names([name for name in USUAL if name != missing])
    assert names is None
    assert (problem.code, problem.file) == ("source-missing", missing)
    assert problem.message.startswith(f"the source folder has no {missing}")


def test_a_folder_without_plans_is_refused():
    names, problems = sort_names(USUAL[:3])
    assert names is None
    assert codes(problems) == [("source-missing", "pdaau")]


def test_two_tables_of_psaps_are_refused():
    names, (problem,) = sort_names([*USUAL, "psaps.xlsx"])
    assert names is None
    assert problem.message == "there are several of them: psaps.csv, psaps.xlsx"


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("pdaau/PDAAU_29.pdf", ".csv, .ods, .xlsx"),
        ("pdaau/old/PDAAU_29.csv", ".csv, .ods, .xlsx"),
        ("operators/bruyere.yml", ".yaml"),
        ("overrides/works.txt", ".yaml"),
        ("overrides", ".yaml"),
    ],
)
def test_a_file_that_would_be_overlooked_is_an_error(name, kinds):
    _, (problem,) = sort_names([*USUAL, name])
    assert (problem.severity, problem.code, problem.file) == ("error", "unknown-source", name)
    assert kinds in problem.message


def test_more_files_than_any_country_has_are_refused():
    many = [f"pdaau/plan-{index}.csv" for index in range(FILES_MAX)]
    names, problems = sort_names(USUAL + many)
    assert names is None
    assert codes(problems) == [("too-many-sources", "pdaau")]
