import json
import signal
from dataclasses import replace

import pytest
from click.testing import CliRunner
from tests.unit.apps.replay.test_page import play
from tests.unit.apps.replay.test_played import SCENARIO
from tests.unit.wire.documents.test_scenario import SCENARIO as TEXT

from route112.apps.replay import command as module
from route112.apps.replay.command import choose_wirings, replay
from route112.apps.replay.conditions import Conditions
from route112.apps.replay.ground import GroundError
from route112.apps.replay.joint import JointReport
from route112.apps.replay.report import write_files
from route112.apps.replay.stage import StageError
from route112.model import Wiring


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """The command without a country and its pictures: `losses` says what each wiring loses."""
    seen = {"losses": {}, "played": []}

    def prepare(evening, home, calls, rate):
        seen.update(calls=calls, rate=rate, home=home)
        return "cast", "snapshot"

    def run(cast, wiring, home, snapshot, *, ending):
        assert (cast, snapshot) == ("cast", "snapshot")
        if wiring.name in seen.get("signals", {}):
            signal.raise_signal(seen["signals"][wiring.name])
        seen["played"].append(wiring.name)
        named = {"antilles": {"CTA18-971": seen.get("named", 0)}}
        joint = JointReport(
            vendors=(), named={}, called_named=named, lost_named=named, lost_unnamed={}
        )
        played = play(wiring.name, seen["losses"].get(wiring.name, 0))
        return replace(played, joint=joint if "named" in seen else None)

    def write_files(plays, home):
        seen.update(kept=home)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "prepare", prepare)
    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module, "write_files", write_files)
    (tmp_path / "evening.yaml").write_text(TEXT)
    return seen


def run(*arguments):
    return CliRunner().invoke(replay, [*arguments])


def test_every_wiring_is_played_and_the_last_one_counts(stage, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "write_files", write_files)
    stage["losses"]["as-2021"] = 110
    result = run("evening.yaml")
    assert result.exit_code == 0, result.output
    assert stage["played"] == ["as-2021", "route112"]
    assert stage["calls"] == 1000
    assert stage["rate"] == pytest.approx(38.31, abs=0.01), "a thousand times as fast at most"
    assert (tmp_path / "var" / "replay" / "replay.png").exists()
    assert "replay.html" in result.output


def test_a_lost_call_shows_in_the_exit_code_and_in_json(stage, tmp_path):
    stage["losses"]["route112"] = 1
    result = run("evening.yaml", "--only", "route112", "--calls", "50", "--json", "--dir", "here")
    assert result.exit_code == 1
    assert stage["played"] == ["route112"]
    assert stage["calls"] == 50
    assert stage["kept"] == tmp_path / "here"
    said = json.loads(result.stdout)
    assert (said["lost"], said["attempts"], len(said["plays"])) == (1, 1_000, 1)


def test_figures_of_a_starved_machine_are_no_measurement(stage, monkeypatch):
    late = Conditions(answers_late_s=1.0)
    monkeypatch.setattr(
        module,
        "run",
        lambda _cast, wiring, *_, **__: replace(play(wiring.name, 0), conditions=late),
    )
    result = run("evening.yaml", "--only", "route112", "--json")
    assert result.exit_code == 3
    assert "route112: NOT A MEASUREMENT: answering points answered up to 1.00 s late" in (
        result.stderr
    )
    [played] = json.loads(result.stdout)["plays"]
    assert played["conditions"]["answers_late_s"] == 1.0
    assert len(played["conditions"]["faults"]) == 1
    assert stage["calls"] == 1000


@pytest.mark.usefixtures("stage")
def test_what_cannot_be_played(tmp_path, monkeypatch):
    result = run("nowhere.yaml")
    assert (result.exit_code, "nowhere.yaml: No such file" in result.output) == (2, True)
    result = run("nowhere")
    assert "no such file, and no scenario of that name" in result.output
    assert "fr-2021-06-02" in result.output
    result = run("evening.yaml", "--only", "other")
    assert "--only other: no such wiring" in result.output
    (tmp_path / "bad.yaml").write_text(TEXT.replace("seed: 7", "sead: 7"))
    result = run("bad.yaml")
    assert result.exit_code == 2, "1 says that calls were lost"
    assert "the field seed is missing" in result.output
    for error in (GroundError("no ground"), StageError("no stage"), OSError(28, "full", "x")):

        def break_down(*_args, error=error):
            raise error

        monkeypatch.setattr(module, "prepare", break_down)
        assert run("evening.yaml").exit_code == 2


def test_few_calls_are_not_placed_faster_than_faults_can_be_played(stage):
    result = run("evening.yaml", "--calls", "500", "--rate", "100")
    assert result.exit_code == 2
    assert "would be 5,220 times as fast as the evening, at most 1,000" in result.output
    assert "Say --rate 19.1" in result.output
    assert run("evening.yaml", "--calls", "500", "--rate", "19.1").exit_code == 0
    result = run("evening.yaml", "--calls", "5", "--rate", "1")
    assert "Leave --rate out" in result.output
    assert run("evening.yaml", "--calls", "5").exit_code == 0
    assert stage["played"] == ["as-2021", "route112"] * 2
    assert run("evening.yaml", "--calls", "98200").exit_code == 0
    assert stage["rate"] == 150.0


def test_what_the_check_had_named_is_no_loss_of_ours(stage):
    stage["losses"]["route112"] = 3
    stage["named"] = 3
    assert run("evening.yaml").exit_code == 0
    stage["named"] = 2
    assert run("evening.yaml").exit_code == 1


def test_a_scenario_without_wirings_is_played_as_it_is():
    assert choose_wirings(SCENARIO, ()) == [Wiring(name="route112")]
    two = replace(SCENARIO, wirings=(Wiring(name="a"), Wiring(name="b")))
    assert [wiring.name for wiring in choose_wirings(two, ("b",))] == ["b"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_all_plays_with_its_own_code(stage, tmp_path, number, code):
    stage["signals"] = {"as-2021": number}
    before = signal.getsignal(number)
    assert run("evening.yaml").exit_code == code
    assert stage["played"] == []
    assert signal.getsignal(number) is before
    module.os.close(module.take_folder(tmp_path / "var" / "replay"))


def test_two_replays_do_not_share_a_folder(stage, tmp_path):
    lock = module.take_folder(tmp_path / "var" / "replay")
    result = run("evening.yaml")
    assert result.exit_code == 2
    assert "Another replay runs there" in result.output
    assert stage["played"] == []
    module.os.close(lock)
