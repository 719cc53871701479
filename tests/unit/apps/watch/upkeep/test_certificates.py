import datetime as dt
from dataclasses import replace

from tests.support.certificates import ENDS, write_certificates

from route112.apps.certificates.ends import CERTIFICATE_WARN_US, ENDS_FILE, End, render_ends
from route112.apps.watch.upkeep.certificates import Certificates, PlannerCertificates
from route112.countries.fr.sites import TOPOLOGY
from route112.model.topology import TlsPaths
from route112.watch.series import Series

NOW_US = 1_795_000_000_000_000
TLS = TlsPaths(certificate="site.pem", key="site.key", ca="ca.pem")


def with_tls(topology=TOPOLOGY):
    first, *others = topology.sites
    operator, *rest = topology.operators
    edges = tuple(replace(edge, tls=TLS) for edge in operator.edges)
    return replace(
        topology,
        sites=(replace(first, tls=TLS), *others),
        operators=(replace(operator, edges=edges), *rest),
    )


def to_us(time):
    return int(time.timestamp()) * 1_000_000


def test_certificates_of_sites_and_edges_end(tmp_path):
    soon = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    write_certificates(tmp_path, "127.0.0.1", ends=soon)
    said = []
    certificates = Certificates(with_tls(), tmp_path, complain=said.append)
    found = list(certificates.list_expiries())
    assert [(str(each.series), each.what, each.expires_us, each.party) for each in found] == [
        ("site-1", "certificate site.pem", to_us(soon), "site"),
        ("site-1", "authority ca.pem", to_us(ENDS), "site"),
        ("bruyere-edge-1", "certificate site.pem", to_us(soon), "edge"),
        ("bruyere-edge-1", "authority ca.pem", to_us(ENDS), "edge"),
    ]
    assert {each.warn_us for each in found} == {CERTIFICATE_WARN_US}
    write_certificates(tmp_path, "127.0.0.1")
    assert next(certificates.list_expiries()).expires_us == to_us(ENDS), "it was renewed"
    assert said == []


def test_a_chain_ends_with_its_first_and_authorities_with_their_last(tmp_path):
    early = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    first = write_certificates(tmp_path, "127.0.0.1", ends=early)
    chain = first.certificate.read_bytes() + first.authority.read_bytes()
    first.certificate.write_bytes(chain)
    first.authority.write_bytes(chain)
    own, authority, *_ = Certificates(with_tls(), tmp_path, complain=print).list_expiries()
    assert (own.expires_us, authority.expires_us) == (to_us(early), to_us(ENDS))


def test_a_certificate_that_cannot_be_read_is_said_once_and_what_was_known_holds(tmp_path):
    said = []
    certificates = Certificates(with_tls(), tmp_path, complain=said.append)
    assert list(certificates.list_expiries()) == list(certificates.list_expiries()) == []
    assert len(said) == 4
    assert f"{tmp_path / 'site.pem'} cannot be looked at: No such file" in said[0]
    write_certificates(tmp_path, "127.0.0.1")
    assert len(list(certificates.list_expiries())) == 4
    (tmp_path / "site.pem").write_text("no certificate")
    assert len(list(certificates.list_expiries())) == 4
    assert len(said) == 6


def test_certificates_of_a_planner_and_its_receivers_end(tmp_path):
    said = []
    listed = PlannerCertificates(TOPOLOGY, tmp_path, complain=said.append).list_expiries
    assert (list(listed()), said) == ([], []), "no planner is there"
    owners = ("planner", "site-1", "bruyere-edge-1", "site-9")
    ends = [End(owner=each, what=f"certificate CN={each}", ends_us=NOW_US) for each in owners]
    (tmp_path / ENDS_FILE).write_bytes(render_ends(ends))
    found = list(listed())
    assert [(each.what, str(each.series), each.party) for each in found] == [
        ("certificate CN=planner of the planner", str(Series()), ""),
        ("certificate CN=site-1 of site-1's receiver", "site-1", ""),
        ("certificate CN=bruyere-edge-1 of bruyere-edge-1's receiver", "bruyere-edge-1", ""),
        ("certificate CN=site-9 of site-9's receiver", str(Series()), ""),
    ]
    assert {(each.expires_us, each.warn_us) for each in found} == {(NOW_US, CERTIFICATE_WARN_US)}
    (tmp_path / ENDS_FILE).write_text("nonsense")
    assert list(listed()) == found
    assert f"{ENDS_FILE} cannot be looked at" in said[0]
