import os
import shutil

import pytest
from tests.support.records import NOW_US, World, kill
from tests.support.tampering import check, list_files, make_sealed, reseal, restate, unchain

from route112.adapters.record_spool import Bounds, prepare_folder, verify
from route112.adapters.record_spool.layout import load_state
from route112.adapters.record_spool.segments import list_segments, read_span

SEGMENTS = 4


@pytest.fixture
def world(tmp_path):
    world = make_sealed(tmp_path / "records", SEGMENTS)
    yield world
    os.close(world.raw.descriptor)


def kinds(path):
    return [flaw.kind for flaw in check(path).flaws]


def test_what_a_recorder_left_is_intact(world):
    found = check(world.path)
    assert found.is_intact
    assert found.notes == []
    (tally,) = found.writers
    assert (found.segments, found.records, found.unsealed) == (SEGMENTS, world.written, 0)
    assert (tally.first, tally.last) == (1, world.written)
    assert (tally.begin_us, tally.finish_us) == (NOW_US + 1, NOW_US + world.written)
    newest = list_segments(world.path / "segments")[-1]
    assert (found.number, found.seal) == (SEGMENTS, read_span(newest).sha256)
    assert load_state(world.path / "recorder.state").seal == found.seal


def test_what_is_not_sealed_is_counted_and_said(world):
    world.write(3)
    found = check(world.path)
    assert found.is_intact
    assert found.notes == ["3 records of raw.log are not sealed: nothing protects them"]


def test_an_empty_folder_is_intact(tmp_path):
    assert check(tmp_path).is_intact
    world = World(tmp_path / "records")
    world.write(2)
    assert check(world.path).is_intact
    (world.path / "raw.log").write_bytes(b"R1 raw")
    assert check(world.path).unsealed == 0


@pytest.mark.parametrize("number", range(1, SEGMENTS + 1))
def test_each_altered_byte_is_found(world, number):
    file = list_files(world.path)[number - 1]
    content = file.read_bytes()
    for place in range(len(content)):
        for flip in (1, 32):
            altered = bytearray(content)
            altered[place] ^= flip
            file.write_bytes(altered)
            found = check(world.path)
            assert not found.is_intact, (place, flip)
            assert file.name in found.flaws[0].file
            assert sum(tally.altered for tally in found.writers) == 1
    file.write_bytes(content)
    assert check(world.path).is_intact


@pytest.mark.parametrize("number", range(1, SEGMENTS + 1))
def test_each_cut_is_found(world, number):
    file = list_files(world.path)[number - 1]
    content = file.read_bytes()
    for size in range(len(content)):
        file.write_bytes(content[:size])
        assert kinds(world.path) == ["altered"], size
    file.write_bytes(content + b"\n")
    assert kinds(world.path) == ["altered"]


@pytest.mark.parametrize("number", range(1, SEGMENTS + 1))
def test_a_removed_segment_is_missing(world, number):
    list_files(world.path)[number - 1].unlink()
    found = check(world.path)
    assert [flaw.kind for flaw in found.flaws] == ["missing"]
    assert f"segment {number} is" in found.flaws[0].text


def test_removed_segments_are_missing_whichever_they_are(world):
    files = list_files(world.path)
    for file in files[1:3]:
        file.unlink()
    (flaw,) = check(world.path).flaws
    assert "segments 2 to 3 are missing before it, with records 6 to 15" in flaw.text
    shutil.rmtree(world.path / "segments")
    (flaw,) = check(world.path).flaws
    assert flaw.text.startswith("segments 1 to 4 are missing: recorder.state says")
    (world.path / "recorder.state").unlink()
    with (world.path / "raw.log").open("r+b") as raw:
        raw.truncate(4_096)
    found = check(world.path)
    assert found.segments == 0


def test_a_raw_file_that_was_freed_says_that_segments_were_there(tmp_path):
    world = make_sealed(tmp_path / "records", 60)
    shutil.rmtree(world.path / "segments")
    (world.path / "recorder.state").unlink()
    (flaw,) = check(world.path).flaws
    assert flaw.text.startswith("raw.log has been sealed and freed")


def list_pairs():
    numbers = range(SEGMENTS)
    return [(one, two) for one in numbers for two in numbers if one < two]


@pytest.mark.parametrize(("one", "two"), list_pairs())
def test_exchanged_segments_are_misplaced(world, one, two):
    files = list_files(world.path)
    first, second = files[one].read_bytes(), files[two].read_bytes()
    files[one].write_bytes(second)
    files[two].write_bytes(first)
    assert kinds(world.path) == ["misplaced", "misplaced"]


