import pytest

from route112.model.topology import EdgeNode, TlsPaths
from route112.wire.documents.fields import Fields
from route112.wire.documents.nodes import read_document
from route112.wire.problems import ProblemList
from route112.wire.topology.places import (
    Seen,
    read_address,
    read_clients,
    read_redirect,
    take_address,
)


def read(reader, text, *arguments):
    problems = ProblemList("t.yaml")
    value = reader(Fields(read_document(text.encode(), problems), "", problems), *arguments)
    return value, [problem.message for problem in problems.finish()]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("192.0.2.1:5060", "192.0.2.1:5060"),
        ("[2001:DB8:0::1]:5060", "[2001:db8::1]:5060"),
        ("[::ffff:192.0.2.1]:1", "[::ffff:c000:201]:1"),
    ],
)
def test_an_address_has_one_spelling(written, value):
    read_value, problems = read(read_address, f'a: "{written}"', "a")
    assert problems == []
    assert read_value == value


@pytest.mark.parametrize(
    "written",
    ["192.0.2.1", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.256:5060", "[::g]:5", "::1:5060",
     "[192.0.2.1", "a.example:5060"],
)  # fmt: skip
def test_what_is_no_address_is_refused(written):
    value, (problem,) = read(read_address, f'a: "{written}"', "a")
    assert (value, problem) == ("", "the address is not an IP address and a port")


@pytest.mark.parametrize("written", ["0.0.0.0:5060", "[::]:5060", "224.0.0.1:5060"])
def test_an_address_of_many_machines_is_refused(written):
    value, (problem,) = read(read_address, f'a: "{written}"', "a")
    assert (value, problem) == ("", "the address is not that of one machine")


def test_a_port_has_one_owner():
    seen = Seen()
    for id_, problems in (("a", []), ("b", ["a listens on port 5060 of this address already"])):
        edge = EdgeNode(id=id_, address="192.0.2.1:5060", place="Brest", network="n")
        assert read(take_address, "a: b", edge, seen)[1] == problems
    unread = EdgeNode(id="c", address="", place="Brest", network="n")
    assert read(take_address, "a: b", unread, seen)[1] == []


def test_a_second_address_is_of_the_other_version_and_has_ports_of_its_own():
    seen = Seen()
    both = {"address": "192.0.2.1:5060", "also": "[2001:db8::1]:5060"}
    tls = TlsPaths(certificate="c", key="k", ca="a")
    edge = EdgeNode(id="a", place="Brest", network="n", tls=tls, **both)
    assert read(take_address, "a: b", edge, seen)[1] == []
    assert seen.addresses == dict.fromkeys(
        [("192.0.2.1", 5060), ("192.0.2.1", 5061), ("2001:db8::1", 5060), ("2001:db8::1", 5061)],
        "a",
    )
    alike = EdgeNode(
        id="b", place="Brest", network="n", address="192.0.2.2:5060", also="192.0.2.3:5060"
    )
    (problem,) = read(take_address, "a: b", alike, seen)[1]
    assert problem == "the second address has the IP version of the first one"


def test_operators_share_a_redirect_server():
    seen = Seen()
    for _ in range(2):
        assert read(read_redirect, 'redirect: "192.0.2.9:5060"', seen) == ("192.0.2.9:5060", [])
    assert read(read_redirect, "a: b", seen) == ("", [])


def test_clients_overlap_within_a_version_only():
    seen = Seen()
    assert read(read_clients, 'clients: ["0.0.0.0/0"]', seen) == (("0.0.0.0/0",), [])
    assert read(read_clients, 'clients: ["::/0"]', seen) == (("::/0",), [])
    _, (problem,) = read(read_clients, 'clients: ["192.0.2.1"]', seen)
    assert problem.startswith("0.0.0.0/0 is listed already")
