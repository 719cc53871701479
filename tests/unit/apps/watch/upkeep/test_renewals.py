"""Certificates, keys and confirmations in files that change while watch runs."""

import datetime as dt
import os
from dataclasses import replace

import pytest
from tests.support.certificates import ENDS, write_certificates

from route112.adapters.chained_file import FILE_BYTES_MAX
from route112.apps._console import Failure
from route112.apps.certificates.ends import ENDS_FILE, End, render_ends
from route112.apps.planner.engine.engine import JOURNAL_FILE
from route112.apps.watch.upkeep import renewals
from route112.apps.watch.upkeep.renewals import (
    CERTIFICATE_WARN_US,
    Certificates,
    Directory,
    JournalRoom,
    Keys,
    PlannerCertificates,
    Where,
    list_renewals,
)
from route112.countries import read_builtin_profile
from route112.countries.fr.sites import TOPOLOGY
from route112.model import UtcTime
from route112.model.topology import TlsPaths
from route112.snapshot.trust import TrustedKey, TrustList, make_key_id, render_trust
from route112.watch.series import Series

NOW_US = 1_795_000_000_000_000
DAY_US = 86_400_000_000
TLS = TlsPaths(certificate="site.pem", key="site.key", ca="ca.pem")
PSAPS = """\
id,name,kind,departement,primary,alternative,technology,carrier,building,capacity,contact,{}
CRRA15-29,SAMU 29,CRRA15,29,0261910015,0261910099,ip,armor,CHU,40,desk,{}
"""
OPERATOR = "id: bruyere\nname: B\ntechnologies: [mobile]\ncontact: night desk\n"


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


def make_key(index, days, **values):
    public = bytes([index]) * 32
    return TrustedKey(
        id=make_key_id(public), name=f"planner {index}", public_key=public,
        not_before=UtcTime(0), not_after=UtcTime(NOW_US + days * DAY_US), **values,
    )  # fmt: skip


def test_keys_end_and_all_but_the_last_are_meant_to(tmp_path):
    path = tmp_path / "trust.json"
    gone = make_key(3, 5, revoked_at=UtcTime(1), reason="lost")
    path.write_bytes(render_trust(TrustList((make_key(1, 10), make_key(2, 20), gone))))
    said = []
    keys = Keys(path, complain=said.append)
    assert [(each.what.partition(" (")[2], each.is_meant) for each in keys.list_expiries()] == [
        ("planner 1) for snapshots", True),
        ("planner 2) for snapshots", False),
    ]
    path.write_text("{}")
    assert len(list(keys.list_expiries())) == 2
    assert "trust.json cannot be looked at" in said[0]
    assert list(Keys(tmp_path / "none", complain=said.append).list_expiries()) == []


def write_sources(folder, *, contact="2026-11-01", alternative="2026-11-01", operator=OPERATOR):
    (folder / "operators").mkdir(exist_ok=True)
    (folder / "profile.yaml").write_bytes(read_builtin_profile("fr"))
    titles, days = "contact_confirmed,alternative_confirmed", f"{contact},{alternative}"
    (folder / "psaps.csv").write_text(PSAPS.format(titles, days))
    (folder / "operators" / "bruyere.yaml").write_text(
        f"{operator}contact_confirmed: 2026-11-01\n"
    )


def test_confirmations_of_a_source_folder_are_read_again_when_they_change(tmp_path):
    write_sources(tmp_path, contact="2025-01-01", alternative="")
    directory = Directory(tmp_path, now=lambda: NOW_US, complain=pytest.fail)
    assert directory.is_readable()
    assert [each.said for each in directory.list_expiries()] == [
        "contact of CRRA15-29 (desk): last confirmed on 2025-01-01, which counts for 183 days",
        "alternative number of CRRA15-29 (+33261910099): nobody ever confirmed it",
    ]
    write_sources(tmp_path)
    assert directory.list_expiries() == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("profile.yaml", "country: ["),
        ("psaps.csv", "id,primary\n"),
        ("operators/bruyere.yaml", "id: ["),
    ],
)
def test_sources_that_cannot_be_read_change_nothing(tmp_path, name, content):
    write_sources(tmp_path, contact="2025-01-01")
    said = []
    directory = Directory(tmp_path, now=lambda: NOW_US, complain=said.append)
    before = directory.list_expiries()
    (tmp_path / name).write_text(content)
    os.utime(tmp_path / name, (1, 1))
    assert directory.list_expiries() == before
    assert len(said) == 1
    assert str(tmp_path) in said[0]
    assert not Directory(tmp_path, now=lambda: NOW_US, complain=said.append).is_readable()


def test_what_is_looked_at_is_what_was_named(tmp_path):
    fixed = {"now": lambda: NOW_US, "complain": print}
    file = tmp_path / "topology.yaml"
    (only,) = list_renewals(TOPOLOGY, Where(file), **fixed)
    assert list(only()) == []
    write_sources(tmp_path)
    trust = tmp_path / "trust.json"
    assert len(list_renewals(TOPOLOGY, Where(file, tmp_path, trust, tmp_path), **fixed)) == 6
    with pytest.raises(Failure, match="is no source folder that can be read"):
        list_renewals(TOPOLOGY, Where(file, tmp_path / "none"), **fixed)
    empty = Directory(tmp_path / "none", now=lambda: NOW_US, complain=print)
    assert empty.list_expiries() == ()


@pytest.mark.parametrize(
    ("tenths", "said"), [(0, None), (4.9, None), (5, "50 % full"), (9.99, "90 % full")]
)
def test_a_journal_that_fills_is_told_in_time(tmp_path, tenths, said):
    assert renewals.JOURNAL_FILE == JOURNAL_FILE
    room = JournalRoom(tmp_path)
    assert list(room.list_deviations()) == [], "where no planner is nothing fills"
    path = tmp_path / JOURNAL_FILE
    path.touch()
    os.truncate(path, int(FILE_BYTES_MAX * tenths / 10) + 1)
    found = list(room.list_deviations())
    assert [said in each.said for each in found] == ([True] if said else [])
    assert not any(each.party for each in found), "it hits nobody yet, and holds no change"
