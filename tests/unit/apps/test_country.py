import pytest
from click.testing import CliRunner

from route112.apps import country as subject
from route112.apps.cli import cli


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "fr"
    result = CliRunner().invoke(cli, ["country", "demo", "fr", str(folder)])
    return folder, result


def test_the_demo_is_written_and_summed_up(written):
    folder, result = written

    assert result.exit_code == 0, result.output
    assert len(list((folder / "pdaau").iterdir())) == 110
    for name in ("profile.yaml", "psaps.csv", "trunks.yaml", "README.md", "expected.csv.gz"):
        assert (folder / name).is_file()
    for line in ("plan files, ODS", "answering points", "keys (commune x number)", "seconds"):
        assert line in result.stdout
    assert f"Next: route112 plan build {folder} -o fr.r112" in result.stdout


def test_progress_goes_to_standard_error(written):
    _, result = written

    assert "fr: files: 128 of 128" in result.stderr
    assert "of 125" not in result.stdout


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    result = CliRunner().invoke(cli, ["country", "demo", "fr", str(tmp_path)])

    assert result.exit_code == 2
    assert f"{tmp_path} is not empty" in result.stderr
    assert "say --force to overwrite" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_force_writes_over_the_files_of_the_demo(tmp_path, monkeypatch, written):
    from route112.countries import fr

    demo = fr.build_demo()
    monkeypatch.setattr(type(demo), "render_files", lambda _: iter([("README.md", b"new")]))
    (tmp_path / "README.md").write_text("old")

    result = CliRunner().invoke(cli, ["country", "demo", "fr", str(tmp_path), "--force"])

    assert result.exit_code == 0, result.output
    assert (tmp_path / "README.md").read_text() == "new"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "pdaau").write_text("a file where a folder must be")

    result = CliRunner().invoke(cli, ["country", "demo", "fr", str(tmp_path), "--force"])

    assert result.exit_code == 2
    assert f"cannot write into {tmp_path}: File exists" in result.stderr


def test_an_unknown_country_is_refused():
    result = CliRunner().invoke(cli, ["country", "demo", "xx", "anywhere"])

    assert result.exit_code == 2
    assert "'xx' is not 'fr'" in result.stderr


def test_help_has_examples():
    result = CliRunner().invoke(cli, ["country", "demo", "--help"])

    assert "route112 country demo fr var/fr --force" in result.output
    assert subject.EPILOG.splitlines()[1] == "Examples:"


def test_a_plan_of_an_older_demo_is_named_and_left(tmp_path, monkeypatch):
    from route112.countries import fr

    demo = fr.build_demo()
    monkeypatch.setattr(
        type(demo), "render_files", lambda _: iter([("pdaau/PDAAU_01.csv", b"new")])
    )
    (tmp_path / "pdaau").mkdir()
    stray = tmp_path / "pdaau" / "old_01.csv"
    stray.write_text("old")

    result = CliRunner().invoke(cli, ["country", "demo", "fr", str(tmp_path), "--force"])

    assert f"warning: {stray} is not of this demo and would be built too" in result.stdout
    assert stray.read_text() == "old"


@pytest.mark.no_cover
def test_the_share_behind_the_switched_network_can_be_asked_for(tmp_path):
    folder = tmp_path / "rtc"

    result = CliRunner().invoke(cli, ["country", "demo", "fr", str(folder), "--rtc-share", "0.9"])

    assert result.exit_code == 0, result.output
    rows = (folder / "psaps.csv").read_text().splitlines()[1:]
    assert 0.85 < sum(",rtc," in row for row in rows) / len(rows) < 0.95


def test_a_share_above_the_whole_is_refused(tmp_path):
    result = CliRunner().invoke(cli, ["country", "demo", "fr", str(tmp_path), "--rtc-share", "90"])

    assert result.exit_code == 2
    assert "90.0 is not in the range 0<=x<=1" in result.stderr
