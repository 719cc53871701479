from dataclasses import replace
from pathlib import Path

from route112.adapters.sip import Address
from route112.apps.country_run.members import BESIDE, COMMAND, Ground, Kind, list_members
from route112.apps.country_run.planned import PlannerOptions
from route112.apps.ends.options import LISTEN_MAX
from route112.countries.fr.sites import TOPOLOGY
from route112.model.topology import ProbeNode, TlsPaths

GROUND = Ground(
    plan=Path("/p/fr.r112"), trust=None, topology=Path("/t/topology.yaml"), stamp="7f", run_dir=Path("/r"), shm_mb=64
)  # fmt: skip
ENDS = (Address("tcp", "127.0.4.9", 5060), Address("udp", "127.0.4.1", 5060))


def by_id(topology=TOPOLOGY, ground=GROUND, ends=()):
    return {member.id: member for member in list_members(topology, ground, ends=ends)}


def command(member):
    assert member.argv[: len(COMMAND)] == COMMAND
    return " ".join(member.argv[len(COMMAND) :])


def test_all_of_the_demo_answering_points_first():
    assert list(by_id(ends=ENDS)) == [
        "psaps",
        *[f"site-{number}" for number in range(1, 7)],
        "redirect-1",
        "redirect-2",
        "bruyere-edge-1",
        "cormoran-edge-1",
        "dolmen-edge-1",
        "ecume-edge-1",
    ]
    assert "psaps" not in by_id()


def test_each_is_run_as_a_person_would():
    members = by_id(ends=ENDS)
    assert command(members["site-3"]) == (
        "site run --plan /p/fr.r112 --listen 127.0.1.3:5060 --name site-3 --run-dir /r/site-3 "
        "--shm-mb 64"
    )
    assert command(members["redirect-2"]) == (
        "redirect run --plan /p/fr.r112 --listen 127.0.12.2:5060"
    )
    assert command(members["dolmen-edge-1"]) == (
        "edge run --plan /p/fr.r112 --topology /t/topology.yaml --name dolmen-edge-1 "
        "--run-dir /r/dolmen-edge-1 --shm-mb 64"
    )
    assert members["dolmen-edge-1"].stamp == "7f", "it reads the topology at its start only"
    assert members["site-3"].stamp == ""
    assert command(members["psaps"]) == (
        "psap run --listen tcp:127.0.4.9:5060 --listen udp:127.0.4.1:5060 "
        "--log /r/psaps/psaps.jsonl"
    )


def list_asked(member):
    return [str(place) for place in member.places]


def test_each_is_asked_where_it_listens_over_udp_or_tcp_where_there_is_no_udp():
    members = by_id(ends=ENDS)
    assert list_asked(members["psaps"]) == ["udp:127.0.4.1:5060"]
    assert list_asked(by_id(ends=ENDS[:1])["psaps"]) == ["tcp:127.0.4.9:5060"]
    assert list_asked(members["ecume-edge-1"]) == ["udp:127.0.2.4:5060"]
    assert list_asked(members["redirect-2"]) == ["udp:127.0.12.2:5060"]
    assert members["site-1"].kind is Kind.SITE
    assert members["site-1"].group_state == Path("/r/site-1/group.json")
    assert members["site-1"].log == Path("/r/site-1/log")


def test_the_trust_list_goes_to_all_but_the_answering_points():
    members = by_id(ground=replace(GROUND, trust=Path("/p/trust.json")), ends=ENDS)
    trusting = {id_ for id_, one in members.items() if "--trust /p/trust.json" in command(one)}
    assert trusting == set(members) - {"psaps"}


def test_tls_is_one_port_higher_and_its_files_stand_beside_the_topology():
    site = replace(
        TOPOLOGY.sites[0],
        address="[2001:db8::1]:5060",
        tls=TlsPaths(certificate="s.pem", key="/abs/s.key", ca="ca.pem"),
    )
    members = by_id(replace(TOPOLOGY, sites=(site, *TOPOLOGY.sites[1:])))
    assert (
        "--listen [2001:db8::1]:5060 --listen tls:[2001:db8::1]:5061 --tls-cert /t/s.pem "
        "--tls-key /abs/s.key --tls-ca /t/ca.pem --name site-1"
    ) in command(members["site-1"])


