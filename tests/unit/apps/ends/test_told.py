"""Answering points do what a file says, as soon as it says so."""

import asyncio
from types import SimpleNamespace

import pytest

from route112.apps.ends import told as subject
from route112.apps.ends.told import (
    HAS_READ,
    Follower,
    TellingError,
    await_followers,
    find_mark,
    find_rings,
    read_told,
)
from route112.simulation.behaviours import Behaviour


@pytest.fixture
def psaps():
    return SimpleNamespace(numbers={"15": Behaviour.BUSY}, places={}, rings_s=(2.0, 2.0))


def test_the_file_is_followed_and_forgotten(tmp_path, psaps):
    path = tmp_path / "behaviours.json"
    said = []
    follower = Follower(path, psaps, said.append)
    follower.look()
    assert psaps.numbers == {"15": Behaviour.BUSY}
    assert not said
    path.write_text(
        '{"numbers": {"17": "silent"}, "places": {"127.0.4.1:5060": "trying"}, "rings_s": [2, 6]}'
    )
    follower.look()
    assert psaps.numbers == {"15": Behaviour.BUSY, "17": Behaviour.SILENT}
    assert psaps.places == {"127.0.4.1:5060": Behaviour.TRYING}
    assert psaps.rings_s == find_rings(path) == (2.0, 6.0)
    mark = find_mark(path)
    follower.look()
    assert said == [f"{HAS_READ}{mark}"], "once, when it is done"
    path.unlink()
    follower.look()
    assert (psaps.numbers, psaps.places) == ({"15": Behaviour.BUSY}, {})
    assert psaps.rings_s == (2.0, 2.0)
    assert find_rings(path) is None
    assert said[1:] == [f"{HAS_READ}no file"]


@pytest.mark.parametrize(
    "text",
    ["{", '{"numbers": {"17": "asleep"}}', '{"numbrs": {}}', '{"rings_s": [6, 2]}',
     '{"rings_s": [2, 601]}', '{"rings_s": [2]}'],
)  # fmt: skip
def test_a_file_that_cannot_be_followed_changes_nothing(tmp_path, psaps, text):
    path = tmp_path / "behaviours.json"
    path.write_text(text)
    with pytest.raises(TellingError, match=r"behaviours\.json"):
        read_told(path)
    said = []
    Follower(path, psaps, said.append).look()
    assert "behaviours stay as they are" in said[0]
    assert psaps.numbers == {"15": Behaviour.BUSY}


def test_it_is_looked_at_again_and_again(tmp_path, psaps, monkeypatch):
    monkeypatch.setattr(subject, "LOOK_SECONDS", 0.01)
    path = tmp_path / "behaviours.json"
    said = []

    async def follow():
        following = asyncio.create_task(Follower(path, psaps, said.append).follow())
        await asyncio.sleep(0.03)
        path.write_text('{"numbers": {"17": "silent"}}')
        await asyncio.sleep(0.1)
        following.cancel()

    asyncio.run(follow())
    assert psaps.numbers["17"] is Behaviour.SILENT
    assert len(said) == 1


@pytest.fixture
def followed(tmp_path):
    """A file, and what two who follow it have said; one has not read it yet."""
    path = tmp_path / "behaviours.json"
    path.write_text("{}")
    logs = [tmp_path / name for name in ("here", "there")]
    for log in logs:
        log.write_text(f"ready\n{HAS_READ}1/2\n")
    logs[0].write_text(f"{logs[0].read_text()}{HAS_READ}{find_mark(path)}\n")
    return path, logs


def test_who_tells_waits_until_all_have_read_it(followed, monkeypatch):
    path, logs = followed

    def read_it(_seconds):
        logs[1].write_text(f"{HAS_READ}{find_mark(path)}\n")

    monkeypatch.setattr(subject.time, "sleep", read_it)
    await_followers(path, logs)


def test_who_reads_only_what_replaced_it_follows(followed, monkeypatch):
    path, logs = followed

    def replace_and_read(_seconds):
        path.unlink()
        path.write_text('{"numbers": {}}')
        logs[1].write_text(f"{HAS_READ}{find_mark(path)}\n")

    monkeypatch.setattr(subject.time, "sleep", replace_and_read)
    await_followers(path, logs)


def test_who_does_not_read_it_is_named(followed):
    path, logs = followed
    await_followers(path, logs[:1], seconds_max=0)
    with pytest.raises(TellingError, match=r"there does not say within 0 s: follows behaviours"):
        await_followers(path, logs, seconds_max=0)
