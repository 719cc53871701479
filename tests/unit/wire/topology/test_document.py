import re
from pathlib import Path

import pytest

from route112.model.topology import EdgeNode, OperatorNode, ProbeNode, SiteNode, TlsPaths, Topology
from route112.wire.topology import document as subject
from route112.wire.topology import parse_topology, places
from route112.wire.topology.places import CLIENTS_MAX

DOCUMENT = Path(__file__).parents[4] / "docs" / "formats" / "topology.md"
TEXT = """
name: demo
sites:
  - {id: site-1, address: "127.0.1.1:5060", place: Brest, network: ouest-ip, hosting: granit, vendor: alder, software: "1.0", power: bretagne-1}
  - {id: site-2, address: "[2001:DB8::2]:5060", also: "127.0.1.2:5060", place: Lille, network: nord-ip, hosting: brique, vendor: birch, software: 1.1+a, power: nord-1, tls: {certificate: s.pem, key: s.key, ca: ca.pem}}
operators:
  - id: bruyere
    clients: ["127.0.3.0/28", "2001:DB8:1::/64", "127.0.3.99"]
    edges: [{id: bruyere-edge-1, address: "127.0.2.1:5060", place: Rennes, network: ouest-ip}]
    sites: [site-2, site-1]
    spread: round-robin
    redirect: "127.0.12.1:5060"
  - id: ecume
    clients: ["127.0.3.48/28"]
    edges:
      - {id: ecume-edge-1, address: "127.0.2.4:5060", place: Paris, network: midi-ip}
      - {id: ecume-edge-2, address: "127.0.2.5:5060", place: Lyon, network: midi-ip}
    sites: [site-1]
    spread: first
    redirect: "127.0.12.1:5060"
"""


def run(text):
    topology, problems = parse_topology(text.encode(), file="t.yaml")
    return topology, [str(problem).replace("error: t.yaml", "", 1) for problem in problems]


def refusals(old, new):
    assert old in TEXT
    topology, problems = run(TEXT.replace(old, new, 1))
    assert topology is None
    return problems


def test_all_that_a_topology_says():
    topology, problems = run(TEXT)

    assert problems == []
    assert topology == Topology(
        name="demo",
        sites=(
            SiteNode(
                id="site-1", address="127.0.1.1:5060", place="Brest", network="ouest-ip",
                hosting="granit", vendor="alder", software="1.0", power="bretagne-1",
            ),
            SiteNode(
                id="site-2", address="[2001:db8::2]:5060", place="Lille", network="nord-ip",
                hosting="brique", vendor="birch", software="1.1+a", power="nord-1",
                also="127.0.1.2:5060",
                tls=TlsPaths(certificate="s.pem", key="s.key", ca="ca.pem"),
            ),
        ),
        operators=(
            OperatorNode(
                id="bruyere",
                clients=("127.0.3.0/28", "2001:db8:1::/64", "127.0.3.99/32"),
                edges=(
                    EdgeNode(
                        id="bruyere-edge-1", address="127.0.2.1:5060", place="Rennes",
                        network="ouest-ip",
                    ),
                ),
                sites=("site-2", "site-1"),
                spread="round-robin",
                redirect="127.0.12.1:5060",
            ),
            OperatorNode(
                id="ecume",
                clients=("127.0.3.48/28",),
                edges=(
                    EdgeNode(
                        id="ecume-edge-1", address="127.0.2.4:5060", place="Paris",
                        network="midi-ip",
                    ),
                    EdgeNode(
                        id="ecume-edge-2", address="127.0.2.5:5060", place="Lyon",
                        network="midi-ip",
                    ),
                ),
                sites=("site-1",),
                spread="first",
                redirect="127.0.12.1:5060",
            ),
        ),
    )  # fmt: skip


