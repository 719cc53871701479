from route112.model import Severity
from route112.wire.pdaau_table.occurrences import REFUSED_MAX, Occurrences, Place, make_note
from route112.wire.problems import ProblemList


def told(notes):
    problems = ProblemList("a.csv")
    notes.tell(problems)
    return [str(problem) for problem in problems.finish()]


def note(severity=Severity.ERROR, value="v"):
    return make_note(severity, "code", "wrong", "Mend it", value=value)


def test_one_mistake_in_many_rows_is_told_once():
    notes = Occurrences()
    for row in (4, 5, 6):
        notes.add(note(), Place("S", row, "C"))
    notes.add(note(value="w"), Place("S", 5, "C"))
    assert told(notes) == [
        "error: a.csv:S:4 C 'v': wrong (so in 3 cells, of which this is the first). Mend it.",
        "error: a.csv:S:5 C 'w': wrong. Mend it.",
    ]
    assert notes.has_errors


def test_repairs_are_told_by_what_they_have_in_common():
    notes = Occurrences()
    notes.add(note(Severity.REPAIR), Place("S", 4, "C"), once=("S",))
    notes.add(note(Severity.REPAIR, "w"), Place("S", 5, "D"), once=("S",))
    assert told(notes) == ["repair: a.csv:S:4 C 'v': wrong. Mend it."]
    assert not notes.has_errors


def test_reading_stops_when_nobody_could_mend_it_all():
    notes = Occurrences()
    for number in range(REFUSED_MAX):
        notes.add(note(value=str(number)), Place("S", number, "C"))
    assert notes.is_full
    assert told(notes)[-1].endswith(
        "9,801 more problems are not shown. Mend the ones above, then check the file again."
    )
