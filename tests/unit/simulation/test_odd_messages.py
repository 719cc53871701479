from route112.simulation.agreement import Key, render_invite
from route112.simulation.odd_messages import ODDITIES, TESTS

KEY = Key("29019", "17")


def test_each_oddity_is_another_message_and_none_is_plain():
    asked = [
        (odd.source, render_invite(KEY, odd.network, call="q-1", own="127.0.2.1:1", to="h:5060"))
        for odd in ODDITIES
    ]
    assert len(set(asked)) == len(asked)
    assert not any(message.startswith(b"INVITE sip:17@h:5060 SIP/2.0\r\n")
                   and message.count(b"\r\n") == 11
                   and b"X-Commune: 29019\r\n" in message for _, message in asked)  # fmt: skip


def test_each_oddity_tells_the_commune_unless_it_means_another():
    for odd in ODDITIES:
        template = odd.network.uri + odd.network.header
        assert ("{commune}" in template) == (odd.commune is None), template
        assert "{number}" in template or odd.number, template


def test_a_test_call_asks_for_a_test_service():
    assert all("service:te" in network.uri.lower() for network in TESTS)
