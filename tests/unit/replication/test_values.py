from route112.replication import NOTHING, Report, Wanted
from route112.replication.values import SNAPSHOT_BYTES_MAX
from route112.snapshot.layout import TOTAL_SIZE_MAX


def test_a_snapshot_may_be_as_large_as_its_format_has_it():
    assert SNAPSHOT_BYTES_MAX == TOTAL_SIZE_MAX


def test_nothing_is_no_generation():
    assert Wanted(0, "") == NOTHING
    assert Report(station="site-1", number=0, content_hash="").refused is None