def test_a_redirect_server_is_not_needed():
    topology, problems = run(TEXT.replace('    redirect: "127.0.12.1:5060"\n', ""))
    assert problems == []
    assert topology.list_redirects() == ()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("name: demo", "name: demo\ncolour: red",
         ":3 colour 'red': no such field is known here. Correct or remove the field."),
        ("place: Brest, ", "",
         ":4 sites[0].place: the field place is missing. Add the field."),
        ("place: Brest", "place: Brest, floor: 2",
         ":4 sites[0].floor '2': no such field is known here. Correct or remove the field."),
        ("network: ouest-ip, hosting", "network: Ouest IP, hosting",
         (":4 sites[0].network 'Ouest IP': the value is not small letters, digits and dashes. "
         "Correct the value.")),
        ('software: "1.0"', 'software: "1 0"',
         ":4 sites[0].software '1 0': the value is not a version such as 1.0. Correct the value."),
        ("127.0.1.1:5060", "brest.example:5060",
         (":4 sites[0].address 'brest.example:5060': the address is not an IP address and a port. "
         "Write 192.0.2.1:5060 or [2001:db8::1]:5060; names are not resolved.")),
        ("127.0.1.1:5060", "0.0.0.0:5060",
         (":4 sites[0].address '0.0.0.0:5060': the address is not that of one machine. "
         "Write the address that the others know it by.")),
        ("127.0.2.1:5060", "127.0.1.1:5060",
         (":9 operators[0].edges[0].address '127.0.1.1:5060': site-1 listens on port 5060 of this "
         "address already. Give each its own address, or ports that are apart.")),
        ("127.0.2.5:5060", "127.0.12.1:5060",
         (":17 operators[1].edges[1].address '127.0.12.1:5060': a redirect server listens on port "
         "5060 of this address already. Give each its own address, or ports that are apart.")),
        ("127.0.12.1:5060", "127.0.2.1:5060",
         (":12 operators[0].redirect '127.0.2.1:5060': bruyere-edge-1 listens on this address "
         "already. Give the redirect server an address of its own.")),
        ("127.0.2.1:5060", "[2001:db8::2]:5061",
         (":9 operators[0].edges[0].address '[2001:db8::2]:5061': site-2 listens on port 5061 of "
         "this address already. Give each its own address, or ports that are apart.")),
        ("127.0.2.5:5060", "127.0.1.2:5061",
         (":17 operators[1].edges[1].address '127.0.1.2:5061': site-2 listens on port 5061 of "
         "this address already. Give each its own address, or ports that are apart.")),
        ("127.0.1.2:5060", "127.0.1.1:5060",
         (":5 sites[1].also '127.0.1.1:5060': site-1 listens on port 5060 of "
         "this address already. Give each its own address, or ports that are apart.")),
        ("127.0.1.2:5060", "[2001:db8::3]:5060",
         (":5 sites[1].also '[2001:db8::3]:5060': the second address has the IP version of the "
         "first one. Write one IPv4 and one IPv6 address.")),
        ("127.0.1.2:5060", "0.0.0.0:5060",
         (":5 sites[1].also '0.0.0.0:5060': the address is not that of one machine. "
         "Write the address that the others know it by.")),
        ('also: "127.0.1.2:5060", ', "",
         (":10 operators[0].sites 'site-2': bruyere-edge-1 and this site share no IP version. "
         "Give one of them a second address with `also`, or leave the site out.")),
        ("[2001:DB8::2]:5060", "[2001:DB8::2]:65535",
         (":5 sites[1].address '[2001:db8::2]:65535': TLS would need the port after it. "
         "Write a lower port.")),
        ("id: site-2", "id: site-1",
         (":5 sites[1].id 'site-1': another site or edge has this id. "
         "Give the site an id of its own.")),
        ("id: bruyere-edge-1", "id: redirect-1",
         (":9 operators[0].edges[0].id 'redirect-1': the name is kept for a process of "
         "`route112 up`. Give the edge another id.")),
        ("id: ecume\n", "id: bruyere\n",
         ":13 operators[1].id 'bruyere': the operator is there twice. Remove one."),
        ("[site-2, site-1]", "[site-2, site-9]",
         (":10 operators[0].sites 'site-9': no site has this id. "
         "Write the id of one of the sites above.")),
        ("[site-2, site-1]", "[site-2, site-2]",
         ":10 operators[0].sites 'site-2': the site is named twice. Name it once."),
        ("[site-2, site-1]", "[]", ":10 operators[0].sites: the list is empty. Fill it in."),
        ("127.0.3.48/28", "127.0.3.8/29",
         (":14 operators[1].clients '127.0.3.8/29': 127.0.3.0/28 is listed already, so that nobody "
         "could tell whose call it is. Keep each address at one operator, and once.")),
        ("127.0.3.48/28", "127.0.0.0/16",
         (":14 operators[1].clients '127.0.0.0/16': 127.0.3.0/28 is listed already, so that nobody "
         "could tell whose call it is. Keep each address at one operator, and once.")),
        ("127.0.3.48/28", "127.0.3.49/28",
         (":14 operators[1].clients '127.0.3.49/28': this is no IP address and no network. "
         "Write 192.0.2.1, 192.0.2.0/28 or 2001:db8::/64, without host bits.")),
        ("spread: first", "spread: best",
         (":19 operators[1].spread 'best': the value is not one of those known. "
         "Write round-robin or first.")),
        ("key: s.key, ", "",
         ":5 sites[1].tls.key: the field key is missing. Add the field."),
        ("ca: ca.pem", "ca: ca.pem, crl: x",
         ":5 sites[1].tls.crl 'x': no such field is known here. Correct or remove the field."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_its_remedy(old, new, problem):
    assert problem in refusals(old, new)


def test_ports_that_do_not_exist_and_addresses_without_one():
    for address in ("127.0.1.1", "127.0.1.1:0", "127.0.1.1:65536", "127.0.1.256:5060", "[::g]:5"):
        (problem, *_) = refusals("127.0.1.1:5060", address)
        assert "is not an IP address and a port" in problem, address


def test_a_document_that_is_no_mapping():
    topology, (problem,) = run("- a\n")
    assert topology is None
    assert "the file holds no fields" in problem


def test_every_list_has_a_limit():
    site = TEXT.splitlines()[3]
    many = "\n".join(
        site.replace("site-1", f"more-{n}").replace("127.0.1.1", f"127.0.9.{n}")
        for n in range(1, subject.SITES_MAX)
    )
    (problem,) = refusals(site, f"{site}\n{many}")
    assert f"sites: the list has more than {subject.SITES_MAX} items" in problem
    clients = ", ".join(f'"10.0.{n}.0/24"' for n in range(CLIENTS_MAX + 1))
    (problem,) = refusals('["127.0.3.48/28"]', f"[{clients}]")
    assert f"clients: the list has more than {CLIENTS_MAX} items" in problem
    edges = ", ".join(
        f'{{id: e-{n}, address: "10.1.{n}.1:5060", place: Lyon, network: midi-ip}}'
        for n in range(subject.EDGES_MAX + 1)
    )
    old = '[{id: bruyere-edge-1, address: "127.0.2.1:5060", place: Rennes, network: ouest-ip}]'
    (problem,) = refusals(old, f"[{edges}]")
    assert f"edges: the list has more than {subject.EDGES_MAX} items" in problem
    sites = ", ".join(["site-1"] * (subject.SITES_MAX + 1))
    assert any(
        f"operators[0].sites: the list has more than {subject.SITES_MAX} items" in told
        for told in refusals("[site-2, site-1]", f"[{sites}]")
    )
    operator = TEXT[TEXT.index("  - id: ecume") :]
    more = "".join(
        operator.replace("ecume", f"op-{n}").replace("127.0.2.", f"10.2.{n}.")
        .replace("127.0.3.48/28", f"10.3.{n}.0/24")
        for n in range(subject.OPERATORS_MAX - 1)
    )  # fmt: skip
    (problem,) = refusals(operator, operator + more)
    assert f"operators: the list has more than {subject.OPERATORS_MAX} items" in problem


def test_the_document_that_users_read():
    text = DOCUMENT.read_text()
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert run(example[1])[1] == []
    limits = re.findall(r"^\| ([a-z][^|]+) \| ([0-9,]+) \|$", text, re.MULTILINE)
    assert dict(limits) == {
        "sites, and sites that one operator names": str(subject.SITES_MAX),
        "operators": str(subject.OPERATORS_MAX),
        "edges of an operator": str(subject.EDGES_MAX),
        "networks of clients of an operator, and of `probes`": str(CLIENTS_MAX),
        "gateways with a loop number": "1,000",
    }


PROBES = """probes:
  sources: ["127.0.14.0/28", "2001:DB8:2::1"]
  loops: {"127.0.5.1:5060": "+33199000112", "[2001:DB8::9]:5060": "+33199000113"}
"""


def test_who_may_place_test_calls_and_which_gateways_loop_back():
    topology, problems = run(TEXT + PROBES)
    assert problems == []
    assert topology.probes == ProbeNode(
        sources=("127.0.14.0/28", "2001:db8:2::1/128"),
        loops=(("127.0.5.1:5060", "+33199000112"), ("[2001:db8::9]:5060", "+33199000113")),
    )
    assert run(TEXT)[0].probes is None
    only = "probes: {sources: [127.0.14.1]}\n"
    assert run(TEXT + only)[0].probes.loops == ()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("127.0.14.0/28", "127.0.3.0/30", "127.0.3.0/28 is listed already"),
        ("127.0.14.0/28", "127.0.14.1/28", "no IP address and no network"),
        ("127.0.5.1:5060", "gateway.example", "not an IP address and a port"),
        ("[2001:DB8::9]:5060", "127.0.5.1:05060", "not an IP address and a port"),
        ("+33199000113", "0199000113", "not a plus sign and 4 to 15 digits"),
        ("[2001:DB8::9]", '[2001:db8:0::9]:5060": "+33199000112", "[2001:DB8::9]', "there twice"),
        ("sources:", "senders: 1\n  sources:", "no such field is known"),
    ],
)  # fmt: skip
def test_mistakes_of_test_calls_are_told(old, new, problem):
    assert old in PROBES
    topology, problems = run(TEXT + PROBES.replace(old, new, 1))
    assert topology is None
    assert any(problem in each for each in problems), problems