@pytest.mark.parametrize("number", range(1, SEGMENTS + 1))
def test_a_copy_is_misplaced_under_any_other_number(world, number):
    files = list_files(world.path)
    copy = files[number - 1].read_bytes()
    for other in (1, 2, SEGMENTS + 1, SEGMENTS + 2):
        for writer in (files[0].stem[:12], "0" * 12, "f" * 12):
            file = world.path / "segments" / f"{writer}-{other:010}.r1"
            if file.exists():
                continue
            file.write_bytes(copy)
            found = kinds(world.path)
            assert "misplaced" in found
            assert ("doubled" in found) == (other <= SEGMENTS)
            file.unlink()
    assert check(world.path).is_intact


@pytest.mark.parametrize("number", range(1, SEGMENTS + 1))
def test_a_record_edited_under_a_new_seal_is_found_by_the_next_link_or_the_state(world, number):
    file = list_files(world.path)[number - 1]
    content = file.read_bytes()
    file.write_bytes(reseal(content.replace(b"outcome=answered", b"outcome=failed", 1)))
    found = check(world.path)
    (flaw,) = found.flaws
    assert (flaw.kind, flaw.file) == ("replaced", f"segments/{file.name}")
    assert sum(tally.broken_links for tally in found.writers) == 1
    by = "recorder.state says" if number == SEGMENTS else "was sealed behind"
    assert by in flaw.text


@pytest.mark.parametrize("number", range(1, SEGMENTS + 1))
def test_records_that_are_not_one_by_one_are_found_under_a_new_seal(world, number):
    file = list_files(world.path)[number - 1]
    head, *lines, foot, _ = file.read_bytes().split(b"\n")
    for changed in (lines[1:], lines[:-1], lines[::-1], [*lines, lines[-1]], [*lines, b"x"], []):
        file.write_bytes(reseal(b"\n".join([head, *changed, foot, b""])))
        (flaw,) = check(world.path).flaws
        assert (flaw.kind, "not numbered one by one" in flaw.text) == ("altered", True)


def test_a_new_chain_from_one_segment_on_is_found_by_the_state_alone(world):
    """The state holds the newest seal: to forge it too is what nothing here can show."""
    files = list_files(world.path)
    seal = None
    for file in files[2:]:
        content = file.read_bytes().replace(b"outcome=answered", b"outcome=failed", 1)
        if seal is not None:
            place = content.index(b" before=") + 8
            content = content[:place] + seal + content[place + 64 :]
        file.write_bytes(reseal(content))
        seal = file.read_bytes()[-65:-1]
    assert kinds(world.path) == ["replaced"]
    restate(world.path, seal=seal.decode())
    assert check(world.path).is_intact


def test_a_segment_that_leads_the_chain_elsewhere_is_found(world):
    files = list_files(world.path)
    for file, before, kind in (
        (files[0], b"1" * 64, "broken-link"),
        (files[1], b"0" * 64, "broken-link"),
        (files[3], b"1" * 64, "replaced"),
    ):
        content = file.read_bytes()
        place = content.index(b" before=") + 8
        file.write_bytes(reseal(content[:place] + before + content[place + 64 :]))
        assert kind in kinds(world.path)
        file.write_bytes(content)
    assert check(world.path).is_intact


def test_sequences_that_do_not_follow_are_found(world):
    last = list_files(world.path)[-1]
    first, end = (world.written - 4, world.written)
    content = last.read_bytes().replace(b"first=%d " % first, b"first=%d " % (first + 10))
    content = content.replace(b"last=%d " % end, b"last=%d " % (end + 10))
    for number in range(end, first - 1, -1):
        content = content.replace(b"\n%d R1" % number, b"\n%d R1" % (number + 10))
    last.write_bytes(reseal(content))
    found = check(world.path)
    assert found.flaws[0].kind == "gap"
    assert sum(tally.gaps for tally in found.writers) == 1


def test_the_state_is_missed(world):
    state = world.path / "recorder.state"
    content = state.read_bytes()
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1
        state.write_bytes(altered)
        (flaw,) = check(world.path).flaws
        assert (flaw.kind, flaw.file) == ("state", "recorder.state")
        assert "cannot be read" in flaw.text
    state.unlink()
    (flaw,) = check(world.path).flaws
    assert flaw.text == "is missing: nothing holds the newest segment, 4"
    kill_after_start(world)
    assert check(world.path).is_intact


def kill_after_start(world):
    recorder = world.recorder()
    recorder.step()
    kill(recorder)


def test_a_state_that_lost_its_end_is_written_anew_at_the_next_start(world):
    state = world.path / "recorder.state"
    content = state.read_bytes()
    state.write_bytes(content[:30])
    kill_after_start(world)
    assert state.read_bytes() == content


def test_a_raw_file_cut_below_what_was_sealed_is_found(world):
    with (world.path / "raw.log").open("r+b") as raw:
        raw.truncate(500)
    (flaw,) = check(world.path).flaws
    assert flaw.kind == "raw"
    recorder = world.recorder()
    recorder.step()
    (flaw,) = check(world.path).flaws
    assert (flaw.kind, flaw.file) == ("began-anew", "recorder.state")
    world.write(5)
    recorder.close()
    (flaw,) = check(world.path).flaws
    assert (flaw.kind, flaw.file.startswith("segments/")) == ("began-anew", True)


