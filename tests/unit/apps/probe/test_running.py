import asyncio

from tests.unit.apps.probe.test_keeping import LOOP, TO_IP, WAYS, make_outcome, open_book

from route112.apps.probe import running as module
from route112.apps.probe.keeping import load_kept
from route112.apps.probe.running import Running, find_rung
from route112.watch.probing.pace import Pace, Turns


class FakeProber:
    """Says of each path what it is told to say."""

    def __init__(self, **values):
        self.values = values
        self.placed = []
        self.fault = None

    async def place(self, path):
        self.placed.append(path)
        if self.fault is not None:
            raise self.fault
        return make_outcome(path, **self.values)


class Stage:
    def __init__(self, run_dir, prober):
        self.told, self.changes, self.complaints = [], [], []
        self.prober, self.run_dir = prober, run_dir

    def run(self, *, seconds, once=False, pace_s=10.0):
        async def scenario():
            book = open_book(self.run_dir)
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            loop.call_later(seconds, stop.set)
            running = Running(
                self.prober, book, tell=self.told.append, tell_change=self.changes.append,
                complain=self.complaints.append,
            )  # fmt: skip
            pace = Pace(WAYS, pace_s=pace_s, calls_per_s_max=100.0)
            await running.run(Turns(WAYS, pace, now_s=loop.time(), once=once), stop)
            await book.end()

        asyncio.run(scenario())


def test_once_gives_every_path_its_turn_and_ends(tmp_path):
    stage = Stage(tmp_path, FakeProber())
    stage.run(seconds=20.0, once=True)
    assert set(stage.prober.placed) == {LOOP, TO_IP}
    assert [latest.said for latest in stage.told] == ["well", "well"]
    assert load_kept(tmp_path).rung_us


def test_it_goes_on_until_it_is_told_to_stop_and_names_the_link_that_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SAVE_SECONDS", 0.05)
    stage = Stage(tmp_path, FakeProber(status=480, failed="trunk;cause=timeout"))
    stage.run(seconds=0.5, pace_s=0.1)
    assert stage.prober.placed.count(LOOP) >= 3
    (found,) = stage.changes[0].begun
    assert dict(found.series.pairs) == {"site": "s", "trunk": "g:1"}
    assert len(stage.changes) == 1


def test_trouble_is_said_once_and_test_calls_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SAVE_SECONDS", 0.05)
    prober = FakeProber()
    prober.fault = OSError(24, "Too many open files")
    stage = Stage(tmp_path, prober)
    stage.run(seconds=0.4, pace_s=0.1)
    assert len(prober.placed) >= 3
    assert len(stage.complaints) == 1
    assert "Too many open files" in stage.complaints[0]


def test_results_that_cannot_be_saved_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SAVE_SECONDS", 0.05)

    def fail(_self):
        raise OSError(28, "No space left on device")

    stage = Stage(tmp_path, FakeProber())
    whole = module.Book.save
    monkeypatch.setattr(module.Book, "save", fail)

    async def end(self):
        monkeypatch.setattr(module.Book, "save", whole)
        await ended(self)

    ended = module.Book.end
    monkeypatch.setattr(module.Book, "end", end)
    stage.run(seconds=0.3, pace_s=0.1)
    assert "No space left" in stage.complaints[0]


def test_turns_wait_while_too_many_calls_are_under_way(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE_MAX", 0)
    stage = Stage(tmp_path, FakeProber())
    stage.run(seconds=0.1, once=True)
    assert stage.prober.placed == []


def test_when_a_responder_was_rung_is_told_by_another_clock(tmp_path, monkeypatch):
    book = open_book(tmp_path)
    book.note_turn(TO_IP)
    monkeypatch.setattr(module, "utc_now", lambda: book.rung_us["i:1"] + 60_000_000)
    assert find_rung(book, now_s=1_000.0) == {"i:1": 940.0}
    asyncio.run(book.end())


def test_a_responder_is_not_rung_when_that_cannot_be_written_down(tmp_path, monkeypatch):
    def fail(_self, _path):
        raise OSError(28, "No space left on device")

    stage = Stage(tmp_path, FakeProber())
    monkeypatch.setattr(module.Book, "note_turn", fail)
    stage.run(seconds=0.3, pace_s=0.1)
    assert stage.prober.placed == []
    assert "No space left" in stage.complaints[0]
