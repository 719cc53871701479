"""Asking for keys, answering as a PSAP, and comparing what was rung."""

import pytest

from route112.simulation.agreement import (
    GIVE_UP_S,
    MISSING,
    RESEND_S,
    WINDOW_MAX,
    Asker,
    Disagreement,
    Key,
    Network,
    answer_invite,
    find_disagreements,
    read_redirect,
    render_ack,
    render_invite,
)

BREST, RENNES = Key("29019", "15"), Key("35238", "18")
OWN, TO, HOP = "127.0.2.1:6000", "127.0.1.1:5060", "127.0.4.1:5060"
PLAIN = Network("sip:{number}@{to};commune={commune}")


def render(place, key=BREST, network=PLAIN):
    return render_invite(key, network, call=f"q-{place}", own=OWN, to=TO)


def relay(invite, number="+33261910015"):
    """Do what a site does to an INVITE on its way."""
    via = b"Via: SIP/2.0/UDP 127.0.1.1;branch=z9hG4bKsite\r\nVia:"
    start = invite.index(b" SIP/2.0")
    return b"INVITE sip:%s@%s" % (number.encode(), HOP.encode()) + invite[start:].replace(
        b"Via:", via, 1
    )


def reply_to(invite, status, extra=b""):
    lines = [line for line in invite.split(b"\r\n")[1:] if not line.startswith(b"Contact")]
    return b"\r\n".join([b"SIP/2.0 %d Said" % status, *lines]).replace(
        b"\r\n\r\n", b"\r\n" + extra + b"\r\n", 1
    )


def test_an_invite_says_the_key_where_the_network_puts_it():
    assert render(3).startswith(b"INVITE sip:15@127.0.1.1:5060;commune=29019 SIP/2.0\r\n")
    assert b"\r\nCall-ID: q-3@route112.test\r\n" in render(3)
    other = Network("sip:{commune}*{number}@{to}", "X-Commune: {commune}")
    message = render(0, RENNES, other)
    assert message.startswith(b"INVITE sip:35238*18@127.0.1.1:5060 SIP/2.0\r\n")
    assert b"\r\nX-Commune: 35238\r\n" in message
    assert message.endswith(b"\r\n\r\n")


def test_a_psap_writes_down_what_was_rung_and_answers_each_via():
    call, rung, response = answer_invite(relay(render(7)), hop=HOP)
    assert (call, rung) == ("q-7", "+33261910015@127.0.4.1:5060")
    lines = response.split(b"\r\n")
    assert lines[0] == b"SIP/2.0 200 OK"
    assert [line for line in lines if line.startswith(b"Via:")] == [
        b"Via: SIP/2.0/UDP 127.0.1.1;branch=z9hG4bKsite",
        b"Via: SIP/2.0/UDP 127.0.2.1:6000;branch=z9hG4bKq-7;rport",
    ]
    assert b"To: <sip:15@127.0.1.1:5060>;tag=psap" in lines
    declined = answer_invite(relay(render(7)), hop=HOP, status=603)
    assert declined[2].startswith(b"SIP/2.0 603 Decline\r\n")


@pytest.mark.parametrize(
    "message",
    [b"", b"ACK sip:1@h SIP/2.0\r\nCall-ID: q-1@h\r\n", b"INVITE sip:1@h SIP/2.0\r\n\r\n"],
)
def test_what_is_no_invite_of_an_asker_is_not_answered(message):
    assert answer_invite(message, hop=HOP) is None


def test_the_contacts_of_a_302_are_read_in_order():
    contacts = (
        b"Contact: <sip:+33261910015@127.0.4.1:5060;transport=udp>;q=1.0\r\n"
        b"Contact: <sip:+33261910016@127.0.4.2:5060;transport=udp>;q=0.9\r\n"
    )
    asker = Asker([render(0)], call="q", window=1)
    list(asker.list_due(0.0))
    reply = reply_to(render(0), 302, contacts)
    assert read_redirect(reply) == ("+33261910015@127.0.4.1:5060", "+33261910016@127.0.4.2:5060")
    assert asker.take_reply(reply) is None
    assert asker.list_first() == ["+33261910015@127.0.4.1:5060"]
    assert asker.statuses == [302]
    assert asker.finished


