import errno
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest
from tests.support.planned import make_order, write_plan, write_trust
from tests.support.plans import PROFILE
from tests.support.snapshots import NOW, make_test_key, small_trust

from route112.apps.planner.engine import shelf as shelves
from route112.apps.planner.engine.making import RETRY_S, Maker, Workshop, sort_given
from route112.apps.planner.engine.shelf import CandidateError, Shelf
from route112.change import Built, Generation, State, StationFact
from route112.change.deciding import Build
from route112.planning.orders import revision
from route112.planning.orders.numbered import FlawError
from route112.replication import Refused, Report
from route112.snapshot.keys import verify_snapshot
from route112.snapshot.reader import Snapshot


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "planner", write_trust(tmp_path / "trust.json"))


@pytest.fixture
def candidate(shelf, tmp_path):
    return shelf.keep_candidate(write_plan(tmp_path / "fr.r112"), now=NOW).content_hash


@pytest.fixture
def maker(shelf):
    return Maker(shelf, PROFILE, make_test_key("a"), lambda: NOW)


def build(candidate="c" * 64, number=43, orders=()):
    return Build(number=number, candidate=candidate, orders=tuple(orders), parent_hash="")


def test_what_is_made_is_signed_and_kept(maker, shelf, candidate):
    built = maker.make(build(candidate, orders=[make_order()]))
    content = shelf.find_snapshot(built.content_hash).read_bytes()
    verify_snapshot(content, small_trust(), now=NOW, floor=None)
    made = Snapshot(content)
    assert (made.generation, made.content_hash) == (43, built.content_hash)
    assert (len(content), [each.id for each in made.orders]) == (built.size, ["o-1"])
    assert maker.make(build(candidate, orders=[make_order()])) == built


def test_without_a_key_nothing_is_signed(maker, shelf, candidate):
    maker.key = None
    built = maker.make(build(candidate))
    assert Snapshot(shelf.find_snapshot(built.content_hash).read_bytes()).signature is None


def test_a_flaw_and_a_candidate_that_is_not_there_are_two_things(maker, candidate):
    with pytest.raises(FlawError):
        maker.make(build(candidate, orders=[make_order(psap="CTA18-99")]))
    with pytest.raises(CandidateError):
        maker.make(build("d" * 64))


def test_orders_go_into_a_plan_as_they_were_given():
    orders = [make_order(key) for key in ("a", "b", "c")]
    sorted_ = sort_given(build(orders=orders), ("c", "a"))
    assert [each.id for each in sorted_.orders] == ["c", "a", "b"]


def test_what_another_thread_reads_is_waited_for_and_not_read_twice(maker, shelf, candidate):
    with ThreadPoolExecutor() as pool:
        with shelf.reading(candidate):
            waiting = pool.submit(maker.prepare, candidate)
            assert wait([waiting], timeout=0.2).not_done
            assert not shelf.is_open(candidate)
        waiting.result(60.0)
    assert shelf.is_open(candidate)


def test_a_reading_that_hangs_is_not_waited_for_without_end(maker, shelf, candidate, monkeypatch):
    monkeypatch.setattr("route112.apps.planner.engine.shelf.READ_S_MAX", 0.1)
    with shelf.reading(candidate):
        maker.prepare(candidate)
        assert shelf.is_open(candidate)
        with shelf.reading(candidate) as has_turn:
            assert not has_turn, "who did not have it did not give it away"


def test_what_another_thread_reads_keeps_no_other_candidate_waiting(
    maker, shelf, candidate, monkeypatch
):
    monkeypatch.setattr("route112.apps.planner.engine.shelf.READ_S_MAX", 600.0)
    with ThreadPoolExecutor() as pool, shelf.reading("d" * 64):
        pool.submit(maker.prepare, candidate).result(60.0)
        assert shelf.is_open(candidate)


def test_what_another_thread_reads_can_be_left_to_it(maker, shelf, candidate):
    with shelf.reading(candidate):
        maker.prepare(candidate, leaves=True)
        assert not shelf.is_open(candidate)
    maker.prepare(candidate, leaves=True)
    assert shelf.is_open(candidate)


