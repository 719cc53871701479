import asyncio
import os
from dataclasses import replace

import pytest
from tests.support.snapshots import NOW, sign_blindly, small_content, small_trust, trusted_key

from route112.adapters.redirect_server.shelf import Shelf
from route112.redirect import RefusedError
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot


def put(path, content):
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.rename(path)


def test_a_newer_snapshot_is_taken_and_anything_else_leaves_the_one_in_force(file, lines):
    shelf = Shelf(file, None, lines.append)

    def offer(content):
        put(file, content)
        asyncio.run(shelf.refresh())
        return shelf.book.generation

    good = write_snapshot(small_content(generation=43))
    assert offer(good) == 43
    assert offer(b"nonsense") == 43
    assert offer(good[:-1]) == 43
    assert offer(write_snapshot(small_content(generation=42))) == 43
    assert offer(write_snapshot(small_content(generation=43, edition="x"))) == 43
    file.unlink()
    asyncio.run(shelf.refresh())
    assert offer(write_snapshot(small_content(generation=44))) == 44
    asyncio.run(shelf.refresh())
    assert [line.replace(str(file), "F") for line in lines] == [
        "g43 is in force",
        "refused F: it is no snapshot; g43 stays in force",
        f"refused F: it has {len(good) - 1} of {len(good)} bytes; g43 stays in force",
        "refused F: it is g42, older than g43; g43 stays in force",
        "refused F: it is another g43 than the one in force; g43 stays in force",
        "g44 is in force",
    ]


def test_a_pipe_or_a_device_in_its_place_is_refused_at_once_and_what_follows_it_is_taken(
    file, lines
):
    shelf = Shelf(file, None, lines.append)
    file.unlink()
    os.mkfifo(file)
    asyncio.run(asyncio.wait_for(shelf.refresh(), 5))
    file.unlink()
    file.symlink_to("/dev/zero")
    asyncio.run(asyncio.wait_for(shelf.refresh(), 5))
    file.unlink()
    put(file, write_snapshot(small_content(generation=43)))
    asyncio.run(shelf.refresh())
    assert [line.rpartition("] ")[2] for line in lines] == [
        "no regular file; g42 stays in force",
        "no regular file; g42 stays in force",
        "g43 is in force",
    ]


@pytest.fixture
def trust(tmp_path):
    path = tmp_path / "trust.json"
    path.write_bytes(render_trust(small_trust()))
    return path


def test_a_first_snapshot_must_be_sound_and_signed_where_a_trust_list_is_given(file, trust, lines):
    with pytest.raises(RefusedError, match="it is not signed"):
        Shelf(file, trust, lines.append)
    with pytest.raises(OSError, match="No such file"):
        Shelf(file.with_name("none"), None, lines.append)
    with pytest.raises(OSError, match="No such file"):
        Shelf(file, file.with_name("none"), lines.append)
    put(file, sign_blindly(file.read_bytes(), "c"))
    with pytest.raises(RefusedError, match="revoked"):
        Shelf(file, trust, lines.append)


def test_a_new_trust_list_counts_for_what_is_offered_already(file, trust, lines):
    put(file, sign_blindly(file.read_bytes(), "a"))
    shelf = Shelf(file, trust, lines.append)
    whole = small_trust()
    put(file, sign_blindly(write_snapshot(small_content(generation=43)), "e"))
    asyncio.run(shelf.refresh())
    assert "unknown key" in lines[-1]
    put(trust, b"{")
    asyncio.run(shelf.refresh())
    assert lines[-1].startswith(f"the trust list stays as it was: {trust}: ")
    count = len(lines)
    asyncio.run(shelf.refresh())
    trust.rename(trust.with_suffix(".away"))
    asyncio.run(shelf.refresh())
    assert len(lines) == count, "each list is told once, and one that is gone displaces nothing"
    stranger = trusted_key("e")
    put(trust, render_trust(replace(whole, keys=(*whole.keys, stranger))))
    asyncio.run(shelf.refresh())
    assert lines[count:] == [
        f"the trust list was read anew: {len(whole.keys) + 1} keys",
        "g43 is in force",
    ]


def test_a_key_that_is_revoked_displaces_nothing_and_is_told(file, trust, lines):
    put(file, sign_blindly(file.read_bytes(), "a"))
    shelf = Shelf(file, trust, lines.append)
    whole = small_trust()
    put(trust, render_trust(whole))
    asyncio.run(shelf.refresh())
    assert lines == [f"the trust list was read anew: {len(whole.keys)} keys"]
    revoked = [
        replace(key, revoked_at=NOW, reason="lost") if place == 0 else key
        for place, key in enumerate(whole.keys)
    ]
    put(trust, render_trust(replace(whole, keys=tuple(revoked))))
    asyncio.run(shelf.refresh())
    assert "which was revoked; g42 stays in force" in lines[-1]
    assert shelf.book.generation == 42
