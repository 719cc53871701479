import socket

import pytest
from tests.support.snapshots import small_content

from route112.apps.station.listen import (
    Listen,
    describe_unreachable,
    find_obstacle,
    parse_listen,
)
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


@pytest.mark.parametrize(
    ("text", "listens"),
    [
        ("127.0.0.1:5070", ["udp:127.0.0.1:5070", "tcp:127.0.0.1:5070"]),
        ("udp:127.0.0.1", ["udp:127.0.0.1:5060"]),
        ("tls:192.0.2.5", ["tls:192.0.2.5:5061"]),
        ("tcp:[::1]:5060", ["tcp:[::1]:5060"]),
        ("[2001:DB8:0::1]", ["udp:[2001:db8::1]:5060", "tcp:[2001:db8::1]:5060"]),
    ],
)
def test_addresses_as_people_type_them(text, listens):
    assert [str(listen) for listen in parse_listen(text)] == listens


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("localhost:5060", "'localhost:5060' is no address; write 127.0.0.1:5060"),
        ("::1", "'::1' is no address; write IPv6 in brackets: [::1]"),
        ("udp:fe80::1", "write IPv6 in brackets: udp:[fe80::1]"),
        ("127.0.0.300", "'127.0.0.300' is no address: "),
        ("0.0.0.0:5060", "means every address; name the one that operators and trunks know"),
        ("udp:[::]", "means every address"),
        ("127.0.0.1:0", "'127.0.0.1:0': a port is 1 to 65535"),
        ("127.0.0.1:65536", "a port is 1 to 65535"),
        ("sctp:127.0.0.1", "is no address"),
        ("", "'' is no address"),
    ],
)
def test_what_is_no_address_is_explained(text, said):
    with pytest.raises(ValueError, match=r"address|port") as caught:
        parse_listen(text)
    assert said in str(caught.value)


def test_only_loopback_stays_on_this_machine():
    loopback = [parse_listen(text)[0].is_loopback for text in ("127.0.9.1", "[::1]", "192.0.2.1")]
    assert loopback == [True, True, False]


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("127.0.0.1", ""),
        ("192.0.2.7", "192.0.2.7 is no address of this machine"),
        ("2001:db8::7", "2001:db8::7 is no address of this machine"),
        ("fe80::1", "Invalid argument"),
    ],
)
def test_what_another_machine_has_is_told(host, said):
    assert find_obstacle(Listen("udp", host, 5060)) == said


def test_a_port_in_use_is_no_obstacle():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        assert find_obstacle(Listen("udp", "127.0.0.1", taken.getsockname()[1])) == ""


def test_ends_of_trunks_that_a_station_cannot_send_to_are_told():
    snapshot = Snapshot(write_snapshot(small_content()))
    old = parse_listen("udp:127.0.0.1")
    told = describe_unreachable(old, snapshot)
    assert told == (
        "IT HAS NO IPv6 ADDRESS, and 1 of 4 ends of trunks have no other: they cannot be rung "
        "from here"
    )
    new = parse_listen("udp:[::1]")
    assert describe_unreachable(new, snapshot).startswith("IT HAS NO IPv4 ADDRESS, and 3 of 4")
    assert describe_unreachable((*old, *new), snapshot) == ""
