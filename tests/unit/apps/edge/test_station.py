from dataclasses import replace

import pytest
from tests.support.certificates import write_certificates

from route112.apps.edge.setup import Hop
from route112.apps.edge.station import ENVIRONMENT, EdgeStation, list_listens, list_sites
from route112.apps.station.setup import TemplateError, Tls
from route112.model.topology import EdgeNode, OperatorNode, SiteNode, TlsPaths, Topology

PATHS = TlsPaths(certificate="c", key="k", ca="a")
EDGE = EdgeNode(id="edge-1", address="127.0.2.1:5060", place="Rennes", network="ouest-ip")
BOTH = replace(EDGE, also="[::1]:5060")


def make_site(id_, address, tls=None):
    hangs_on = dict.fromkeys(("place", "network", "hosting", "vendor", "software", "power"), "x")
    return SiteNode(id=id_, address=address, tls=tls, **hangs_on)


def make_topology(*sites, edge=EDGE):
    operator = OperatorNode(
        id="bruyere",
        clients=("127.0.3.0/28",),
        edges=(edge,),
        sites=tuple(site.id for site in reversed(sites)),
        spread="first",
    )
    return Topology(name="x", sites=sites, operators=(operator,)), operator


def make_station(tmp_path, **changes):
    template = tmp_path / "template.cfg"
    template.write_text("@{edge} @{operator} @{clients} @{sites} @{spread} @{record_key}")
    station = EdgeStation(
        name="edge-1",
        plan=tmp_path / "fr.r112",
        trust=None,
        run_dir=tmp_path,
        listens=list_listens(EDGE),
        tls=None,
        workers=2,
        shm_mb=64,
        pkg_mb=32,
        template=template,
        operator="bruyere",
        clients=("127.0.3.0/28",),
        sites=(("site-1", Hop("127.0.1.1:5060")),),
        in_turn=True,
    )
    return replace(station, **changes)


def test_an_edge_listens_over_udp_and_tcp_and_one_port_higher_over_tls():
    assert [str(place) for place in list_listens(EDGE)] == [
        "udp:127.0.2.1:5060",
        "tcp:127.0.2.1:5060",
    ]
    secure = replace(EDGE, address="[::1]:5070", tls=PATHS)
    assert str(list_listens(secure)[2]) == "tls:[::1]:5071"
    assert list(map(str, list_listens(replace(EDGE, also="[::1]:5070", tls=PATHS)))) == [
        "udp:127.0.2.1:5060", "tcp:127.0.2.1:5060", "tls:127.0.2.1:5061",
        "udp:[::1]:5070", "tcp:[::1]:5070", "tls:[::1]:5071",
    ]  # fmt: skip


def test_sites_stand_in_the_operators_order():
    topology, operator = make_topology(
        make_site("site-1", "127.0.1.1:5060"), make_site("site-2", "[::1]:5062")
    )
    assert list(list_sites(topology, operator, BOTH)) == [
        ("site-2", Hop("[::1]:5062")),
        ("site-1", Hop("127.0.1.1:5060")),
    ]


def test_an_edge_takes_the_address_of_a_site_that_it_can_send_to():
    site = replace(make_site("site-1", "[::1]:5062", PATHS), also="127.0.1.1:5060")
    topology, operator = make_topology(site)
    hops = [list(list_sites(topology, operator, edge)) for edge in (EDGE, BOTH)]
    assert hops == [[("site-1", Hop("127.0.1.1:5060"))], [("site-1", Hop("[::1]:5062"))]]
    secure = list(list_sites(topology, operator, replace(EDGE, tls=PATHS)))
    assert secure == [("site-1", Hop("127.0.1.1:5061", "tls"))]


def test_tls_is_spoken_where_both_ends_have_it():
    topology, operator = make_topology(
        make_site("site-1", "127.0.1.1:5060", PATHS), make_site("site-2", "[::1]:5062", PATHS)
    )
    plain = [hop.transport for _, hop in list_sites(topology, operator, BOTH)]
    assert plain == ["udp", "udp"]
    secure = replace(BOTH, tls=PATHS)
    assert list(list_sites(topology, operator, secure)) == [
        ("site-2", Hop("[::1]:5063", "tls")),
        ("site-1", Hop("127.0.1.1:5061", "tls")),
    ]


def test_its_files_are_those_of_its_configuration(tmp_path):
    station = make_station(tmp_path)
    files = station.render_files(record_key="k")
    text = "edge-1 bruyere 127.0.3.0/28 site-1|127.0.1.1:5060|udp 1 k"
    assert files == {tmp_path / "edge.cfg": text}
    assert station.config == tmp_path / "edge.cfg"
    assert station.native_file == tmp_path / "edge.sqlite"
    assert station.list_arguments("kamailio")[0] == "kamailio"
    assert station.unwell[0] == "unwell"
    assert ENVIRONMENT.keys() == {"PATH"}


def test_with_tls_there_is_a_file_for_it_and_an_argument(tmp_path):
    files = write_certificates(tmp_path, "127.0.2.1")
    tls = Tls(files.certificate, files.key, files.authority)
    station = make_station(tmp_path, tls=tls)
    rendered = station.render_files(record_key="")
    assert str(files.key) in rendered[tmp_path / "tls.cfg"]
    assert station.list_arguments("kamailio")[-1] == "WITH_TLS"


def test_what_cannot_be_rendered_is_told_as_of_any_station(tmp_path):
    with pytest.raises(TemplateError, match=r"1 to \d+ networks of clients"):
        make_station(tmp_path, clients=()).render_files(record_key="")
