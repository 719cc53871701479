"""`stations.yaml`: by which identity each station is known. A station is no person."""

from collections.abc import Mapping

from route112.access.people import Identity, Via
from route112.access.people_file import read_identities, take_once
from route112.model import Problem
from route112.wire.documents.fields import Fields
from route112.wire.documents.network import ID, ID_SHAPE
from route112.wire.documents.nodes import read_document
from route112.wire.problems import ProblemList

STATIONS_LISTED_MAX = 64
"""As many as a country may have."""
_FIELDS = ((Via.CERTIFICATE, "certificates"), (Via.SYSTEM_USER, "system_users"))

Stations = Mapping[Identity, frozenset[str]]
"""Stations that each identity speaks for: on one machine several may run as one user."""


def parse_stations(content: bytes, *, file: str) -> tuple[Stations | None, tuple[Problem, ...]]:
    """Parse a `stations.yaml`; None when a problem is an error: then no station is listed."""
    problems = ProblemList(file)
    node = read_document(content, problems)
    if node is None:
        return None, problems.finish()
    top = Fields(node, "", problems)
    found: dict[Identity, frozenset[str]] = {}
    ids: set[str] = set()
    for item in top.iterate("stations"):
        station = item.get_match("id", ID, shape=ID_SHAPE)
        take_once(item, "id", station, ids)
        own: set[str] = set()
        for via, field in _FIELDS:
            for identity in read_identities(item, via, field, own):
                found[identity] = found.get(identity, frozenset()) | {station}
        item.finish()
    if len(ids) > STATIONS_LISTED_MAX:
        top.refuse("stations", f"more than {STATIONS_LISTED_MAX}", "Take out who has left")
    top.finish()
    return (None if problems.has_errors else found), problems.finish()
