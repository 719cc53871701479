import dataclasses

import pytest
from tests.support.changing import T0, Table

from route112.change import JOURNAL, parse_journal, render_event, replay
from route112.change.events import Founded, StepBegun
from route112.change.journal import EVENTS
from route112.wire.chained import begin_chain, render_chained


def write(events, after=JOURNAL):
    content = b""
    for event in events:
        line, after = render_event(event, after)
        content += line
    return content, after


def example(kind):
    """One event of a kind, each field with a value of its own."""
    closed = {"step": "gate", "outcome": "done"}
    closed["kind"] = "pause" if kind.__name__ == "OrderGiven" else "plan"
    values = {}
    for number, field in enumerate(dataclasses.fields(kind)):
        if field.type is int:
            values[field.name] = T0 + number
        elif field.type is str:
            values[field.name] = closed.get(field.name, f"{field.name} = 100 %\u2026")
        else:
            values[field.name] = ("a-1", field.name)
    return kind(**values)


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_is_read_as_it_was_written(name):
    event = example(EVENTS[name])
    line, end = render_event(event, JOURNAL)
    assert line.startswith(f"C1 {name} n=1 t={T0} ".encode())
    journal = parse_journal(line)
    assert (journal.events, journal.end, journal.flaw) == ((event,), end, "")
    assert journal.size == len(line)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_fits_nothing_changes_nothing_and_breaks_nothing(name):
    state = replay([example(EVENTS[name]), example(EVENTS[name])])
    assert state.at_us == T0


def test_a_list_may_be_empty():
    line, _ = render_event(dataclasses.replace(example(Founded), stations=()), JOURNAL)
    assert parse_journal(line).events[0].stations == ()


def test_a_planner_that_was_killed_reads_where_it_was():
    table = Table()
    table.start()
    table.run()
    table.give()
    table.run()
    content, _ = write(table.events)
    assert replay(parse_journal(content).events) == table.state
    torn = parse_journal(content[:-30])
    assert (len(torn.events), torn.flaw) == (len(table.events) - 1, "")
    assert torn.torn > 0
    more, end = write(table.events[-1:], after=torn.end)
    assert content[: torn.size] + more == content
    assert parse_journal(more, after=torn.end).end == end


def test_an_altered_journal_is_found():
    content, _ = write(Table().events)
    journal = parse_journal(content.replace(b"site-1", b"site-9"))
    assert journal.flaw == "line 1: it was altered, or does not follow the line before it"


def fields(**changed):
    words = {"change": "c", "place": "0", "step": "gate", "version": ""} | changed
    return {name: value for name, value in words.items() if value is not None}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("step-begun", fields(place="-1")),
        ("step-begun", fields(place="")),
        ("step-begun", fields(step="leap")),
        ("step-begun", fields(version=None)),
        ("step-begun", fields(more="x")),
        ("step-forgotten", fields()),
    ],
)
def test_an_event_of_another_version_stops_the_reading(kind, words):
    good, end = render_event(example(Founded), JOURNAL)
    line, _ = render_chained(kind, words, time_us=T0, after=end)
    journal = parse_journal(good + line)
    assert len(journal.events) == 1
    assert journal.flaw == "line 2: it is no event of this version"


def test_a_name_with_a_comma_is_never_written():
    event = dataclasses.replace(example(Founded), stations=("a,b",))
    with pytest.raises(AssertionError):
        render_event(event, JOURNAL)


def test_another_file_is_no_journal():
    line, _ = render_event(example(StepBegun), begin_chain("audit"))
    assert parse_journal(line).flaw
