"""A program that translates, inside a test."""

from tests.support.snapshots import small_content

from route112.adapters.tables import translation
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


def give_input(monkeypatch, alarms=None, **changes):
    """Give the small country, changed, as standard input; the alarm clock is only remembered."""
    content = write_snapshot(small_content(**changes))
    monkeypatch.setattr(translation.mmap, "mmap", lambda *_arguments, **_options: content)
    monkeypatch.setattr(translation.signal, "alarm", ([] if alarms is None else alarms).append)
    monkeypatch.setattr(translation.gc, "disable", lambda: None)
    return Snapshot(content)
