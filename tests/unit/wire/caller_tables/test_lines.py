import pytest
from tests.support.plans import TERRITORY

from route112.wire.caller_tables import lines
from route112.wire.caller_tables.lines import parse_calling_lines

HEADER = "prefix,commune,technology,kind,moves\n"


def parse(text):
    return parse_calling_lines(text.encode(), file="operators/x/lines.csv", territory=TERRITORY)


def told(text):
    return [(problem.code, problem.row, problem.column) for problem in parse(text)[1]]


def test_lines_and_ranges_have_a_commune_a_technology_and_perhaps_a_kind():
    table, problems = parse(
        f"{HEADER}+999 01 23,29019,rtc,enterprise\n00999012345,29103,ip,\n0261910,29019,IP,\n"
    )
    assert problems == ()
    assert list(table.lines.items()) == [
        ("0261910", ("29019", "ip", "")),
        ("9990123", ("29019", "rtc", "enterprise")),
        ("999012345", ("29103", "ip", "")),
    ]


def test_french_headers_and_words_are_read():
    table, problems = parse(
        "Préfixe;Code INSEE;Raccordement;Clientèle\n999;29019;RNIS;Entreprise\n998;29019;SIP;Particulier\n"
    )
    assert problems == ()
    assert table.lines["999"] == ("29019", "rtc", "enterprise")
    assert table.lines["998"] == ("29019", "ip", "residential")


def test_a_line_behind_the_switched_network_may_have_a_day_on_which_it_moves():
    table, problems = parse(
        "préfixe;commune;technologie;date de bascule\n"
        "999;29019;rtc;15/03/2027\n998;29019;rtc;2027-04-01\n997;29019;rtc;\n996;29019;ip;1.5.2026\n"
    )
    assert problems == ()
    assert table.moves == {"999": "2027-03-15", "998": "2027-04-01"}


def test_what_a_spreadsheet_made_of_a_number_is_read():
    assert list(parse(f"{HEADER}999012.0,29019,ip,\n")[0].lines) == ["999012"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",29019,ip,", ("no-line", 2, "prefix")),
        ("x99,29019,ip,", ("no-line", 2, "prefix")),
        ("12345678901234567,29019,ip,", ("no-line", 2, "prefix")),
        ("999,99999,ip,", ("line-unknown-commune", 2, "commune")),
        ("999,29019,,", ("unknown-word", 2, "technology")),
        ("999,29019,smoke,", ("unknown-word", 2, "technology")),
        ("999,29019,ip,pet", ("unknown-word", 2, "kind")),
        ("999,29019,ip,\n+999,29103,ip,", ("line-twice", 3, "prefix")),
        ("999,29019,rtc,,soon", ("no-day", 2, "moves")),
        ("999,29019,rtc,,2027-02-30", ("no-day", 2, "moves")),
    ],
)
def test_a_wrong_row_refuses_the_table_and_is_named(row, problem):
    assert told(HEADER + row) == [problem]
    assert parse(HEADER + row)[0].lines == {}


def test_there_is_a_limit_of_lines(monkeypatch):
    monkeypatch.setattr(lines, "LINES_MAX", 1)
    assert parse(f"{HEADER}1,29019,ip,\n")[1] == ()
    assert told(f"{HEADER}1,29019,ip,\n2,29019,ip,\n3,29019,ip,\n") == [
        ("too-many-callers", 3, "prefix")
    ]
