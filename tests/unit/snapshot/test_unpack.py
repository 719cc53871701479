from tests.support.snapshots import small_content

from route112.snapshot.reader import Snapshot
from route112.snapshot.unpack import unpack_snapshot
from route112.snapshot.writer import write_snapshot


def test_unpacking_undoes_writing():
    content = small_content()
    written = write_snapshot(content)
    unpacked = unpack_snapshot(Snapshot(written))
    assert unpacked == content
    assert write_snapshot(unpacked) == written
