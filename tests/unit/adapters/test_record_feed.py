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
