"""What the simulated answering points are told."""

import json
from functools import partial

import msgspec
import pytest

from route112.apps.country_run.members import Kind
from route112.apps.fault import psaps
from route112.apps.fault.kinds import FaultError


def told(run):
    return json.loads((run.run_dir / "behaviours.json").read_text())


def test_a_psap_means_all_its_lines(run):
    id_ = run.faults.inject("psap-silent", ["CIC17-29"])
    busy = run.faults.inject("psap-busy", ["+33199000020"])
    assert told(run)["numbers"] == {
        "+33261910020": "silent", "+33261910029": "silent", "+33199000020": "busy"
    }  # fmt: skip
    run.faults.clear(id_)
    assert told(run)["numbers"] == {"+33199000020": "busy"}
    run.faults.clear(busy)
    assert told(run) == {"numbers": {}, "places": {}, "rings_s": None}


def test_how_long_it_rings_is_left_alone(run):
    (run.run_dir / "behaviours.json").write_text('{"rings_s": [2, 6]}')
    run.faults.clear(run.faults.inject("psap-busy", ["+33199000020"]))
    assert told(run)["rings_s"] == [2, 6]


def test_gateways_are_those_of_a_vendor(run):
    run.faults.inject("gateway-grey", ["birch"])
    assert told(run)["places"] == {"127.0.5.1:5060": "trying"}
    with pytest.raises(FaultError, match="alder is no target"):
        run.faults.inject("gateway-grey", ["alder"])


def test_turns_of_flapping(run):
    run.faults.inject("psap-busy", ["+33199000020"])
    run.faults.inject("psap-flapping", ["+33261910020"], {"period_s": 100})
    fault = run.faults.list()[-1]
    assert psaps.step_flapping(run.ground, fault, 1) == 100
    assert told(run)["numbers"] == {"+33199000020": "busy"}
    psaps.step_flapping(run.ground, fault, 2)
    assert told(run)["numbers"]["+33261910020"] == "silent"


def test_without_answering_points_there_is_nothing_to_tell(run):
    members = tuple(entry for entry in run.state.members if entry.kind != Kind.PSAPS)
    run.write(members=members)
    with pytest.raises(FaultError, match="no simulated answering points"):
        run.faults.inject("psap-silent", ["CIC17-29"])


def test_a_fault_that_nobody_follows_is_not_in_force(run, monkeypatch):
    monkeypatch.setattr(psaps, "await_followers", partial(psaps.await_followers, seconds_max=0.15))
    members = tuple(
        msgspec.structs.replace(entry, leader=run.sleep()) if entry.kind == Kind.PSAPS else entry
        for entry in run.state.members
    )
    run.write(members=members)
    (run.run_dir / "psaps" / "log").write_text("ready\n")
    with pytest.raises(FaultError, match=r"psaps/log does not say within 0\.15 s"):
        run.faults.inject("psap-silent", ["CIC17-29"])
    assert not run.faults.list()
    assert told(run)["numbers"] == {}
