import re
from importlib import resources
from pathlib import Path

import pytest

from route112.model import FaultStep, Published, Retries, Wiring
from route112.wire.documents.scenario import CALLS_MAX, STEPS_MAX, parse_scenario

SCENARIO = """
scenario: evening
title: "An evening"
starts: 2021-06-02T16:45:00+02:00
ends: 2021-06-03T00:00:00+02:00
seed: 7
callers:
  calls: 1000
  profile: {"16:45": 1, "18:00": 2.5, "24:00": 0}
  numbers: {"15": 50, "112": 5}
  operators: {bruyere: 1}
  retries: {share: 0.8, after_s: [5, 60], most: 4}
faults:
  - {at: "16:45", fault: reconnect-storm, targets: [site-1]}
  - {at: "+90", until: "17:30", fault: grey, targets: [site-1, site-2], settings: {share: "0.2"}, spreads_after_s: 30}
wirings:
  - {name: as-2021, note: "as it was", tries_max: 1, breakers: no, direct: no, shared_state: yes}
  - {name: route112, tries_max: 3, breakers: yes, direct: yes, shared_state: no}
published: {attempts: 107000, lost: 11800, source: "Orange, 11 June 2021"}
"""


def run(text):
    scenario, problems = parse_scenario(text.encode(), file="a.yaml")
    return scenario, [str(problem).replace("error: a.yaml", "", 1) for problem in problems]


def test_a_whole_scenario():
    scenario, problems = run(SCENARIO)
    assert problems == []
    assert (scenario.name, scenario.title, scenario.seed) == ("evening", "An evening", 7)
    assert scenario.length_s == 7.25 * 3600
    assert scenario.calls == 1000
    assert scenario.profile == ((0.0, 1.0), (4500.0, 2.5), (26100.0, 0.0))
    assert scenario.numbers == (("15", 50.0), ("112", 5.0))
    assert scenario.operators == (("bruyere", 1.0),)
    assert scenario.retries == Retries(share=0.8, after_s=(5.0, 60.0), most=4)
    assert scenario.faults == (
        FaultStep(at_s=0.0, until_s=26100.0, kind="reconnect-storm", targets=("site-1",)),
        FaultStep(
            at_s=90.0, until_s=2700.0, kind="grey", targets=("site-1", "site-2"),
            settings=(("share", "0.2"),), spreads_after_s=30.0,
        ),
    )  # fmt: skip
    assert scenario.wirings[0] == Wiring(
        name="as-2021", note="as it was", tries_max=1, breakers=False, direct=False,
        shared_state=True,
    )  # fmt: skip
    assert scenario.wirings[1] == Wiring(name="route112")
    assert scenario.published == Published(
        attempts=107000, lost=11800, source="Orange, 11 June 2021"
    )


def test_a_country_behind_the_switched_network():
    scenario, problems = run(SCENARIO.replace("seed: 7", "seed: 7\ncountry: {rtc_share: 0.9}"))
    assert problems == []
    assert (scenario.rtc_share, run(SCENARIO)[0].rtc_share) == (0.9, None)
    assert scenario.offset_s == 7_200


def test_what_may_be_left_out():
    text = SCENARIO.split("faults:", maxsplit=1)[0].replace(
        "  retries: {share: 0.8, after_s: [5, 60], most: 4}\n", ""
    )
    scenario, problems = run(text)
    assert problems == []
    assert (scenario.faults, scenario.wirings, scenario.published) == ((), (), None)
    assert scenario.retries.share == 0.0


