import click
import pytest

from route112.apps.backup.options import get_passphrase, make_places


def test_places_are_those_of_up_unless_told_otherwise(tmp_path):
    assert make_places(tmp_path, None).planner == tmp_path / "planner"
    assert make_places(tmp_path, None).files == tmp_path / "restored"
    told = make_places(tmp_path, tmp_path / "p", tmp_path / "f")
    assert (told.planner, told.files) == (tmp_path / "p", tmp_path / "f")


def test_a_passphrase_is_a_line_of_a_file_that_nobody_else_reads(tmp_path):
    path = tmp_path / "pass"
    path.write_text("correct horse\nrest\n")
    path.chmod(0o600)
    assert get_passphrase(path) == b"correct horse"
    assert get_passphrase(None) is None
    path.chmod(0o644)
    with pytest.raises(click.ClickException, match="can be read by others"):
        get_passphrase(path)
