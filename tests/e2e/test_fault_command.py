"""`route112 fault`: what it refuses, what it says, and that `down` and the next `up` end all."""

import json
import os
import signal

import pytest
from tests.support.exercise import open_exercise

pytestmark = pytest.mark.e2e
ONE = ("psaps", "site-1")


def test_faults_are_refused_where_nothing_or_no_exercise_runs(tmp_path):
    with open_exercise(tmp_path, up=False) as country:
        said = country.fault("inject", "stop", "site-1", code=2)
        assert "is not there" in said
        country.up(only=ONE)
        said = country.fault("inject", "stop", "site-1", code=1)
        assert "this run is no exercise" in said
        assert country.asks() == 200
        assert country.rings()
        assert "EXERCISE" not in country.run("status").stdout
        country.run("down")
        assert "nothing runs in" in country.fault("inject", "stop", "site-1", code=2)


def test_what_is_said_and_what_down_ends(tmp_path):
    with open_exercise(tmp_path) as country:
        for words, text in (
            (("nonsense", "site-1"), "there is no fault nonsense"),
            (("stop",), "stop needs a target"),
            (("stop", "site-7"), "site-7 is no target of stop"),
            (("grey", "site-1", "mode=odd"), "mode=odd is not known"),
            (("slow", "site-1", "share=2"), "share=2 cannot be"),
            (("stop", "site-1", "speed=1"), "there is no setting speed"),
            (("egress-cut", "psaps"), "psaps is no target of egress-cut"),
            (("disk-full", "site-1"), "site-1 has no disk of its own"),
            (("clock-jump", "site-1"), "site-1 has the clock of this machine"),
        ):
            assert text in country.fault("inject", *words, code=1)
        assert country.fault("list") == "no fault is in force\n"
        assert "there was no fault stop-99" in country.fault("clear", "stop-99", code=1)
        country.inject("stop", "site-1")
        country.inject("link-cut", "site-2")
        country.inject("reconnect-storm", "site-2", "per_s=5")
        listed = json.loads(country.fault("list", "--json"))
        assert [one["kind"] for one in listed] == ["stop", "link-cut", "reconnect-storm"]
        assert listed[2]["runner_alive"]
        title = country.run("status").stdout
        assert "EXERCISE" in title
        assert "stop-1 site-1" in title
        report = json.loads(country.run("status", "--json").stdout)
        assert [one.split()[0] for one in report["faults"]] == [one["id"] for one in listed]

        ended = country.run("down")
        assert ended.returncode == 0, ended.stderr
        assert country.list_runners() == []
        assert "drop" not in country.list_rules()
        assert country.fault("list") == "no fault is in force\n"


def test_a_runner_ends_with_its_run_and_the_next_up_heals(tmp_path):
    with open_exercise(tmp_path) as country:
        country.inject("stop", "site-1")
        country.inject("egress-cut", "site-2")
        runner = country.inject("slow", "site-2")["runner"]["pid"]
        state = json.loads((country.run_dir / "up.json").read_text())
        os.kill(state["up"]["pid"], signal.SIGKILL)
        country.wait(lambda: runner not in country.list_runners(), "the runner ends")
        assert country.states("site-1") == {"T"}, "nobody was there to end it"
        assert "T" not in country.states("site-2")
        country.up("--exercise")
        assert "drop" not in country.list_rules()
        assert country.rings()
        assert country.rings("site-2")
        assert country.fault("list") == "no fault is in force\n"
