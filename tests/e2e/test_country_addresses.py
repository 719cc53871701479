"""`route112 up` with a topology of two IP versions, and with one of TLS: calls, records, refusals."""

import json
from dataclasses import replace

import pytest
from tests.support.certificates import write_certificates
from tests.support.exercise import EDGE_ID, HOST, open_exercise
from tests.support.snapshots import small_content
from tests.support.talks import NUMBERS, list_records, make_trunks, read_files, talk

from route112.apps.topology import read_topology

pytestmark = pytest.mark.e2e

SITE = (
    '  - {{id: {id}, address: "{address}", place: Brest, network: ouest-ip, hosting: granit,'
    ' vendor: alder, software: "1.0", power: bretagne-1{more}}}\n'
)
OPERATOR = """\
operators:
  - id: bruyere
    clients: ["127.0.3.0/28", "fd00:112:3::/64"]
    edges:
      - {{id: bruyere-edge-1, address: "127.0.2.1:5060", place: Rennes, network: ouest-ip{more}}}
    sites: [{sites}]
    spread: round-robin
"""
OLD_CLIENT, NEW_CLIENT = "127.0.3.1", "fd00:112:3::1"
OLD_EDGE, NEW_EDGE = "127.0.2.1", "fd00:112:2::1"
TRUNKS = ("[fd00:112:4::1]:5060", "127.0.5.1:5060", "[fd00:112:4::3]:5060")
"""Of 17, of 18, and of Paris."""
HOPS = dict(zip(NUMBERS, TRUNKS, strict=False))
NEW_HOSTS = (NEW_CLIENT, NEW_EDGE, "fd00:112:1::1", "fd00:112:1::2", "fd00:112:4::1",
             "fd00:112:4::3")  # fmt: skip
FIRST_MS = 500.0
"""For a site's first 100."""
ROOM_MS = 300.0
BREAKER_CALLS = 3
"""Failures until the edge leaves a site alone."""
TIMES = 2
"""Both sites take calls of both numbers so often."""


def write(sites, *, more=""):
    """Write a topology: of each site its address and what else is said of it."""
    lines = [
        SITE.format(id=id_, address=address, more=said) for id_, (address, said) in sites.items()
    ]
    return f"name: two\nsites:\n{''.join(lines)}" + OPERATOR.format(
        sites=", ".join(sites), more=more
    )


def make_operators(*sources):
    """Make the plan's operators; the first one sends from these addresses."""
    first, *others = small_content().operators
    return (replace(first, sources=sources), *others)


def assert_right(talked, number):
    assert (talked.status, talked.line.number) == (200, NUMBERS[number])
    assert talked.is_over, "the other end has heard the BYE"


def get_hops(exercise, kind, talked, *ids):
    """Return where members sent a call to."""
    return [
        record.get("hop")
        for id_ in ids
        for record in list_records(exercise, id_, kind, talked.call_id)
    ]


@pytest.fixture(scope="module")
def dual(tmp_path_factory):
    sites = {
        "site-1": ("127.0.1.1:5060", ', also: "[fd00:112:1::1]:5060"'),
        "site-2": ("[fd00:112:1::2]:5060", ', also: "127.0.1.2:5060"'),
    }
    text = write(sites, more=f', also: "[{NEW_EDGE}]:5060"')
    with open_exercise(
        tmp_path_factory.mktemp("x"), up=False, addresses=[f"{host}/32" for host in NEW_HOSTS],
        trunks=make_trunks(*TRUNKS), operators=make_operators(f"{OLD_EDGE}/32", f"{NEW_EDGE}/128"),
    ) as exercise:  # fmt: skip
        exercise.up_with(text, "--exercise")
        yield exercise


@pytest.mark.parametrize(
    ("client", "edge"),
    [(NEW_CLIENT, f"[{NEW_EDGE}]:5060"), (OLD_CLIENT, f"{OLD_EDGE}:5060")],
    ids=["IPv6", "IPv4"],
)
def test_calls_of_either_version_by_sites_and_trunks_of_either(dual, client, edge):
    dialled = ("17", "17", "18", "18") * TIMES
    calls = talk(dual, edge, source=client, ends=TRUNKS, numbers=dialled)
    passed = set()
    for number, talked in zip(dialled, calls, strict=True):
        assert_right(talked, number)
        (attempt,) = list_records(dual, EDGE_ID, "attempt", talked.call_id)
        source = f"[{client}]:" if ":" in client else f"{client}:"
        assert attempt.get("src").startswith(source)
        (hop,) = get_hops(dual, "pass", talked, EDGE_ID)
        passed.add((number, hop))
        assert get_hops(dual, "try", talked, "site-1", "site-2") == [HOPS[number]]
    assert passed == {
        (number, hop) for number in NUMBERS for hop in ("127.0.1.1:5060", "[fd00:112:1::2]:5060")
    }


def test_sites_know_the_operator_by_both_addresses_of_its_edge(dual):
    sources = {
        id_: {
            record.get("src").rpartition(":")[0] for record in list_records(dual, id_, "attempt")
        }
        for id_ in ("site-1", "site-2")
    }
    assert sources == {"site-1": {OLD_EDGE}, "site-2": {f"[{NEW_EDGE}]"}}
    assert list_records(dual, "site-1", "refused") == list_records(dual, "site-2", "refused") == []


def test_status_shows_them_all_well(dual):
    result = dual.run("status", "--json")
    assert result.returncode == 0, result.stdout


