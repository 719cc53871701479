"""The recorder of a site: begun, ended with everything sealed, and never in the way of the site."""

import asyncio
import os

import pytest

from route112.adapters.record_spool import Recorder, prepare_folder, read_records
from route112.apps.station import recording as module
from route112.apps.station.events import Reporter
from route112.apps.station.recording import Recording


class Remembering(Reporter):
    """A reporter whose words a test reads."""

    def __init__(self, raw):
        super().__init__(
            "site-3", raw=raw.descriptor, key=raw.key, now=lambda: 1_795_000_000_000_000
        )
        self.said = []

    def say(self, text):
        self.said.append(text)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "records")


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.raw = prepare_folder(folder, site="site-3", now_us=1_795_000_000_000_000)
        self.report = Remembering(self.raw)

    def make(self):
        return Recorder(self.folder, site="site-3", complain=self.report.say)


def run(recording, *, pauses=3):
    async def play():
        recording.begin()
        for _ in range(pauses):
            await asyncio.sleep(0)
        await recording.end()

    asyncio.run(play())


def test_what_was_written_is_sealed_when_the_site_ends(site):
    site.report.tell("start", "up", reason="ready")
    run(Recording(site.make, site.report))
    [segment] = (site.folder / "segments").glob("*.r1")
    assert b"event=start" in segment.read_bytes()
    assert [record.get("event") for record in read_records(site.folder)] == ["start"]
    assert site.report.said == ["up"]


def test_a_folder_that_somebody_keeps_is_said_once_and_left_to_them(site, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    other = site.make()
    run(Recording(site.make, site.report), pauses=20)
    other.close()
    assert site.report.said == [
        f"records are not sealed by this supervisor: {site.folder} has a recorder already"
    ]


def test_a_recorder_that_fails_is_made_anew(site, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    made = []

    def make():
        made.append(None)
        if len(made) == 1:
            raise RuntimeError("a defect")
        return site.make()

    site.report.tell("start", "up", reason="ready")
    run(Recording(make, site.report), pauses=20)
    assert len(made) == 2
    assert (
        site.report.said[-1]
        == "records are not sealed by this supervisor: RuntimeError('a defect')"
    )
    assert len(list((site.folder / "segments").glob("*.r1"))) == 1


def test_one_that_never_began_ends_at_once(site):
    asyncio.run(Recording(site.make, site.report).end())
    os.close(site.raw.descriptor)
    assert site.report.said == []


def test_how_much_waits_is_known_while_somebody_seals(site):
    recording = Recording(site.make, site.report)
    assert recording.backlog_bytes is None

    async def play():
        recording.begin()
        await asyncio.sleep(0)
        assert recording.backlog_bytes >= 0
        os.close(recording._recorder._raw)
        assert recording.backlog_bytes is None, "a file that is gone stops nothing"
        recording._recorder._raw = -1
        await recording.end()

    asyncio.run(play())
