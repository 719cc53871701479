import json

import pytest
from tests.support.sources import PLAN_29, PLAN_56, write_sources

from route112.apps.plan.build import FILES_SHOWN_MAX, GENERATION_MAX
from route112.snapshot.reader import Snapshot


def test_sources_become_a_snapshot_and_a_summary(run, sources, tmp_path):
    path = tmp_path / "fr.r112"
    result = run("build", sources, "-o", path)
    assert result.exit_code == 0
    snapshot = Snapshot(path.read_bytes())
    assert (snapshot.generation, snapshot.communes_count) == (1, 3)
    assert "2 of 2 plans parsed, the others unchanged; in all 0 errors" in result.output
    assert f"Next: route112 plan sign {path}" in result.output
    assert f"content {snapshot.content_hash[:16]}" in result.output


def test_the_second_build_parses_nothing_and_gives_the_same_bytes(run, sources, built, tmp_path):
    again = tmp_path / "again.r112"
    result = run("build", sources, "-o", again)
    assert "0 of 2 plans parsed" in result.output
    assert again.read_bytes() == built.read_bytes()
    cold = tmp_path / "cold.r112"
    assert "2 of 2 plans parsed" in run("build", sources, "-o", cold, "--no-cache").output
    assert cold.read_bytes() == built.read_bytes()


def test_only_a_changed_file_is_parsed_again(run, sources, built, tmp_path):
    write_sources(sources, **{"pdaau/PDAAU_56.csv": PLAN_56 + "\n"})
    assert "1 of 2 plans parsed" in run("build", sources, "-o", tmp_path / "x.r112").output


def test_nothing_is_written_on_an_error(run, sources, tmp_path):
    write_sources(sources, **{"pdaau/PDAAU_29.csv": PLAN_29.replace("02 61 91 00 18", "18")})
    path = tmp_path / "fr.r112"
    result = run("build", sources, "-o", path)
    assert result.exit_code == 1
    assert not path.exists()
    assert "nothing was written: the sources have errors" in result.output
    assert "pdaau/PDAAU_29.csv" in result.output
    path.write_bytes(b"good")
    run("build", sources, "-o", path)
    assert path.read_bytes() == b"good"


def test_a_parent_gives_the_next_generation_and_a_comparison(run, sources, built, tmp_path):
    second = tmp_path / "second.r112"
    result = run("build", sources, "-o", second, "--parent", built)
    assert result.exit_code == 0
    assert "Generation 1 to 2: 0 communes and 0 of 209,000 inhabitants (0.00%)" in result.output
    parent, child = Snapshot(built.read_bytes()), Snapshot(second.read_bytes())
    assert (child.generation, child.parent) == (2, parent.content_hash)


def test_a_large_change_is_held_back_until_it_is_accepted(run, sources, built, tmp_path):
    write_sources(sources, **{"pdaau/PDAAU_56.csv": PLAN_56.replace("56.18", "00.18")})
    second = tmp_path / "second.r112"
    arguments = ("build", sources, "-o", second, "--parent", built)
    held = run(*arguments)
    assert held.exit_code == 1
    assert not second.exists()
    assert "25.84% of the population changes, more than the 5.00% allowed" in held.output
    assert "repeat the command with --accept-impact" in held.output
    assert json.loads(run(*arguments, "--json").stdout)["written"] is None
    assert run(*arguments, "--impact-max", "30%").exit_code == 0
    assert run(*arguments, "--accept-impact").exit_code == 0
    assert Snapshot(second.read_bytes()).generation == 2


def test_a_generation_may_be_given_but_never_goes_back(run, sources, built, tmp_path):
    path = tmp_path / "seven.r112"
    assert run("build", sources, "-o", path, "--generation", 7).exit_code == 0
    assert Snapshot(path.read_bytes()).generation == 7
    back = run("build", sources, "-o", path, "--parent", path, "--generation", 7)
    assert back.exit_code == 2
    assert "generation 7 does not follow the parent's 7" in back.output


def test_a_snapshot_is_not_replaced_by_one_that_does_not_follow_it(run, sources, built):
    before = built.read_bytes()
    refused = run("build", sources, "-o", built, "--generation", 5)
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"route112: {built} is a snapshot already, which this build would replace without "
        f"following it\n  Build its successor with --parent {built}, or replace it with --force\n"
    )
    assert built.read_bytes() == before
    assert run("build", sources, "-o", built, "--parent", built).exit_code == 0
    assert Snapshot(built.read_bytes()).generation == 2
    assert run("build", sources, "-o", built, "--force").exit_code == 0
    assert built.read_bytes() == before


def test_after_the_last_generation_nothing_can_follow(run, sources, tmp_path):
    last = tmp_path / "last.r112"
    assert run("build", sources, "-o", last, "--generation", GENERATION_MAX).exit_code == 0
    assert Snapshot(last.read_bytes()).generation == GENERATION_MAX
    result = run("build", sources, "-o", tmp_path / "next.r112", "--parent", last)
    assert result.exit_code == 2
    assert f"no generation can follow the parent's {GENERATION_MAX}" in result.stderr


def test_json_tells_files_problems_and_what_was_written(run, sources, tmp_path):
    path = tmp_path / "fr.r112"
    report = json.loads(run("build", sources, "-o", path, "--json").stdout)
    assert report["written"] == str(path)
    assert report["parsed"] == 2
    assert report["content_hash"] == Snapshot(path.read_bytes()).content_hash
    assert report["files"][0] == {
        "departement": "29",
        "errors": 0,
        "file": "pdaau/PDAAU_29.csv",
        "refused": False,
        "repairs": 0,
        "rows": 5,
        "sha256": report["files"][0]["sha256"],
        "warnings": 0,
    }
    (sources / "psaps.csv").write_text("id,name\n")
    broken = run("build", sources, "-o", path, "--json", "--force")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["written"] is None


@pytest.mark.parametrize("output", ["nowhere/fr.r112"])
def test_a_missing_output_folder_is_told_before_any_work(run, sources, tmp_path, output):
    result = run("build", sources, "-o", tmp_path / output)
    assert result.exit_code == 2
    assert "Make it first: mkdir -p" in result.output


def test_an_output_that_cannot_be_written_says_why(run, sources, tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("route112.apps.plan.build.write_atomically", full)
    result = run("build", sources, "-o", tmp_path / "fr.r112")
    assert result.exit_code == 2
    assert "fr.r112 cannot be written: No space left on device" in result.output


def test_a_plan_that_exceeds_the_format_is_refused(run, sources, tmp_path, monkeypatch):
    def refuse(_content):
        raise ValueError("300 short numbers")

    monkeypatch.setattr("route112.apps.plan.build.write_snapshot", refuse)
    result = run("build", sources, "-o", tmp_path / "fr.r112")
    assert result.exit_code == 1
    assert "the plan cannot be a snapshot: 300 short numbers" in result.output


def test_files_with_problems_are_listed_up_to_a_limit(run, sources, tmp_path):
    row = PLAN_29.replace("02 61 91 00 18", "261910018")
    many = {f"pdaau/plan-29-{n}.csv": row for n in range(FILES_SHOWN_MAX + 5)}
    write_sources(sources, **many)
    result = run("build", sources, "-o", tmp_path / "fr.r112")
    assert f"Plans with problems ({FILES_SHOWN_MAX} of {FILES_SHOWN_MAX + 5})" in result.output
    shown = run("build", sources, "-o", tmp_path / "fr.r112", "--all-problems").output
    assert f"({FILES_SHOWN_MAX + 5} of {FILES_SHOWN_MAX + 5})" in shown
