import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.changing import Table

from route112.change import Kind, Step
from route112.change.steps import BACK, FORWARD, STEPS, find_next, is_away


def test_each_kind_of_change_has_its_steps_and_each_step_its_limit():
    assert set(FORWARD) == set(BACK) == set(Kind)
    used = {step for table in (FORWARD, BACK) for steps in table.values() for step in steps}
    assert used == set(STEPS) == set(Step)
    for rule in STEPS.values():
        assert 0 < rule.limit_s <= 24 * 3600


@pytest.mark.parametrize("kind", [Kind.UPGRADE, Kind.MAINTENANCE])
def test_nothing_holds_while_a_station_is_out(kind):
    steps = FORWARD[kind]
    out = steps[steps.index(Step.DRAIN) : steps.index(Step.RETURN) + 1]
    assert not any(STEPS[step].holds for step in out)


def test_no_way_back_is_held():
    back = {step for steps in BACK.values() for step in steps}
    assert not any(STEPS[step].holds for step in back)


def test_the_way_goes_station_by_station_and_back_at_once():
    table = Table()
    table.start()
    change, seen = table.state.change, []
    while behind := find_next(change):
        change = replace(change, place=behind[0], step=behind[1])
        seen.append(behind)
    assert seen == [
        (0, Step.GATE),
        (1, Step.OFFER),
        (1, Step.GATE),
        (2, Step.OFFER),
        (2, Step.GATE),
    ]
    assert find_next(replace(change, back=True, step=Step.RESTORE)) is None


def test_the_document_shows_the_tables():
    text = (Path(__file__).parents[3] / "docs" / "change.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| (\d+) s \| (yes|no) \|$", text, re.MULTILINE)
    assert rows == [
        (step, str(rule.limit_s), "yes" if rule.holds else "no")
        for step in Step
        for rule in [STEPS[step]]
    ]
    ways = re.findall(r"^\| `([a-z]+)` \| ([a-z, -]+) \| ([a-z, -]+) \|$", text, re.MULTILINE)
    assert ways == [(kind, ", ".join(FORWARD[kind]), ", ".join(BACK[kind])) for kind in Kind]


def test_a_station_that_nobody_heard_of_is_away():
    table = Table()
    assert not is_away(table.facts.stations["site-1"])
    table.ages["site-1"] = 5.1
    assert is_away(table.facts.stations["site-1"])
    assert is_away(None)