def test_no_more_questions_are_under_way_than_the_window():
    messages = [render(place) for place in range(5)]
    asker = Asker(messages, call="q", window=2)
    assert [place for place, _ in asker.list_due(0.0)] == [0, 1]
    assert list(asker.list_due(0.1)) == []
    assert asker.take_reply(reply_to(messages[0], 100)) is None
    assert list(asker.list_due(0.2)) == []
    assert asker.take_reply(reply_to(messages[0], 200)) is None
    assert list(asker.list_due(0.3)) == [(2, messages[2])]
    assert not asker.finished
    with pytest.raises(AssertionError, match=f"{WINDOW_MAX + 1} questions"):
        Asker(messages, call="q", window=WINDOW_MAX + 1)


def test_an_unanswered_question_is_sent_again_and_given_up_in_the_end():
    asker = Asker([render(0), render(1)], call="q", window=1)
    assert len(list(asker.list_due(0.0))) == 1
    assert list(asker.list_due(RESEND_S - 0.01)) == []
    assert list(asker.list_due(RESEND_S)) == [(0, render(0))]
    assert list(asker.list_due(GIVE_UP_S)) == [(1, render(1))]
    asker.take_reply(reply_to(render(0), 200))
    asker.take_reply(reply_to(render(1), 200))
    assert asker.statuses == [0, 200], "an answer that comes after the end is none"
    assert asker.list_first() == [MISSING, MISSING]
    assert asker.finished


def test_a_refusal_is_acknowledged_in_its_own_branch():
    asker = Asker([render(0)], call="q", window=1)
    list(asker.list_due(0.0))
    refusal = reply_to(render(0), 603).replace(
        b"To: <sip:15@127.0.1.1:5060>", b"To: <sip:x>;tag=z"
    )
    ack = asker.take_reply(refusal)
    assert ack.startswith(b"ACK sip:15@127.0.1.1:5060;commune=29019 SIP/2.0\r\nVia: ")
    assert b";branch=z9hG4bKq-0;rport\r\n" in ack
    assert b"\r\nTo: <sip:x>;tag=z\r\n" in ack
    assert b"\r\nCSeq: 1 ACK\r\n" in ack
    assert asker.take_reply(refusal) == ack == render_ack(render(0), refusal)
    assert asker.statuses == [603]


@pytest.mark.parametrize("call", ["other-0", "q-1", "q"])
def test_replies_to_others_are_left_alone(call):
    asker = Asker([render(0)], call="q", window=1)
    list(asker.list_due(0.0))
    assert (
        asker.take_reply(reply_to(render(0), 200).replace(b"q-0@", call.encode() + b"@")) is None
    )
    assert asker.take_reply(b"OPTIONS sip:x SIP/2.0\r\nCall-ID: q-0@h\r\n") is None
    assert not asker.finished


def test_rings_are_kept_in_order_and_once():
    asker = Asker([render(0)], call="q", window=1)
    for call, rung in (("q-0", "a"), ("q-0", "a"), ("q-0", "b"), ("p-0", "c"), ("q-9", "d")):
        asker.take_ring(call, rung)
    assert asker.rung == [["a", "b"]]
    assert asker.list_first() == ["a"]


def test_a_disagreement_names_the_key_and_who_said_what():
    keys, expected = (BREST, RENNES), ("+1", "+2")
    same = ["+1@h", "+2@h"]
    assert find_disagreements(keys, {"python": same, "native": same}, expected) == ()
    wrong = ["+1@h", "+3@h"]
    assert find_disagreements(keys, {"python": same, "native": wrong}, expected) == (
        Disagreement(RENNES, "+2", {"python": "+2@h", "native": "+3@h"}),
    )


def test_all_wrong_alike_another_hop_and_silence_are_found_too():
    wrong = ["+9@h"]
    assert len(find_disagreements((BREST,), {"a": wrong, "b": wrong}, ("+1",))) == 1
    assert len(find_disagreements((BREST,), {"a": ["+1@h"], "b": ["+1@i"]}, ("+1",))) == 1
    assert len(find_disagreements((BREST,), {"a": [MISSING], "b": [MISSING]}, ("",))) == 1
    assert find_disagreements((BREST,), {"a": ["+7@h"], "b": ["+7@h"]}, ("",)) == ()
    with pytest.raises(AssertionError, match="an answer for each"):
        find_disagreements((BREST,), {"a": []}, ("",))
