"""Where a message belongs, and that nothing a peer sends does harm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sip_pair import ANSWER, Pair, make_peer
from tests.unit.wire.sip.test_messages import message

from route112.wire.sip import Agent, Invitation, Kind, SipError, parse_message
from route112.wire.sip import agent as agent_module
from route112.wire.sip.agent import bracket, check_invitation


def make_agent(*, answers=False):
    numbers = iter(range(10_000))
    agent = Agent(lambda: f"t{next(numbers)}")
    agent.answers_calls = answers
    return agent


def ask(agent, content, peer=None):
    agent.receive(content, peer or make_peer(), 0.0)
    replies = [parse_message(outgoing.content) for outgoing in agent.outgoing]
    agent.outgoing = []
    return replies


def request(method, extra=b"", to=b"<sip:15@192.0.2.2>"):
    content = message(extra, first=method + b" sip:15@192.0.2.2 SIP/2.0")
    content = content.replace(b"1 INVITE", b"1 " + method)
    return content.replace(b"To: <sip:15@192.0.2.2>", b"To: " + to)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (request(b"OPTIONS"), 200),
        (request(b"INVITE"), 480),
        (request(b"SUBSCRIBE"), 405),
        (request(b"CANCEL"), 481),
        (request(b"BYE", to=b"<sip:15@192.0.2.2>;tag=gone"), 481),
        (request(b"INVITE", b"Require: 100rel, holograms\r\n"), 420),
        (request(b"INVITE").replace(b"<sip:a@192.0.2.1>", b"nobody"), 400),
    ],
)
def test_requests_outside_any_call_get_an_answer(content, status):
    [reply] = ask(make_agent(answers=status == 400), content)
    assert reply.code == status
    assert "UPDATE" in reply.headers["Allow"]
    if status == 420:
        assert reply.headers["Unsupported"] == "holograms"


def test_a_repeated_request_gets_the_same_answer_and_is_no_second_call():
    agent = make_agent(answers=True)
    assert ask(agent, request(b"INVITE")) == []
    assert ask(agent, request(b"INVITE")) == []
    assert [event.kind for event in agent.events] == [Kind.INCOMING]
    [first] = ask(agent, request(b"OPTIONS"))
    [second] = ask(agent, request(b"OPTIONS"))
    assert str(first.headers) == str(second.headers)


def test_an_ack_of_nothing_is_ignored():
    assert ask(make_agent(), request(b"ACK")) == []
    assert ask(make_agent(), request(b"ACK", to=b"<sip:15@192.0.2.2>;tag=gone")) == []


def test_a_response_to_nothing_is_ignored():
    assert ask(make_agent(), message(first=b"SIP/2.0 200 OK")) == []


def test_a_reply_over_udp_goes_where_the_via_says():
    agent = make_agent()
    agent.receive(request(b"OPTIONS").replace(b";rport", b""), make_peer(), 0.0)
    assert agent.outgoing[0].peer.port == 5060
    other = make_agent()
    peer = make_peer()
    other.receive(request(b"OPTIONS").replace(b"192.0.2.1:5060;", b"h:7000;"), peer, 0.0)
    assert other.outgoing[0].peer == peer


def test_open_transactions_are_bounded(monkeypatch):
    monkeypatch.setattr(agent_module, "TRANSACTIONS_MAX", 2)
    agent = make_agent()
    for branch in (b"1", b"2", b"3"):
        ask(agent, request(b"OPTIONS").replace(b"z9hG4bK1", b"z9hG4bK" + branch))
    assert len(agent._servers) == 2


def test_transactions_are_forgotten_when_their_time_is_over():
    pair = Pair()
    pair.talk()
    pair.do(pair.call.bye)
    pair.pass_time(65)
    for agent in (pair.caller, pair.callee):
        assert agent._clients == agent._servers == {}
        assert agent.due_s is None


def test_a_connection_that_fails_ends_what_waits_for_it():
    pair = Pair("tcp")
    pair.lose = lambda _line: True
    pair.invite()
    pair.caller.fail(make_peer("tcp", "192.0.2.99"), 1.0)
    assert Kind.FAILED not in pair.kinds(pair.caller)
    pair.caller.fail(make_peer("tcp"), 1.0)
    pair.flow()
    assert pair.kinds(pair.caller)[-1] is Kind.FAILED


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:192.0.2.7", ("udp", "192.0.2.7", 5060)),
        ("sip:a@[2001:db8::7]:7;transport=TCP", ("tcp", "2001:db8::7", 7)),
        ("sips:192.0.2.7", ("tls", "192.0.2.7", 5061)),
        ("sip:192.0.2.7;transport=sctp", ("udp", "192.0.2.7", 5060)),
        ("sip:edge.example", ("udp", "192.0.2.2", 5060)),
        ("no uri", ("udp", "192.0.2.2", 5060)),
    ],
)
def test_requests_go_to_numeric_hosts_and_otherwise_where_the_call_came_from(uri, expected):
    found = make_agent().locate(uri, make_peer())
    assert (found.transport, found.host, found.port) == expected


def test_routes_are_followed():
    pair = Pair()
    pair.invite()
    pair.line.dialog.routes = ("<sip:192.0.2.50:5070;lr;transport=tcp>",)
    pair.do(pair.line.answer, ANSWER)
    pair.line.bye(pair.now_s)
    [bye] = pair.callee.outgoing
    assert (bye.peer.transport, bye.peer.host, bye.peer.port) == ("tcp", "192.0.2.50", 5070)
    assert b"\r\nRoute: <sip:192.0.2.50:5070;lr;transport=tcp>\r\n" in bye.content


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "sip:15@192.0.2.2 SIP/2.0\r\nX: y"},
        {"uri": "15"},
        {"headers": [("X", "a\r\nY: b")]},
        {"headers": [("Bad name", "a")]},
        {"call_id": "a\r\nX: y"},
        {"headers": [("X", "y" * 70_000)]},
    ],
)
def test_what_cannot_be_written_is_not_sent(changes):
    fields = {"uri": "sip:15@192.0.2.2", "caller": "sip:a@192.0.2.1"} | changes
    with pytest.raises(ValueError, match=r"."):
        check_invitation(Invitation(**fields))
    agent = make_agent()
    with pytest.raises(ValueError, match=r"."):
        agent.invite(Invitation(**fields), make_peer(), 0.0)
    assert agent.outgoing == []
    assert issubclass(SipError, ValueError)


@settings(max_examples=300)
@given(st.data())
def test_nothing_that_a_peer_sends_raises(data):
    agent = make_agent(answers=True)
    agent.receive(request(b"INVITE"), make_peer(), 0.0)
    agent.events[0].call.answer(0.0, ANSWER)
    sent = [outgoing.content for outgoing in agent.outgoing]
    method = data.draw(
        st.sampled_from([b"INVITE", b"BYE", b"ACK", b"CANCEL", b"PRACK", b"UPDATE"])
    )
    content = bytearray(data.draw(st.sampled_from([*sent, request(method), request(b"OPTIONS")])))
    for _ in range(data.draw(st.integers(0, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    agent.receive(bytes(content), make_peer(), 1.0)
    agent.wake(100.0)


def test_hosts_in_uris():
    assert (bracket("::1"), bracket("127.0.0.1")) == ("[::1]", "127.0.0.1")
