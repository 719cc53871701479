"""A run directory of watch in which alarms have been told."""

from tests.support.alarms import begin, find, make_alarms
from tests.support.seen import T0, S

from route112.adapters.watch_store import AlarmBook, open_store, transaction
from route112.apps.watch.keeping import Files
from route112.watch.findings import Change

NAMES = {"psap": ["CRRA15-29", "CRRA15-56"], "number": ["15", "112"], "departement": ["29"]}


class World:
    """The store of a run directory, and an alarm's whole life to be told in it."""

    def __init__(self, run_dir):
        self.files = Files(run_dir)
        self.store = open_store(self.files.store, create=True)
        self.book = AlarmBook(self.store)
        with transaction(self.store):
            self.book.set_names(NAMES)
        self.alarms = make_alarms()
        self.finding = find(number="15", departement="29")

    def open(self):
        self._take(begin(self.finding), T0)

    def quiet(self):
        over = Change(over=((self.finding.kind, self.finding.series),))
        self._take(over, T0 + S)
        self._take(Change(), T0 + 60 * S)

    def end(self):
        self.quiet()
        self._take(Change(), T0 + 700 * S)

    def _take(self, change, now_us):
        with transaction(self.store):
            for event in self.alarms.take(change, now_us):
                self.book.tell(event, wall_us=now_us)
                self.book.save(event.alarm)
            for alarm in self.alarms.list_open():
                self.book.save(alarm)