def test_a_new_raw_file_is_a_new_writer_of_the_same_chain(world):
    (world.path / "raw.log").unlink()
    assert check(world.path).is_intact
    os.close(world.raw.descriptor)
    world.raw = prepare_folder(world.path, site="s", now_us=NOW_US + 1)
    world.write(3)
    world.recorder().close()
    found = check(world.path)
    assert found.is_intact, found.flaws
    assert [(tally.first, tally.segments) for tally in found.writers] == [(1, SEGMENTS), (1, 1)]
    last_of_first = list_files(world.path)[SEGMENTS - 1]
    content = last_of_first.read_bytes()
    last_of_first.write_bytes(reseal(content.replace(b"answered", b"failed", 1)))
    assert kinds(world.path) == ["replaced"]
    last_of_first.unlink()
    assert kinds(world.path) == ["missing"]


def test_a_raw_file_put_back_repeats_sequences_and_is_found(world):
    shutil.move(world.path / "raw.log", world.path / "old")
    os.close(world.raw.descriptor)
    world.raw = prepare_folder(world.path, site="s", now_us=NOW_US + 1)
    world.write(3)
    world.recorder().close()
    shutil.copy(world.path / "old", world.path / "raw.log")
    world.recorder().close()
    (flaw,) = check(world.path).flaws
    assert (flaw.kind, flaw.text) == ("gap", "begins at 1, 21 was due")


def test_what_the_bound_removed_is_told_apart(tmp_path):
    world = make_sealed(tmp_path / "records", 60, bytes_max=26_000)
    found = check(world.path)
    assert found.is_intact, found.flaws
    begins = int(list_files(world.path)[0].stem[-10:])
    assert begins > 2
    gone = f"segments 1 to {begins - 1} are gone by the bound"
    assert found.notes[0] == f"begins at segment {begins}: {gone}, as records-lost says"
    list_files(world.path)[0].unlink()
    (flaw,) = check(world.path).flaws
    assert flaw.kind == "missing"
    assert "no record says that the bound removed it" in flaw.text


def test_segments_of_before_the_chain_are_read_and_said(world):
    files = list_files(world.path)
    for file in files:
        file.write_bytes(unchain(file.read_bytes()))
    restate(world.path, seal="")
    assert check(world.path).is_intact
    world.write(5)
    world.recorder().close()
    found = check(world.path)
    assert found.is_intact, found.flaws
    assert found.notes == ["4 segments are from before there was a chain: each holds its own seal"]
    content = files[-1].read_bytes()
    files[-1].write_bytes(content.replace(b"answered", b"answerez", 1))
    assert kinds(world.path) == ["altered"]
    files[-1].write_bytes(unchain(content.replace(b"answered", b"answerez", 1)))
    assert kinds(world.path) == ["replaced"]


def test_a_segment_without_a_link_behind_one_with_it_is_found(world):
    file = list_files(world.path)[1]
    file.write_bytes(unchain(file.read_bytes()))
    assert kinds(world.path) == ["unchained", "replaced"]


def test_when_state_and_newest_seal_are_both_lost_the_chain_says_so(world):
    newest = list_files(world.path)[-1]
    newest.write_bytes(newest.read_bytes()[:-30])
    (world.path / "recorder.state").unlink()
    world.write(5)
    world.recorder().close()
    assert kinds(world.path) == ["altered", "broken-link"]


def test_what_is_sealed_and_removed_while_it_is_verified_is_no_flaw(tmp_path, monkeypatch):
    world = make_sealed(tmp_path / "records", 10)
    world.bounds = Bounds(segment_bytes_max=300, disk_free_bytes_min=0, bytes_max=12_000)
    real, calls = verify.examine, []

    def seal_meanwhile(segment):
        seen = real(segment)
        calls.append(segment.number)
        if len(calls) == 2:
            recorder = world.recorder()
            for _ in range(25):
                world.write(5)
                while recorder.step():
                    pass
            kill(recorder)
        return seen

    monkeypatch.setattr(verify, "examine", seal_meanwhile)
    found = check(world.path)
    assert found.is_intact, found.flaws
    assert len(list_files(world.path)) < 30
    assert found.number == 35
    assert "as records-lost says" in found.notes[0]


def test_a_folder_that_cannot_be_read_is_an_error(world, monkeypatch):
    def refuse(*_arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(verify.os, "listdir", refuse)
    with pytest.raises(PermissionError):
        check(world.path)


def test_a_copy_under_a_very_high_number_costs_no_time(world):
    file = list_files(world.path)[0]
    shutil.copy(file, file.with_name(f"{file.stem[:12]}-{10**9:010}.r1"))
    assert "missing" in kinds(world.path)