def test_a_site_listens_at_both_of_its_addresses():
    site = replace(TOPOLOGY.sites[0], also="[2001:db8::1]:5070")
    members = by_id(replace(TOPOLOGY, sites=(site,)))
    listens = "--listen 127.0.1.1:5060 --listen [2001:db8::1]:5070"
    assert f"{listens} --name site-1" in command(members["site-1"])
    assert list_asked(members["site-1"]) == ["udp:127.0.1.1:5060", "udp:[2001:db8::1]:5070"]
    tls = TlsPaths(certificate="s.pem", key="s.key", ca="ca.pem")
    members = by_id(replace(TOPOLOGY, sites=(replace(site, tls=tls),)))
    assert (
        f"{listens} --listen tls:127.0.1.1:5061 --listen tls:[2001:db8::1]:5071 --tls-cert"
    ) in command(members["site-1"])


def test_many_trunk_ends_are_several_processes():
    ends = tuple(Address("udp", "127.0.4.1", port) for port in range(1, LISTEN_MAX + 2))
    members = by_id(ends=ends)
    assert members["psaps"].argv.count("--listen") == LISTEN_MAX
    assert members["psaps-2"].argv.count("--listen") == 1
    assert members["psaps-2"].folder == Path("/r/psaps-2")


def test_sites_and_answering_points_learn_of_test_calls_where_there_are_any():
    loops = (("127.0.5.1:5060", "+33199000112"), ("127.0.5.2:5060", "+33199000112"))
    probes = ProbeNode(sources=("127.0.14.1/32",), loops=loops)
    members = by_id(ground=replace(GROUND, probes=probes), ends=ENDS)
    assert command(members["site-3"]).endswith("--shm-mb 64 --probes /t/topology.yaml")
    assert members["site-3"].stamp == "7f", "it reads the topology at its start only"
    assert command(members["psaps"]).endswith("--loop +33199000112")


def test_each_answers_prometheus_where_the_topology_says_so():
    first, *others = TOPOLOGY.sites
    operator, *rest = TOPOLOGY.operators
    (edge,) = operator.edges
    topology = replace(
        TOPOLOGY,
        sites=(replace(first, metrics="127.0.1.1:9112"), *others),
        operators=(
            replace(
                operator,
                edges=(replace(edge, metrics="127.0.2.1:9112"),),
                redirect_metrics="127.0.12.1:9112",
            ),
            *rest,
        ),
    )
    told = {
        id_: member.argv[member.argv.index("--metrics") + 1]
        for id_, member in by_id(topology).items()
        if "--metrics" in member.argv
    }
    assert told == {
        "site-1": "127.0.1.1:9112",
        "redirect-1": "127.0.12.1:9112",
        "bruyere-edge-1": "127.0.2.1:9112",
    }


PLANNED = replace(
    GROUND, planner=PlannerOptions(profile=Path("/p/profile.yaml"), key=Path("/k/a.key"))
)


def test_a_planner_brings_a_receiver_for_each_station_and_a_plan_of_its_own():
    members = by_id(ground=PLANNED)
    beside = [member for member in members.values() if member.kind in BESIDE]
    stations = [*(f"site-{number}" for number in range(1, 7)), "bruyere-edge-1"]
    assert [member.id for member in beside][:8] == [
        "planner",
        *(f"receiver-{station}" for station in stations),
    ]
    assert [len(beside), beside[-1].id] == [12, "planner-standby"]
    assert all(member.places == () for member in beside)
    assert command(members["planner"]) == (
        "planner run --folder /r/planner --run-dir /r --profile /p/profile.yaml "
        "--sign-key /k/a.key --standby 0 --plan /p/fr.r112 --topology /t/topology.yaml"
    )
    assert command(members["planner-standby"]) == command(members["planner"]).replace(
        "--standby 0", "--standby 15"
    )
    assert members["planner-standby"].folder == Path("/r/planner-standby")
    assert members["planner"].address == "unix:/r/planner/socket"
    assert command(members["receiver-site-3"]) == (
        "receiver run --station site-3 --run-dir /r/site-3 --planner unix:/r/planner/socket "
        "--into /r/plans/site-3.r112"
    )
    assert "--plan /r/plans/site-3.r112 " in command(members["site-3"])
    assert "--plan /r/plans/dolmen-edge-1.r112 " in command(members["dolmen-edge-1"])
    assert "--plan /r/plans/site-2.r112 " in command(members["redirect-2"])


def test_in_an_exercise_offers_stay_where_faults_may_replace_them():
    members = by_id(ground=replace(PLANNED, exercise=True))
    assert "--plan /r/site-3/offered.r112 " in command(members["site-3"])
    assert "--into /r/plans/site-3.r112" in command(members["receiver-site-3"])


def test_a_redirect_server_without_a_site_reads_the_plan_of_all():
    members = by_id(replace(TOPOLOGY, sites=()), PLANNED)
    assert "--plan /p/fr.r112 " in command(members["redirect-1"])
