import pytest
from tests.support.snapshots import small_content

from route112.adapters.kemi.probes import HEADER, LOOPS, SOURCES, Probes, list_hops, read_probes
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SNAPSHOT = Snapshot(write_snapshot(small_content(orders=())))
GATEWAY, LOOP = "127.0.5.1:5060", "+33199000112"
PROBES = read_probes(
    {SOURCES: "127.0.2.1 ::1", LOOPS: f"{GATEWAY}={LOOP} [::1]:5064=+33199000113"}
)


def find(path, probes=PROBES, site="site-3"):
    found = probes.find_attempt(SNAPSHOT, path, site=site)
    return found and found[1]


def test_the_environment_says_who_may_test_and_what_loops_back():
    assert PROBES.sources == {"127.0.2.1", "::1"}
    assert PROBES.loops == {GATEWAY: LOOP, "[::1]:5064": "+33199000113"}
    assert read_probes({}) == Probes(), "nobody"
    assert HEADER == "X-Route112-Path"


def test_a_responder_is_asked_for_the_service_itself():
    assert find("site-3;hop=127.0.4.1:5060") == "|127.0.4.1:5060|udp|2000|2000||0"
    assert find(" site-3 ; hop=127.0.4.2:5060 ").startswith("|127.0.4.2:5060|")


def test_a_gateway_is_rung_at_its_loop_number_alone():
    assert find(f"site-3;hop={GATEWAY}") == f"{LOOP}|{GATEWAY}|udp|6000|2000||0"
    assert find(f"site-3;hop={GATEWAY}", Probes()) is None


def test_no_answering_point_is_rung_whatever_the_topology_says():
    number = SNAPSHOT.line(0).number
    assert find(f"site-3;hop={GATEWAY}", Probes(loops={GATEWAY: number})) is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "site-3",
        "site-3;127.0.4.1:5060",
        "site-2;hop=127.0.4.1:5060",
        "site-3;hop=192.0.2.1:5060",
        "site-3;hop=127.0.4.1:5061",
    ],
)
def test_a_path_that_is_not_of_this_site_and_plan_leads_nowhere(path):
    assert find(path) is None


def test_hops_follow_the_plan_in_force():
    probes = Probes(loops={GATEWAY: LOOP})
    assert find("site-3;hop=127.0.4.1:5060", probes)
    assert find("site-3;hop=127.0.4.2:5060", probes), "the same plan is read once"
    trunks = small_content().trunks
    fewer = small_content(orders=(), trunks=(trunks[2], *trunks[1:]))
    other = Snapshot(write_snapshot(fewer))
    assert probes.find_attempt(other, "site-3;hop=127.0.4.1:5060", site="site-3") is None
    assert {hop.address for hop in list_hops(SNAPSHOT)} >= {"127.0.4.1:5060", GATEWAY}
