"""Each script's transcript is the one that was reviewed; `make accept` writes them anew."""

import pytest
from tests.scenario import run as scenario

SCRIPTS = scenario.list_scripts()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_script_gives_its_transcript(script):
    transcript = scenario.run_script(script.read_text(encoding="utf-8"))
    assert transcript == script.with_suffix(".expected").read_text(encoding="utf-8")


def test_there_are_scripts_and_no_transcript_without_one():
    transcripts = {path.with_suffix(".txt") for path in scenario.FOLDER.glob("*/*.expected")}
    assert transcripts == set(SCRIPTS) != set()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rout 15", "no such command: rout 15"),
        ("route 15 @29019 dwon=CTA18-29", "nobody reads dwon"),
        ("order pause p CTA18-29 too=x", "nobody reads too"),
        ("at 2026-11-15T12:00:00", "no zone: 2026-11-15T12:00:00"),
    ],
)
def test_a_mistyped_line_is_refused(line, message):
    with pytest.raises(scenario.ScriptError, match=message):
        scenario.run_script(line)


@pytest.fixture(name="folder")
def _folder(tmp_path, monkeypatch):
    (tmp_path / "01_x").mkdir()
    (tmp_path / "01_x" / "one.txt").write_text("route 17 @29019\n")
    monkeypatch.setattr(scenario, "FOLDER", tmp_path)
    monkeypatch.setattr(scenario, "ROOT", tmp_path)
    return tmp_path


def test_a_difference_is_shown_until_it_is_accepted(folder, capsys):
    assert scenario.main([]) == 1
    out = capsys.readouterr().out
    assert "01_x/one.txt: transcript differs\n" in out
    assert "+17 @29019 -> rule primary -> CIC17-29 +33261910020 [g42]\n" in out
    assert scenario.main(["--accept"]) == 0
    assert capsys.readouterr().out == "01_x/one.txt: transcript written\n"
    assert scenario.main([]) == 0
    assert capsys.readouterr().out == ""
