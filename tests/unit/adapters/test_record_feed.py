import pytest

from route112.adapters import record_feed
from route112.adapters.record_feed import AHEAD_US, ROUND_RECORDS_MAX, Feed
from route112.wire.record_lines import Record

NOW_US = 10_000 * AHEAD_US


class Source:
    """Records that wait, and a trouble."""

    def __init__(self, name, *times_us):
        self.name = name
        self.waiting = [Record("try", {}, time_us) for time_us in times_us]
        self.trouble = None
        self.asked = 0

    def read(self, count_max):
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        given, self.waiting = self.waiting[:count_max], self.waiting[count_max:]
        return given


def open_feed(*sources):
    said = []
    feed = Feed(said.append)
    for source in sources:
        assert feed.add(source)
    return feed, said


def test_each_source_gives_what_it_has():
    feed, said = open_feed(Source("a", 1, 2), Source("b"), Source("c", 3))
    given = [(name, len(records)) for name, records in feed.read_round()]
    assert given == [("a", 2), ("c", 1)]
    assert feed.tell_time(NOW_US) == NOW_US
    assert not feed.has_backlog
    assert said == []
    assert feed.list_names() == ["a", "b", "c"]


def test_a_source_is_followed_once():
    feed, _ = open_feed(Source("a"))
    assert not feed.add(Source("a", 1))


def test_there_is_an_end_to_sources(monkeypatch):
    monkeypatch.setattr(record_feed, "SOURCES_MAX", 1)
    feed, _ = open_feed(Source("a"))
    with pytest.raises(ValueError, match="more than 1"):
        feed.add(Source("b"))


def test_time_stands_until_a_backlog_is_read():
    slow = Source("slow", *range(1, ROUND_RECORDS_MAX + 2))
    feed, _ = open_feed(slow, Source("quick", 5))
    list(feed.read_round())
    assert feed.has_backlog
    assert feed.tell_time(NOW_US) == ROUND_RECORDS_MAX
    list(feed.read_round())
    assert feed.tell_time(NOW_US) == NOW_US


def test_who_is_far_ahead_waits():
    slow = Source("slow", *range(1, 3 * ROUND_RECORDS_MAX))
    quick = Source("quick", 2 * AHEAD_US)
    feed, _ = open_feed(slow, quick)
    list(feed.read_round())
    list(feed.read_round())
    assert quick.asked == 1
    list(feed.read_round())
    list(feed.read_round())
    assert quick.asked > 1


def test_a_source_that_is_gone_is_said_once_and_holds_nobody_up():
    gone = Source("gone", *range(1, ROUND_RECORDS_MAX + 2))
    feed, said = open_feed(gone, Source("there"))
    list(feed.read_round())
    gone.trouble = FileNotFoundError(2, "No such file or directory")
    for _ in range(3):
        assert list(feed.read_round()) == []
    assert said == ["gone cannot be read: No such file or directory; the others are followed on"]
    assert feed.tell_time(NOW_US) == NOW_US
    gone.trouble = None
    assert [name for name, _ in feed.read_round()] == ["gone"]
    assert said[1:] == ["gone is there again"]


def test_a_source_that_cannot_be_understood_ends_nobody():
    odd = Source("odd", 1)
    odd.trouble = ValueError("no number")
    feed, said = open_feed(odd, Source("there", 1))
    assert [name for name, _ in feed.read_round()] == ["there"]
    assert feed.list_missing() == ["odd"]
    assert said == ["odd cannot be read: no number; the others are followed on"]


def test_what_came_behind_a_whole_reading_is_fresh():
    source = Source("a", 1, 2)
    feed, _ = open_feed(source)
    list(feed.read_round())
    assert not feed.is_fresh("a"), "nobody knows how long it lay there"
    source.waiting = [Record("try", {}, 3)]
    list(feed.read_round())
    assert feed.is_fresh("a")
    list(feed.read_round())
    assert not feed.is_fresh("a")
    source.trouble = OSError(5, "gone")
    list(feed.read_round())
    source.trouble, source.waiting = None, [Record("try", {}, 4)]
    list(feed.read_round())
    assert not feed.is_fresh("a"), "it was away"


def test_a_round_of_many_sources_is_bounded(monkeypatch):
    monkeypatch.setattr(record_feed, "ALL_RECORDS_MAX", 20)
    monkeypatch.setattr(record_feed, "SHARE_MIN", 3)
    feed, _ = open_feed(*(Source(f"s{index}", *range(1, 50)) for index in range(4)))
    assert [len(records) for _, records in feed.read_round()] == [5] * 4
    assert feed.has_backlog
    monkeypatch.setattr(record_feed, "ALL_RECORDS_MAX", 4)
    assert [len(records) for _, records in feed.read_round()] == [3] * 4


def test_who_cannot_be_read_is_missing():
    away, there = Source("away", 1), Source("there", 1)
    feed, _ = open_feed(away, there)
    away.trouble = OSError(2, "No such file or directory")
    list(feed.read_round())
    assert feed.list_missing() == ["away"]


