import os

from tests.support.records import World, kill

from route112.adapters.record_spool import Bounds, bounds


def small(**changes):
    values = {"segment_bytes_max": 2_000, "seal_seconds": 1e9, "disk_free_bytes_min": 0}
    return Bounds(**(values | changes))


def fill(world, recorder, count):
    for _ in range(count):
        world.write(40)
        while recorder.step():
            pass


def test_the_alarm_comes_before_the_loss_and_the_loss_is_counted(tmp_path):
    world = World(tmp_path / "records", bounds=small(bytes_max=120_000))
    recorder = world.recorder()
    alarmed_at = lost_at = None
    for turn in range(60):
        fill(world, recorder, 1)
        if alarmed_at is None and any("near full" in text for text in world.said):
            alarmed_at = turn
        if lost_at is None and any("lost" in text for text in world.said):
            lost_at = turn
    kill(recorder)
    assert alarmed_at < lost_at
    found = world.read()
    sequences = [sequence for sequence, _ in found]
    assert sequences == list(range(sequences[0], sequences[-1] + 1))
    assert sequences[0] > 1
    events = [name for _, name in found if name.startswith("records")]
    assert "records-lost" in events
    size = sum(path.stat().st_size for path in (world.path / "segments").iterdir())
    assert size + os.fstat(world.raw.descriptor).st_blocks * 512 <= 120_000 + 3 * 2_000
    lost = [text for text in world.said if text.startswith("records: lost")]
    counted = sum(int(text.split(" with ")[1].split()[0].replace(",", "")) for text in lost)
    assert counted == sequences[0] - 1


def test_the_newest_segment_stays_whatever_the_bound(tmp_path):
    world = World(tmp_path / "records", bounds=small(bytes_max=1))
    recorder = world.recorder()
    fill(world, recorder, 3)
    kill(recorder)
    assert len(world.list_sealed()) == 1


def test_the_alarm_is_raised_once_until_there_is_room_again(tmp_path):
    said, events, free = [], [], {"used": 0}
    stock = bounds.Stock(tmp_path, small(bytes_max=1_000), said.append)

    def append(event, fields):
        events.append((event, fields["reason"]))

    for used in (700, 800, 750, 900, 699, 801):
        free["used"] = used
        stock.keep_bound(used, append)
    assert events == [("records-near-full", "bound")] * 2
    assert said[0] == ("records: near full: they take 800 of 1,000 bytes; above it the oldest go")


def test_a_disk_that_fills_up_raises_the_alarm_too(tmp_path):
    said, events = [], []
    limits = small(bytes_max=1 << 40, disk_free_bytes_min=1 << 60)
    stock = bounds.Stock(tmp_path, limits, said.append)
    stock.keep_bound(0, lambda event, fields: events.append((event, fields["reason"])))
    assert events == [("records-near-full", "disk")]
    assert "bytes are free on their disk" in said[0]


def test_a_loss_is_counted_afterwards_when_the_disk_was_full(tmp_path):
    world = World(tmp_path / "records", bounds=small(bytes_max=1 << 30))
    recorder = world.recorder()
    fill(world, recorder, 3)
    kill(recorder)
    events = []

    def refuse_once(event, fields):
        if not events:
            events.append("refused")
            raise OSError(28, "No space left on device")
        events.append((event, fields["count"]))

    stock = bounds.Stock(world.path / "segments", small(bytes_max=5_000), world.said.append)
    stock.count()
    stock._alarms.add("bound")
    stock.keep_bound(0, refuse_once)
    assert events[0] == "refused"
    assert events[1][0] == "records-lost"
    assert events[1][1] > 0