def test_a_clock_before_the_beginning_is_the_next_day_s():
    scenario, _ = run(
        SCENARIO.replace("2021-06-03T00:00:00", "2021-06-03T02:00:00").replace("24:00", "01:00")
    )
    assert scenario.profile[-1][0] == 8.25 * 3600


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("2021-06-02T16:45:00+02:00", "2021-06-02T16:45:00", (
            ":4 starts '2021-06-02T16:45:00': the value is not an instant with its offset from"
            " UTC. Write it as 2021-06-02T16:45:00+02:00.")),
        ("2021-06-03T00:00:00+02:00", "2021-06-02T16:00:00+02:00", (
            ":5 ends: the end is not between the beginning and 31 days after it."
            " Correct starts or ends.")),
        ('until: "17:30"', 'until: "+80"', ": the fault ends before it begins"),
        ('until: "17:30"', 'until: "noon"', "neither a clock time nor seconds after"),
        ('until: "17:30"', 'until: "+26101"', "the instant lies after the end of the scenario"),
        ('"18:00": 2.5', '"16:00": 2.5', "the times are not in ascending order"),
        ('"18:00": 2.5', '"18:00": fast', "the value is not a number from 0 to 1,000,000. Write digits"),
        ('{"16:45": 1, "18:00": 2.5, "24:00": 0}', '{"16:45": 0}', "no point has a rate above 0"),
        ('{"15": 50, "112": 5}', '{"15": 0}', "no share is above 0"),
        ('"112": 5', '"one": 5', "callers.numbers 'one': the name is not a short number"),
        ("bruyere: 1", "B: 1", "the name is not the id of an operator"),
        ("after_s: [5, 60]", "after_s: [60, 5]", "the least wait is above the longest"),
        ("after_s: [5, 60]", "after_s: [5]", "two numbers are expected"),
        ("share: 0.8", "share: 1.8", "the value is not a number from 0 to 1."),
        ("calls: 1000", f"calls: {CALLS_MAX + 1}", "not a whole number from 1 to 2,000,000"),
        ("name: route112", "name: as-2021", "wirings 'as-2021': the name is there twice"),
        ("direct: no", "direct: maybe", "Write yes or no"),
        ("seed: 7", "seed: 7\ncountry: {rtc_share: 2}", "not a number from 0 to 1."),
        ("seed: 7", "seed: 7\ncountry: {rtc: 1}", "the field rtc_share is missing"),
        ("seed: 7", "seed: 7\ncountry: 0.9", "fields are expected here"),
        ("seed: 7", "sead: 7", "the field seed is missing"),
        ("most: 4", "most: 4, least: 1", "no such field is known here"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(old, new, problem):
    assert old in SCENARIO
    scenario, problems = run(SCENARIO.replace(old, new))
    assert scenario is None
    assert any(problem in said for said in problems), problems


def test_more_steps_than_anybody_reads():
    step = '  - {at: "16:45", fault: reconnect-storm, targets: [site-1]}\n'
    scenario, problems = run(SCENARIO.replace(step, step * STEPS_MAX))
    assert scenario is None
    assert "more than 1,000 steps" in problems[0]


def test_what_is_no_document():
    assert run("[]")[0] is None
    assert run("callers: 3\n")[0] is None


def test_the_document_that_users_read():
    text = (Path(__file__).parents[4] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    scenario, problems = run(example)
    assert problems == []
    assert [step.kind for step in scenario.faults] == ["grey", "kill"]


def test_the_evening_of_2021_is_read():
    path = resources.files("route112.countries.fr") / "scenarios" / "fr-2021-06-02.yaml"
    scenario, problems = run(path.read_text(encoding="utf-8"))
    assert problems == []
    assert scenario.length_s == 7.25 * 3600
    assert [wiring.name for wiring in scenario.wirings] == ["as-2021", "route112"]


def test_one_mistake_is_told_once():
    _, problems = run(
        SCENARIO.replace("2021-06-02T16:45:00+02:00", "today").replace(
            "{bruyere: 1}", "{bruyere: 60%}"
        )
    )
    assert [said.split(":")[1].split(" ")[1] for said in problems] == [
        "starts", "callers.operators",
    ]  # fmt: skip


def test_a_wiring_is_as_ours_where_it_says_nothing():
    text = SCENARIO.split("wirings:", maxsplit=1)[0] + "wirings:\n  - name: plain\n"
    scenario, problems = run(text + "  - {name: bare, breakers: no}\n")
    assert problems == []
    assert scenario.wirings == (Wiring(name="plain"), Wiring(name="bare", breakers=False))


def test_what_is_read_knows_its_line():
    scenario, _ = run(SCENARIO)
    assert scenario.file == "a.yaml"
    assert scenario.rows == {"numbers": 10, "operators": 11}
    assert [step.rows["fault"] for step in scenario.faults] == [14, 15]
