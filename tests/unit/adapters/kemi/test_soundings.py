"""Words to oneself carry the time at which they were sent, and never trouble who sends them."""

import socket

import pytest

from route112.adapters.kemi.soundings import CLOCK_MODULUS_MS, Soundings, parse_places
from route112.wire.sip import parse_message


def test_places_are_read_as_the_environment_has_them():
    assert parse_places("127.0.0.1:5060 [::1]:5070") == (("127.0.0.1", 5060), ("::1", 5070))
    assert parse_places("") == ()
    with pytest.raises(ValueError, match="invalid literal"):
        parse_places("127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_word_reaches_the_socket_with_its_time(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as ear:
        ear.bind((host, 0))
        ear.settimeout(5)
        place = (host, ear.getsockname()[1])
        soundings = Soundings([place], key="k1", now_ns=lambda: 3_000_000_123 * 1_000_000)
        soundings.send()
        soundings.send()
        received = [ear.recv(2_000) for _ in range(2)]
    assert received[0] == received[1] == soundings.render(place)
    message = parse_message(received[0])
    assert message.method == "MESSAGE"
    assert str(message.uri).startswith("sip:waited-k1@")
    assert str(message.call_id) == str(3_000_000_123 % CLOCK_MODULUS_MS)


def test_a_place_that_nobody_can_be_sent_to_does_not_keep_the_others_from_theirs():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        Soundings([("255.255.255.255", 9), ear.getsockname()], key="").send()
        assert ear.recv(2_000).startswith(b"MESSAGE ")
