import json
import stat

from route112.apps.alarms import ledger as module
from route112.apps.alarms.ledger import Ledger


def make(world, said=None):
    return Ledger(world.store, world.files.alarms, complain=(said or []).append)


def read(world):
    return [json.loads(line) for line in world.files.alarms.read_text().splitlines()]


def test_each_line_is_written_once_also_by_the_next_process(world):
    ledger = make(world)
    assert ledger.write() == 0
    world.open()
    assert (ledger.write(), ledger.write()) == (1, 0)
    world.end()
    assert make(world).write() == 1
    assert [line["what"] for line in read(world)] == ["opened", "over"]
    assert stat.S_IMODE(world.files.alarms.stat().st_mode) == 0o600


def test_what_cannot_be_written_is_said_once_and_written_later(world):
    said = []
    ledger = Ledger(world.store, world.files.alarms, complain=said.append)
    world.files.alarms.mkdir()
    world.open()
    assert (ledger.write(), ledger.write(), len(said)) == (0, 0, 1)
    assert "cannot be written" in said[0]
    world.files.alarms.rmdir()
    assert ledger.write() == 1


def test_a_disk_that_fills_leaves_no_half_line(world, monkeypatch):
    world.open()
    make(world).write()
    before = world.files.alarms.read_bytes()
    world.end()

    class Full:
        def __init__(self, file):
            self._file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._file.close()

        def tell(self):
            return self._file.tell()

        def write(self, lines):
            return self._file.write(lines[:10])

        def truncate(self, size):
            self._file.truncate(size)

    whole = module.os.fdopen
    monkeypatch.setattr(module.os, "fdopen", lambda *args, **kwargs: Full(whole(*args, **kwargs)))
    assert make(world).write() == 0
    assert world.files.alarms.read_bytes() == before
