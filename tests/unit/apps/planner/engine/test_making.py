import errno
import threading
import time

import pytest
from tests.support.planned import make_order, write_plan, write_trust
from tests.support.plans import PROFILE
from tests.support.snapshots import NOW, make_test_key, small_trust

from route112.apps.planner.engine.making import RETRY_S, Maker, Workshop, sort_given
from route112.apps.planner.engine.shelf import CandidateError, Shelf
from route112.change import Built
from route112.change.deciding import Build
from route112.planning.orders.numbered import FlawError
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
            assert self.done.acquire(timeout=5)


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
    bench.workshop._make = lambda _: release.wait(5) and Built(content_hash="a" * 64)
    began_s = time.monotonic()
    bench.take(1)
    bench.take(1)
    assert bench.workshop.built == {}
    assert time.monotonic() - began_s < 1
    release.set()
    assert bench.done.acquire(timeout=5)
    assert set(bench.workshop.built) == {1}
