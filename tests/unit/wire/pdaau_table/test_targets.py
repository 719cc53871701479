from tests.support.workbooks import make_profile, make_territory

from route112.model import Severity, Territory
from route112.wire.pdaau_table.occurrences import Occurrences, Place
from route112.wire.pdaau_table.targets import (
    MERGERS_TOLD_MAX,
    REFUSED,
    VARIANTS_MAX,
    CellReader,
)
from route112.wire.problems import ProblemList

PLACE = Place("S", 3, "C")


def make_reader():
    notes = Occurrences()
    return CellReader(make_profile(), make_territory(), notes), notes


def told(notes):
    problems = ProblemList("a")
    notes.tell(problems)
    return [str(problem) for problem in problems.finish()]


def test_communes_are_numbered_by_first_use():
    reader, notes = make_reader()
    assert reader.read_commune("29232", PLACE) == (0, "29232")
    assert reader.read_commune("29019", PLACE) == (1, "29019")
    assert reader.read_commune("29232.0", PLACE) == (0, "29232")
    assert reader.known_communes["29232.0"] == (0, "29232")
    assert told(notes) == []


def test_a_merged_commune_is_read_as_today_s_and_told_once():
    reader, notes = make_reader()
    assert reader.read_commune("29030", PLACE) == (0, "29030")
    reader.begin_sheet()
    assert reader.read_commune("29030", Place("T", 9, "D")) == (0, "29030")
    assert list(reader.communes) == ["29232"]
    assert told(notes) == [
        (
            "repair: a:S:3 C '29030': commune 29030 is now part of 29232 Quimper, which is taken"
            " instead. Replace the code by 29232."
        )
    ]


def test_many_merged_communes_are_counted():
    old = [str(code) for code in range(29901, 29901 + MERGERS_TOLD_MAX + 3)]
    territory = make_territory()
    territory = Territory(territory.communes, dict.fromkeys(old, "29232"))
    notes = Occurrences()
    reader = CellReader(make_profile(), territory, notes)
    for code in old:
        assert reader.read_commune(code, PLACE) == (0, code)
    lines = told(notes)
    assert len(lines) == MERGERS_TOLD_MAX + 1
    assert lines[-1] == (
        "repair: a:S:3 C '29906': further codes are of communes that were merged, as 29906 into"
        " 29232 Quimper (so in 3 cells, of which this is the first). Replace the code by 29232."
    )


def test_a_repair_is_told_once_per_file():
    reader, notes = make_reader()
    assert reader.read_target("261910015", PLACE) == "+33261910015"
    assert reader.read_target("261910016", Place("T", 9, "D")) == "+33261910016"
    assert told(notes) == [
        (
            "repair: a:S:3 C '261910015': numbers lost their leading 0, first in this cell. Format"
            " the column as text and type the numbers in full."
        )
    ]


def test_refused_cells_are_told_each_time():
    reader, notes = make_reader()
    assert reader.read_commune("x", PLACE) == (REFUSED, "")
    assert reader.read_number("99", PLACE) == REFUSED
    assert reader.read_number("99", PLACE) == REFUSED
    assert reader.read_target("15", PLACE) == ""
    assert [line.split(": ")[2].split(". ")[0].split(" (so")[0] for line in told(notes)] == [
        "no commune of today or of the past has this code",
        "this is not one of the short numbers of the country",
        "the target is a short number, so calls to it would come back for ever",
    ]
    assert all(note.startswith(Severity.ERROR) for note in told(notes))


def test_variants_with_the_same_meaning_are_one():
    reader, notes = make_reader()
    places = (PLACE, PLACE)
    assert reader.read_variant("", "", places) == 0
    assert reader.read_variant("24h/24", "", places) == 0
    first = reader.read_variant("lun-ven 8h-20h", "", places)
    assert first == reader.read_variant("Mo-Fr 08:00-20:00", "", places) == 1
    assert reader.read_variant("lun-ven 8h-20h", "rues: A", places) == 2
    assert told(notes) == []


def test_unreadable_hours_and_areas():
    reader, notes = make_reader()
    assert reader.read_variant("la nuit", "le bourg", (PLACE, Place("S", 3, "D"))) == REFUSED
    assert reader.read_variant("la nuit", "le bourg", (PLACE, PLACE)) == REFUSED
    assert told(notes)[:2] == [
        (
            "error: a:S:3 C 'la nuit': 'la nuit' is not a day of the week (so in 2 cells, of which"
            " this is the first). Write hours such as Mo-Fr 08:00-20:00 or lun-ven 8h-20h, or leave"
            " it empty."
        ),
        (
            "error: a:S:3 D 'le bourg': the area is neither POLYGON((longitude latitude, ...)) nor"
            " `rues: A; B`. Write POLYGON((longitude latitude, ...)) or `rues: A; B`, or leave it"
            " empty."
        ),
    ]


def test_variants_are_bounded():
    reader, notes = make_reader()
    for number in range(VARIANTS_MAX):
        assert reader.read_variant("", f"rues: {number}", (PLACE, PLACE)) > 0
    assert reader.read_variant("", "rues: one more", (PLACE, PLACE)) == REFUSED
    assert told(notes) == [
        (
            "error: a:S:3 C: the file has more than 500 different hours and areas. Write equal hours"
            " and areas in the same way."
        )
    ]


def test_equal_routes_are_one():
    reader, _ = make_reader()
    assert reader.find_route(("+33261910015",), 0) == 0
    assert reader.find_route(("+33261910015",), 0) == 0
    assert reader.find_route(("+33261910015", "+33261910016"), 0) == 1
    assert [route.targets for route in reader.routes] == [
        ("+33261910015",),
        ("+33261910015", "+33261910016"),
    ]