def test_loop_numbers_are_bounded(monkeypatch):
    monkeypatch.setattr(places, "LOOPS_MAX", 1)
    assert "more than 1 items" in run(TEXT + PROBES)[1][0]


def test_the_name_of_the_prober_is_kept():
    assert "the name is kept" in refusals("id: site-1", "id: probe")[0]


def with_metrics(*, site="127.0.1.1:9112", edge="127.0.2.1:9112", redirect="127.0.12.1:9112"):
    return (
        TEXT.replace("power: bretagne-1", f'power: bretagne-1, metrics: "{site}"')
        .replace("network: ouest-ip}]", f'network: ouest-ip, metrics: "{edge}"}}]')
        .replace(
            'redirect: "127.0.12.1:5060"',
            f'redirect: "127.0.12.1:5060"\n    redirect_metrics: "{redirect}"',
        )
    )


def test_where_prometheus_is_answered():
    topology, problems = run(with_metrics())
    assert problems == []
    assert [site.metrics for site in topology.sites] == ["127.0.1.1:9112", ""]
    assert [edge.metrics for edge in topology.list_edges()] == ["127.0.2.1:9112", "", ""]
    assert topology.find_redirect_metrics("127.0.12.1:5060") == "127.0.12.1:9112"
    assert topology.find_redirect_metrics("127.0.12.2:5060") == ""


@pytest.mark.parametrize(
    ("places", "problem"),
    [
        ({"edge": "127.0.1.1:9112"},
         (":9 operators[0].edges[0].metrics '127.0.1.1:9112': Prometheus at site-1 listens on this "
          "address already. Write a port of its own.")),
        ({"site": "127.0.1.1:5060"},
         (":4 sites[0].metrics '127.0.1.1:5060': site-1 listens on this address already. "
          "Write a port of its own.")),
    ],
)  # fmt: skip
def test_figures_have_a_port_of_their_own(places, problem):
    assert run(with_metrics(**places)) == (None, [problem])


def test_figures_of_a_redirect_server_need_one():
    text = with_metrics().replace('    redirect: "127.0.12.1:5060"\n', "", 1)
    topology, (problem, *_) = run(text)
    assert topology is None
    assert "the operator has no redirect server that could answer there" in problem


def test_figures_of_one_redirect_server_are_at_one_place():
    first, _, rest = with_metrics().rpartition("127.0.12.1:9112")
    topology, (problem,) = run(f"{first}127.0.12.1:9113{rest}")
    assert topology is None
    assert "the figures of redirect server 127.0.12.1:5060 are at 127.0.12.1:9112" in problem