def test_of_three_candidates_in_use_none_is_read_twice(maker, shelf, tmp_path, monkeypatch):
    """In force, being activated, and adopted at one station: an order is in all of them."""
    kept = [
        shelf.keep_candidate(write_plan(tmp_path / "x", generation=number), now=NOW).content_hash
        for number in (40, 41, 42)
    ]
    read = []
    for module, name in ((shelves, "read_plain"), (revision, "collect_lines")):
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *given, name=name, real=real: read.append(name) or real(*given)
        )
    for number, candidate in enumerate(kept * 3, start=50):
        maker.make(build(candidate, number=number, orders=[make_order()]))
    assert sorted(read) == [*["collect_lines"] * 3, *["read_plain"] * 3]


def test_who_has_prepared_has_it_open(maker, shelf, candidate):
    maker.prepare(candidate)
    shelf.find_candidate(candidate).unlink()
    assert maker.make(build(candidate))


class Bench:
    """A workshop whose work is done by hand."""

    def __init__(self):
        self.now_s, self.made, self.said = 0.0, [], []
        self.results, self.done = {}, threading.Semaphore(0)
        self.workshop = Workshop(
            self.make, done=self.done.release, say=self.said.append, monotonic_s=lambda: self.now_s
        )

    def make(self, wanted):
        self.made.append(wanted.number)
        result = self.results.get(wanted.number, Built(content_hash="a" * 64, size=1))
        if isinstance(result, Exception):
            raise result
        return result

    def take(self, *numbers, waits=0):
        self.workshop.take([build(number=number) for number in numbers])
        for _ in range(waits):
            assert self.done.acquire(timeout=60)


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.workshop.close()


def test_nothing_is_made_twice(bench):
    bench.take(1, 2, waits=2)
    bench.take(1, 2)
    bench.take(1, 2)
    assert set(bench.workshop.built) == {1, 2}
    assert bench.made == [1, 2]
    bench.take(2)
    assert set(bench.workshop.built) == {2}


@pytest.mark.parametrize(
    "error", [CandidateError("gone"), OSError(errno.ENOSPC, "full"), RuntimeError("odd")]
)
def test_what_may_go_well_the_next_time_is_tried_again(bench, error):
    bench.results[1] = error
    bench.take(1, waits=1)
    bench.take(1)
    assert (bench.made, bench.workshop.built) == ([1], {})
    bench.now_s += RETRY_S
    bench.take(1, waits=1)
    assert bench.made == [1, 1]
    [said] = bench.said
    assert "g1 cannot be made" in said
    bench.results.clear()
    bench.now_s += RETRY_S
    bench.take(1, waits=1)
    assert set(bench.workshop.built) == {1}


def test_a_flaw_is_told_and_tried_again_where_it_has_no_consequence(bench):
    bench.results[1] = FlawError("no such PSAP", ["o-1"])
    bench.take(1, waits=1)
    assert bench.workshop.built == {1: Built(flaw="no such PSAP", culprits=("o-1",))}
    bench.take(1)
    assert bench.made == [1]
    bench.now_s += RETRY_S
    bench.take(1, waits=1)
    assert bench.made == [1, 1]


def test_what_cannot_be_prepared_is_told(bench):
    def read():
        raise CandidateError("gone")

    bench.workshop.prepare(read)
    bench.take(1, waits=1)
    assert bench.said == ["not prepared: gone"]


def test_what_is_made_is_waited_for_by_nobody(bench):
    release = threading.Event()
    bench.workshop._make = lambda _: release.wait(60) and Built(content_hash="a" * 64)
    began_s = time.monotonic()
    bench.take(1)
    bench.take(1)
    assert bench.workshop.built == {}
    assert time.monotonic() - began_s < 1
    release.set()
    assert bench.done.acquire(timeout=60)
    assert set(bench.workshop.built) == {1}


def test_what_another_key_signed_and_a_station_refuses_is_listed(maker, shelf, candidate):
    built = maker.make(build(candidate))
    known = Generation(
        number=43, candidate=candidate, orders=(), parent=0, content_hash=built.content_hash
    )
    state = State(generations={43: known})

    def listed(content_hash=built.content_hash, number=43):
        refused = Refused(number, content_hash, "revoked-key")
        report = Report(station="edge-1", number=0, content_hash="", refused=refused)
        silent = replace(report, station="site-1", refused=None)
        stations = {each.station: StationFact(report=each, age_s=0) for each in (report, silent)}
        return maker.list_foreign(state, stations)

    assert listed() == set()
    maker.key = make_test_key("b")
    assert listed() == {43}
    assert listed(number=44) == listed("f" * 64) == set()
    maker.key = None
    assert listed() == {43}
