import pytest
from tests.support.alarms import begin, end, find, make_ground, series
from tests.support.seen import T0, S, see
from tests.support.watched import Plan

from route112.adapters.watch_store import AlarmBook, open_store, transaction
from route112.apps.watch.alarming import Alarming
from route112.apps.watch.country import Country
from route112.model.thresholds import Threshold, Thresholds
from route112.watch.alarms import Sightings, State, What
from route112.watch.alarms.alarms import HOLD_US
from route112.watch.alarms.changes import Happening
from route112.watch.alarms.threshold import ThresholdWatch
from route112.watch.findings import Change
from route112.watch.watching.frozen import freeze, thaw

NOTHING = Change()


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "w.sqlite", create=True)
    yield opened
    opened.close()


LAW = Thresholds(
    version="1",
    law="none",
    own=(Threshold(number="15", below=0.8, attempts_min=1, window_s=900, justification="so"),),
)


def start(store):
    country = Country(Plan())
    return Alarming(store, make_ground(), country, thresholds=LAW, wall=lambda: 7)


def take(store, alarming, change=NOTHING, at_s=0):
    with transaction(store):
        alarming.take(change, T0 + at_s * S)
    return [(each.event.what, each.event.alarm.id) for each in AlarmBook(store).list_told(0, 99)]


def test_alarms_outlive_the_process(store):
    finding = find(departement="29")
    assert take(store, start(store), begin(finding)) == [(What.OPENED, 1)]
    again = start(store)
    assert take(store, again, end(finding), 30) == [(What.OPENED, 1)]
    assert AlarmBook(store).list_open()[0].state is State.QUIET
    told = take(store, start(store), at_s=30 + HOLD_US // S)
    assert told == [(What.OPENED, 1), (What.OVER, 1)]
    assert AlarmBook(store).list_open() == []
    assert take(store, start(store), begin(find(9_000, departement="75")), 9_000)[-1][1] == 2


def test_what_has_not_changed_is_not_written_again(store):
    alarming = start(store)
    take(store, alarming, begin(find(departement="29")))
    before = store.total_changes
    take(store, alarming, at_s=1)
    # The one statement that looks for new reports changes nothing.
    assert store.total_changes == before


def test_what_has_been_over_for_long_is_deleted(store):
    alarming = start(store)
    finding = find(departement="29")
    take(store, alarming, begin(finding))
    take(store, alarming, end(finding), 1)
    take(store, alarming, at_s=700)
    assert AlarmBook(store).find(1).state is State.OVER
    take(store, alarming, begin(find(departement="56")), at_s=401 * 86_400)
    take(store, alarming, at_s=402 * 86_400)
    assert AlarmBook(store).find(1) is None
    assert AlarmBook(store).find(2).state is State.OPEN


def test_what_changed_at_a_station_shortly_before_is_named(store):
    alarming = start(store)
    with transaction(store):
        alarming.note_change(
            Happening(what="restart", dimension="site", value="site-2", at_us=T0 - 200 * S)
        )
    take(store, start(store), begin(find(site="site-2")))
    (alarm,) = AlarmBook(store).list_open()
    assert (alarm.factors[0].name, alarm.factors[0].value) == ("change", "restart on site-2")


def test_alarms_that_become_one_are_kept_as_one(store):
    alarming = start(store)
    take(store, alarming, begin(find(departement="29"), find(departement="75")))
    take(store, alarming, begin(find(30)), 30)
    assert [alarm.id for alarm in AlarmBook(store).list_open()] == [1]
    assert AlarmBook(store).find(2).into == 1


def test_a_report_is_an_alarm_at_the_next_look(store):
    alarming = start(store)
    with transaction(store):
        AlarmBook(store).add_report(
            series(psap="CRRA15-29"), text="nothing comes", who="desk", wall_us=1
        )
    assert take(store, alarming) == [(What.OPENED, 1)]
    assert take(store, alarming, at_s=1) == [(What.OPENED, 1)]
    take(store, alarming, at_s=1_800)
    assert AlarmBook(store).list_open()[0].state is State.QUIET


def test_it_uses_the_sightings_that_outlive_the_process(store):
    alarming = start(store)
    country = Country(Plan())
    detectors = alarming.make_detectors(number_of=country.mean, departement_of=country.departement)
    assert isinstance(detectors[0], Sightings)
    alarming.attach(detectors)
    assert isinstance(detectors[1], ThresholdWatch)
    detectors[0].add_end(see(outcome="answered"))
    take(store, alarming, begin(find()))
    assert AlarmBook(store).list_open()[0].works != ()


def test_what_counts_for_alarms_outlives_the_process_with_the_detectors(store):
    country = Country(Plan())
    hooks = {"number_of": country.mean, "departement_of": country.departement}
    detectors = start(store).make_detectors(**hooks)
    for each in detectors:
        each.add_end(see())
    again = thaw(freeze(detectors, hooks), hooks)
    alarming = start(store)
    alarming.attach(again)
    take(store, alarming, begin(find()))
    assert [works.failed for works in AlarmBook(store).list_open()[0].works] == [1, 1, 1]
    assert again[1].tick(T0 + 120 * S).begun


def test_what_cannot_be_worked_out_leaves_memory_as_the_store_is(store, monkeypatch):
    """The end of one alarm is not lost because another one trips over something."""
    alarming = start(store)
    one, two = find(departement="29"), find(departement="75")
    take(store, alarming, begin(one, two))
    take(store, alarming, end(one), 10)
    over_s = 10 + HOLD_US // S

    def trip(*_args, **_values):
        raise IndexError("list index out of range")

    with monkeypatch.context() as patched:
        patched.setattr("route112.adapters.watch_store.AlarmBook.save", trip)
        with transaction(store), pytest.raises(IndexError):
            alarming.take(NOTHING, T0 + over_s * S)
    opened = [(What.OPENED, 1), (What.OPENED, 2)]
    assert take(store, start(store), at_s=over_s - 1) == opened, "nothing was told by halves"
    assert take(store, alarming, at_s=over_s + 1) == [*opened, (What.OVER, 1)]