def come_back(*, records=3 * ROUND_RECORDS_MAX):
    """Have a source that was away for an hour come back with a backlog."""
    away, there = Source("away", 1), Source("there", NOW_US)
    feed, said = open_feed(away, there)
    list(feed.read_round())
    assert feed.tell_time(NOW_US) == NOW_US
    hour_ago_us = NOW_US - 3_600 * 1_000_000
    away.waiting = [Record("try", {}, hour_ago_us + index) for index in range(records)]
    return feed, away, there, said


def test_who_comes_back_with_a_backlog_holds_nobody_up_and_time_never_goes_back():
    feed, _, there, said = come_back()
    for second in range(1, 4):
        now_us = NOW_US + second * 1_000_000
        there.waiting = [Record("try", {}, now_us)]
        assert [name for name, _ in feed.read_round()] == ["away", "there"]
        assert feed.list_missing() == ["away"], "nothing of the present is known of it"
        assert feed.is_there("away")
        assert feed.has_backlog
        assert feed.tell_time(now_us) == now_us
    assert said == ["away is far behind; it is read on, and nobody waits for it"]
    assert feed.tell_time(NOW_US) == NOW_US + 3_000_000
    list(feed.read_round())
    assert (feed.list_missing(), feed.has_backlog) == ([], False)
    assert said[1:] == ["away is behind no more"]


def test_who_is_behind_and_goes_away_again_is_missing_for_that():
    feed, away, _, said = come_back()
    list(feed.read_round())
    away.trouble = OSError(5, "gone")
    list(feed.read_round())
    assert feed.list_missing() == feed.list_names()[:1]
    away.trouble, away.waiting = None, []
    list(feed.read_round())
    assert feed.list_missing() == []
    assert len(said) == 3


def test_time_goes_on_where_another_feed_told_it_last():
    slow = Source("slow", *range(1, 2 * ROUND_RECORDS_MAX))
    feed = Feed(print, told_us=NOW_US)
    feed.add(slow)
    list(feed.read_round())
    assert feed.tell_time(NOW_US + 1) == NOW_US + 1


def test_after_a_pause_of_all_everybody_waits_for_the_slowest():
    start_us = NOW_US - 3_600 * 1_000_000
    slow = Source("slow", *(start_us + index for index in range(3 * ROUND_RECORDS_MAX)))
    feed = Feed(print, told_us=start_us)
    feed.add(slow)
    list(feed.read_round())
    assert feed.tell_time(NOW_US) == start_us + ROUND_RECORDS_MAX - 1
    assert feed.list_missing() == []


def test_who_writes_faster_than_is_read_is_left_behind_in_the_end():
    """Lines of one instant, without end."""
    busy = Source("busy")
    feed, said = open_feed(busy)
    told = []
    for second in range(0, 40, 10):
        busy.waiting = [Record("try", {}, NOW_US)] * ROUND_RECORDS_MAX * 2
        list(feed.read_round())
        told.append((feed.tell_time(NOW_US + second * 1_000_000) - NOW_US) // 1_000_000)
    assert (told, said) == ([0, 0, 0, 0], [])
    list(feed.read_round())
    assert feed.tell_time(NOW_US + 31_000_000) == NOW_US + 31_000_000
    assert feed.list_missing() == ["busy"]
    assert len(said) == 1


@pytest.mark.parametrize("by_us", [-3_600_000_000, 3_600_000_000])
def test_a_step_of_the_clock_leaves_nobody_behind(by_us):
    slow = Source("slow", *range(NOW_US, NOW_US + 4 * ROUND_RECORDS_MAX))
    feed, said = open_feed(slow, Source("there"))
    list(feed.read_round())
    assert feed.tell_time(NOW_US + 1_000_000) == NOW_US + ROUND_RECORDS_MAX - 1
    feed.move_clock(by_us)
    told_us = feed.tell_time(NOW_US + 1_000_000 + by_us)
    assert told_us == NOW_US + by_us + (ROUND_RECORDS_MAX - 1 if by_us > 0 else 1_000_000)
    assert said == []


def test_whoever_stood_still_himself_leaves_nobody_behind():
    slow = Source("slow", *range(NOW_US, NOW_US + 4 * ROUND_RECORDS_MAX))
    feed, said = open_feed(slow)
    for hour in range(2):
        list(feed.read_round())
        last_us = NOW_US + (hour + 1) * ROUND_RECORDS_MAX - 1
        assert feed.tell_time(NOW_US + 1_000_000 + hour * 3_600_000_000) == last_us
    assert said == []


def test_who_has_to_wait_for_another_one_is_not_behind():
    slow = Source("slow", *range(0, 80 * AHEAD_US, AHEAD_US // ROUND_RECORDS_MAX))
    ahead = Source("ahead", *range(20 * AHEAD_US, 20 * AHEAD_US + 2 * ROUND_RECORDS_MAX))
    feed, said = open_feed(slow, ahead)
    for second in range(0, 60, 3):
        list(feed.read_round())
        feed.tell_time(NOW_US + second * 1_000_000)
    assert said == []
    assert ahead.asked == 1
