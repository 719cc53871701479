"""What a run offers to faults."""

import pytest

from route112.apps.country_run.state import Process
from route112.apps.fault.ground import list_session, open_ground
from route112.apps.fault.kinds import Aim, FaultError


def test_targets_are_what_a_kind_aims_at(run):
    ground = open_ground(run.run_dir)
    assert ground.list_targets(Aim.KAMAILIO) == ["site-1", "site-2", "edge-1"]
    assert ground.list_targets(Aim.SITE) == ["site-1", "site-2"]
    assert "CIC17-29" in ground.list_targets(Aim.PSAP)
    assert ground.list_targets(Aim.VENDOR) == ["birch"]
    assert ground.place("site-1") == ("127.0.1.1", 5060)


def test_the_other_ends_are_edges_or_sites_or_named(run):
    ground = run.ground
    assert ground.list_peers("site-1", "") == ["127.0.2.1"]
    assert ground.list_peers("edge-1", "") == ["127.0.1.1", "127.0.1.2"]
    assert ground.list_peers("site-1", "site-2") == ["127.0.1.2"]
    with pytest.raises(FaultError, match="no member site-9"):
        ground.list_peers("site-1", "site-9")


def test_a_member_is_no_other_end_of_itself(run):
    with pytest.raises(FaultError, match=r"peers=site-1: 127\.0\.1\.1 is site-1 itself") as caught:
        run.ground.list_peers("site-1", "site-2,site-1")
    assert caught.value.remedy == "Name the other ends of its links"


def test_an_end_of_a_trunk_is_named_by_its_address(run):
    ground = run.ground
    assert ground.list_peers("site-1", "127.0.5.1,site-2,::1") == ["127.0.5.1", "127.0.1.2", "::1"]
    with pytest.raises(FaultError, match=r"no member 127\.0\.5\.9"):
        ground.list_peers("site-1", "127.0.5.9")


def test_a_member_may_have_two_addresses(run):
    text = run.topology.read_text()
    for first, second in (("127.0.1.1:5060", "[::1]:5070"), ("127.0.2.1:5060", "[::1]:5080")):
        text = text.replace(f'"{first}"', f'"{first}", also: "{second}"')
    run.topology.write_text(text)
    ground = run.ground
    assert ground.list_places("site-1") == [("127.0.1.1", 5060), ("::1", 5070)]
    assert ground.list_hosts("site-2") == ["127.0.1.2"]
    assert ground.list_hosts("psaps") == ["127.0.4.1"]
    assert ground.list_peers("site-1", "") == ["127.0.2.1", "::1"]
    assert ground.list_peers("edge-1", "") == ["127.0.1.1", "127.0.1.2", "::1"]
    assert ground.list_peers("site-2", "edge-1") == ["127.0.2.1", "::1"]


def test_processes_are_those_of_the_session(run):
    ground = run.ground
    assert ground.list_kamailio("site-1") == [run.kamailio("site-1")]
    assert ground.list_leading("site-1") == [run.leaders["site-1"].pid]
    assert ground.list_leading("psaps") == []
    (run.run_dir / "site-1" / "kamailio.json").unlink()
    assert ground.list_kamailio("site-1") == []
    assert list_session(-5) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exercise": False}, "no exercise"),
        ({"up": Process(pid=1, start_ticks=-1)}, "has gone .process 1.: its members serve on"),
        ({"up": Process(pid=1, start_ticks=-1), "members": ()}, "nothing runs"),
    ],
)
def test_a_run_that_is_none_or_no_exercise_is_refused(run, changes, message):
    run.write(**changes)
    with pytest.raises(FaultError, match=message):
        open_ground(run.run_dir)


def test_a_run_is_over_when_another_one_is_there(run):
    ground = run.ground
    assert not ground.is_over()
    run.write(up=Process(pid=1, start_ticks=-1))
    assert ground.is_over()


def test_rules_are_refused_from_another_network(run):
    run.ground.check_network()
    run.write(up=Process(pid=2**22 + 1, start_ticks=1))
    with pytest.raises(FaultError, match="the network of `up`"):
        run.ground.check_network()
