from dataclasses import replace

import pytest
from tests.support.snapshots import small_content
from tests.unit.apps.replay.test_played import SCENARIO

from route112.adapters.packet_filter import PacketFilterError
from route112.apps._console import EXIT_CANNOT_RUN, Failure
from route112.apps.replay.reading import sense
from route112.apps.replay.reading.sense import (
    NOT_PLAYED,
    check_network,
    list_mistakes,
    refuse_mistakes,
)
from route112.countries.fr.sites import TOPOLOGY
from route112.model import FaultStep
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

ROWS = {"fault": 20, "targets": 21, "settings": 22}


@pytest.fixture
def snapshot():
    content = small_content()
    rows = [
        replace(
            row, hops=tuple(replace(hop, technology="rtc", vendor="birch") for hop in row.hops)
        )
        for row in content.trunks
    ]
    return Snapshot(write_snapshot(replace(content, trunks=tuple(rows))))


def step(kind, *targets, **settings):
    return FaultStep(
        at_s=0.0, until_s=1.0, kind=kind, targets=targets, settings=tuple(settings.items()),
        rows=ROWS,
    )  # fmt: skip


def find(*steps, snapshot=None, **changes):
    scenario = replace(
        SCENARIO, faults=steps, file="a.yaml", rows={"numbers": 10, "operators": 11}, **changes
    )
    found = list_mistakes(scenario, TOPOLOGY, snapshot)
    return [str(problem).removeprefix("error: a.yaml") for problem in found]


def test_a_sound_scenario():
    steps = [
        step("kill", "site-1", "bruyere-edge-1"), step("link-cut", "redirect-1"),
        step("grey", "site-2", mode="mute", share="0.5"), step("gateway-grey", "cedar"),
    ]  # fmt: skip
    assert find(*steps) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (step("kil", "site-1"), (":20 faults[0].fault 'kil': there is no such fault. "
         "Perhaps it is kill.")),
        (step("kill", "site-7"), (":21 faults[0].targets 'site-7': kill hits sites and edges, and"
         " this is none of them. Perhaps it is site-6 or site-5 or site-4.")),
        (step("grey", "ecume-edge-1"), (":21 faults[0].targets 'ecume-edge-1': grey hits sites, and"
         " this is none of them. There are site-1, site-2, site-3, site-4, site-5, site-6.")),
        (step("grey", "site-1", mode="half"), (":22 faults[0].settings: mode=half is not known."
         " There is mute, trying, one-way.")),
        (step("slow", "site-1", percent="3"), (":22 faults[0].settings: there is no setting"
         " percent. Settings are: share, period_ms.")),
    ],
)  # fmt: skip
def test_a_fault_that_cannot_be(fault, said):
    assert find(fault) == [said]


@pytest.mark.parametrize("kind", NOT_PLAYED)
def test_a_fault_for_which_a_replay_has_no_country(kind):
    [said] = find(step(kind, "site-1"))
    assert said.startswith(f":20 faults[0].fault '{kind}': a replay cannot play it: it needs ")


def test_operators_and_numbers_are_those_of_the_country(snapshot):
    said = find(operators=(("orange", 1.0),), numbers=(("113", 1.0),), snapshot=snapshot)
    assert said[0].startswith(":11 callers.operators 'orange': no operator has this id. There are")
    assert said[1].startswith(":10 callers.numbers '113': it is no short number of ")
    assert len(find(operators=(("orange", 1.0),), numbers=(("113", 1.0),))) == 1


def test_only_the_country_knows_answering_points_and_vendors(snapshot):
    psap = snapshot.psap(0).id
    steps = step("psap-silent", psap, snapshot.line(0).number), step("gateway-grey", "birch")
    assert find(*steps, snapshot=snapshot) == []
    wrong = step("psap-silent", "NOBODY"), step("gateway-grey", "oak")
    assert find(*wrong) == []
    first, second = find(*wrong, snapshot=snapshot)
    assert first.startswith(":21 faults[0].targets 'NOBODY': psap-silent hits ids or numbers of ")
    assert second == (
        ":21 faults[1].targets 'oak': gateway-grey hits vendors of gateways, and this is none of"
        " them. There are birch."
    )


def test_long_lists_of_names_are_cut():
    [said] = find(step("xxxxxxxx", "site-1"))
    assert said.endswith("more.")
    assert said.count(",") == 11


def test_a_mistake_ends_the_command(capsys):
    scenario = replace(SCENARIO, file="a.yaml", faults=(step("kil", "site-1"),))
    with pytest.raises(Failure, match=r"a\.yaml is refused") as caught:
        refuse_mistakes(scenario)
    assert caught.value.exit_code == EXIT_CANNOT_RUN, "1 says that calls were lost"
    assert "there is no such fault" in capsys.readouterr().out
    refuse_mistakes(replace(SCENARIO, faults=(step("kill", "site-1"),)))


def test_faults_of_the_network_are_tried_before_anything_runs(monkeypatch):
    class Absent:
        def list(self):
            raise PacketFilterError("not permitted")

    monkeypatch.setattr(sense, "PacketFilter", Absent)
    check_network(replace(SCENARIO, faults=(step("kill", "site-1"), step("grey", "site-1"))))
    for fault in (step("loss", "site-1"), step("grey", "site-1", mode="mute")):
        with pytest.raises(PacketFilterError):
            check_network(replace(SCENARIO, faults=(fault,)))
