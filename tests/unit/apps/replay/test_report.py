import json
from dataclasses import replace

from tests.unit.apps.replay.test_page import play

from route112.apps.replay.joint import JointReport
from route112.apps.replay.report import (
    PAGE,
    PICTURE,
    describe_plays,
    print_plays,
    say,
    write_files,
)

JOINT = JointReport(
    vendors=("cedar",),
    named={"antilles": ("CTA18-971", "CTA18-972")},
    called_named={"antilles": {"CTA18-971": 9}},
    lost_named={"antilles": {"CTA18-971": 7}},
    lost_unnamed={"ouest": {"CTA18-29": 1}},
)


def test_machines_read_the_last_play_first():
    said = describe_plays([play("as-2021", 110), play("route112", 0)])
    assert list(said)[:5] == ["lost", "misrouted", "delayed", "attempts", "unique_callers"]
    assert (said["lost"], said["attempts"]) == (0, 1_000)
    first, last = said["plays"]
    assert (first["wiring"], first["lost"], last["lost"]) == ("as-2021", 110, 0)
    assert first["by"]["number"] == {
        "15": {"attempts": 1000, "right": 890, "delayed": 0, "misrouted": 0, "lost": 110,
               "ghosts": 0}
    }  # fmt: skip
    assert sum(each["attempts"] for each in first["over_time"]) == 1_000
    assert json.loads(json.dumps(said)) == said


def test_machines_read_who_was_named_and_who_was_not():
    said = describe_plays([replace(play("route112", 8), joint=JOINT)])
    assert (said["lost"], said["lost_unnamed"]) == (8, 1)
    [played] = said["plays"]
    assert played["joint"]["lost_named"] == {"antilles": {"CTA18-971": 7}}
    assert played["joint"]["spared"] == ()
    assert describe_plays([play("route112", 8)])["lost_unnamed"] == 8


def test_people_read_who_was_behind_gateways(capsys):
    print_plays([replace(play("route112", 8), joint=JOINT)])
    said = capsys.readouterr().out
    assert "route112: Gateways of cedar took calls and did nothing." in said
    rows = [line.split() for line in said.splitlines()]
    assert ["ouest", "CTA18-29", "NO", "1"] in rows
    assert ["antilles", "CTA18-971", "yes", "9", "7"] in rows


def test_people_read_a_table_with_the_published_figures(capsys):
    print_plays([play("as-2021", 110), play("route112", 0)])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["as-2021", "route112", "published"] in lines
    assert ["attempts", "1,000", "1,000", "107,000"] in lines
    assert ["lost", "110", "0", "11,800"] in lines
    assert ["lost,", "share", "11.00%", "0.00%", "11.03%"] in lines
    alone = play("route112", 0)
    print_plays([replace(alone, scenario=replace(alone.scenario, published=None))])
    assert "published" not in capsys.readouterr().out


def test_files_are_kept(tmp_path, capsys):
    write_files([play("route112", 0)], tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [
        "replay-departement.png", "replay-number.png", "replay-operator.png", PICTURE,
    ]  # fmt: skip
    assert (tmp_path / PICTURE).read_bytes().startswith(b"\x89PNG")
    assert "<table>" in (tmp_path / PAGE).read_text()
    say("far")
    assert capsys.readouterr().err == "replay: far\n"
