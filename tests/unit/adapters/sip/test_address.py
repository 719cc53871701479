"""Addresses as people type them."""

import pytest

from route112.adapters.sip import Address


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("127.0.4.1:5070", ("udp", "127.0.4.1", 5070), "udp:127.0.4.1:5070"),
        ("127.0.4.1", ("udp", "127.0.4.1", 5060), "udp:127.0.4.1:5060"),
        ("TLS:[::1]", ("tls", "::1", 5061), "tls:[::1]:5061"),
        ("tcp:[2001:db8::0:1]:7", ("tcp", "2001:db8::1", 7), "tcp:[2001:db8::1]:7"),
        ("::1", ("udp", "::1", 5060), "udp:[::1]:5060"),
        ("127.0.4.1:0", ("udp", "127.0.4.1", 0), "udp:127.0.4.1:0"),
    ],
)
def test_what_is_understood(text, expected, shown):
    address = Address.parse(text)
    assert (address.transport, address.host, address.port) == expected
    assert str(address) == shown


def test_the_transport_may_be_said_elsewhere():
    assert Address.parse("127.0.4.1", transport="tls").port == 5061
    assert Address.parse("udp:127.0.4.1", transport="tls").transport == "udp"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("psap.example:5060", "'psap.example' is no IP address; names are not looked up"),
        ("127.0.4.1:65536", "'65536' is no port"),
        ("127.0.4.1:-1", "'-1' is no port"),
        ("[::1", r"'\[::1' is no address; write \[::1\]:5060"),
        ("[::1]5060", "is no address"),
        ("", "'' is no IP address"),
    ],
)
def test_what_is_not(text, message):
    with pytest.raises(ValueError, match=message):
        Address.parse(text)