def test_status_names_the_address_at_which_a_site_does_not_answer(dual):
    """By the other one it serves; calls know nothing of it, since edges choose one of them."""
    rule = "add table inet deaf; add chain inet deaf in { type filter hook input priority 0; };"
    rule += " add rule inet deaf in ip6 daddr fd00:112:1::1 udp dport 5060 drop"
    dual.network.run(HOST, "nft", rule)
    try:
        result = dual.run("status", "--json")
    finally:
        dual.network.run(HOST, "nft", "delete table inet deaf")
    assert result.returncode == 1
    found = {one["id"]: (one["state"], one["silent_at"]) for one in read_members(result)}
    assert found.pop("site-1") == ("degraded", ["udp:[fd00:112:1::1]:5060"])
    assert set(map(str, found.values())) == {"('up', [])"}


def read_members(result):
    return json.loads(result.stdout)["members"]


def test_a_cut_link_is_cut_for_both_versions_and_the_edge_rings_trunks_of_both(dual):
    cut = dual.inject("link-cut", EDGE_ID)
    try:
        rules = dual.list_rules()
        assert "ip6 saddr fd00:112:1::2 ip6 daddr fd00:112:2::1" in rules
        assert "ip saddr 127.0.1.1 ip daddr 127.0.2.1" in rules
        dialled = ("17", "18") * 2
        calls = talk(dual, f"[{NEW_EDGE}]:5060", source=NEW_CLIENT, ends=TRUNKS, numbers=dialled)
        for number, talked in zip(dialled, calls, strict=True):
            assert_right(talked, number)
            assert get_hops(dual, "try", talked, EDGE_ID) == [HOPS[number]]
            assert talked.ring_ms <= 2 * FIRST_MS + ROOM_MS
    finally:
        dual.clear(cut["id"])


GOOD, STRANGE = "good", "strange"
SITE_TLS = {"site-1": GOOD, "site-2": STRANGE, "site-3": GOOD}


def say_tls(folder):
    """Name the files of a folder beside the topology; the authority is that of the country."""
    return f", tls: {{certificate: {folder}/site.pem, key: {folder}/site.key, ca: {GOOD}/ca.pem}}"


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("x")
    with open_exercise(
        folder, up=False, trunks=make_trunks("127.0.4.1:5060", "127.0.5.1:5060", "127.0.6.1:5060")
    ) as exercise:
        files = {}
        for name in (GOOD, STRANGE):
            (folder / name).mkdir()
            files[name] = write_certificates(folder / name, OLD_EDGE)
        exercise.files = files
        sites = {id_: (f"127.0.1.{id_[-1]}:5060", say_tls(name)) for id_, name in SITE_TLS.items()}
        exercise.up_with(write(sites, more=say_tls(GOOD)), "--exercise")
        yield exercise


TLS_TRUNKS = ("127.0.4.1:5060", "127.0.5.1:5060", "127.0.6.1:5060")


def test_a_country_with_tls_is_well_and_its_calls_are_right(secure):
    """The site that shows another authority's certificate is left alone; no call suffers."""
    result = secure.run("status", "--json")
    assert result.returncode == 0, result.stdout
    dialled = ("17", "18") * 6
    calls = talk(
        secure, f"tls:{OLD_EDGE}:5061", source=OLD_CLIENT, ends=TLS_TRUNKS, numbers=dialled,
        tls=read_files(secure.files[GOOD]),
    )  # fmt: skip
    late, sites = [], set()
    for number, talked in zip(dialled, calls, strict=True):
        assert_right(talked, number)
        (attempt,) = list_records(secure, EDGE_ID, "attempt", talked.call_id)
        assert attempt.get("proto") == "tls"
        for id_ in SITE_TLS:
            for record in list_records(secure, id_, "attempt", talked.call_id):
                assert record.get("proto") == "tls"
                sites.add(id_)
        if "127.0.1.2:5061" in get_hops(secure, "returned", talked, EDGE_ID):
            late.append(talked.ring_ms)
    assert sites == {"site-1", "site-3"}
    assert late, "the third one was tried"
    assert max(late) <= FIRST_MS + ROOM_MS
    assert len(late) <= BREAKER_CALLS


def test_a_refused_certificate_is_told_in_the_log_of_both(secure):
    """Its owner knows at the start; whoever refused it says so with each call."""
    said = (secure.run_dir / "site-2" / "log").read_text()
    assert f"OTHERS WILL REFUSE the certificate {secure.files[STRANGE].certificate}" in said
    assert "OTHERS WILL REFUSE" not in (secure.run_dir / "site-1" / "log").read_text()
    refused = [
        line
        for line in secure.records(EDGE_ID).splitlines()
        if "certificate verify failed" in line
    ]
    assert refused


def test_without_a_site_whose_certificate_is_good_the_edge_rings_itself(secure):
    for id_ in ("site-1", "site-3"):
        secure.inject("dead", id_)
    try:
        calls = talk(secure, f"{OLD_EDGE}:5060", source=OLD_CLIENT, ends=TLS_TRUNKS)
        for number, talked in zip(NUMBERS, calls, strict=True):
            assert_right(talked, number)
            assert get_hops(secure, "try", talked, EDGE_ID) == [
                dict(zip(NUMBERS, TLS_TRUNKS, strict=False))[number]
            ]
            assert talked.ring_ms <= 2 * FIRST_MS + ROOM_MS
    finally:
        secure.clear()


def test_a_caller_with_a_strange_certificate_or_none_is_refused(secure):
    host = OLD_EDGE
    with secure.network.inside("country"):
        assert secure.files[GOOD].ask(host, 5061) == "SIP/2.0"
        assert secure.files[GOOD].ask(host, 5061, show=False) == ""
        strange = replace(secure.files[STRANGE], authority=secure.files[GOOD].authority)
        assert strange.ask(host, 5061) == ""


def test_topology_check_takes_it(secure):
    topology, problems = read_topology(secure.folder / "topology.yaml")
    assert topology is not None, problems
