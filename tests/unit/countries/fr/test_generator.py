import csv
import gzip
import io
import re

import pytest

from route112.countries import read_builtin_communes
from route112.countries.fr import build_demo
from route112.countries.fr.generator import PSAP_COLUMNS
from route112.countries.fr.national import KINDS, NUMBER_RULES, SHORT_NUMBERS
from route112.countries.fr.sites import LOOP
from route112.model import Profile, Territory

FICTION = re.compile(r"(019900|026191|035301|046571|053649|063998)\d{4}")


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.mark.no_cover
def test_the_same_bytes_twice(rendered):
    again = dict(build_demo().render_files())

    assert list(again) == list(rendered)
    assert [path for path in again if again[path] != rendered[path]] == []


def test_the_folder_is_complete(demo, rendered):
    assert len(rendered) == demo.count_files() == 128
    assert sum(path.startswith("pdaau/") for path in rendered) == 110
    operators = [path for path in rendered if path.startswith("operators/")]
    assert sum(path.endswith(".yaml") for path in operators) == 4
    assert sum(path.startswith("overrides/") for path in rendered) == 3
    assert demo.keys == 455_182


def test_the_answering_points_are_all_in_their_table(intent, rendered):
    listed = rows(rendered["psaps.csv"])

    assert tuple(listed[0]) == PSAP_COLUMNS
    assert [row["id"] for row in listed] == list(intent.psaps)
    assert [psap.row for psap in intent.psaps.values()] == list(range(2, len(listed) + 2))
    for row in listed:
        for column in ("primary", "secondary", "alternative"):
            assert row[column] == "" or FICTION.fullmatch(row[column]), row


def test_quirks_are_listed_file_by_file(demo, rendered):
    listed = {(row["file"], row["quirk"]) for row in rows(rendered["quirks.csv"])}

    assert listed == {(style.file, quirk) for style in demo.styles for quirk in style.quirks}
    assert {file for file, _ in listed} == {path for path in rendered if path.startswith("pdaau/")}


def test_the_expected_table_is_compressed_without_a_date(rendered):
    content = rendered["expected.csv.gz"]

    assert content[4:8] == b"\0\0\0\0"
    assert gzip.decompress(content).startswith(b"insee,number,psap_day,targets_day,")


def test_the_readme_says_what_it_is(rendered):
    readme = rendered["README.md"].decode()

    assert "**Synthetic.**" in readme
    assert "27 ODS" in readme
    assert "455,182 rows" in readme
    assert "2026-11-10T10:30:00+00:00" in readme
    assert "{" not in readme


def test_every_long_number_in_the_text_files_is_fictional(rendered):
    for path, content in rendered.items():
        if path.endswith((".yaml", ".md")) or path == "expected-parts.csv":
            for number in re.findall(r"(?<!\d)(?:\+33|0033|0)[1-9]\d{8}(?!\d)", content.decode()):
                assert FICTION.fullmatch(re.sub(r"^(\+33|0033)", "0", number)), (path, number)
    numbers = set(re.findall(rb"\+\d+", gzip.decompress(rendered["expected.csv.gz"])))
    for number in numbers:
        assert FICTION.fullmatch(number.decode().replace("+33", "0")), number


def test_the_number_that_loops_back_rings_nobody(rendered):
    assert LOOP in rendered["topology.yaml"].decode()
    assert FICTION.fullmatch(LOOP.replace("+33", "0"))
    for path, content in rendered.items():
        if path == "psaps.csv" or path.startswith("expected"):
            text = gzip.decompress(content) if path.endswith(".gz") else content
            assert LOOP.encode() not in text
            assert LOOP.replace("+33", "0").encode() not in text


@pytest.fixture(scope="module")
def profile(intent):
    return Profile(
        country="fr",
        edition="test",
        valid_from=0,
        valid_until=1,
        communes="builtin:fr",
        country_code="33",
        national_prefix="0",
        national_length=10,
        number_plan=NUMBER_RULES,
        short_numbers=SHORT_NUMBERS,
        default_number="112",
        kinds=KINDS,
        departements=intent.ground.departements,
        national_defaults={},
    )


@pytest.mark.no_cover
def test_the_importer_takes_every_plan_file_with_repairs_only(demo, intent, rendered, profile):
    from route112.wire.pdaau import parse_pdaau

    _, merged = read_builtin_communes("fr")
    territory = Territory(
        {commune.code: commune for commune in intent.ground.communes},
        {row["old"]: row["new"] for row in rows(merged)},
    )
    for style in demo.styles:
        plan = parse_pdaau(
            rendered[style.file], file=style.file, profile=profile, territory=territory
        )
        errors = [problem for problem in plan.problems if problem.severity == "error"]
        assert errors == [], style.file
        assert plan.departement == style.departement
        assert len(plan.cells) > 0
