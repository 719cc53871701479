import pytest

from route112.replication import (
    NOTHING,
    Answered,
    Failed,
    Fetch,
    Fetched,
    Offer,
    Offered,
    Poll,
    Progressed,
    Receiver,
    Refused,
    Report,
    Ticked,
    Wanted,
    handle,
)
from route112.replication.receiver import ANSWER_US, FETCH_US, OFFER_US, POLL_US, Phase
from route112.replication.values import SNAPSHOT_BYTES_MAX

A, B = "a" * 64, "b" * 64
NEWER = Wanted(6, B, 100)


class Side:
    """A receiver, the station beside it, and its clock."""

    def __init__(self):
        self.receiver, self.now = Receiver(), 0
        self.report = Report(station="site-1", number=5, content_hash=A)

    def __call__(self, event, after_us=0):
        self.now += after_us
        self.receiver, command = handle(self.receiver, event, self.report, now_us=self.now)
        return command

    def answer(self, wanted):
        """Ask, and get this answer."""
        assert isinstance(self(Ticked(), POLL_US), Poll)
        return self(Answered(wanted))

    def idle(self, flaw):
        return self.receiver.phase is Phase.IDLE and self.receiver.flaw == flaw

    def take(self, wanted):
        assert self.answer(wanted) == Fetch(wanted)
        assert self(Fetched(wanted.content_hash, wanted.size)) == Offer(wanted)
        assert self(Offered()) is None


def test_it_asks_at_once_and_then_each_second_and_says_what_is_in_force():
    side = Side()
    assert side(Ticked()) == Poll(side.report)
    side(Answered(NOTHING))
    assert side(Ticked(), POLL_US - 1) is None
    assert side(Ticked(), 1) == Poll(side.report)


def test_what_is_newer_is_fetched_compared_and_offered():
    side = Side()
    side.take(NEWER)
    assert side.idle("")
    assert side.receiver.offered == NEWER


@pytest.mark.parametrize(
    ("wanted", "flaw"),
    [
        (NOTHING, ""),
        (Wanted(5, A, 1), ""),
        (Wanted(4, B, 1), "older-generation"),
        (Wanted(5, B, 1), "same-generation-other-content"),
        (Wanted(6, B, SNAPSHOT_BYTES_MAX + 1), "too-large"),
    ],
)
def test_nothing_else_is_fetched(wanted, flaw):
    side = Side()
    assert side.answer(wanted) is None
    assert side.idle(flaw)


def test_the_largest_snapshot_is_fetched():
    assert isinstance(Side().answer(Wanted(6, B, SNAPSHOT_BYTES_MAX)), Fetch)


@pytest.mark.parametrize(
    ("wanted", "flaw"),
    [
        (NEWER, ""),
        (Wanted(6, A, 1), "same-generation-other-content"),
        (Wanted(5, B, 1), "same-generation-other-content"),
    ],
)
def test_what_was_offered_is_the_supervisors_matter(wanted, flaw):
    side = Side()
    side.take(NEWER)
    assert side.answer(wanted) is None
    assert side.idle(flaw)


def test_nothing_older_than_what_was_offered_is_fetched():
    side = Side()
    side.take(Wanted(8, B, 1))
    assert side.answer(Wanted(7, A, 1)) is None
    assert side.idle("older-generation")
    side.take(Wanted(9, A, 1))


def test_what_was_refused_is_not_offered_again_by_whoever_begins_anew():
    side = Side()
    side.report = Report(
        station="site-1", number=5, content_hash=A, refused=Refused(6, B, "unknown-key")
    )
    assert side.answer(NEWER) is None
    assert side.idle("")
    assert isinstance(side.answer(Wanted(6, A, 1)), Fetch), "that is another one"


@pytest.mark.parametrize("came", [Fetched(A, 100), Fetched(B, 99)])
def test_what_came_altered_is_dropped_and_asked_for_again(came):
    side = Side()
    side.answer(NEWER)
    assert side(came) is None
    assert side.idle("altered")
    side.take(NEWER)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_whatever_fails_is_tried_again_a_second_later(steps):
    side = Side()
    side(Ticked())
    for event in (Answered(NEWER), Fetched(B, 100))[: steps - 1]:
        side(event)
    assert side(Failed("disk-full")) is None
    assert side.idle("disk-full")
    assert side.receiver.offered == NOTHING
    side.take(NEWER)


@pytest.mark.parametrize(("steps", "limit"), [(1, ANSWER_US), (2, FETCH_US), (3, OFFER_US)])
def test_whatever_hangs_is_given_up(steps, limit):
    side = Side()
    side(Ticked())
    for event in (Answered(NEWER), Fetched(B, 100))[: steps - 1]:
        side(event)
    assert side(Ticked(), limit - 1) is None
    assert side.receiver.phase is not Phase.IDLE
    side(Ticked(), 1)
    assert side.idle("too-slow")
    side.take(NEWER)


def test_a_large_file_over_a_slow_link_may_take_its_time_while_it_comes():
    side = Side()
    side.answer(NEWER)
    for _ in range(20):
        side(Progressed(), FETCH_US - 1)
        side(Ticked())
    assert side(Fetched(B, 100)) == Offer(NEWER)


@pytest.mark.parametrize(
    "late", [Answered(NEWER), Fetched(B, 100), Offered(), Failed("cut"), Progressed()]
)
def test_an_answer_to_what_was_given_up_changes_nothing(late):
    side = Side()
    before = side.receiver
    assert side(late) is None
    assert side.receiver == before
