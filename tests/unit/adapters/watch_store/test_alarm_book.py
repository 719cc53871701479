from dataclasses import replace

import pytest
from tests.support.alarms import begin, find, make_alarms, play, series
from tests.support.seen import T0, S

from route112.adapters.watch_store import AlarmBook, Told, alarm_book, open_store, transaction
from route112.adapters.watch_store.alarm_book import KEPT_DAYS, Unsent
from route112.watch.alarms.changes import Happening
from route112.watch.alarms.reports import KEPT_US, Report

DAY_US = 86_400_000_000


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "w.sqlite", create=True)
    yield opened
    opened.close()


@pytest.fixture
def book(store):
    return AlarmBook(store)


def raise_alarm(**values):
    alarms = make_alarms()
    play(alarms, lost=lambda call: "site" if call.site == "site-2" else "", rounds=1)
    (event,) = alarms.take(begin(find(**values)), T0)
    return event


def test_an_alarm_comes_back_as_it_was(store, book):
    assert (book.count_ids(), book.list_open(), book.find(1)) == (0, [], None)
    alarm = raise_alarm(site="site-2").alarm
    assert alarm.factors
    assert alarm.works
    with transaction(store):
        book.save(alarm)
    assert book.list_open() == [alarm]
    assert (book.find(1), book.count_ids()) == (alarm, 1)


def test_those_that_are_over_are_listed_with_all_and_deleted_after_long(store, book):
    over = raise_over()
    later = replace(over, id=over.id + 1)
    with transaction(store):
        book.save(over)
        book.save(later)
        book.tell(raise_alarm(), wall_us=T0)
        book.add_report(series(psap="A"), text="t", who="w", wall_us=T0)
    assert (book.list_open(), book.list_all(5)) == ([], [later, over])
    late_us = T0 + (KEPT_DAYS + 1) * DAY_US
    with transaction(store):
        book.forget(late_us, late_us)
    assert (book.list_told(0, 5), book.count_waiting()) == ([], 0)
    assert book.list_all(5) == [later], "no id is given twice"
    assert book.count_ids() == later.id


def test_the_newest_changes_are_remembered(store, book, monkeypatch):
    monkeypatch.setattr(alarm_book, "CHANGES_MAX", 2)
    changes = [
        Happening(what="restart", dimension="site", value=f"site-{number}", at_us=T0 + number)
        for number in range(4)
    ]
    with transaction(store):
        for change in changes:
            book.note_change(change)
    assert book.list_changes() == changes[2:]


def test_what_elements_hung_on_is_known_until_it_is_said_anew(store, book):
    fates = {("site", "site-1"): (("place", "Brest"), ("software", "1.0"))}
    with transaction(store):
        assert book.swap_fates(fates) == {}
        assert book.swap_fates({}) == fates
        assert book.swap_fates(fates) == {}


def raise_over():
    alarms = make_alarms()
    finding = find()
    alarms.take(begin(finding), T0)
    change = type(begin())(over=((finding.kind, finding.series),))
    alarms.take(change, T0)
    (event,) = alarms.take(begin(), T0 + 600 * S)
    return event.alarm


def test_each_channel_remembers_how_far_it_is(store, book):
    event = raise_alarm()
    assert (book.count_told(), book.find_passed("jsonl")) == (0, None)
    with transaction(store):
        book.tell(event, wall_us=7)
        book.tell(event, wall_us=8)
        book.note_passed("jsonl", 1)
    assert book.list_told(1, 9) == [Told(2, 8, event)]
    assert book.list_told(0, 1) == [Told(1, 7, event)]
    assert (book.count_told(), book.find_passed("jsonl")) == (2, 1)


def test_a_report_has_the_time_of_watch_when_it_is_taken(store, book):
    about = series(number="15", psap="CRRA15-29")
    with transaction(store):
        assert book.add_report(about, text="nothing", who="desk", wall_us=1) == 1
        assert book.count_waiting() == 1
        taken = book.take_reports(T0)
    assert taken == [Report(id=1, at_us=T0, series=about, text="nothing", who="desk")]
    with transaction(store):
        assert book.take_reports(T0 + KEPT_US) == taken
        assert book.take_reports(T0 + KEPT_US + 1) == []
        assert book.take_reports(T0 - 1) == []
    assert book.count_waiting() == 0


def test_names_are_replaced_whole(store, book):
    assert book.list_names("psap") == []
    with transaction(store):
        book.set_names({"psap": ["B", "A", "A"]})
        book.set_names({"psap": ["B", "A"], "number": ["15"]})
    assert (book.list_names("psap"), book.list_names("number")) == (["A", "B"], ["15"])


def test_what_a_channel_gave_up_is_kept_and_counted(book):
    assert (book.list_unsent(0), book.count_unsent()) == ([], 0)
    old, new = Unsent("webhook", 3, T0, "HTTP 500"), Unsent("webhook", 9, T0 + 7, "refused")
    book.note_unsent(old)
    book.note_unsent(new)
    assert book.list_unsent(T0) == [old, new]
    assert book.list_unsent(T0 + 1) == [new]
    book.forget(T0, T0 + KEPT_DAYS * 86_400_000_000 + 1)
    assert (book.list_unsent(0), book.count_unsent()) == ([new], 2)
    book.forget(T0, T0 + KEPT_DAYS * 86_400_000_000 + 8)
    assert (book.list_unsent(0), book.count_unsent()) == ([], 2), "ever is ever"
