import json
import os

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from tests.support.tampering import list_files, make_sealed, restate

from route112.apps.cli import cli
from route112.apps.records import verifying
from route112.apps.records.commands import records


@pytest.fixture
def world(tmp_path):
    world = make_sealed(tmp_path / "run" / "records", 3)
    yield world
    os.close(world.raw.descriptor)


def run(*arguments):
    return CliRunner().invoke(records, ["verify", *(str(argument) for argument in arguments)])


def alter(file):
    file.write_bytes(file.read_bytes().replace(b"answered", b"answerez", 1))


def test_an_intact_folder_is_said_to_be(world):
    result = run(world.path)
    assert result.exit_code == 0
    assert str(world.path) in result.output
    assert "1-15" in result.output
    assert "2026-11-18" in result.output
    assert "newest seal: segment 3 " in result.output
    assert result.output.endswith("intact: 1 folders, 3 segments, 15 records\n")
    assert run(world.path.parent).output == result.output


def test_what_is_wrong_is_said_with_place_and_next_step(world):
    file = list_files(world.path)[1]
    alter(file)
    result = run(world.path)
    assert result.exit_code == 1
    place = f"segments/{file.name}, record 6"
    assert (
        f"WRONG altered: {place}: it is not what was sealed: its hash is another" in result.output
    )
    assert "Keep the file as it is" in result.output
    assert result.output.endswith("something is wrong in 1 of 1 folders, 3 segments, 15 records\n")


def test_several_folders_are_verified_at_once(world, tmp_path):
    other = make_sealed(tmp_path / "other", 2)
    alter(list_files(other.path)[0])
    result = run(world.path, other.path)
    assert result.exit_code == 1
    assert "something is wrong in 1 of 2 folders, 5 segments" in result.output
    os.close(other.raw.descriptor)


def test_machines_get_all_of_it(world):
    alter(list_files(world.path)[2])
    world.write(1)
    result = run(world.path, "--json")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)
    (flaw,) = found["flaws"]
    assert (flaw["kind"], flaw["sequence"]) == ("altered", 11)
    assert (found["segments"], found["records"], found["unsealed"]) == (3, 15, 1)
    assert found["writers"][0]["altered"] == 1
    assert len(found["seal"]) == 64


def test_flaws_without_end_are_not_printed_without_end(world, monkeypatch):
    monkeypatch.setattr(verifying, "FLAWS_SHOWN_MAX", 1)
    for file in list_files(world.path):
        alter(file)
    assert "... and 2 more; --json has them all" in run(world.path).output


def test_a_folder_that_lost_its_segments_is_still_one(world):
    for file in list_files(world.path):
        file.unlink()
    (world.path / "segments").rmdir()
    result = run(world.path)
    assert result.exit_code == 1
    assert "no segments" in result.output
    assert (
        "segments 1 to 3 are missing: recorder.state says that 3 was the newest" in result.output
    )
    restate(world.path, number=0, seal="")
    assert run(world.path).exit_code == 0


def test_another_folder_cannot_be_read(world, tmp_path, monkeypatch):
    result = run(world.path, tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "is no records folder" in result.output

    def refuse(*_arguments):
        raise PermissionError(13, "Permission denied", "x.r1")

    monkeypatch.setattr(verifying, "verify_folder", refuse)
    result = run(world.path)
    assert result.exit_code == 2
    assert "x.r1 cannot be read: Permission denied" in result.output


def test_long_work_shows_how_far_it_is(world, monkeypatch):
    monkeypatch.setattr(verifying, "PROGRESS_SEGMENTS_MIN", 3)
    result = run(world.path)
    assert "verify: 3 of 3" in result.stderr
    assert result.exit_code == 0


def test_a_shell_completes_folders_and_the_command():
    shell = ShellComplete(cli, {}, "route112", "_ROUTE112_COMPLETE")
    assert [each.value for each in shell.get_completions(["records"], "ver")] == ["verify"]
    (one,) = shell.get_completions(["records", "verify", "x"], "va")
    assert one.type == "dir"
